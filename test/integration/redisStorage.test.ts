/** The storage contract on a real Redis server, and what only it does. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Distribution } from '../../src/core/space/distributions.ts';
import type { TrialChange } from '../../src/core/study/changes.ts';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../src/core/study/studyStore.ts';
import { openRedisStore } from '../../src/storage/journal/redis/openRedis.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { startRedis, type TestRedis } from '../support/redisServer.ts';

const FLOAT: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };
const CHOICE: Distribution = { type: 'categorical', choices: ['a', 'b'] };
const start = { state: TrialState.running } as const;
const end = { type: 'state', state: TrialState.complete, values: [1] } as const;

describe('redis', needs('redis'), () => {
  let server: TestRedis;
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.dispose());
  const open = (url: string) => openRedisStore(ServerUrl.parse(url));

  storageContract({
    name: 'redis',
    create: () => open(server.url()),
    reopen: (log) => open(log.location),
  });

  it('writes at once behind what others wrote, unless that makes it another thing', async (t) => {
    const url = server.url();
    const [first, second] = [await open(url), await open(url)];
    t.after(() => Promise.all([first.close(), second.close()]));
    const study = await first.createStudy({ name: 's', directions: [Direction.minimize] });
    for (let count = 0; count < 4; count++) await first.createTrial(study, start);
    await second.refresh();
    const [theirs] = second.studies() as [StudyRecord];
    const report = (number: number) => ({ type: 'intermediate', number, step: 1, value: 1 }) as const;
    const isAtOnce = async (write: () => Promise<unknown>) => {
      server.ask('CONFIG', 'RESETSTAT');
      await write();
      return /cmdstat_evalsha:calls=1,/.test(server.ask('INFO', 'commandstats'));
    };
    await second.commit(theirs, [report(1)]);
    assert.ok(await isAtOnce(() => first.createTrial(study, start, { ifNumber: 4 })));
    assert.deepEqual(study.history.curve(1).steps, [1]);
    await second.setStudyAttr(theirs, 'user', 'k', 1);
    assert.ok(await isAtOnce(() => first.commit(study, [report(0)])));
    await second.createTrial(theirs, start);
    assert.ok(await isAtOnce(() => first.commit(study, [report(2), { ...end, number: 2 }])));
    await second.createStudy({ name: 'other', directions: [Direction.minimize] });
    await second.createTrial(second.studies()[1] as StudyRecord, start);
    assert.ok(await isAtOnce(() => first.createTrial(study, start, { ifNumber: 6 })));

    await second.createTrial(theirs, start);
    assert.equal(await first.createTrial(study, start, { ifNumber: 7 }), undefined);
    await second.commit(theirs, [{ ...end, number: 3 }]);
    await assert.rejects(first.commit(study, [report(3)]), { code: 'finished-trial' });
    await second.commit(theirs, [{ type: 'systemAttr', number: 0, key: 'owner', value: 'them' }]);
    const isOurs = () => study.history.systemAttrs(0)['owner'] === undefined;
    await assert.rejects(first.commit(study, [report(0)], { onlyIf: isOurs }), { code: 'changed-meanwhile' });
    await second.commit(theirs, [
      { type: 'param', number: 0, param: { name: 'x', internal: 0, distribution: CHOICE } },
    ]);
    const other = { name: 'x', internal: 0.5, distribution: FLOAT };
    await assert.rejects(first.commit(study, [{ type: 'param', number: 1, param: other }]), {
      code: 'incompatible-distribution',
    });
    await second.createStudy({ name: 'third', directions: [Direction.minimize] });
    await assert.rejects(first.createStudy({ name: 'third', directions: [Direction.minimize] }), {
      code: 'duplicate-study',
    });
    await second.refresh();
    assert.deepEqual([...study.history.states], [...theirs.history.states]);
    assert.equal(study.history.length, 8);
  });

  it('goes on behind more lines than a script looks at', async (t) => {
    const url = server.url();
    const [first, second] = [await open(url), await open(url)];
    t.after(() => Promise.all([first.close(), second.close()]));
    const study = await first.createStudy({ name: 's', directions: [Direction.minimize] });
    await first.createTrial(study, start);
    await second.refresh();
    const [theirs] = second.studies() as [StudyRecord];
    const reports = Array.from({ length: 2500 }, (_, step) => ({ type: 'intermediate', number: 0, step, value: step }));
    await second.commit(theirs, reports as TrialChange[]);
    assert.equal(await first.createTrial(study, start, { ifNumber: 1 }), 1);
    assert.equal(study.history.curve(0).steps.length, 2500);
  });

  it('property: writers that meet at random see the same in the end, and each trial once', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(5), { maxLength: 12 }), { minLength: 2, maxLength: 4 }),
        async (plans) => {
          const url = server.url();
          const starter = await open(url);
          await starter.createStudy({ name: 's', directions: [Direction.minimize] });
          const logs = await Promise.all(plans.map(() => open(url)));
          const numbers = await Promise.all(logs.map((log, index) => carryOut(log, plans[index] as number[])));
          await Promise.all([...logs, starter].map((log) => log.refresh()));
          const [first, ...others] = [...logs, starter].map((log) => trialsJson(log));
          for (const other of others) assert.equal(other, first);
          const made = numbers.flat().sort((a, b) => a - b);
          assert.deepEqual(made, [...made.keys()]);
          assert.equal(starter.studies()[0]?.history.length, made.length);
          await Promise.all([...logs, starter].map((log) => log.close()));
        },
      ),
      { numRuns: 25 },
    ),
  );
});

/** Does these things one after the other; returns the numbers of the trials that it has made. */
async function carryOut(log: WritableTrialLog, plan: readonly number[]): Promise<number[]> {
  const [study] = log.studies() as [StudyRecord];
  const made: number[] = [];
  for (const what of plan) {
    const { length } = study.history;
    if (what === 0) {
      const number = await log.createTrial(study, { state: TrialState.waiting });
      if (number !== undefined) made.push(number);
    } else if (what === 1) await log.claimWaiting(study, { systemAttrs: { owner: made.length } });
    else if (what === 2) {
      const ends = made.filter((number) => !isFinished(study.history.state(number)));
      await Promise.allSettled(ends.map((number) => log.commit(study, [{ ...end, number }])));
    } else {
      const number = await log.createTrial(study, start, what === 3 ? {} : { ifNumber: length });
      if (number !== undefined) made.push(number);
    }
  }
  return made;
}
