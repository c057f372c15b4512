import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildKernels } from '../../src/trainer/kernels/build.mjs';
import { repository } from './cache.ts';

/** Compiles the trainer's kernels into dist/ unless those there are newer than their sources. */
export async function prepareKernels(): Promise<void> {
  const sources = globSync('src/trainer/kernels/{build.mjs,assembly/*.ts}', { cwd: repository });
  const newest = Math.max(...sources.map((path) => statSync(join(repository, path)).mtimeMs));
  const isBuilt = ['simd', 'relaxed'].every((name) => {
    const made = statSync(join(repository, `dist/kernels.${name}.wasm`), { throwIfNoEntry: false });
    return made !== undefined && made.mtimeMs >= newest;
  });
  if (!isBuilt) await buildKernels(join(repository, 'dist'));
}
