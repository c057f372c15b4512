import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { clusterMessage } from '../../words/en/cluster.ts';
import type { PackedFile } from './packFolder.ts';

/** Folder of a package in which the workers' program is. */
export const PROGRAM_FOLDER = '.tuneboard-worker';
export const PROGRAM = `${PROGRAM_FOLDER}/tuneboard.mjs`;

/** Beside the bundle: what a worker may load. */
const BESIDE = ['trainer.mjs', 'databases.cjs', 'redis.cjs', 'grpc.cjs'];

/** The bundle and what it needs, for a cluster that has nothing of ours. Throws `no-bundle` when run from source unbuilt. */
export function programFiles(cli: string): PackedFile[] {
  const bundle = bundleOf(cli);
  const folder = dirname(bundle);
  const names = readdirSync(folder).filter((name) => BESIDE.includes(name) || name.endsWith('.wasm'));
  const python = join(folder, 'python');
  const scripts = existsSync(python) ? readdirSync(python).filter((name) => name.endsWith('.py')) : [];
  return [
    file('tuneboard.mjs', bundle),
    ...names.map((name) => file(name, join(folder, name))),
    ...scripts.map((name) => file(`python/${name}`, join(python, name))),
  ];
}

function bundleOf(cli: string): string {
  if (cli.endsWith('.mjs')) return cli;
  const built = join(dirname(cli), '..', '..', 'dist', 'tuneboard.mjs');
  if (existsSync(built)) return built;
  throw new TuneboardError('no-bundle', clusterMessage('thereNoSendClusterRun', { built }));
}

function file(name: string, path: string): PackedFile {
  return { path: `${PROGRAM_FOLDER}/${name}`, isExecutable: false, read: () => readFileSync(path) };
}
