/**
 * Makes a fresh clone ready on any Node from 20 on: installs the dependencies when they are not those of the lock file,
 * and goes on in the Node 24 that is among them. Plain JavaScript without dependencies, since it runs before there are any.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root the repository
 * @param {string} script the running script; it is started again when this is not the project's own Node
 */
export function bootstrap(root, script) {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) exit(1, `Tuneboard needs Node 20 or newer; this is ${process.versions.node}.`);
  installDependencies(root);
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (major >= 24 || !existsSync(own)) return;
  const again = spawnSync(own, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

function installDependencies(root) {
  if (areInstalled(root)) return;
  console.log('installing the dependencies …');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) exit(1, '`npm ci` failed; what it printed above says why.');
}

/** Whether every package of the lock file is there in its version. Optional ones are for other platforms. */
function areInstalled(root) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
  );
}

function exit(code, message) {
  console.error(message);
  process.exit(code);
}
