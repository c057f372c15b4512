import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { StudyTracker } from '../../../src/storage/sql/read/studyTracker.ts';
import { isStillTaken, writtenNumber } from '../../../src/storage/sql/write/secondAttempt.ts';

const AT = 1_700_000_000_000;

function studyWith(systemAttrs: Record<string, string>) {
  const tracker = new StudyTracker('db');
  const study = tracker.addStudy(1, 's', [Direction.minimize]);
  tracker.addOwn(study, 7, { state: TrialState.running, startedAt: AT, systemAttrs });
  return study;
}

test('a claim was done only if it is its own claim that runs', () => {
  const study = studyWith({ owner: 'me' });
  assert.equal(isStillTaken(study, { trialId: 7, at: AT }, { owner: 'me' }), true);
  assert.equal(isStillTaken(study, { trialId: 7, at: AT }, { owner: 'somebody else, in the same second' }), false);
  assert.equal(isStillTaken(study, { trialId: 7, at: AT + 1 }, { owner: 'me' }), false);
  assert.equal(isStillTaken(study, { trialId: 8, at: AT }, { owner: 'me' }), false);
});

test('a new trial was written only if it is the same', () => {
  const template = { state: TrialState.running, systemAttrs: { owner: 'me' } };
  const written = { id: 7, number: 0, startedAt: AT };
  assert.equal(writtenNumber(studyWith({ owner: 'me' }), template, written), 0);
  assert.equal(writtenNumber(studyWith({ owner: 'me' }), template, { ...written, id: 8 }), undefined);
  assert.equal(writtenNumber(studyWith({ owner: 'another' }), template, written), undefined);
  assert.equal(writtenNumber(studyWith({ owner: 'me' }), template, { ...written, startedAt: AT + 1 }), undefined);
});

test('a new trial that says whose it is is known again under another id and number', () => {
  const mine = { 'tuneboard:writer': 'a1' };
  const template = { state: TrialState.running, systemAttrs: mine };
  const tracker = new StudyTracker('db');
  const study = tracker.addStudy(1, 's', [Direction.minimize]);
  tracker.addOwn(study, 7, { state: TrialState.running, startedAt: AT, systemAttrs: { 'tuneboard:writer': 'b2' } });
  tracker.addOwn(study, 9, { state: TrialState.running, startedAt: AT, systemAttrs: mine });
  assert.equal(writtenNumber(study, template, { id: 7, number: 0, startedAt: AT }), 1);
  assert.equal(writtenNumber(study, template, { id: 7, number: 0, startedAt: AT + 1 }), undefined);
});
