import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { commitMessage, noteOf, readNote } from '../../../src/extension/studies/provenance.ts';
import type { StudyEntry } from '../../../src/extension/studies/studyEntry.ts';
import type { BestTrial } from '../../../src/protocol/editor.ts';

const X = floatDistribution(0, 1);

/** A study of these trials, the place in the list being the number. */
function studyOf(name: string, trials: readonly { x: number; value: number }[]): StudyEntry {
  const history = new History([Direction.maximize]);
  for (const { x, value } of trials) {
    const params = [
      { name: 'x', distribution: X, internal: x },
      { name: 'same', distribution: X, internal: 0.5 },
    ];
    history.add({ state: TrialState.complete, values: [value], params, completedAt: Date.UTC(2026, 11, 3) });
  }
  return { name, history } as StudyEntry;
}

function bestOf({ history }: StudyEntry, number: number): BestTrial {
  assert.ok(history);
  const params = history.paramNames(number).map((name) => {
    return { name, value: history.param(number, name) ?? null, kind: 'float' as const };
  });
  return { number, value: history.value(number), params };
}

describe('where a value comes from', () => {
  it('stands in a comment that is read again, whatever the study is called', () => {
    for (const name of ['digits', 'a, trial 3, b', 'two\nlines', '学习']) {
      const study = studyOf(name, [
        { x: 0.1, value: 0.5 },
        { x: 0.2, value: 0.75 },
      ]);
      const note = noteOf(study, bestOf(study, 1));
      assert.equal(note.split(/\r|\n/).length, 1, 'one line');
      assert.match(note, /, trial 1, 0\.7500, 2026-12-03$/);
      assert.deepEqual(readNote(`lr = 0.2  # tuneboard: ${note}`), { name: name.replace('\n', ' '), number: 1 });
    }
    assert.equal(readNote('lr = 0.2  # trial 3'), null);
  });

  it('has the noise that repeated trials show', () => {
    const study = studyOf('digits', [
      { x: 0.1, value: 0.5 },
      { x: 0.2, value: 0.74 },
      { x: 0.2, value: 0.76 },
    ]);
    assert.match(noteOf(study, bestOf(study, 2)), /0\.7600 ± 0\.014, /);
  });

  it('is in the message of a commit, with what changed against trial 0', () => {
    const study = studyOf('di\ngits', [
      { x: 0.1, value: 0.5 },
      { x: 0.2, value: 0.75 },
    ]);
    const message = commitMessage(study, bestOf(study, 1));
    assert.equal(message, 'Tune di gits: 0.7500 (trial 1)\n\nTrial 0 had 0.5000.\n\nx: 0.1 → 0.2\n');
    assert.match(commitMessage(study, bestOf(study, 0)), /^Tune di gits: 0\.5000 \(trial 0\)\n$/);
  });
});
