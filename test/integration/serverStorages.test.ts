/** The storage contract on real database servers, and what only they do. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Distribution } from '../../src/core/space/distributions.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { connectServer } from '../../src/storage/sql/connect/openServer.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { type RepairedTrial, repairTrials, SilenceWatch } from '../../src/tuner/trials/repair.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { type ServerName, startServer, type TestServer } from '../support/servers.ts';

const FLOAT: Distribution = { type: 'float', low: -1e308, high: 1e308, log: false, step: null };
const start = { state: TrialState.running } as const;

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    let server: TestServer;
    before(async () => {
      server = await startServer(name);
    });
    after(() => server?.dispose());
    const open = (url: string, studyName?: string) =>
      ServerStore.open(ServerUrl.parse(url), { create: true, studyName });
    const newStudy = async (t: TestContext) => {
      const url = await server.newDatabase();
      const log = await open(url);
      t.after(() => log.close());
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      const view = async (studyName?: string) => {
        const other = await open(url, studyName);
        t.after(() => other.close());
        return other;
      };
      return { url, database: url.slice(url.lastIndexOf('/') + 1), log, study, view };
    };

    storageContract({
      name,
      keepsSeconds: name === 'mysql' ? 'whole' : 'fractions',
      create: async () => open(await server.newDatabase()),
      reopen: (log) => open(log.location),
    });

    it('keeps every number to the last bit, and NaN and the infinities', async (t) => {
      const { log, study, view } = await newStudy(t);
      const some = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 300, seed: 7 });
      const numbers = [...some, Number.MIN_VALUE, Number.MAX_VALUE, 0.1 + 0.2, 1e-7, 2 ** 53 + 2, 5e-324];
      const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
      const intermediate = [...numbers, ...special].map((value, step) => [step, value] as const);
      const params = numbers.map((internal, index) => ({ name: `p${index}`, internal, distribution: FLOAT }));
      await log.createTrial(study, { ...start, params, intermediate });
      await log.commit(study, [
        { type: 'state', number: 0, state: TrialState.complete, values: [Number.NEGATIVE_INFINITY] },
      ]);
      const theirs = (await view()).studies()[0]?.history;
      for (const history of [study.history, theirs]) {
        // MySQL has no minus zero: what it will read is what we show.
        const zero = (value: number) => (name === 'mysql' && value === 0 ? 0 : value);
        assert.deepEqual(history?.curve(0).values, [...numbers, ...special].map(zero));
        assert.deepEqual(Object.values(history.params(0)), numbers.map(zero));
        assert.equal(history.value(0), Number.NEGATIVE_INFINITY);
      }
    });

    it('reads only what is new, of one study where only one is wanted', async (t) => {
      const { log, study, view } = await newStudy(t);
      const second = await log.createStudy({ name: 'other', directions: [Direction.maximize] });
      for (let number = 0; number < 5; number++) await log.createTrial(second, start);
      const one = await view('s');
      assert.deepEqual(
        one.studies().map((found) => found.name),
        ['s'],
      );
      await log.createTrial(study, start);
      await log.createTrial(second, start);
      assert.equal(await one.refresh(), true);
      assert.equal(await one.refresh(), false);
      assert.equal(one.studies()[0]?.history.length, 1);
      // Changes of a running trial and attributes of its study.
      await log.commit(study, [{ type: 'intermediate', number: 0, step: 3, value: 1.5 }]);
      assert.equal(await one.refresh(), true);
      assert.deepEqual(one.studies()[0]?.history.curve(0), { steps: [3], values: [1.5] });
      await log.setStudyAttr(study, 'user', 'k', [1.5]);
      assert.equal(await one.refresh(), true);
      assert.deepEqual(one.studies()[0]?.userAttrs, { k: [1.5] });
    });

    it('sees a trial that is committed after one with a larger id', async (t) => {
      const { database, log, study, view } = await newStudy(t);
      await log.createStudy({ name: 'other', directions: [Direction.minimize] });
      const other = await view();
      const insert = (id: number, studyId: number) =>
        server.admin(
          `INSERT INTO trials (trial_id, number, study_id, state) VALUES (${id}, 0, ${studyId}, 'RUNNING')`,
          database,
        );
      await insert(7, 2);
      await other.refresh();
      await insert(3, study.id);
      assert.equal(await other.refresh(), true);
      assert.deepEqual(
        other.studies().map(({ history }) => history.length),
        [1, 1],
      );
    });

    it('finds the trial whose heartbeat does not change, whatever clock and time zone wrote it, and repairs it once', async (t) => {
      const { database, log, study, view } = await newStudy(t);
      const params = [{ name: 'x', internal: 0.5, distribution: FLOAT }];
      for (let number = 0; number < 3; number++) await log.createTrial(study, { ...start, params });
      await log.heartbeats.heartbeat(study, [0, 1]);
      const other = await view();
      const theirs = other.studies()[0] as StudyRecord;
      let now = 0;
      const watches = [new SilenceWatch(30_000, () => now), new SilenceWatch(30_000, () => now)] as const;
      const hour = name === 'postgres' ? "interval '1 hour'" : 'INTERVAL 1 HOUR';
      const found: RepairedTrial[] = [];
      for (now of [0, 15_000, 30_000, 45_000]) {
        // The clock of its worker is set again and again, and it lives.
        const change = `heartbeat ${now % 2 === 0 ? '+' : '-'} ${hour}`;
        const id = (study as RdbStudy).trialIds[1];
        await server.admin(`UPDATE trial_heartbeats SET heartbeat = ${change} WHERE trial_id = ${id}`, database);
        const both = [repairTrials(log, study, { host: 'none', silence: watches[0] })];
        both.push(repairTrials(other, theirs, { host: 'none', silence: watches[1] }));
        found.push(...(await Promise.all(both)).flat());
      }
      assert.deepEqual(found, [{ number: 0, goesOn: true }]);
      await log.refresh();
      assert.deepEqual([...study.history.states], [TrialState.waiting, TrialState.running, TrialState.running]);
      assert.deepEqual(study.history.params(0), { x: 0.5 });
    });

    it('names who wrote a trial where times keep whole seconds, if that is wanted', async (t) => {
      const { url, log, study } = await newStudy(t);
      const signed = await ServerStore.open(ServerUrl.parse(url), { create: true, signs: true });
      t.after(() => signed.close());
      const own = signed.studies()[0] as StudyRecord;
      const systemAttrs = { k: 1 };
      await signed.createTrial(own, { ...start, systemAttrs });
      await log.createTrial(study, { state: TrialState.waiting, systemAttrs });
      await log.createTrial(study, { ...start, systemAttrs });
      await signed.refresh();
      assert.equal(await signed.claimWaiting(own, { systemAttrs: { l: 2 } }), 1);
      await log.refresh();
      const attrs = [0, 1, 2].map((number) => study.history.systemAttrs(number));
      const mark = attrs[0]?.['tuneboard:writer'];
      const added = mark === undefined ? {} : { 'tuneboard:writer': mark };
      assert.equal(typeof mark, name === 'mysql' ? 'string' : 'undefined');
      assert.deepEqual(attrs, [{ k: 1, ...added }, { k: 1, l: 2, ...added }, { k: 1 }]);
    });

    it('asks what an end depends on of that trial alone: nobody waits for the study meanwhile', async (t) => {
      const { url, log, study, view } = await newStudy(t);
      const other = await view();
      for (let number = 0; number < 2; number++) await log.createTrial(study, start);
      await other.refresh();
      const theirs = other.studies()[0] as StudyRecord;
      const taken = { type: 'systemAttr', number: 1, key: 'tuneboard:owner', value: 'another' } as const;
      await other.commit(theirs, [taken]);
      const end = (number: number) => {
        const isOwn = () => study.history.systemAttrs(number)['tuneboard:owner'] === undefined;
        const change = { type: 'state', number, state: TrialState.complete, values: [1] } as const;
        return log.commit(study, [change], { onlyIf: isOwn });
      };
      const database = await connectServer(ServerUrl.parse(url), 'writing');
      t.after(() => database.close());
      await database.transaction(async (queries) => {
        assert.equal(await queries.lockStudy(study.id), true);
        await end(0);
        await assert.rejects(end(1), { code: 'changed-meanwhile' });
      });
      assert.deepEqual([...study.history.states], [TrialState.complete, TrialState.running]);
      assert.deepEqual(study.history.systemAttrs(1), { 'tuneboard:owner': 'another' });
    });

    it('sees that another one made a trial wait, and claimed it, when it is to end there, with all that was reported since', async (t) => {
      const { log, study, view } = await newStudy(t);
      const other = await view();
      for (let number = 0; number < 2; number++) await log.createTrial(study, start);
      await other.refresh();
      const theirs = other.studies()[0] as StudyRecord;
      await other.commit(theirs, [
        ...[0, 1].map((number) => ({ type: 'state', number, state: TrialState.waiting }) as const),
        { type: 'systemAttr', number: 1, key: 'tuneboard:paused', value: { step: 0 } },
      ]);
      assert.equal(await other.claimWaiting(theirs, { systemAttrs: { 'tuneboard:owner': 'another' } }), 0);
      await other.commit(theirs, [{ type: 'intermediate', number: 0, step: 3, value: 0.5 }]);
      for (const number of [0, 1]) {
        const change = { type: 'state', number, state: TrialState.complete, values: [1] } as const;
        const isOwn = () =>
          study.history.running.has(number) && study.history.systemAttrs(number)['tuneboard:owner'] === undefined;
        await assert.rejects(log.commit(study, [change], { onlyIf: isOwn }), { code: 'changed-meanwhile' });
      }
      assert.deepEqual([...study.history.states], [TrialState.running, TrialState.waiting]);
      // A claim within the same whole second looks like the own run, but for its owner.
      if (name === 'postgres') assert.deepEqual(study.history.curve(0), { steps: [3], values: [0.5] });
      assert.deepEqual(study.history.systemAttrs(0), { 'tuneboard:owner': 'another' });
      assert.deepEqual(study.history.systemAttrs(1), { 'tuneboard:paused': { step: 0 } });
    });

    it('says that a study is gone, and not that its trial is another worker’s', async (t) => {
      const { log, database, study } = await newStudy(t);
      await log.createTrial(study, start);
      for (const table of ['trials', 'study_directions', 'studies']) {
        await server.admin(`DELETE FROM ${table} WHERE study_id = ${study.id}`, database);
      }
      const end = [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }] as const;
      await assert.rejects(log.commit(study, end, { onlyIf: () => true }), { code: 'no-study' });
    });

    const onPostgres = name === 'postgres' ? it : () => undefined;
    onPostgres('finds the sequence of ids again after the database was restored', async (t) => {
      const { log, database, study } = await newStudy(t);
      for (let number = 0; number < 2; number++) assert.equal(await log.createTrial(study, start), number);
      await server.admin(
        `ALTER TABLE trials ALTER trial_id DROP DEFAULT; DROP SEQUENCE trials_trial_id_seq;
         CREATE SEQUENCE trials_trial_id_seq START 100 OWNED BY trials.trial_id;
         ALTER TABLE trials ALTER trial_id SET DEFAULT nextval('trials_trial_id_seq');
         GRANT ALL ON SEQUENCE trials_trial_id_seq TO PUBLIC`,
        database,
      );
      assert.equal(await log.createTrial(study, start), 2);
      assert.equal((study as RdbStudy).trialIds[2], 100);
    });

    it('pauses one trial while it makes another, in one transaction', async (t) => {
      const { log, study, view } = await newStudy(t);
      await log.createTrial(study, start);
      const paused = log.commit(study, [
        { type: 'systemAttr', number: 0, key: 'tuneboard:paused', value: { step: 1 } },
        { type: 'state', number: 0, state: TrialState.waiting },
      ]);
      assert.deepEqual(await Promise.all([paused, log.createTrial(study, start)]), [undefined, 1]);
      const theirs = (await view()).studies()[0];
      for (const one of [study, theirs]) {
        assert.deepEqual([...(one?.history.states ?? [])], [TrialState.waiting, TrialState.running]);
      }
    });

    it('refuses what the database cannot keep, and writes nothing of it', async (t) => {
      const { log, study } = await newStudy(t);
      await log.createTrial(study, start);
      const refused = (action: Promise<unknown>, message: RegExp) =>
        assert.rejects(action, (error: Error & { code?: string }) => {
          assert.equal(error.code, 'unstorable', String(error));
          assert.match(error.message, message);
          return true;
        });
      const attr = (key: string, value: string) => log.commit(study, [{ type: 'userAttr', number: 0, key, value }]);
      const param = (name: string) => ({ name, internal: 0, distribution: FLOAT });
      await refused(attr('k'.repeat(513), 'v'), /longer than the 512 characters/);
      await refused(log.createTrial(study, { ...start, params: [param('p'.repeat(600))] }), /longer than the 512/);
      await refused(log.createStudy({ name: 'n'.repeat(513), directions: [Direction.minimize] }), /512/);
      await refused(attr('a\u0000b', 'v'), /a character that the database cannot keep/);
      await refused(
        log.commit(study, [{ type: 'intermediate', number: 0, step: 2 ** 31, value: 1 }]),
        /2147483648 is larger/,
      );
      const long = 'v'.repeat(70_000);
      const alike = log.commit(study, [
        { type: 'param', number: 0, param: param('C') },
        { type: 'param', number: 0, param: param('c') },
      ]);
      if (name === 'mysql') {
        await refused(attr('long', long), /takes 70002 bytes, and the database keeps 65535/);
        await refused(alike, /takes the parameter "c" and "C" for the same name/);
        await attr('Key', 'v');
        await refused(attr('kéy ', 'v'), /for the same name/);
        await refused(log.createStudy({ name: 'S ', directions: [Direction.minimize] }), /for the same name/);
      } else {
        await attr('long', long);
        await alike;
        assert.deepEqual(Object.keys(study.history.params(0)), ['C', 'c']);
      }
      await log.createTrial(study, { ...start, params: [param('ok')] });
      assert.equal(study.history.length, 2);
    });
  });
}
