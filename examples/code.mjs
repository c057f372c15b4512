/**
 * `npm run code`: VS Code on the examples, with the extension as it is built now. In the desktop VS Code where its `code`
 * command is installed; else in the VS Code that the tests use, whose address is printed. `--browser` asks for the latter.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from '../test/support/bootstrap.mjs';

const script = fileURLToPath(import.meta.url);
const root = join(dirname(script), '..');
const windows = process.platform === 'win32';
bootstrap(root, script);

const examples = join(root, 'examples');
const hasDesktop = windows || process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
const code = spawnSync('code', ['--version'], { stdio: 'ignore', shell: windows });

if (hasDesktop && code.status === 0 && !process.argv.includes('--browser')) {
  run('npm', ['run', '-s', 'build']);
  run('code', ['--new-window', `--extensionDevelopmentPath=${root}`, examples]);
} else {
  run('npm', ['run', '-s', 'package']);
  const { installVscode } = await import('../test/support/vscode/installVscode.ts');
  const { VscodeServer } = await import('../test/support/vscode/server.ts');
  await installVscode(console.log);
  const server = await VscodeServer.start({
    profile: join(root, '.cache', 'code-profile'),
    extension: join(root, 'dist', 'tuneboard.vsix'),
  });
  console.log(`\nOpen ${server.urlOf(examples)}\nCtrl+C ends it; studies go on.`);
  process.on('SIGINT', () => server.stop().then(() => process.exit(0)));
  process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
}

function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', shell: windows });
  if (status !== 0) process.exit(status ?? 1);
}
