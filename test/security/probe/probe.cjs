/**
 * An extension that watches Tuneboard in the same extension host: the processes that it starts, the connections that it
 * makes, the longest time that it keeps the event loop, and the most memory of the host. Writes them to the file that
 * PROBE_REPORT names, several times a second. Removing the file `PROBE_REPORT.reset` restarts the clock.
 */
const { ChildProcess } = require('node:child_process');
const childProcess = require('node:child_process');
const { existsSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { Socket } = require('node:net');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const WATCHED = /tuneboard\.tuneboard-/;
const report = { blockMs: 0, peakBytes: 0, beats: 0, processes: [], connections: [] };

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
  const path = process.env.PROBE_REPORT;
  setInterval(() => {
    if (existsSync(`${path}.reset`)) {
      rmSync(`${path}.reset`);
      delay.reset();
      report.blockMs = 0;
    }
    report.beats++;
    report.blockMs = Math.max(report.blockMs, Math.round(delay.max / 1e6));
    report.peakBytes = Math.max(report.peakBytes, process.memoryUsage().rss);
    writeFileSync(`${path}.tmp`, JSON.stringify(report));
    renameSync(`${path}.tmp`, path);
  }, 100);
};
