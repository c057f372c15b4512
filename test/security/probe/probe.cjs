/**
 * An extension that watches Tuneboard in the same extension host: the processes that it starts, the connections that it
 * makes, the longest turn of the event loop in milliseconds of the thread's processor (`blockMs`) and on the clock
 * (`waitMs`), and the most memory of the host. Writes them to the file that PROBE_REPORT names, several times a second.
 * Making the file `PROBE_REPORT.reset` restarts the clock; `PROBE_REPORT.open` has paths as JSON, of files to show.
 */
const { ChildProcess } = require('node:child_process');
const childProcess = require('node:child_process');
const { existsSync, readFileSync, rmSync } = require('node:fs');
const { rename, writeFile } = require('node:fs/promises');
const { Socket } = require('node:net');
const { basename } = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
// biome-ignore lint/style/noRestrictedImports: this is an extension of its own
const { commands, Position, Range, Uri, window, workspace } = require('vscode');

const WATCHED = /tuneboard\.tuneboard-/;
const report = {
  blockMs: 0,
  waitMs: 0,
  peakBytes: 0,
  beats: 0,
  processes: [],
  connections: [],
  opened: [],
  unread: [],
};

/** Notes each call of a method that comes from the watched extension. */
function note(owner, name, list, describe) {
  const original = owner[name];
  owner[name] = function noted(...args) {
    if (WATCHED.test(new Error().stack ?? '')) list.push(describe(args));
    return original.apply(this, args);
  };
}

/** Shows a file as a person would, and asks what an editor shows of it, of all extensions. */
async function lookInto(uri) {
  if (uri.path.endsWith('.ipynb')) await window.showNotebookDocument(await workspace.openNotebookDocument(uri));
  const document = await workspace.openTextDocument(uri);
  await window.showTextDocument(document, { preview: true });
  const all = new Range(0, 0, document.lineCount, 0);
  const ask = (name, ...args) => commands.executeCommand(`vscode.execute${name}Provider`, uri, ...args);
  await ask('CodeLens', 100);
  await ask('InlayHint', all);
  await ask('CodeAction', new Range(0, 0, 0, 10), undefined, 20);
  for (const line of [0, 2, 4, document.lineCount - 1]) {
    await ask('Hover', new Position(Math.min(line, document.lineCount - 1), 4));
    await ask('CompletionItem', new Position(Math.min(line, document.lineCount - 1), 0), undefined, 5);
  }
}

exports.activate = () => {
  Error.stackTraceLimit = 100;
  note(ChildProcess.prototype, 'spawn', report.processes, ([options]) => [options.file, ...options.args].join(' '));
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
    note(childProcess, name, report.processes, (args) => `${name} ${args.slice(0, 2).flat().join(' ')}`);
  }
  note(Socket.prototype, 'connect', report.connections, (args) => JSON.stringify(args[0]));
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let used = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(used);
    report.blockMs = Math.max(report.blockMs, Math.round((user + system) / 1000));
    used = process.threadCpuUsage();
  }, 5);
  const path = process.env.PROBE_REPORT;
  const open = async () => {
    if (!existsSync(`${path}.open`)) return;
    const files = JSON.parse(readFileSync(`${path}.open`, 'utf8'));
    rmSync(`${path}.open`);
    for (const file of files) {
      const began = performance.now();
      await lookInto(Uri.file(file)).catch((error) => report.unread.push(`${file}: ${error}`));
      report.opened.push([basename(file), Math.round(performance.now() - began)]);
    }
  };
  const write = async () => {
    if (existsSync(`${path}.reset`)) {
      rmSync(`${path}.reset`);
      delay.reset();
      report.blockMs = 0;
      report.waitMs = 0;
    }
    void open();
    report.beats++;
    report.waitMs = Math.max(report.waitMs, Math.round(delay.max / 1e6));
    report.peakBytes = Math.max(report.peakBytes, process.memoryUsage.rss());
    await writeFile(`${path}.tmp`, JSON.stringify(report));
    await rename(`${path}.tmp`, path);
    setTimeout(write, 100);
  };
  void write();
};
