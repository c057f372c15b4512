/**
 * An extension that watches Tuneboard in the same extension host: the processes that it starts, the connections that it
 * makes, the longest turn of the event loop in milliseconds of the thread's processor (`blockMs`) and on the clock
 * (`waitMs`), and the most memory of the host. Writes them to the file that PROBE_REPORT names, several times a second.
 * Making the file `PROBE_REPORT.reset` restarts the clock. Opens the files that `PROBE_REPORT.open` lists in the editor, one
 * after the other, and asks for what an editor asks for.
 */
const { ChildProcess } = require('node:child_process');
const childProcess = require('node:child_process');
const { existsSync, readFileSync, rmSync } = require('node:fs');
const { rename, writeFile } = require('node:fs/promises');
const { Socket } = require('node:net');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const vscode = require('vscode');

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

async function openAll(paths) {
  for (const path of paths) {
    try {
      const { uri } = await vscode.workspace.openTextDocument(path);
      await vscode.window.showTextDocument(uri);
      const start = new vscode.Position(2, 4);
      await vscode.commands.executeCommand('vscode.executeCodeLensProvider', uri);
      await vscode.commands.executeCommand('vscode.executeHoverProvider', uri, start);
      await vscode.commands.executeCommand('vscode.executeCompletionItemProvider', uri, start);
      await vscode.commands.executeCommand('vscode.executeCodeActionProvider', uri, new vscode.Range(start, start));
      report.opened.push(path);
    } catch (error) {
      report.unread.push(`${path}: ${error}`);
    }
  }
}

/** Notes each call of a method that comes from the watched extension. */
function note(owner, name, list, describe) {
  const original = owner[name];
  owner[name] = function noted(...args) {
    if (WATCHED.test(new Error().stack ?? '')) list.push(describe(args));
    return original.apply(this, args);
  };
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
  const write = async () => {
    if (existsSync(`${path}.reset`)) {
      rmSync(`${path}.reset`);
      delay.reset();
      report.blockMs = 0;
      report.waitMs = 0;
    }
    if (existsSync(`${path}.open`)) {
      const paths = JSON.parse(readFileSync(`${path}.open`, 'utf8'));
      rmSync(`${path}.open`);
      void openAll(paths);
    }
    report.beats++;
    report.waitMs = Math.max(report.waitMs, Math.round(delay.max / 1e6));
    report.peakBytes = Math.max(report.peakBytes, process.memoryUsage.rss());
    await writeFile(`${path}.tmp`, JSON.stringify(report));
    await rename(`${path}.tmp`, path);
    setTimeout(write, 100);
  };
  void write();
};
