/** What a program prints must not keep a tuner from its signals and its control socket. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TrialState } from '../../src/core/study/states.ts';
import { connectControl } from '../../src/runs/controlClient.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** Loaded into the tuner: every line in words is read for ever. */
const ENDLESS = `
import { WordedMetrics } from ${JSON.stringify(pathToFileURL(source('tuner/objective/metrics/wordedMetrics.ts')).href)};
WordedMetrics.prototype.read = () => { for (;;); };
`;
const CHATTY = "setInterval(() => console.log('Score: high'), 20);";
/** Prints without pause, whatever the tuner does; the pipe makes it wait. */
const flood = (piece: string) => `
import { writeSync } from 'node:fs';
const piece = Buffer.from(${piece});
for (;;) try { for (let at = 0; at < piece.length; ) at += writeSync(1, piece, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
`;

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

function startEndless(study: string) {
  const patch = folder.write('endless.mjs', ENDLESS);
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(patch).href}` };
  return folder.start(['run', study], env);
}

async function untilTrialRuns(): Promise<void> {
  await until(() => folder.recordIfAny()?.state === 'running');
  const client = await connectControl(folder.record());
  await until(async () => (await client.request('status', {})).running.length > 0);
  client.close();
}

describe('a parser that never ends', { skip: process.platform === 'win32' && 'signals differ on Windows' }, () => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    test(`leaves ${signal} what it is`, async () => {
      const { child, ended } = startEndless(folder.study(CHATTY, { head: 'budget: { trials: 40 }\nparallel: 3' }));
      await untilTrialRuns();
      child.kill(signal);
      await ended;
      assert.equal(folder.record().state, 'stopped');
    });

  test('lets `stop --now` through, is reported once, and what comes before and after it counts', async () => {
    const program = `console.log('score=0.5'); ${CHATTY}`;
    const { ended } = startEndless(folder.study(program, { head: 'budget: { trials: 1 }' }));
    await untilTrialRuns();
    const log = join(folder.path, '.tuneboard', 'demo', 'tuner.log');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('no more of them are read'));
    const { code, stderr } = await folder.run('stop', '--now');
    assert.equal(code, 0, stderr);
    await ended;
    assert.equal(folder.record().state, 'stopped');
    assert.equal(readFileSync(log, 'utf8').match(/was skipped/g)?.length, 1);
    assert.deepEqual((await folder.load()).history.curve(0).values, [0.5]);
  });
});

test('lines that took a parser hours are read, and the study comes to its end', async () => {
  const program = `
    console.log('score: 0.3 epoch' + ' '.repeat(60_000));
    console.log('{"a":'.repeat(12_000));
    console.log('loss=BestRun('.repeat(5_000));
    console.log('score: 0.5 epoch 2');`;
  const { code, stderr } = await folder.run('run', folder.study(program, { head: 'budget: { trials: 2 }' }));
  assert.equal(code, 0, stderr);
  const { history } = await folder.load();
  assert.deepEqual([history.state(0), history.value(0)], [TrialState.complete, 0.5]);
});

describe('a program that prints without pause leaves the control socket what it is:', () => {
  const FLOODS = {
    'one line without end': `'x'.repeat(1 << 20)`,
    'short lines': `'a line\\n'.repeat(100_000)`,
    'empty lines': `'\\n'.repeat(1 << 20)`,
    'the same metric': `'score=0.5 step=1\\n'.repeat(50_000)`,
    'ever new metrics': `Array.from({ length: 20_000 }, (_, index) => 'm' + Math.random() + index + '=1\\n').join('').replaceAll('.', '')`,
    gradients: `'{"gradient": {"lr": 0.5}}\\n'.repeat(20_000)`,
  };
  for (const [name, piece] of Object.entries(FLOODS))
    test(name, async () => {
      const study = folder.study(flood(piece), { head: 'budget: { trials: 8 }\nparallel: 4' });
      const { ended, child } = folder.start(['run', study]);
      await untilTrialRuns();
      const client = await connectControl(folder.record());
      for (let asked = 0; asked < 20; asked++) await client.request('status', {});
      client.close();
      const memory = residentBytes(child.pid as number);
      assert.ok(memory < 700 * 2 ** 20, `${memory} bytes`);
      const { code, stderr } = await folder.run('stop', '--now');
      assert.equal(code, 0, stderr);
      await ended;
      assert.equal(folder.record().state, 'stopped');
    });
});

/** 0 where the system does not tell. */
function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
