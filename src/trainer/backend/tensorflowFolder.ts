import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TuneboardError } from '../../core/errors.ts';

/**
 * A folder from which TensorFlow can be loaded: libtensorflow's two files (or links to them) and the addon, which finds
 * them beside itself, so that no environment variable has to be set before the process starts.
 */
export interface TensorflowFolder {
  readonly folder: string;
  readonly addon: string;
  readonly record: TensorflowRecord;
}

/** `backend.json` in the folder: written last, so a folder that has it is whole. */
export interface TensorflowRecord {
  readonly version: string;
  /** Where libtensorflow comes from: for people. */
  readonly from: string;
  /** The processor on which the smoke test passed; null: it was never run. Elsewhere loading it could end the process. */
  readonly checkedOn: string | null;
}

export const RECORD = 'backend.json';
/** SONAMEs that the addon and libtensorflow_cc ask for, with what else a distribution may call the file. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  'libtensorflow_cc.so.2': /^libtensorflow(_cc)?\.so(\.2(\.\d+)*)?$/,
  'libtensorflow_framework.so.2': /^libtensorflow_framework\.so(\.2(\.\d+)*)?$/,
};
const ADDON = `tfjs-${process.platform}-${process.arch}.node`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where backends are installed: TUNEBOARD_BACKENDS (an editor's own storage), else the user's data folder. */
export function backendsFolder(env: Environment = process.env): string {
  return env['TUNEBOARD_BACKENDS'] ?? userFolder(env);
}

function userFolder(env: Environment): string {
  const data = env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
  return join(data, 'tuneboard', 'backends');
}

/** Our files for this machine, beside the bundle or in dist/ when run from source; undefined: this build has none. */
export function nativeFiles(): { readonly addon: string; readonly kernels: string } | undefined {
  for (const base of ['./', '../../../dist/']) {
    const [addon, kernels] = [`${base}native/${ADDON}`, `${base}tfjsNode.cjs`].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    ) as [string, string];
    if (existsSync(addon) && existsSync(kernels)) return { addon, kernels };
  }
  return undefined;
}

/** The processor as it calls itself, so that a folder shared by machines is tested on each. */
export function processor(): string {
  return cpus()[0]?.model ?? process.arch;
}

/**
 * The TensorFlow to use: that of TUNEBOARD_TENSORFLOW (a folder with libtensorflow, such as an installed Python package
 * `tensorflow`), else what was installed; undefined: none. Throws `tensorflow` when the named folder has none.
 */
export function findTensorflow(env: Environment = process.env): TensorflowFolder | undefined {
  const named = env['TUNEBOARD_TENSORFLOW'];
  if (named) return linkedTensorflow(resolve(named), env);
  for (const base of new Set([backendsFolder(env), userFolder(env)])) {
    const found = readFolder(join(base, 'tensorflow'));
    if (found) return found;
  }
  return undefined;
}

export function readFolder(folder: string): TensorflowFolder | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as TensorflowRecord;
    return { folder, addon: refreshedAddon(folder), record };
  } catch {
    return undefined;
  }
}

/** The addon in the folder, which is that of this build: a newer version of ours may have brought another. */
function refreshedAddon(folder: string): string {
  const addon = join(folder, ADDON);
  const own = nativeFiles()?.addon;
  if (own && !(existsSync(addon) && readFileSync(addon).equals(readFileSync(own)))) {
    const aside = `${addon}.${process.pid}`;
    copyFileSync(own, aside);
    renameSync(aside, addon);
  }
  return addon;
}

export function writeRecord(folder: string, record: TensorflowRecord): void {
  const path = join(folder, RECORD);
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(record)}\n`);
  renameSync(aside, path);
}

/** Puts our addon and links to the libraries of `from` into the new folder `to`. Throws `tensorflow`. */
export function linkLibraries(from: string, to: string): void {
  const native = nativeFiles();
  if (!native) throw new TuneboardError('tensorflow', noAddon());
  if (!statSync(from, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TuneboardError('tensorflow', `There is no folder ${from}: name one that has libtensorflow_cc.so.2.`);
  }
  const names = readdirSync(from);
  mkdirSync(to, { recursive: true });
  for (const [wanted, pattern] of Object.entries(LIBRARIES)) {
    const found = names.includes(wanted) ? wanted : names.filter((name) => pattern.test(name)).sort()[0];
    if (!found) {
      throw new TuneboardError(
        'tensorflow',
        `${from} has no ${wanted}: name a folder that has it (TensorFlow 2.11 on).`,
      );
    }
    symlinkSync(join(from, found), join(to, wanted));
  }
  copyFileSync(native.addon, join(to, ADDON));
}

/** Said where the trainer has no addon for this machine. */
export function noAddon(): string {
  return `This build of Tuneboard has no TensorFlow addon for ${process.platform}-${process.arch}: the trainer runs on WebAssembly here.`;
}

/** A folder of links to somebody's own libtensorflow; made once. */
function linkedTensorflow(from: string, env: Environment): TensorflowFolder {
  const id = createHash('sha256').update(from).digest('hex').slice(0, 16);
  const folder = join(backendsFolder(env), `linked-${id}`);
  const known = readFolder(folder);
  if (known && Object.keys(LIBRARIES).every((name) => existsSync(join(folder, name)))) return known;
  mkdirSync(backendsFolder(env), { recursive: true });
  const scratch = mkdtempSync(join(backendsFolder(env), `staging-${process.pid}-`));
  try {
    const ready = join(scratch, 'tensorflow');
    linkLibraries(from, ready);
    writeRecord(ready, { version: 'unknown', from, checkedOn: null });
    if (existsSync(folder)) renameSync(folder, join(scratch, 'before'));
    renameSync(ready, folder);
  } catch (error) {
    // Another process may have made it in the same moment.
    const made = readFolder(folder);
    if (!made) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return readFolder(folder) as TensorflowFolder;
}
