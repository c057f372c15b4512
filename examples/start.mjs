/**
 * `npm start`: the digits study, run by the same tuner that the extension starts. Needs Node 20 or newer and nothing else:
 * installs and builds first. `npm start -- --fresh` throws an earlier run away.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from '../test/support/bootstrap.mjs';

const script = fileURLToPath(import.meta.url);
const root = join(dirname(script), '..');
bootstrap(root, script);

const study = join(root, 'examples', 'digits', 'digits.study.yaml');
const runFolder = join(root, 'examples', 'digits', '.tuneboard', 'digits');
const shown = relative(process.cwd(), study) || study;

if (process.argv.includes('--fresh')) rmSync(runFolder, { recursive: true, force: true });
const continued = existsSync(runFolder);

if (node('esbuild.mjs').status !== 0) process.exit(1);
console.log(`\n$ tuneboard run ${shown}`);
if (continued) console.log('(goes on with the run of before; npm start -- --fresh begins again)');
console.log();
const ran = node('dist/tuneboard.mjs', 'run', study);
if (ran.status !== 0) process.exit(ran.status ?? 1);
console.log('\nWith no VS Code installed: npm run code opens one in the browser, on these examples.');

/** Runs one of the project's programs in the project's own Node, which the study's command finds first too. */
function node(file, ...args) {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  return spawnSync(process.execPath, [join(root, file), ...args], { stdio: 'inherit', env: { ...process.env, PATH } });
}
