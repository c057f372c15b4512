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
const journal = join(runFolder, 'journal.log');
const shown = (path) => relative(process.cwd(), path) || path;

if (process.argv.includes('--fresh')) rmSync(runFolder, { recursive: true, force: true });
const earlier = existsSync(journal);

if (node('esbuild.mjs').status !== 0) process.exit(1);
console.log(`\n$ tuneboard run ${shown(study)}\n`);
const ran = node('dist/tuneboard.mjs', 'run', study);
if (ran.status !== 0) process.exit(ran.status ?? 1);

console.log('\nBest parameters:');
node('dist/tuneboard.mjs', 'best', journal, '--as', 'yaml');
console.log(`\nAll trials are in ${shown(journal)}, a journal that Optuna reads too.`);
console.log('To see them in the editor: npm run code, then open digits/digits.study.yaml.');
if (earlier) console.log('An earlier run was continued; npm start -- --fresh begins again.');

/** Runs one of the project's programs in the project's own Node, which the study's command finds first too. */
function node(file, ...args) {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  return spawnSync(process.execPath, [join(root, file), ...args], { stdio: 'inherit', env: { ...process.env, PATH } });
}
