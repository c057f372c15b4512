/** Trials behind a storage proxy whose making was not answered: found by their token, and ended where made twice. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrialChange } from '../../../src/core/study/changes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { TrialMessage } from '../../../src/storage/proxy/messages.ts';
import { NewTrials } from '../../../src/storage/proxy/newTrials.ts';
import { ProxyFailure, Status } from '../../../src/storage/proxy/proxyFailure.ts';
import type { TrialWriter, WriterParts } from '../../../src/storage/proxy/trialWriter.ts';
import { Retry } from '../../../src/storage/retry.ts';
import { StudyTracker } from '../../../src/storage/sql/read/studyTracker.ts';
import { finishedTrial } from '../../../src/storage/sql/rules.ts';
import type { StorageError } from '../../../src/storage/storageError.ts';
import { verbatim } from '../../../src/words/message.ts';

const template = { state: TrialState.running, systemAttrs: { 'tuneboard:owner': 'a' } };

/** A server whose answers may be lost, before or after it did what it was asked, or that does it late. */
function server({ hasOthers = false } = {}) {
  const tracker = new StudyTracker('grpc://head:13000');
  const study = tracker.addStudy(0, 's', [Direction.minimize]);
  const messages: TrialMessage[] = [];
  const ended: number[] = [];
  let losing: 'nothing' | 'request' | 'answer' = 'nothing';
  let late: TrialMessage | undefined;
  const add = (message: TrialMessage) => {
    const id = messages.length;
    messages.push({ ...message, trialId: id });
    tracker.addOwn(study, id, { state: TrialState.running });
    return id;
  };
  const client = {
    call: async (_: string, { templateTrial }: { templateTrial: TrialMessage }) => {
      const lost = losing;
      losing = 'nothing';
      if (lost === 'request') late = templateTrial;
      const trialId = lost === 'request' ? -1 : add(templateTrial);
      if (lost !== 'nothing') throw new ProxyFailure('away', Status.internal, 'unreachable', verbatim('is away.'));
      return { trialId };
    },
    trials: async function* ({ trialIdGreaterThan }: { trialIdGreaterThan: number }) {
      for (const trial of messages.slice(trialIdGreaterThan + 1)) yield { trial, size: 1 };
    },
  };
  const retry = new Retry({
    place: 'grpc://head',
    remedyFor: () => 'reconnect',
    meaningOf: (error) => error as StorageError,
    patienceMs: 10_000,
  });
  const writer = {
    write: async (_: unknown, changes: readonly TrialChange[]) => {
      const number = changes[0]?.number ?? -1;
      ended.push(number);
      if (hasOthers) throw finishedTrial('grpc://head:13000', study, number);
      for (const change of changes) tracker.apply(study, change);
    },
  };
  const parts = { client, retry } as unknown as WriterParts;
  return {
    study,
    messages,
    ended,
    trials: new NewTrials(parts, writer as unknown as TrialWriter),
    lose: (what: 'request' | 'answer') => {
      losing = what;
    },
    /** The server does what it was asked first, and never answered. */
    doLate: () => add(late as TrialMessage),
    addOther: () => add({ ...(messages[0] as TrialMessage), systemAttributes: {} }),
  };
}

describe('a trial whose making was not answered', () => {
  it('is found by its token where it was made, among others that are alike', { timeout: 20_000 }, async () => {
    const { trials, study, messages, lose, addOther } = server();
    assert.equal(await trials.create(study, template), 0);
    addOther();
    lose('answer');
    assert.equal(await trials.create(study, template), 2);
    assert.equal(messages.length, 3);
  });

  it('is made again where it was not, and ended where the server did both', { timeout: 20_000 }, async () => {
    const { trials, study, ended, lose, doLate, addOther } = server();
    lose('request');
    assert.equal(await trials.create(study, template), 0);
    addOther();
    await trials.endDoubled();
    assert.deepEqual(ended, []);
    const late = doLate();
    await trials.endDoubled();
    await trials.endDoubled();
    assert.deepEqual(ended, [late]);
  });

  it('is no trouble where another process has run and ended what was made twice', { timeout: 20_000 }, async () => {
    const { trials, study, ended, lose, doLate } = server({ hasOthers: true });
    lose('request');
    await trials.create(study, template);
    const late = doLate();
    await trials.endDoubled();
    assert.deepEqual(ended, [late]);
  });
});
