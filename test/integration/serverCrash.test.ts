/** What others had written when a server crashed, read before it was on the disk. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Distribution } from '../../src/core/space/distributions.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { templateOf } from '../../src/storage/trialTemplate.ts';
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
      const other = await open(t, throughProxy);
      const theirs = other.studies()[0] as RdbStudy;
      const database = databaseOf(url);
      /** As the database would be, had these never come to its disk. */
      const lose = async (...numbers: number[]) => {
        const ids = numbers.map((number) => study.trialIds[number]).join();
        for (const table of ['trial_params', 'trial_values', 'trial_intermediate_values', 'trials']) {
          await way.server.admin(`DELETE FROM ${table} WHERE trial_id IN (${ids})`, database);
        }
      };
      const undo = async (number: number) => {
        const id = study.trialIds[number];
        for (const table of ['trial_values', 'trial_intermediate_values']) {
          await way.server.admin(`DELETE FROM ${table} WHERE trial_id = ${id}`, database);
        }
        await way.server.admin(
          `UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE trial_id = ${id}`,
          database,
        );
      };
      return { url, throughProxy, database, owner: { log, study }, other, theirs, lose, undo };
    };

    it('puts back what it had read: ends as they were, running trials as failed', async (t) => {
      const { url, other, theirs, lose, undo } = await seen(t);
      const ended = theirs.history.completedAt[0];
      await lose(2, 3);
      await undo(0);
      way.proxy.cutAll();
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 4 }), 4);
      const { running, fail, complete: ok } = TrialState;
      const history = await historyIn(url);
      assert.deepEqual([...history.states], [ok, running, fail, fail, running]);
      assert.deepEqual([...theirs.history.states], [...history.states]);
      assert.deepEqual([history.value(0), history.completedAt[0]], [0, ended]);
      assert.deepEqual(history.curve(0), { steps: [1], values: [2.5] });
      assert.deepEqual([history.params(3), theirs.history.params(3)], [{ x: 0.5 }, { x: 0.5 }]);
      assert.match(String(history.userAttrs(3)['tuneboard:error']), /went down/);
      assert.deepEqual(history.userAttrs(3), theirs.history.userAttrs(3));
    });

    it('takes over what whoever had written it has written again', async (t) => {
      const { url, other, theirs, lose } = await seen(t);
      await lose(3);
      const owner = await open(t, url);
      const own = owner.studies()[0] as RdbStudy;
      assert.equal(await owner.createTrial(own, start), 3);
      way.proxy.cutAll();
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 4 }), 4);
      assert.deepEqual(theirs.trialIds.slice(0, 4), own.trialIds);
      await owner.commit(own, [complete(3)]);
      await other.refresh();
      assert.equal(theirs.history.value(3), 3);
      assert.deepEqual([...(await historyIn(url)).states], [...theirs.history.states]);
    });

    it('takes over what another one has put back, also an end', async (t) => {
      const { url, throughProxy, owner, other, theirs, lose } = await seen(t);
      await owner.log.commit(owner.study, [complete(3)]);
      await other.refresh();
      const third = await open(t, throughProxy);
      const own = third.studies()[0] as RdbStudy;
      const ended = theirs.history.completedAt[3];
      await lose(2, 3);
      way.proxy.cutAll();
      assert.equal(await other.createTrial(theirs, start), 4);
      assert.equal(await third.createTrial(own, start), 5);
      const history = await historyIn(url);
      assert.equal(history.length, 6);
      assert.deepEqual([...own.history.states], [...history.states]);
      assert.deepEqual([history.value(3), history.completedAt[3]], [3, ended]);
      assert.deepEqual(own.trialIds.slice(0, 5), theirs.trialIds);
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

    /** Somebody who had not seen trial 3 has made another one of that number. */
    const takeNumber = async (t: TestContext, url: string) => {
      const owner = await open(t, url);
      const params = [{ name: 'y', internal: 0.25, distribution: UNIT }];
      assert.equal(await owner.createTrial(owner.studies()[0] as StudyRecord, { ...start, params }), 3);
      return owner;
    };
    /** Which trials a history has, by their parameters and states, whichever numbers they have there. */
    const trialsOf = ({ history }: StudyRecord) =>
      Array.from(history.states, (state, number) => `${JSON.stringify(history.params(number))} ${state}`).sort();

    it('mixes up no two trials of one number, and goes on', async (t) => {
      const { url, other, theirs, lose } = await seen(t);
      await lose(3);
      const owner = await takeNumber(t, url);
      way.proxy.cutAll();
      assert.equal(await other.createTrial(theirs, start), 5);
      const history = await historyIn(url);
      assert.deepEqual([history.params(3), history.params(4)], [{ y: 0.25 }, { x: 0.5 }]);
      assert.equal(history.state(4), TrialState.fail);
      assert.equal(other.studies()[0], theirs);
      const [own] = owner.studies() as [StudyRecord];
      await owner.commit(own, [complete(3)]);
      await other.commit(theirs, [complete(5)]);
      for (const log of [owner, other]) {
        await log.refresh();
        assert.deepEqual(
          trialsOf(log.studies()[0] as StudyRecord),
          trialsOf({ ...own, history: await historyIn(url) }),
        );
        assert.deepEqual(log.warnings, []);
      }
      assert.equal(theirs.history.value(4), 3, 'the number that it has here');
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 6 }), 6);
      assert.equal((await historyIn(url)).length, 7);
    });

    it('stops nobody who only reads, and shows the same to all', async (t) => {
      const { url, throughProxy, other, theirs, lose } = await seen(t);
      const view = await openTrialLog(throughProxy);
      t.after(() => view.close());
      await lose(3);
      await takeNumber(t, url);
      way.proxy.cutAll();
      await view.refresh();
      assert.deepEqual(view.studies()[0]?.history.params(3), { y: 0.25 });
      await other.refresh();
      assert.equal(other.studies()[0], theirs);
      await view.refresh();
      assert.deepEqual(trialsOf(view.studies()[0] as StudyRecord), trialsOf(theirs));
      assert.equal(await other.createTrial(theirs, start), 5);
    });

    it('puts back what whoever wrote it was told is durable: a standby that takes over may lack it', async (t) => {
      const { url, other, theirs, lose } = await seen(t);
      // One that runs here, one that has ended here, and one that waits.
      assert.equal(await other.createTrial(theirs, { ...start, systemAttrs: { of: 'me' } }), 4);
      assert.equal(await other.createTrial(theirs, start), 5);
      await other.commit(theirs, [{ type: 'intermediate', number: 5, step: 1, value: 7 }, complete(5)]);
      assert.equal(await other.createTrial(theirs, { state: TrialState.waiting }), 6);
      const ended = theirs.history.completedAt[5];
      for (const number of [4, 5, 6]) await way.server.admin(forget(theirs, number), databaseOf(url));
      await lose(3);
      await takeNumber(t, url);
      way.proxy.cutAll();
      await other.commit(theirs, [complete(4)]);
      const history = await historyIn(url);
      const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
      const { complete: ok, running, waiting, fail } = TrialState;
      assert.deepEqual(
        numbers.map((number) => history.state(number)),
        [ok, running, running, running, ok, ok, waiting, fail],
      );
      assert.deepEqual([history.value(4), history.value(5), history.completedAt[5]], [4, 5, ended]);
      assert.deepEqual([history.curve(5), history.systemAttrs(4)], [{ steps: [1], values: [7] }, { of: 'me' }]);
      assert.equal(history.length, 8);
      assert.deepEqual(trialsOf(theirs), trialsOf({ ...theirs, history }));
    });

    it('begins a trial again here whose beginning was lost', async (t) => {
      const { url, database, other, theirs } = await seen(t);
      assert.equal(await other.createTrial(theirs, { state: TrialState.waiting }), 4);
      assert.equal(await other.claimWaiting(theirs, { systemAttrs: { of: 'me' } }), 4);
      const id = theirs.trialIds[4];
      await way.server.admin(
        `UPDATE trials SET state = 'WAITING', datetime_start = NULL WHERE trial_id = ${id}`,
        database,
      );
      await way.server.admin(`DELETE FROM trial_system_attributes WHERE trial_id = ${id}`, database);
      const began = theirs.history.startedAt[4];
      way.proxy.cutAll();
      await other.refresh();
      const history = await historyIn(url);
      assert.deepEqual(
        [history.state(4), history.startedAt[4], history.systemAttrs(4)],
        [TrialState.running, began, { of: 'me' }],
      );
    });

    it('leaves a trial running whose worker gives signs of life, and gives one for it', async (t) => {
      const { url, throughProxy, database, other, lose } = await seen(t);
      const worker = await open(t, throughProxy);
      const own = worker.studies()[0] as RdbStudy;
      const systemAttrs = { 'tuneboard:owner': { host: 'h', pid: 1, start: '', session: 'a', beats: 60 } };
      assert.equal(await worker.createTrial(own, { ...start, systemAttrs }, { beats: true }), 4);
      await other.refresh();
      await way.server.admin(forget(own, 4), database);
      await lose(3);
      way.proxy.cutAll();
      const theirs = other.studies()[0] as RdbStudy;
      assert.equal(await other.createTrial(theirs, start), 5);
      const count = 'SELECT COUNT(*) FROM trial_heartbeats';
      assert.equal((await way.server.admin(count, database)).trim(), '1');
      assert.equal((await historyIn(url)).state(4), TrialState.running);
      // Its worker, who hears of that later, goes on with it.
      await worker.commit(own, [complete(4)]);
      assert.equal((await historyIn(url)).value(4), 4);
      assert.equal(own.trialIds[4], theirs.trialIds[4]);
    });

    it('puts back once what a connection broke over, and other studies where one was made anew', async (t) => {
      const { url, database, owner, other, theirs, lose } = await seen(t);
      const second = (await owner.log.createStudy({ name: 'second', directions: [Direction.minimize] })) as RdbStudy;
      for (let number = 0; number < 2; number++) await owner.log.createTrial(second, start);
      await other.refresh();
      const [, known] = other.studies() as [RdbStudy, RdbStudy];
      await lose(2, 3);
      await way.server.admin(forget(second, 1), database);
      way.proxy.cutAll();
      way.proxy.cutAtCommit();
      await other.refresh();
      const counts = async () => [(await historyIn(url)).length, known.history.length];
      assert.deepEqual(await counts(), [4, 2]);
      // The first is another one by now, the second has lost a trial again.
      await lose(0, 1, 2, 3);
      await way.server.admin(`${forget(theirs, 2)}; ${forget(theirs, 3)}; ${forget(known, 1)}`, database);
      const made = `INSERT INTO trials (number, study_id, state) VALUES (0, ${theirs.id}, 'WAITING')`;
      await way.server.admin(made, database);
      way.proxy.cutAll();
      await other.refresh();
      assert.deepEqual(
        other.studies().map(({ history }) => history.length),
        [1, 2],
      );
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
          message: /study "s" was made anew/,
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
      const work = async (log: ServerStore) => {
        const study = log.studies()[0] as StudyRecord;
        while (!isOver) {
          const number = await log.createTrial(study, start, { ifNumber: study.history.length });
          if (number === undefined) await log.refresh();
          else {
            await log.commit(study, [complete(number)]);
            ended.push(number);
          }
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
      assert.equal(new Set(ended).size, ended.length);
      for (const number of ended) assert.equal(history.value(number), number);
      const view = await openTrialLog(url);
      t.after(() => view.close());
      const trials = (log: TrialLog) => {
        const [study] = log.studies() as [StudyRecord];
        return Array.from(study.history.states, (_, number) => templateOf(study, number, undefined));
      };
      for (const log of logs) {
        await log.refresh();
        assert.deepEqual(trials(log), trials(view));
      }
    });
  });
}
