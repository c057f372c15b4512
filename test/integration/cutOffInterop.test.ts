/** A trial that was cut off waits under its number; Optuna reads that, and goes on with it as with an enqueued one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { TrialRuns } from '../../src/runs/trialOwner.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { newOwner, SignedLog } from '../../src/tuner/trials/ownership.ts';
import { cutOff, repairTrials, SilenceWatch } from '../../src/tuner/trials/repair.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { startServer } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const CONTINUE = `
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
where = sys.argv[1]
if "://" in where:
    storage = optuna.storages.RDBStorage(where)
else:
    from optuna.storages.journal import JournalFileBackend
    storage = optuna.storages.JournalStorage(JournalFileBackend(where))
study = optuna.load_study(study_name="s", storage=storage)
assert [t.state.name for t in study.trials] == ["WAITING", "WAITING"], study.trials
first = study.ask()
assert first.number == 0, first.number
assert first.suggest_float("x", 0, 1) == 0.25
print("runs", flush=True)
sys.stdin.readline()
study.tell(first, 0.5)
second = study.ask()
assert second.number == 1 and second.suggest_float("x", 0, 1) == 0.75
study.tell(second, 1.0)
assert study.ask().number == 2
`;
const param = (internal: number) =>
  ({ name: 'x', internal, distribution: { type: 'float', low: 0, high: 1, log: false, step: null } }) as const;
const STORAGES = { 'a journal': 'study.log', SQLite: 'sqlite:///study.db', PostgreSQL: undefined } as const;

for (const venv of ['optuna', 'optuna41'] as const) {
  for (const [kind, file] of Object.entries(STORAGES)) {
    const options = { ...needs(venv, ...(file ? [] : (['postgres'] as const))), timeout: 120_000 };
    test(`${venv} reads trials that were cut off on ${kind}, and runs them under their numbers`, options, async (t) => {
      const server = file ? undefined : await startServer('postgres');
      t.after(() => server?.dispose());
      const folder = temporaryFolder(t);
      const place = storagePlace(server ? await server.newDatabase() : String(file), folder);
      const log = await openWritableStorage(place);
      t.after(() => log.close());
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      const dead = new SignedLog(log, { ...newOwner({ beats: 30 }), host: 'another machine' });
      for (const x of [0.25, 0.75]) {
        await dead.createTrial(study, { state: TrialState.running, params: [param(x)] });
      }
      const runs = new TrialRuns(study.history);
      for (const number of [0, 1]) {
        assert.ok(await cutOff(log, study, number, runs, { type: 'lost', mayBeItsFault: true }));
      }
      const where = server ? place.path : file?.startsWith('sqlite') ? `sqlite:///${place.path}` : place.path;
      const optuna = spawn(pythonOf(venv), [
        '-W',
        'ignore',
        '-c',
        CONTINUE,
        where.replace(/^postgresql:/, 'postgresql+psycopg2:'),
      ]);
      t.after(() => optuna.kill('SIGKILL'));
      const said: string[] = [];
      for (const stream of [optuna.stdout, optuna.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
      const ended = once(optuna, 'close');
      await Promise.race([once(optuna.stdout, 'data'), ended]);
      assert.equal(said.join('').trim(), 'runs');
      let now = 0;
      const silence = new SilenceWatch(1000, () => now);
      for (; now < 10_000; now += 500) {
        const looked = await repairTrials(new SignedLog(log, newOwner({ beats: 30 })), study, {
          host: 'here',
          silence,
        });
        assert.deepEqual(looked, [], 'a program that gives no heartbeats is left alone');
      }
      optuna.stdin.end('\n');
      assert.deepEqual(await ended, [0, null], said.join(''));
      await log.refresh();
      assert.deepEqual([...study.history.states], [TrialState.complete, TrialState.complete, TrialState.running]);
      assert.deepEqual([study.history.value(0), study.history.value(1)], [0.5, 1]);
    });
  }
}
