import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { checkTensorflow } from '../backend/tensorflow.ts';
import {
  backendsFolder,
  linkLibraries,
  nativeFiles,
  noAddon,
  readFolder,
  type TensorflowRecord,
  writeRecord,
} from '../backend/tensorflowFolder.ts';
import { isRunning } from '../training/isRunning.ts';
import { fetchWheel, unpackWheel } from './fetchWheel.ts';
import { isDiskFull, type OnProgress } from './progress.ts';
import { runProgram } from './runProgram.ts';
import { WHEEL } from './wheel.ts';

/** Nothing is imported: TensorFlow takes seconds, and prints. */
const PROBE = `
import importlib.util as util, json, os, sys
folder = version = None
try:
    spec = util.find_spec("tensorflow")
    if spec and spec.submodule_search_locations:
        folder = os.path.abspath(list(spec.submodule_search_locations)[0])
        from importlib import metadata
        for name in ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly"):
            try:
                version = metadata.version(name)
                break
            except metadata.PackageNotFoundError:
                pass
except Exception:
    pass
print(json.dumps({"executable": sys.executable, "folder": folder, "version": version, "pip": util.find_spec("pip") is not None}))
`;

export interface InstallOptions {
  /** A folder with libtensorflow, or a Python package `tensorflow`; null: look for one, then download. */
  readonly from: string | null;
  /** Interpreters to ask for an installed TensorFlow and for pip, best first. */
  readonly pythons: readonly string[];
  /** Download even where a Python TensorFlow is installed. */
  readonly download: boolean;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Makes the backend `tensorflow` ready: libtensorflow from the folder that is named, else from an installed Python
 * TensorFlow (both are linked, so nothing is copied), else from the published wheel. It is put together aside, tried out
 * in a process of its own and only then renamed to its place: an installation that is cut off leaves what was there
 * before. Returns the record. Throws `backend-install` and `tensorflow`, one sentence each.
 */
export async function installTensorflow(options: InstallOptions): Promise<TensorflowRecord> {
  if (!nativeFiles()) throw new TuneboardError('backend-install', noAddon());
  const home = backendsFolder();
  let staging: string | undefined;
  try {
    mkdirSync(home, { recursive: true });
    sweep(home);
    staging = mkdtempSync(join(home, `staging-${process.pid}-`));
    const ready = join(staging, 'tensorflow');
    const record = await fill(ready, staging, options);
    options.signal?.throwIfAborted();
    options.onProgress({ stage: 'test' });
    writeRecord(ready, record);
    const found = readFolder(ready);
    const problem = found ? await checkTensorflow(found, options.signal) : 'its folder is not whole';
    options.signal?.throwIfAborted();
    if (problem !== undefined) {
      throw new TuneboardError(
        'backend-install',
        `TensorFlow from ${record.from} does not work here: ${problem.replace(/\.$/, '')}.`,
      );
    }
    replace(ready, join(home, 'tensorflow'), staging);
    return (readFolder(join(home, 'tensorflow')) ?? { record }).record;
  } catch (error) {
    throw isDiskFull(error)
      ? new TuneboardError('backend-install', `The disk of ${home} is full: free about 1 GB, and try again.`, {
          cause: error,
        })
      : error;
  } finally {
    if (staging) rmSync(staging, { recursive: true, force: true });
  }
}

async function fill(ready: string, staging: string, options: InstallOptions): Promise<TensorflowRecord> {
  const { from, pythons, download, onProgress, signal } = options;
  const record = (version: string, where: string): TensorflowRecord => ({ version, from: where, checkedOn: null });
  if (from !== null) {
    onProgress({ stage: 'link' });
    linkLibraries(resolve(from), ready);
    return record('unknown', resolve(from));
  }
  onProgress({ stage: 'search' });
  const offers: PythonOffer[] = [];
  for (const python of pythons) {
    const offer = await askPython(python, signal);
    signal?.throwIfAborted();
    if (!offer) continue;
    if (offer.tensorflow && !download) {
      onProgress({ stage: 'link' });
      linkLibraries(offer.tensorflow.folder, ready);
      return record(offer.tensorflow.version, offer.tensorflow.folder);
    }
    offers.push(offer);
  }
  const python = offers.find(({ hasPip }) => hasPip)?.executable;
  if (!python) {
    throw new TuneboardError(
      'backend-install',
      'No Python with pip was found to download TensorFlow with: install one, or name a folder with libtensorflow.',
    );
  }
  refuseOtherMachines();
  refuseSmallDisk(staging);
  const wheel = await fetchWheel(python, staging, onProgress, signal);
  await unpackWheel(python, wheel, ready, onProgress, signal);
  const addon = nativeFiles()?.addon as string;
  copyFileSync(addon, join(ready, basename(addon)));
  return record(WHEEL.version, `the published ${WHEEL.package} ${WHEEL.version}`);
}

function refuseOtherMachines(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new TuneboardError(
    'backend-install',
    `The published TensorFlow is for Linux x86-64, this is ${process.platform}-${process.arch}: name a folder with libtensorflow.`,
  );
}

/** The wheel and what is in it lie beside each other for a while. */
function refuseSmallDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const [needed, free] = [WHEEL.bytes * 2 + WHEEL.unpackedBytes, bavail * bsize];
  if (free >= needed) return;
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  throw new TuneboardError(
    'backend-install',
    `The disk of ${folder} has ${megabytes(free)} MB left and the download needs ${megabytes(needed)} MB: free some, and try again.`,
  );
}

/** Exported for its test. An installation that was there goes back where the new one cannot take its place. */
export function replace(ready: string, place: string, staging: string): void {
  const before = join(staging, 'before');
  const isReplaced = existsSync(place);
  if (isReplaced) renameSync(place, before);
  try {
    renameSync(ready, place);
  } catch (error) {
    if (isReplaced) renameSync(before, place);
    throw error;
  }
}

/** What installations that were killed left behind. */
function sweep(home: string): void {
  for (const name of readdirSync(home)) {
    const pid = /^staging-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(home, name), { recursive: true, force: true });
  }
}

/** What an interpreter can give: an installed TensorFlow's folder and version, and a pip to download with. */
interface PythonOffer {
  readonly executable: string;
  readonly tensorflow: { readonly folder: string; readonly version: string } | null;
  readonly hasPip: boolean;
}

/** Asks an interpreter; undefined when it does not run. */
async function askPython(program: string, signal?: AbortSignal): Promise<PythonOffer | undefined> {
  const { code, stdout } = await runProgram(program, ['-c', PROBE], signal && { signal });
  if (code !== 0) return undefined;
  const answer = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    executable: string;
    folder: string | null;
    version: string | null;
    pip: boolean;
  };
  const isWhole = answer.folder !== null && existsSync(join(answer.folder, 'libtensorflow_cc.so.2'));
  return {
    executable: answer.executable,
    tensorflow: isWhole ? { folder: answer.folder as string, version: answer.version ?? 'unknown' } : null,
    hasPip: answer.pip,
  };
}
