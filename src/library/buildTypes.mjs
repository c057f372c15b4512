/** Writes the types of the npm package into dist/types: `npm run build:types`. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(source);
const types = join(root, 'dist', 'types');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

for (const project of ['library', 'trainer']) {
  execFileSync(process.execPath, [compiler, '-p', join(source, project, 'tsconfig.types.json')], { stdio: 'inherit' });
}

// Who uses the package need not have TensorFlow.js, which the bundles bring.
const ours = join(types, 'trainer', 'tensorTypes.d.ts');
copyFileSync(join(source, 'trainer', 'tensorTypes.d.ts'), ours);
for (const name of readdirSync(join(types, 'trainer'), { recursive: true, encoding: 'utf8' })) {
  const path = join(types, 'trainer', name);
  if (!name.endsWith('.d.ts') || path === ours) continue;
  const text = readFileSync(path, 'utf8');
  const place = relative(dirname(path), join(types, 'trainer', 'tensorTypes.js')).replaceAll('\\', '/');
  const changed = text
    .replace(/^import '@tensorflow\/[^']*';\n/gm, '')
    .replaceAll("from '@tensorflow/tfjs-core'", `from '${place.startsWith('.') ? place : `./${place}`}'`);
  if (changed !== text) writeFileSync(path, changed);
}
