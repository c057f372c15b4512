/** A study whose cluster is out of reach when it is started again: its workers are not forgotten, and those that were to end are ended. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import type { RunRecord } from '../../src/protocol/runRecord.ts';
import { runFolderOf } from '../../src/runs/runFolder.ts';
import { writeRunRecord } from '../../src/runs/runRecords.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const options = { skip: process.platform === 'win32' ? 'ssh is pretended by a script for sh' : false, timeout: 60_000 };
const workers = [{ id: '41_0', state: 'running', where: 'n1' }] as const;

/** A study that ran on Slurm behind a login node, and the environment in which the `ssh` there does as `script` says. */
function before(folder: TunerFolder, script: string, record: Partial<RunRecord>) {
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const source = folder.study('console.log("score=1")', {
    head: 'budget: { trials: 2 }\nstorage: sqlite:///study.db\nexecutor: { type: slurm, ssh: login }',
  });
  const run = runFolderOf(source, 'demo');
  mkdirSync(run.path, { recursive: true });
  writeRunRecord(run, {
    version: 1,
    // Above the most that Linux gives a process.
    pid: 2 ** 22 + 1,
    processStart: 'gone',
    studyName: 'demo',
    source,
    storage: join(folder.path, 'study.db'),
    socket: join(folder.path, 'socket'),
    token: 'x',
    state: 'running',
    startedAt: 1,
    budget: { trials: 2, timeoutMs: null },
    parallel: 1,
    engine: 'slurm',
    runId: 'abc',
    workers,
    ...record,
  });
  return folder.start(['run', source], { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` });
}

test('workers at work are known to the next tuner though the cluster was away meanwhile', options, async () => {
  const folder = new TunerFolder();
  try {
    const { code, stderr } = await before(folder, 'echo "no route to host" >&2; exit 255', {}).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^tuneboard: The login node login cannot be reached with ssh: no route to host\./);
    const { state, engine, runId, workers: known } = folder.record();
    assert.deepEqual([state, engine, runId, known], ['failed', 'slurm', 'abc', workers]);
  } finally {
    folder.remove();
  }
});

test(
  'workers at work are known to the next tuner though the storage could not be opened meanwhile, which is said',
  options,
  async () => {
    const folder = new TunerFolder();
    try {
      mkdirSync(join(folder.path, 'study.db'));
      const { code, stderr } = await before(folder, 'exit 255', {}).ended;
      assert.equal(code, 1);
      const { state, message, engine, runId, workers: known } = folder.record();
      assert.deepEqual([state, engine, runId, known], ['failed', 'slurm', 'abc', workers]);
      assert.match(message ?? '', /study\.db/);
      assert.equal(stderr, `tuneboard: ${message}\n`);
    } finally {
      folder.remove();
    }
  },
);

test(
  'workers of whose end nothing was known are ended by the next run too, and not taken for its own',
  options,
  async () => {
    const folder = new TunerFolder();
    const ended = join(folder.path, 'ended');
    try {
      const left = { engine: 'slurm', place: 'login', ids: ['41_0'], jobName: 'tuneboard-demo-abc' } as const;
      const script = `case "$*" in *scancel*) echo "$*" >> "$(dirname "$0")/../ended";; *) exit 255;; esac`;
      const tuner = before(folder, script, { state: 'stopped', left });
      assert.equal((await tuner.ended).code, 1);
      const said = () => {
        try {
          return readFileSync(ended, 'utf8');
        } catch {
          return '';
        }
      };
      await until(() => said().includes("'scancel' '41_0'") || said().includes('scancel 41_0'));
      await until(() => said().includes('--name=tuneboard-demo-abc'));
      const { runId, workers: known = [] } = folder.record();
      assert.notEqual(runId, 'abc');
      assert.deepEqual(known, []);
    } finally {
      folder.remove();
    }
  },
);
