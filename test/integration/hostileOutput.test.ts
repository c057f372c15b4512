import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { makeRuns } from '../support/manyRuns.ts';

const EVIL = 'x\u001b]0;owned\u0007\u001b[2J\u009b1A\rfake\nforged\v\f\u2028\u202e\u200b\ty';
const cli = join(import.meta.dirname, '../../src/tuner/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tuneboard-hostile-'));
after(() => rmSync(folder, { recursive: true }));

test('commands print a hostile study as plain lines, and as exact JSON', async () => {
  const path = join(folder, 'journal.log');
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: EVIL, directions: [Direction.minimize] });
  await log.createTrial(study, {
    state: TrialState.complete,
    values: [1],
    params: [{ name: EVIL, distribution: floatDistribution(0, 1), internal: 0.5 }],
    userAttrs: { [EVIL]: EVIL },
  } as never);
  await log.close();
  const run = (...args: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
    assert.doesNotMatch((stdout + stderr).replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, args.join(' '));
    return { stdout, lines: stdout.split('\n').length - 1 };
  };
  assert.equal(run('studies', path).lines, 2);
  assert.equal(run('trials', path).lines, 2);
  assert.equal(run('best', path).lines, 2);
  assert.equal(run('best', path, '--as', 'yaml').lines, 1);
  assert.equal(run('best', path, '--as', 'args').lines, 1);
  assert.deepEqual(JSON.parse(run('best', path, '--as', 'json').stdout), { [EVIL]: 0.5 });
  assert.equal(JSON.parse(run('trials', path, '--json').stdout).studies[0].name, EVIL);
  run('trials', path, '--study', 'missing');
  run('importance', path);

  // No control codes that a file's name cannot have, and none that a record's schema refuses.
  const evilFolder = join(folder, EVIL.replace('\0', ''));
  const runFolder = join(evilFolder, '.tuneboard', 'evil');
  mkdirSync(runFolder, { recursive: true });
  const record = {
    ...{ version: 1, pid: 4242, processStart: EVIL, studyName: EVIL, source: join(evilFolder, `${EVIL}.study.yaml`) },
    ...{ storage: join(evilFolder, EVIL), socket: EVIL, token: EVIL, state: 'failed', startedAt: 1, parallel: 1 },
    ...{ budget: { trials: 3, timeoutMs: null }, message: EVIL, python: EVIL },
  };
  writeFileSync(join(runFolder, 'run.json'), JSON.stringify(record));
  const source = join(evilFolder, `${EVIL}.study.yaml`);
  writeFileSync(
    source,
    `name: ${JSON.stringify(EVIL)}\nobjective: { command: [${JSON.stringify(EVIL)}] }\n${EVIL}: 5\n`,
  );
  for (const args of [
    ['status'],
    ['status', EVIL],
    ['resume', EVIL],
    ['stop', EVIL],
    ['trials', EVIL],
    ['doctor'],
    ['doctor', source],
    ['run', source],
    ['run', join(evilFolder, `missing ${EVIL}`)],
    ['worker', '--study-file', source],
    [EVIL],
  ]) {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: evilFolder });
    assert.doesNotMatch((stdout + stderr).replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, args.join(' '));
  }
});

test('a reader that closes the pipe after a line ends a command without an error', {
  skip: process.platform === 'win32',
}, async () => {
  const workspace = join(folder, 'many');
  // More than a pipe holds, so that the command still writes when its reader is gone.
  await makeRuns(workspace, 800, 2);
  const journal = join(folder, 'long.log');
  const log = await JournalLog.open(journal, { create: true });
  const study = await log.createStudy({ name: 'long', directions: [Direction.minimize] });
  const trial = { state: TrialState.complete, values: [1], userAttrs: { note: 'x'.repeat(500) } };
  await Promise.all(Array.from({ length: 1000 }, () => log.createTrial(study, trial as never)));
  await log.close();
  for (const args of [['status', '--json'], ['status'], ['trials', journal], ['trials', journal, '--json']]) {
    const run = (command: string) =>
      spawnSync('bash', ['-c', command, 'bash', process.execPath, cli, ...args], { encoding: 'utf8', cwd: workspace });
    const whole = run('"$@"').stdout.split('\n');
    const { stdout, stderr } = run('"$@" | head -1; echo "exit $PIPESTATUS"');
    assert.equal(stderr, '', args.join(' '));
    assert.equal(stdout, `${whole[0]}\nexit 0\n`, args.join(' '));
  }
});
