/**
 * `npm test`: installs what its tests need from npm and PyPI, builds, then runs unit, integration and end-to-end tests within
 * ten minutes. `npm test -- unit e2e/digits` runs only some: a suite's name, or part of a test file's path.
 * `npm run test:all` (`--all`) runs all there are. CI runs `npm run test:all -- --rest` after `npm test`: what that left out.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './support/bootstrap.mjs';

const script = fileURLToPath(import.meta.url);
bootstrap(join(dirname(script), '..'), script);
const { runSuites } = await import('./support/runSuites.ts');
const given = process.argv.slice(2);
const selection = given.includes('--rest') ? 'rest' : given.includes('--all') ? 'all' : 'quick';
process.exit(
  await runSuites(
    given.filter((one) => !one.startsWith('--')),
    selection,
  ),
);
