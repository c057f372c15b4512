import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { StudyTracker } from '../../../src/storage/rdb/studyTracker.ts';
import { isStillTaken, isWritten, LOST_REASON } from '../../../src/storage/server/secondAttempt.ts';

const AT = 1_700_000_000_000;

function studyWith(systemAttrs: Record<string, string>, userAttrs: Record<string, string> = {}) {
  const tracker = new StudyTracker('db');
  const study = tracker.addStudy(1, 's', [Direction.minimize]);
  tracker.addOwn(study, 7, { state: TrialState.running, startedAt: AT, systemAttrs, userAttrs });
  return study;
}

test('a claim was done only if it is its own claim that runs', () => {
  const study = studyWith({ owner: 'me' });
  assert.equal(isStillTaken(study, { trialId: 7, at: AT }, { owner: 'me' }), true);
  assert.equal(isStillTaken(study, { trialId: 7, at: AT }, { owner: 'somebody else, in the same second' }), false);
  assert.equal(isStillTaken(study, { trialId: 7, at: AT + 1 }, { owner: 'me' }), false);
  assert.equal(isStillTaken(study, { trialId: 8, at: AT }, { owner: 'me' }), false);
});

test('a new trial was written only if it is the same, and nobody had to put it back', () => {
  const template = { state: TrialState.running, systemAttrs: { owner: 'me' } };
  const written = { id: 7, number: 0, startedAt: AT };
  assert.equal(isWritten(studyWith({ owner: 'me' }), template, written), true);
  assert.equal(isWritten(studyWith({ owner: 'me' }), template, { ...written, id: 8 }), false);
  assert.equal(isWritten(studyWith({ owner: 'another' }), template, written), false);
  const putBack = studyWith({ owner: 'me' }, { 'tuneboard:error': LOST_REASON });
  assert.equal(isWritten(putBack, template, written), false);
});
