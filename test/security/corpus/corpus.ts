/** Folders that a stranger could commit to a repository. The same seed makes the same ones. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../src/core/random.ts';
import { recordCases } from './records.ts';
import { sourceCases } from './sources.ts';
import { storageCases } from './storages.ts';
import type { Traps } from './traps.ts';

export interface HostileCase {
  /** Also the name of its folder. */
  readonly name: string;
  /** Fills the folder, which is empty. */
  write(folder: string): void;
}

/** Each case, by the name of its folder. */
export function hostileCases(traps: Traps, seed: number): readonly HostileCase[] {
  return [
    ...recordCases(traps, new Random(seed, 0, 'records')),
    ...storageCases(traps, new Random(seed, 0, 'storages')),
    ...sourceCases(traps, new Random(seed, 0, 'sources')),
  ];
}

/** Writes each case into a folder of its own below `parent`. Returns the folders. */
export function writeCases(parent: string, cases: readonly HostileCase[]): string[] {
  return cases.map((hostile, index) => {
    const folder = join(parent, `${String(index).padStart(3, '0')} ${hostile.name}`.replaceAll(/[/\\]/g, '_'));
    mkdirSync(folder);
    hostile.write(folder);
    return folder;
  });
}
