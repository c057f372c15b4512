/** What a server lost, or somebody deleted, while a connection to it was cut. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Distribution } from '../../src/core/space/distributions.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import type { Message } from '../../src/words/message.ts';
import { historyIn } from '../support/historyIn.ts';
import { needs } from '../support/parts.ts';
import { databaseOf, openPatiently, serverBehindProxy } from '../support/serverBehindProxy.ts';
import type { ServerName } from '../support/servers.ts';

const UNIT: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };
const start = { state: TrialState.running, params: [{ name: 'x', internal: 0.5, distribution: UNIT }] } as const;
const complete = (number: number) => ({ type: 'state', number, state: TrialState.complete, values: [number] }) as const;

/** Deletes a trial with all that belongs to it. */
const forget = ({ trialIds }: RdbStudy, number: number) =>
  [...PARTS, 'trials'].map((table) => `DELETE FROM ${table} WHERE trial_id = ${trialIds[number]}`).join('; ');
const PARTS = [
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_user_attributes',
  'trial_system_attributes',
  'trial_heartbeats',
];

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    const way = serverBehindProxy(name);

    const open = async (t: TestContext, url: string) => {
      const log = await openPatiently(url);
      t.after(() => log.close());
      return log;
    };

    /** Somebody has four trials, the first of them ended, and another one, over the proxy, has read that. */
    const seen = async (t: TestContext) => {
      const url = await way.server.newDatabase();
      const log = await open(t, url);
      const study = (await log.createStudy({ name: 's', directions: [Direction.minimize] })) as RdbStudy;
      for (let number = 0; number < 4; number++) await log.createTrial(study, start);
      const steps = [{ type: 'intermediate', number: 0, step: 1, value: 2.5 }] as const;
      await log.commit(study, [...steps, complete(0)]);
      const throughProxy = way.throughProxy(url);
      const told: string[] = [];
      const onWaiting = ({ text }: Message) => void (/has lost/.test(text) && told.push(text));
      const other = await ServerStore.open(ServerUrl.parse(throughProxy), {
        create: true,
        patienceMs: 60_000,
        onWaiting,
      });
      t.after(() => other.close());
      const theirs = other.studies()[0] as RdbStudy;
      const database = databaseOf(url);
      /** As the database would be, had these never come to its disk. */
      const lose = async (...numbers: number[]) => {
        const ids = numbers.map((number) => study.trialIds[number]).join();
        for (const table of ['trial_params', 'trial_values', 'trial_intermediate_values', 'trials']) {
          await way.server.admin(`DELETE FROM ${table} WHERE trial_id IN (${ids})`, database);
        }
      };
      return { url, throughProxy, database, owner: { log, study }, told, other, theirs, lose };
    };

    it('never writes again what others had written, and says once how many trials are gone', async (t) => {
      const { url, throughProxy, told, other, theirs, lose } = await seen(t);
      await lose(2, 3);
      way.proxy.cutAll();
      await other.refresh();
      const { complete: ok, running, fail } = TrialState;
      assert.deepEqual([...(await historyIn(url)).states], [ok, running]);
      assert.deepEqual([...theirs.history.states], [ok, running, fail, fail]);
      const sentence = `Study "s" has lost 2 trials in ${throughProxy}: its server crashed, or somebody deleted them.`;
      assert.deepEqual([other.warnings, told], [[sentence], [sentence]]);
      way.proxy.cutAll();
      await other.refresh();
      assert.deepEqual([other.warnings, told], [[sentence], [sentence]]);
      assert.equal(other.studies()[0], theirs, 'the study goes on');
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 4 }), 4);
      await other.commit(theirs, [complete(4)]);
      const history = await historyIn(url);
      assert.deepEqual([history.length, history.value(2)], [3, 4], 'the next number of the database');
    });

    it('never writes again what it had written itself and was told is durable, also where all of it is gone', async (t) => {
      const { url, other, theirs, lose, database } = await seen(t);
      assert.equal(await other.createTrial(theirs, start), 4);
      await other.commit(theirs, [complete(4)]);
      assert.equal(await other.createTrial(theirs, start), 5);
      await way.server.admin(`${forget(theirs, 4)}; ${forget(theirs, 5)}`, database);
      way.proxy.cutAll();
      await assert.rejects(other.commit(theirs, [complete(5)]), { code: 'finished-trial' });
      assert.equal((await historyIn(url)).length, 4);
      await lose(0, 1, 2, 3);
      way.proxy.cutAll();
      await other.refresh();
      assert.equal((await historyIn(url)).length, 0);
      assert.equal(other.studies()[0]?.history.length, 0);
    });

    it('finds that its own trial was deleted while no connection was lost', async (t) => {
      const { url, other, theirs, database } = await seen(t);
      assert.equal(await other.createTrial(theirs, start), 4);
      await way.server.admin(forget(theirs, 4), database);
      await assert.rejects(other.commit(theirs, [complete(4)]), { code: 'finished-trial' });
      assert.match(other.warnings.join(), /^Study "s" has lost 1 trial in /);
      assert.equal((await historyIn(url)).length, 4);
    });

    it('reads what comes with the number of a trial that was lost', async (t) => {
      const { url, other, theirs, lose } = await seen(t);
      await lose(3);
      const owner = await open(t, url);
      const params = [{ name: 'y', internal: 0.25, distribution: UNIT }];
      assert.equal(await owner.createTrial(owner.studies()[0] as StudyRecord, { ...start, params }), 3);
      way.proxy.cutAll();
      assert.equal(await other.createTrial(theirs, start), 5);
      assert.deepEqual([theirs.history.params(3), theirs.history.params(4)], [{ x: 0.5 }, { y: 0.25 }]);
      const [own] = owner.studies() as [StudyRecord];
      await owner.commit(own, [complete(3)]);
      await other.commit(theirs, [complete(5)]);
      await other.refresh();
      assert.equal(theirs.history.value(4), 3, 'the number that it has here');
      const history = await historyIn(url);
      assert.deepEqual([history.value(3), history.value(4), history.length], [3, 5, 5]);
    });

    it('leaves a trial to the worker that claimed it after a lost acknowledgement of its pause', async (t) => {
      const { url, other, theirs } = await seen(t);
      const worker = await open(t, url);
      const own = worker.studies()[0] as RdbStudy;
      way.proxy.cutAtCommit();
      // The second attempt comes once the trial is the worker's.
      way.proxy.turnTo(1);
      const pause = other.commit(theirs, [
        { type: 'systemAttr', number: 3, key: 'tuneboard:cut-off', value: 1 },
        { type: 'state', number: 3, state: TrialState.waiting },
      ]);
      const claimed = (async () => {
        for (;;) {
          await worker.refresh();
          const number = await worker.claimWaiting(own, { systemAttrs: { 'tuneboard:owner': 'worker' } });
          if (number !== undefined) return number;
        }
      })();
      assert.equal(await claimed, 3);
      way.proxy.turnTo(way.server.port);
      await pause;
      assert.equal((await historyIn(url)).state(3), TrialState.running);
      await worker.commit(own, [complete(3)]);
      assert.equal((await historyIn(url)).value(3), 3);
    });

    const onPostgres = name === 'postgres' ? it : () => undefined;
    onPostgres('writes and locks nothing where only a connection was lost', async (t) => {
      const { other, theirs, database } = await seen(t);
      await way.server.admin(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
      way.proxy.cutAll();
      await other.refresh();
      assert.equal(theirs.history.length, 4);
      assert.equal(other.studies()[0], theirs);
    });

    for (const hasSameIds of [false, true])
      it(`does not come back into a study that was made anew under the same id and name${hasSameIds ? ', nor ends its trials' : ''}`, async (t) => {
        const { url, database, owner, other, theirs, lose } = await seen(t);
        await lose(0, 1, 2, 3);
        const { id } = owner.study;
        await way.server.admin(`DELETE FROM study_directions WHERE study_id = ${id}`, database);
        await way.server.admin(`DELETE FROM studies WHERE study_id = ${id}`, database);
        await way.server.admin(`INSERT INTO studies (study_id, study_name) VALUES (${id}, 's')`, database);
        const direction = `INSERT INTO study_directions (study_id, objective, direction) VALUES (${id}, 0, 'MINIMIZE')`;
        await way.server.admin(direction, database);
        // As where ids are counted anew: the first trial, which had ended here, is one that waits there.
        const trial = `INSERT INTO trials (trial_id, number, study_id, state) VALUES (${theirs.trialIds[0]}, 0, ${id}, 'WAITING')`;
        if (hasSameIds) await way.server.admin(trial, database);
        way.proxy.cutAll();
        await assert.rejects(other.createTrial(theirs, start), {
          code: 'study-replaced',
        });
        const states = hasSameIds ? [TrialState.waiting] : [];
        assert.deepEqual([...(await historyIn(url)).states], states);
        await other.refresh();
        assert.deepEqual([...(other.studies()[0]?.history.states ?? [])], states);
      });

    it('is forgotten by who only looks', async (t) => {
      const { throughProxy, lose } = await seen(t);
      const view = await openTrialLog(throughProxy);
      t.after(() => view.close());
      await lose(3);
      way.proxy.cutAll();
      await view.refresh();
      assert.equal(view.studies()[0]?.history.length, 3);
    });

    it('loses nothing and counts nothing twice when a server crashes under several writers', async (t) => {
      const url = await way.server.newDatabase();
      // As programs that use the library: no trial has an owner.
      const signed = async () => {
        const options = { create: true, signs: true, patienceMs: 60_000 };
        const log = await ServerStore.open(ServerUrl.parse(url), options);
        t.after(() => log.close());
        return log;
      };
      const first = await signed();
      await first.createStudy({ name: 's', directions: [Direction.minimize] });
      const logs = [first, await signed(), await signed()];
      let isOver = false;
      const ended: number[] = [];
      let next = 0;
      const work = async (log: ServerStore) => {
        const study = log.studies()[0] as StudyRecord;
        while (!isOver) {
          const number = await log.createTrial(study, start, { ifNumber: study.history.length });
          if (number === undefined) {
            await log.refresh();
            continue;
          }
          const value = next++;
          await log.commit(study, [{ ...complete(number), values: [value] }]);
          ended.push(value);
        }
      };
      const works = logs.map(work);
      for (const wanted of [5, 15]) {
        while (ended.length < wanted) await Promise.race([...works, new Promise((resolve) => setTimeout(resolve, 5))]);
        await way.server.stop('hard');
        await way.server.start();
      }
      isOver = true;
      await Promise.all(works);
      const history = await historyIn(url);
      const values = Array.from(history.values).sort((a, b) => a - b);
      assert.deepEqual(
        values,
        [...ended].sort((a, b) => a - b),
      );
      for (const log of logs) {
        await log.refresh();
        const known = (log.studies()[0] as StudyRecord).history;
        for (const value of ended) assert.ok(known.values.includes(value), `${value}`);
      }
    });
  });
}
