/** Trials behind a storage proxy whose making was not answered: which ones are ended as made twice. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialTemplate } from '../../../src/core/study/changes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { NewTrials } from '../../../src/storage/proxy/newTrials.ts';
import { Perseverance } from '../../../src/storage/proxy/perseverance.ts';
import { ProxyFailure, Status } from '../../../src/storage/proxy/proxyFailure.ts';
import type { TrialWriter, WriterParts } from '../../../src/storage/proxy/trialWriter.ts';
import { StudyTracker } from '../../../src/storage/sql/read/studyTracker.ts';
import { finishedTrial } from '../../../src/storage/sql/rules.ts';

const { running } = TrialState;
const signed: TrialTemplate = { state: running, systemAttrs: { 'tuneboard:owner': 'a' } };

/**
 * A server that makes trials, of which each may be read at once, and which numbers were ended; `hasOthers`, who are faster with
 * that.
 */
function server({ isZoneKnown, hasOthers = false }: { isZoneKnown: boolean; hasOthers?: boolean }) {
  const tracker = new StudyTracker('grpc://head:13000');
  const study = tracker.addStudy(0, 's', [Direction.minimize]);
  const ended: number[] = [];
  let nextId = 0;
  let isAway = false;
  let beforeAnswer = async () => {};
  let toRead: TrialTemplate | undefined;
  const add = (template: TrialTemplate) => tracker.addOwn(study, nextId++, { startedAt: Date.now(), ...template });
  const client = {
    call: async (_: unknown, { template }: { template?: unknown }) => {
      if (isAway) {
        isAway = false;
        throw new ProxyFailure('away', Status.internal, 'unreachable', 'is away.');
      }
      const id = nextId;
      add(template ? signed : { state: running });
      await beforeAnswer();
      return { trialId: id };
    },
  };
  const perseverance = new Perseverance(client as never);
  perseverance.patienceMs = 10_000;
  const read = async () => {
    if (toRead) add(toRead);
    toRead = undefined;
  };
  const clock = { isKnown: isZoneKnown, write: () => '' };
  const parts = { client, perseverance, reader: { clock, learn: () => {} }, read };
  const writer = {
    get: async () => ({ datetimeStart: '' }),
    sign: async () => {},
    write: async (_: unknown, changes: readonly { number: number }[]) => {
      ended.push(changes[0]?.number ?? -1);
      if (hasOthers) throw finishedTrial('grpc://head:13000', study, 0);
    },
  };
  const trials = new NewTrials(parts as unknown as WriterParts, writer as unknown as TrialWriter);
  return {
    study,
    ended,
    add,
    trials,
    /** Loses what is asked next, which the server does all the same, later. */
    lose: () => {
      isAway = true;
    },
    /** Another process has made a trial, which the next reading shows. */
    showLater: (template: TrialTemplate) => {
      toRead = template;
    },
    /** While the next answers are on their way, another reader reads. */
    readMeanwhile: () => {
      beforeAnswer = () => trials.endDoubled();
    },
  };
}

describe('a trial whose making was not answered', () => {
  it('is ended where it was made twice, and no trial that is being made', { timeout: 20_000 }, async () => {
    const { trials, study, ended, add, lose, readMeanwhile } = server({ isZoneKnown: true });
    lose();
    assert.equal(await trials.create(study, signed), 0);
    readMeanwhile();
    assert.equal(await trials.create(study, signed), 1);
    assert.deepEqual(ended, []);
    add(signed);
    await trials.endDoubled();
    await trials.endDoubled();
    assert.deepEqual(ended, [2]);
  });

  it('is no trouble where another has run and ended what was made twice', { timeout: 20_000 }, async () => {
    const { trials, study, ended, add, lose } = server({ isZoneKnown: true, hasOthers: true });
    lose();
    await trials.create(study, signed);
    add(signed);
    await trials.endDoubled();
    assert.deepEqual(ended, [1]);
  });

  it("is not taken for another's new trial, which has no signature either", { timeout: 20_000 }, async () => {
    const { trials, study, ended, add, lose, showLater } = server({ isZoneKnown: false });
    // The server writes the time of another zone.
    const zone = 2 * 3_600_000;
    lose();
    showLater({ state: running, startedAt: Date.now() + zone - 60_000 });
    assert.equal(await trials.create(study, signed), 1);
    add({ state: running, startedAt: Date.now() + zone + 60_000 });
    await trials.endDoubled();
    assert.deepEqual(ended, []);
    add({ state: running, startedAt: Date.now() + zone });
    await trials.endDoubled();
    assert.deepEqual(ended, [3]);
  });
});
