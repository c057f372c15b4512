/**
 * `npm test`: installs what the tests need, builds, then runs the unit, the integration and the end-to-end tests.
 * `npm test -- unit e2e/digits` runs only some: a suite's name, or part of a test file's path.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './support/bootstrap.mjs';

const script = fileURLToPath(import.meta.url);
bootstrap(join(dirname(script), '..'), script);
const { runSuites } = await import('./support/runSuites.ts');
process.exit(await runSuites(process.argv.slice(2)));
