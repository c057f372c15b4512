/** A job that is ended: its programs get the signal before whoever waits for them does. They have not failed. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandProcess } from '../../../src/tuner/objective/command/commandProcess.ts';

const isPosix = { skip: process.platform === 'win32' && 'Windows has no such signals' };
const folder = mkdtempSync(join(tmpdir(), 'tuneboard-job-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A process that holds the program's output and ends only when it is told to the hard way, 2.5 s after the other one. */
const LEAVES = `require('node:child_process').spawn(process.execPath,
  ['-e', "process.on('SIGTERM', () => console.log('told')); setInterval(() => 0, 1000); console.log('left')"],
  { stdio: 'inherit', env: process.env });
const ready = (code) => process.on('SIGTERM', () => process.exit(code));`;

/** A program that runs until it is ended, from the moment on that it has said so. */
async function start(program: string, printed: (text: string) => void = () => undefined): Promise<CommandProcess> {
  const { promise: isReady, resolve } = Promise.withResolvers<void>();
  // Each its own: by it, what a program left is found.
  const mark = randomUUID();
  let output = '';
  const onOutput = (chunk: Uint8Array) => {
    output += Buffer.from(chunk).toString();
    if (output.includes('ready') && (!program.includes(LEAVES) || output.includes('left'))) resolve();
    printed(output);
  };
  const started = new CommandProcess({
    command: {
      program: process.execPath,
      args: ['-e', `${program}; setInterval(() => 0, 1000); console.log('ready')`],
      shell: false,
    },
    trial: {
      number: 0,
      params: {},
      marker: { name: 'TUNEBOARD_TRIAL', value: mark },
      gpu: null,
      best: null,
      report: () => undefined,
      flush: async () => undefined,
      earlyEnd: () => undefined,
      onEarlyEnd: () => undefined,
      isBeyondEnd: false,
      setUserAttr: async () => undefined,
      reportGradient: () => undefined,
      setConstraint: async () => undefined,
      part: null,
    },
    client: { env: {}, isConnected: false, toldEnd: undefined, close: () => undefined },
    cwd: folder,
    env: { TUNEBOARD_TRIAL: mark },
    onSkipped: () => undefined,
    metrics: ['score'],
    constraints: [],
    isExact: false,
    outputPath: join(folder, 'output.log'),
    timeoutMs: null,
    onOutput,
  });
  await isReady;
  return started;
}

function signal(started: CommandProcess): void {
  process.kill(started.pid as number, 'SIGTERM');
}

async function untilGone({ pid }: CommandProcess): Promise<void> {
  for (;;) {
    try {
      process.kill(pid as number, 0);
    } catch {
      return;
    }
    await delay(5);
  }
}

for (const [how, program] of [
  ['by the signal', ''],
  ['with the exit code of the signal', "process.on('SIGTERM', () => process.exit(143))"],
] as const) {
  test(`a program that ends ${how} just before the order to end it was ended`, isPosix, async () => {
    const started = await start(program);
    signal(started);
    await untilGone(started);
    // All that it left has been read, too. However late this is: the time to take an order begins after that.
    await delay(100);
    started.end('stopped');
    assert.deepEqual(await started.outcome, { type: 'ended', cause: 'stopped' });
  });

  test(`a program that ends ${how} without an order has failed`, isPosix, async () => {
    const started = await start(program);
    signal(started);
    const outcome = await started.outcome;
    assert.equal(outcome.type, 'failed');
  });
}

describe("an order during the end of a program's descendants", { ...isPosix, concurrency: true }, () => {
  for (const [code, cause, expected] of [
    [143, 'stopped', { type: 'ended', cause: 'stopped' }],
    [1, 'pruned', { type: 'ended', cause: 'pruned' }],
    [1, 'paused', { type: 'ended', cause: 'paused' }],
    [0, 'stopped', { type: 'done' }],
  ] as const) {
    const counts = expected.type === 'ended' ? 'counts' : 'comes too late';
    test(`${counts} (${cause}) where the program ended with exit code ${code}`, async () => {
      const { promise: isEnding, resolve } = Promise.withResolvers<void>();
      const started = await start(`${LEAVES} ready(${code})`, (output) => {
        if (output.includes('told')) resolve();
      });
      signal(started);
      await isEnding;
      started.end(cause);
      const { type, ...rest } = await started.outcome;
      assert.deepEqual(expected.type === 'ended' ? { type, ...rest } : { type }, expected);
    });
  }
});
