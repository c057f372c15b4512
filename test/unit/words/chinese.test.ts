import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { TuneboardError } from '../../../src/core/errors.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { problemOf } from '../../../src/extension/window/problem.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';
import { createRunFolder, readRunRecord } from '../../../src/runs/runRecords.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { failureOf } from '../../../src/storage/proxy/proxyFailure.ts';
import { ProxyUrl } from '../../../src/storage/proxy/proxyUrl.ts';
import { packFolder } from '../../../src/tuner/cluster/packFolder.ts';
import { RayClient } from '../../../src/tuner/cluster/ray/rayClient.ts';
import { SlurmShell } from '../../../src/tuner/cluster/slurm/slurmShell.ts';
import { explainScriptEnd } from '../../../src/tuner/objective/optuna/explain.ts';
import { whyAllFailed } from '../../../src/tuner/run/outcome.ts';
import { takeRunLock } from '../../../src/tuner/run/runLock.ts';
import { FailureStreak } from '../../../src/tuner/trials/trialEnds.ts';
import { tunerMessage } from '../../../src/words/en/tuner.ts';
import type { Message } from '../../../src/words/message.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { chinese, english } from '../../support/words.ts';

const saidIn = (message: Message | undefined) => (message ? chinese.say(message) : '');

async function refusal(path: string): Promise<string> {
  try {
    await (await openTrialLog(path)).close();
  } catch (error) {
    assert.ok(error instanceof TuneboardError);
    return problemOf(error, chinese).sentence;
  }
  return assert.fail(`${path} was opened`);
}

test('what a storage says when it cannot be opened is said in Chinese, with the name of the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-sentences-'));
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const paths = [
      join(folder, 'missing.db'),
      folder,
      file('empty.log', ''),
      file('notes.txt', 'hello\nworld\n'),
      file('packed.gz', '\x1f\x8b\x08'),
      file('broken.db', `SQLite format 3\0${'x'.repeat(200)}`),
      'postgresql://somebody@localhost:1/optuna',
      'mysql://somebody@localhost:1',
      'redis://localhost:1',
      'grpc://localhost:1',
      'grpc://localhost/study',
      'grpcs://localhost',
      'mongodb://localhost',
    ];
    for (const path of paths) {
      const sentence = await refusal(path);
      assert.match(sentence, /\p{Script=Han}/u, sentence);
      assert.ok(sentence.includes(path), sentence);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('whatever a storage proxy says is said in Chinese', async (t) => {
  const web = createServer((_, response) => void response.end());
  t.after(() => web.close());
  await once(web.listen(0, '127.0.0.1'), 'listening');
  const { port } = web.address() as { port: number };
  const url = ProxyUrl.parse(`grpc://127.0.0.1:${port}`);
  const said = [
    [2, ''],
    [2, 'Exception calling application: no room'],
    [3, 'x'],
    [5, ''],
    [12, ''],
  ] as const;
  const larger = [8, 'Received message larger than max (5 vs. 4)'] as const;
  for (const [code, details] of [...said, larger, [13, 'Exception deserializing request!'], [14, 'gone']] as const) {
    const failure = await failureOf({ code, details }, url);
    const sentence = chinese.say(failure.words);
    assert.match(sentence, /\p{Script=Han}/u, failure.message);
    assert.ok(sentence.includes(url.location), sentence);
  }
});

test('why a script ended is said in Chinese', () => {
  const end = { script: '/w/tune.py', code: 1, signal: null, output: '', hadStudy: false };
  const said = (more: object) => saidIn(explainScriptEnd({ ...end, ...more })?.message);
  assert.equal(
    said({ code: 0 }),
    'tune.py 结束时没有创建 Optuna 研究：没有进行调参。如果它不使用 Optuna，请编写一个研究文件，用 `at: "tune.py#LEARNING_RATE"` 这样的写法指出代码中的值。',
  );
  assert.equal(said({ code: 3 }), 'tune.py 结束，退出码 3。');
  assert.equal(said({ code: 3, output: 'No data: stop.\n' }), 'tune.py 结束，退出码 3：No data: stop');
  assert.match(said({ code: null, signal: 'SIGKILL' }), /系统内存不足/);
});

test('why a study failed is said in Chinese, with the reason of its trials', async () => {
  const streak = new FailureStreak();
  const failure = {
    code: 'exit',
    reason: tunerMessage('programEndedExitCode', { code: 1, last: 'no data' }),
    isFatal: false,
  };
  const said = Array.from({ length: 5 }, () => streak.add(failure)).at(-1);
  assert.equal(saidIn(said), '前 5 个试验都以同样的方式失败，因此研究已停止。程序结束，退出码 1：no data');
  const log = new MemoryLog();
  const { history } = await log.createStudy({ name: 'x', directions: [Direction.maximize] });
  history.add({ state: TrialState.fail, params: [], values: null });
  assert.equal(saidIn(whyAllFailed(history)), '唯一的试验失败了。');
  history.add({ state: TrialState.fail, params: [], values: null });
  assert.match(saidIn(whyAllFailed(history)), /^全部 2 个试验都失败了/);
});

test('a message that may not fit in one line has a button, or VS Code would cut it', () => {
  const actionsOf = (sentence: string) => problemOf(new TuneboardError('no-such-study', sentence), english).actions;
  assert.deepEqual(actionsOf('No study is running.'), []);
  assert.equal(actionsOf('The study that you mean is not here: it was closed, or never opened.').length, 1);
  assert.equal(actionsOf('你指的研究不在这里：它已被关闭，或者从未被打开过。请先打开它。').length, 1);
});

test('what is wrong with a cluster is said in Chinese, with its names', async (t) => {
  const said = async (action: () => unknown, ...names: string[]) => {
    const error = await Promise.resolve()
      .then(action)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    assert.ok(error instanceof TuneboardError);
    const sentence = problemOf(error, chinese).sentence;
    assert.match(sentence, /\p{Script=Han}/u, sentence);
    assert.doesNotMatch(sentence, /\b(the|your|under|look|install)\b/i, sentence);
    for (const one of names) assert.ok(sentence.includes(one), sentence);
  };
  const folder = temporaryFolder(t);
  const path = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = path;
  });
  const ssh = (said: string) => {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${said}' >&2\nexit 255\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}${delimiter}${path}`;
    return () => new SlurmShell('me@login').run('squeue', []);
  };
  await said(ssh('Host key verification failed.'), 'me@login', 'ssh me@login');
  await said(ssh('me@login: Permission denied (publickey).'), 'ssh-copy-id me@login');
  await said(ssh('ssh: Could not resolve hostname login: Name or service not known'), 'Could not resolve');
  await said(ssh('Connection refused'), 'Connection refused');
  process.env['PATH'] = '/nowhere';
  await said(() => new SlurmShell('login').run('squeue', []), 'ssh');
  await said(() => new SlurmShell(null).run('no-such-squeue', []), 'no-such-squeue');
  process.env['PATH'] = path;
  await said(() => new RayClient('http://127.0.0.1:9', {}).version(), 'http://127.0.0.1:9', 'ECONNREFUSED');
  await said(() => new RayClient('ray://head', {}), 'ray://head');
  writeFileSync(join(folder, 'large'), 'x'.repeat(2e6));
  const limits = { excludes: [], ignoreFiles: [], mostBytes: 2 ** 20, limitOf: 'Ray' };
  await said(() => packFolder({ folder, ...limits }), folder, 'large (1.9 MB)');
});

test('why a run folder of a stranger is not read, nor written to, is said in Chinese', async (t) => {
  if (process.platform === 'win32') return t.skip('there are no symbolic links');
  const folder = temporaryFolder(t);
  const run = runFolderAt(join(folder, '.tuneboard', 'one'));
  mkdirSync(run.path, { recursive: true });
  const said = async (action: () => unknown, ...kept: string[]) => {
    try {
      await action();
    } catch (error) {
      const { sentence } = problemOf(error, chinese);
      assert.match(sentence, /\p{Script=Han}/u, sentence);
      assert.doesNotMatch(sentence.replaceAll(folder, ''), /[a-z]{3,} [a-z]{3,}/, sentence);
      for (const part of kept) assert.ok(sentence.includes(part), sentence);
      return;
    }
    assert.fail('nothing was refused');
  };
  for (const [text, part] of [
    ['{', '不是 JSON'],
    ['[]', '不是对象'],
    ['{"version": 1, "pid": -1}', 'pid'],
    ['{"version": 1}', 'pid'],
    ['{"version": 99}', run.record],
  ] as const) {
    writeFileSync(run.record, text);
    await said(() => readRunRecord(run.path), run.record, part);
  }
  rmSync(run.record);
  symlinkSync('/dev/zero', run.record);
  await said(() => readRunRecord(run.path), run.record, '符号链接');
  await said(() => createRunFolder(run), run.record, '符号链接');
  rmSync(run.record);
  writeFileSync(join(run.path, 'run.lock.999999999'), '');
  await said(() => takeRunLock(run), 'run.lock');
  await said(() => openTrialLog('redis://h/0', { within: folder }), 'redis://h/0');
  await said(() => openTrialLog('/dev/null', { within: folder }), '/dev/null');
  await said(() => openTrialLog('/dev/null'), '设备');
});
