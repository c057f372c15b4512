import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { TuneboardError } from '../../../src/core/errors.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { declaredSpace, type SpaceDeclaration } from '../../../src/core/space/declaredSpace.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import type { StoredParam } from '../../../src/core/study/changes.ts';
import type { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { StudyRecord, TrialLog, WritableTrialLog } from '../../../src/core/study/studyStore.ts';
import type { Trial } from '../../../src/core/study/trial.ts';
import { isRemoteUrl } from '../../../src/storage/kinds.ts';

/**
 * What every writable trial log owes its users. Each storage runs it by supplying a factory, which also says what it cannot
 * keep:
 *
 * | storage      | exception                                                                                       |
 * | ------------ | ----------------------------------------------------------------------------------------------- |
 * | MySQL        | times in whole seconds                                                                          |
 * | behind gRPC  | the server says when a trial was claimed and ended                                              |
 * | behind gRPC  | changes are written one by one: of a commit that others refuse, those before it stay            |
 * | behind gRPC  | `ifNumber` holds when it is asked; a trial that others add in that moment makes it a later one  |
 */
export interface StorageFactory {
  readonly name: string;
  /** Of the times of trials; fractions unless said otherwise. */
  readonly keepsSeconds?: 'whole' | 'fractions';
  /** Who says when a trial ended: whoever ends it, unless said otherwise. */
  readonly timesOfEnds?: 'given' | 'of the server';
  /** Whether a commit is written whole or not at all, whoever refuses it. */
  readonly commits?: 'whole' | 'change by change';
  create(t: TestContext): Promise<WritableTrialLog>;
  /** Another view of the same storage, as a second process has it; undefined for one that lives in memory. */
  reopen?(log: TrialLog): Promise<WritableTrialLog>;
}

const FLOAT: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };
const CHOICE: Distribution = { type: 'categorical', choices: ['a', null, 3] };
const x = (internal: number): StoredParam => ({ name: 'x', internal, distribution: FLOAT });
const start = { state: TrialState.running } as const;

export function storageContract(factory: StorageFactory): void {
  const open = async (t: TestContext): Promise<{ log: WritableTrialLog; study: StudyRecord }> => {
    const log = await factory.create(t);
    t.after(() => log.close());
    return { log, study: await log.createStudy({ name: 's', directions: [Direction.maximize] }) };
  };

  describe(`storage contract: ${factory.name}`, () => {
    it('goes on with a space that was edited, and other processes read all of it', async (t) => {
      const { log, study } = await open(t);
      const spaces: SpaceDeclaration[] = [
        { c: { type: 'categorical', choices: ['a', 'b'] }, x: { type: 'float', low: 1, high: 9 } },
        { c: { type: 'categorical', choices: ['new', 'b'] }, x: { type: 'float', low: 2, high: 99, log: true } },
        {
          c: { type: 'int', low: 3, high: 3 },
          x: { type: 'int', low: 1, high: 9 },
          y: { type: 'float', low: 0, high: 1 },
        },
      ];
      const begun: unknown[] = [];
      const note = ({ number, params }: Trial) => {
        begun[number] = { ...params };
      };
      const sampler = createSampler({ type: 'random', seed: 1 });
      const studies = spaces.map(
        (declared) => new Study(log, study, { space: declaredSpace(declared), sampler, pruner: null }),
      );
      // A trial that waits from one space to the next, another one with a choice that is new.
      await studies[0]?.enqueue({ x: 5 });
      for (const living of studies) {
        for (let round = 0; round < 3; round++) {
          const trial = await living.ask();
          note(trial);
          await living.tell(trial, { values: round });
        }
        await living.enqueue({ x: 3 });
        if (living === studies[1]) await living.enqueue({ c: 'new' });
      }
      const { history } = study;
      const seen = (of: History) => begun.map((_, number) => of.params(number));
      assert.deepEqual(seen(history), begun);
      const cs = begun.map((params) => (params as { c: unknown }).c);
      assert.ok(cs.slice(0, 3).every((c) => c === 'a' || c === 'b'));
      assert.ok(cs.slice(3, 6).every((c) => c === 'new' || c === 'b'));
      if (!factory.reopen) return;
      const other = await factory.reopen(log);
      t.after(() => other.close());
      const theirs = other.studies().find(({ name }) => name === study.name);
      assert.deepEqual(seen(theirs?.history as History), begun);
    });

    it('writes a trial and shows it in the history', async (t) => {
      const { log, study } = await open(t);
      const params = [x(0.25), { name: 'c', internal: 1, distribution: CHOICE }];
      const number = await log.createTrial(study, { ...start, params, startedAt: 1000.125 });
      assert.equal(number, 0);
      await log.commit(study, [
        { type: 'intermediate', number: 0, step: 1, value: Number.NaN },
        { type: 'intermediate', number: 0, step: 2, value: Number.NEGATIVE_INFINITY },
        { type: 'userAttr', number: 0, key: 'k', value: { a: [1, null, 'é'] } },
        { type: 'state', number: 0, state: TrialState.complete, values: [0.5], at: 2000 },
      ]);
      const { history } = study;
      assert.equal(history.state(0), TrialState.complete);
      assert.deepEqual(history.params(0), { x: 0.25, c: null });
      assert.deepEqual(history.curve(0), { steps: [1, 2], values: [Number.NaN, Number.NEGATIVE_INFINITY] });
      assert.deepEqual(history.userAttrs(0), { k: { a: [1, null, 'é'] } });
      assert.equal(history.value(0), 0.5);
      assert.equal(history.startedAt[0], factory.keepsSeconds === 'whole' ? 1000 : 1000.125);
      const endedAt = history.completedAt[0] as number;
      if (factory.timesOfEnds !== 'of the server') assert.equal(endedAt, 2000);
      else assert.ok(Math.abs(endedAt - Date.now()) < 60_000);
      assert.equal(history.best, 0);
    });

    it('refuses a study name that exists', async (t) => {
      const { log } = await open(t);
      await assert.rejects(log.createStudy({ name: 's', directions: [Direction.minimize] }), {
        code: 'duplicate-study',
      });
      await log.createStudy({ name: 'other', directions: [Direction.minimize, Direction.maximize] });
      assert.deepEqual(
        log.studies().map((study) => study.name),
        ['s', 'other'],
      );
    });

    it('deletes a study with its trials and leaves the others, where it deletes at all', async (t) => {
      const { log, study } = await open(t);
      // Database servers and the proxy leave it to Optuna.
      if (!log.deleteStudy) return assert.ok(isRemoteUrl(log.location) || log.location === 'memory', log.location);
      const other = await log.createStudy({ name: 'other', directions: [Direction.minimize] });
      const params = [x(0.5)];
      for (const one of [study, other])
        await log.createTrial(one, { state: TrialState.complete, values: [1], params, intermediate: [[0, 1]] });
      await log.deleteStudy(study);
      await assert.rejects(log.createTrial(study, { state: TrialState.running }));
      const again = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      assert.equal(await log.createTrial(again, { state: TrialState.running }), 0);
      for (const read of [log, ...(factory.reopen ? [await factory.reopen(log)] : [])]) {
        const lengths = new Map(read.studies().map(({ name, history }) => [name, history.length]));
        assert.deepEqual([lengths.get('s'), lengths.get('other')], [1, 1]);
        if (read !== log) await read.close();
      }
    });

    it('keeps attributes of a study', async (t) => {
      const { log, study } = await open(t);
      await log.setStudyAttr(study, 'user', 'note', 'é\n');
      await log.setStudyAttr(study, 'system', 'study:metric_names', ['acc']);
      const [record] = log.studies();
      assert.deepEqual(record?.userAttrs, { note: 'é\n' });
      assert.deepEqual(record?.systemAttrs, { 'study:metric_names': ['acc'] });
    });

    it('keeps attributes and parameters of any name', async (t) => {
      const { log, study } = await open(t);
      const names = ['__proto__', 'constructor', 'toString', 'é"\\'];
      const attrs = Object.fromEntries(names.map((name, index) => [name, index]));
      for (const [name, value] of Object.entries(attrs)) {
        await log.setStudyAttr(study, 'user', name, value);
        await log.setStudyAttr(study, 'system', name, { [name]: value });
      }
      const params = names.map((name) => ({ ...x(0.5), name }));
      await log.createTrial(study, { ...start, params, userAttrs: attrs, systemAttrs: attrs });
      await log.createTrial(study, start);
      for (const [key, value] of Object.entries(attrs)) {
        await log.commit(study, [
          { type: 'userAttr', number: 1, key, value },
          { type: 'systemAttr', number: 1, key, value },
        ]);
      }
      const views = [log];
      if (factory.reopen) {
        const other = await factory.reopen(log);
        t.after(() => other.close());
        views.push(other);
      }
      for (const view of views) {
        const [seen] = view.studies() as [StudyRecord];
        assert.deepEqual(Object.entries(seen.userAttrs).sort(), Object.entries(attrs).sort());
        assert.deepEqual(Object.keys(seen.systemAttrs).sort(), [...names].sort());
        assert.deepEqual(Object.keys(seen.history.params(0)).sort(), [...names].sort());
        for (const number of [0, 1]) {
          for (const read of [seen.history.userAttrs(number), seen.history.systemAttrs(number)])
            assert.deepEqual(Object.entries(read).sort(), Object.entries(attrs).sort());
        }
      }
    });

    it('gives numbers without a gap to concurrent calls', async (t) => {
      const { log, study } = await open(t);
      const numbers = await Promise.all(Array.from({ length: 50 }, () => log.createTrial(study, start)));
      assert.deepEqual(
        numbers.toSorted((a, b) => (a as number) - (b as number)),
        Array.from({ length: 50 }, (_, number) => number),
      );
      assert.equal(study.history.length, 50);
    });

    it('creates nothing when the next number is another one', async (t) => {
      const { log, study } = await open(t);
      const results = await Promise.all([
        log.createTrial(study, start, { ifNumber: 0 }),
        log.createTrial(study, start, { ifNumber: 0 }),
        log.createTrial(study, start, { ifNumber: 5 }),
      ]);
      assert.deepEqual(results, [0, undefined, undefined]);
      assert.equal(study.history.length, 1);
    });

    it('commits concurrent changes of different trials', async (t) => {
      const { log, study } = await open(t);
      for (let number = 0; number < 10; number++) await log.createTrial(study, start);
      await Promise.all(
        Array.from({ length: 10 }, (_, number) =>
          log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [number] }]),
        ),
      );
      assert.deepEqual([...study.history.values], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.equal(study.history.best, 9);
    });

    it('refuses to change a finished trial, in the same batch too, and writes none of the changes', async (t) => {
      const { log, study } = await open(t);
      await log.createTrial(study, start);
      await log.createTrial(study, start);
      const finish = log.commit(study, [{ type: 'state', number: 0, state: TrialState.fail }]);
      const late = log.commit(study, [
        { type: 'intermediate', number: 1, step: 0, value: 1 },
        { type: 'intermediate', number: 0, step: 0, value: 1 },
      ]);
      await Promise.all([finish, assert.rejects(late, { code: 'finished-trial' })]);
      await assert.rejects(log.commit(study, [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }]), {
        code: 'finished-trial',
      });
      assert.deepEqual(study.history.curve(1), { steps: [], values: [] });
    });

    it('says when changes are applied, before they are durable, and never of refused ones', async (t) => {
      const { log, study } = await open(t);
      await log.createTrial(study, start);
      const order: string[] = [];
      const told = log.commit(study, [{ type: 'state', number: 0, state: TrialState.complete, values: [0.5] }], {
        onApplied: () => order.push(`applied ${study.history.state(0)} ${study.history.best}`),
      });
      await told.then(() => order.push('durable'));
      assert.deepEqual(order, [`applied ${TrialState.complete} 0`, 'durable']);
      await log.commit(study, [], { onApplied: () => order.push('nothing') });
      const refused = log.commit(study, [{ type: 'userAttr', number: 0, key: 'k', value: 1 }], {
        onApplied: () => order.push('refused'),
      });
      await assert.rejects(refused, TuneboardError);
      assert.deepEqual(order.slice(2), ['nothing']);
    });

    it('takes what is asked as soon as changes are applied', async (t) => {
      const { log, study } = await open(t);
      await log.createTrial(study, start);
      for (let number = 0; number < 20; number++) {
        let next: Promise<number | undefined> | undefined;
        const told = log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [number] }], {
          onApplied: () => {
            next = log.createTrial(study, start, { ifNumber: number + 1 });
          },
        });
        await told;
        assert.equal(await next, number + 1);
      }
      assert.equal(study.history.best, 19);
      assert.equal(study.history.state(20), TrialState.running);
    });

    it('hands each waiting trial to one claimer, the lowest number first', async (t) => {
      const { log, study } = await open(t);
      for (let index = 0; index < 3; index++) {
        await log.createTrial(study, { state: TrialState.waiting, systemAttrs: { fixed_params: { x: index } } });
      }
      const claimed = await Promise.all(Array.from({ length: 5 }, () => log.claimWaiting(study)));
      assert.deepEqual(
        claimed.filter((number) => number !== undefined),
        [0, 1, 2],
      );
      assert.equal(study.history.count(TrialState.running), 3);
      assert.deepEqual(study.history.systemAttrs(1), { fixed_params: { x: 1 } });
      assert.ok(Math.abs((study.history.startedAt[0] as number) - Date.now()) < 60_000);
    });

    it('passes over a paused trial, which is claimed by its number, once, with what it had', async (t) => {
      const { log, study } = await open(t);
      await log.createTrial(study, { ...start, params: [x(0.5)] });
      await log.createTrial(study, { state: TrialState.waiting });
      await log.commit(study, [
        { type: 'intermediate', number: 0, step: 1, value: 0.25 },
        { type: 'systemAttr', number: 0, key: 'tuneboard:paused', value: { step: 1 } },
        { type: 'state', number: 0, state: TrialState.waiting },
      ]);
      assert.equal(study.history.firstWaiting, 1);
      assert.equal(await log.claimWaiting(study), 1);
      assert.equal(await log.claimWaiting(study), undefined);
      const systemAttrs = { note: 'again' };
      const claimed = await Promise.all([0, 0, 0].map((number) => log.claimWaiting(study, { number, systemAttrs })));
      assert.deepEqual(
        claimed.filter((number) => number !== undefined),
        [0],
      );
      assert.equal(study.history.state(0), TrialState.running);
      assert.equal(study.history.systemAttrs(0)['note'], 'again');
      assert.deepEqual([study.history.params(0), study.history.curve(0).values], [{ x: 0.5 }, [0.25]]);
    });

    it('gives the first sign of life of a trial together with its start', async (t) => {
      const { log, study } = await open(t);
      const gave = async () => [...((await log.heartbeats?.last(study)) ?? new Map()).keys()].sort();
      await log.createTrial(study, start, { beats: true });
      await log.createTrial(study, start);
      await log.createTrial(study, { state: TrialState.waiting });
      await log.createTrial(study, { state: TrialState.waiting });
      if (log.heartbeats) assert.deepEqual(await gave(), [0]);
      assert.equal(await log.claimWaiting(study, { beats: true }), 2);
      assert.equal(await log.claimWaiting(study), 3);
      if (log.heartbeats) assert.deepEqual(await gave(), [0, 2]);
      await log.commit(study, [{ type: 'state', number: 0, state: TrialState.waiting }]);
      assert.equal(await log.claimWaiting(study), 0);
      if (log.heartbeats) assert.deepEqual(await gave(), [2], 'the next worker of a trial may give none');
    });

    it('claims nothing unless what it was asked for holds of the newest history', async (t) => {
      const { log, study } = await open(t);
      const other = (await factory.reopen?.(log)) ?? log;
      if (other !== log) t.after(() => other.close());
      for (let index = 0; index < 3; index++) await log.createTrial(study, { state: TrialState.waiting });
      await other.refresh();
      const theirs = other.studies()[0] as StudyRecord;
      assert.equal(await other.claimWaiting(theirs), 0);
      const isFirst = () => study.history.count(TrialState.running) === 0;
      assert.equal(await log.claimWaiting(study, { onlyIf: isFirst }), undefined);
      assert.equal(study.history.state(1), TrialState.waiting);
      const hasPlace = () => study.history.count(TrialState.running) < 2;
      assert.equal(await log.claimWaiting(study, { onlyIf: hasPlace }), 1);
      assert.equal(await log.claimWaiting(study, { onlyIf: hasPlace }), undefined);
    });

    it('commits nothing unless what it was asked for still holds', async (t) => {
      const { log, study } = await open(t);
      await log.createTrial(study, start);
      const commit = (value: number, onlyIf: () => boolean) =>
        log.commit(study, [{ type: 'userAttr', number: 0, key: 'k', value }], { onlyIf });
      await assert.rejects(
        commit(1, () => false),
        { code: 'changed-meanwhile', message: /trial/i },
      );
      assert.deepEqual(study.history.userAttrs(0), {});
      await commit(2, () => study.history.running.has(0));
      assert.deepEqual(study.history.userAttrs(0), { k: 2 });
      const pause = () =>
        log.commit(study, [{ type: 'state', number: 0, state: TrialState.waiting }], {
          onlyIf: () => study.history.running.has(0),
        });
      const both = await Promise.allSettled([pause(), pause()]);
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal(study.history.state(0), TrialState.waiting);
    });

    if (!factory.reopen) return;
    const reopen = factory.reopen.bind(factory);

    it('shows another view what was written, and claims between views', async (t) => {
      const { log, study } = await open(t);
      const other = await reopen(log);
      t.after(() => other.close());
      const [theirs] = other.studies() as [StudyRecord];
      await log.createTrial(study, { state: TrialState.waiting });
      await log.createTrial(study, { ...start, params: [x(0.5)] });
      assert.equal(await other.claimWaiting(theirs), 0);
      assert.equal(await log.claimWaiting(study), undefined);
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 1 }), undefined);
      assert.equal(await other.createTrial(theirs, start, { ifNumber: 2 }), 2);
      assert.equal(await log.refresh(), true);
      assert.equal(await log.refresh(), false);
      assert.equal(study.history.length, 3);
      assert.deepEqual(theirs.history.params(1), { x: 0.5 });
      await log.commit(study, [{ type: 'state', number: 2, state: TrialState.pruned, values: [1] }]);
      await assert.rejects(other.commit(theirs, [{ type: 'param', number: 2, param: x(0) }]), {
        code: 'finished-trial',
      });
    });

    it('refuses changes of a trial that others have ended meanwhile', async (t) => {
      const { log, study } = await open(t);
      const other = await reopen(log);
      t.after(() => other.close());
      const [theirs] = other.studies() as [StudyRecord];
      for (const at of [0, 1]) assert.equal(await log.createTrial(study, start), at);
      await other.refresh();
      await other.commit(theirs, [{ type: 'state', number: 1, state: TrialState.complete, values: [1] }]);
      const late = [0, 1].map((number) => ({ type: 'intermediate', number, step: 0, value: 1 }) as const);
      await assert.rejects(log.commit(study, late), { code: 'finished-trial' });
      await Promise.all([log.refresh(), other.refresh()]);
      for (const { history } of [study, theirs]) {
        assert.deepEqual([history.state(1), history.curve(1).values], [TrialState.complete, []]);
        if (factory.commits !== 'change by change') assert.deepEqual(history.curve(0).values, []);
      }
    });

    it('asks what a commit depends on of what others have written', async (t) => {
      const { log, study } = await open(t);
      const other = await reopen(log);
      t.after(() => other.close());
      const [theirs] = other.studies() as [StudyRecord];
      await log.createTrial(study, { ...start, startedAt: 1000 });
      await log.createTrial(study, start);
      await other.refresh();
      const isMine = () => study.history.systemAttrs(0)['of'] === undefined;
      const pause = { type: 'state', number: 0, state: TrialState.waiting } as const;
      await other.commit(theirs, [pause]);
      await other.claimWaiting(theirs, { number: 0, systemAttrs: { of: 'them' } });
      assert.equal(isMine(), true, 'not read yet');
      await assert.rejects(log.commit(study, [pause], { onlyIf: isMine }), { code: 'changed-meanwhile' });
      await other.refresh();
      assert.equal(theirs.history.state(0), TrialState.running);
      const end = { type: 'state', number: 1, state: TrialState.complete, values: [1] } as const;
      await other.commit(theirs, [end]);
      await assert.rejects(log.commit(study, [{ ...pause, number: 1 }], { onlyIf: () => true }), {
        code: /finished-trial|changed-meanwhile/,
      });
    });
  });
}
