import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';

/** One study of one sampler on one problem. */
export interface Result {
  /** Noise-free value of the trial that looked best after each trial; null while every trial has failed. */
  readonly best: readonly (number | null)[];
  /** Milliseconds that all asks and tells took. */
  readonly ms: number;
  /** `fingerprint` of the problem. */
  readonly problem: string;
  /** `coreVersion` when it was measured; null where it does not matter. */
  readonly code: string | null;
}

export interface RunKey {
  readonly problem: string;
  readonly contestant: Contestant;
  readonly seed: number;
}

const project = fileURLToPath(new URL('../../../', import.meta.url));

export const DEFAULT_RESULTS = join(project, '.cache', 'bench', 'quality');

export function resultFile(folder: string, { problem, contestant, seed }: RunKey): string {
  return join(folder, contestant.name.replace(/[^\w@.-]+/g, '_'), problem.replace('/', '-'), `${seed}.json`);
}

export function readResult(folder: string, key: RunKey): Result | null {
  const file = resultFile(folder, key);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : null;
}

/** Whole or not at all: a bench may be stopped at any time and goes on from the results that there are. */
export function writeResult(folder: string, key: RunKey, result: Result): void {
  const file = resultFile(folder, key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(result));
  renameSync(`${file}.${process.pid}`, file);
}

/** Parts of the optimiser that have no part in a proposal. */
const APART = /^(schedulers|pruners|importance)\//;

/** Changes when a source that proposals may depend on does: then ours are measured anew, unless they have a label. */
export function coreVersion(): string {
  const folder = join(project, 'src', 'core');
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.ts') && !APART.test(name)) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Whose results depend on the code here and carry no label. Random search changes too seldom to count. */
export function dependsOnCode({ maker, label, type }: Contestant): boolean {
  return maker === 'ours' && label === null && type !== 'random';
}
