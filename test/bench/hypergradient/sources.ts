import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from '../../support/cache.ts';

/** A module that a source imports at run time, by its path. */
const IMPORT = /^(?:import|export) (?!type\b)[^'"]*?from '(\.[^']+)';|^import '(\.[^']+)';|import\('(\.[^']+)'\)/gm;

/** What no import names: the kernels' sources, and what of them runs in libtensorflow. */
const COMPILED = 'src/trainer/{kernels/assembly,backend/native}/**/*.{ts,cc,h,mjs}';

/** A hash of all that a module runs: its text, and that of every module it imports from here, theirs too. */
export function hashOfSources(module: URL): string {
  const hash = createHash('sha256');
  for (const path of [...importedFrom(fileURLToPath(module))].sort()) hash.update(readFileSync(path));
  for (const path of globSync(COMPILED, { cwd: repository }).sort()) hash.update(readFileSync(join(repository, path)));
  return hash.digest('hex');
}

function importedFrom(first: string): ReadonlySet<string> {
  const found = new Set([first]);
  for (const path of found) {
    for (const [, from, bare, late] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      found.add(join(path, '..', (from ?? bare ?? late) as string));
    }
  }
  return found;
}
