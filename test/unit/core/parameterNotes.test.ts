import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterNotes, widened } from '../../../src/core/importance/parameterNotes.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { FAIL_REASON } from '../../../src/core/study/attributes.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { noteMarkdown, resultFindings } from '../../../src/language/insight.ts';
import { sayIn } from '../../../src/language/say.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const LR: Distribution = { type: 'float', low: 1e-4, high: 1e-2, log: true, step: null };
const BATCH: Distribution = { type: 'int', low: 1, high: 256, log: false, step: 1 };
const IDLE: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };

/** The larger the learning rate the better, above 200 a batch has no memory, and the third parameter does nothing. */
function history(count: number, name = 'lr'): History {
  const made = new History([Direction.minimize]);
  const random = seededRandom(5);
  for (let number = 0; number < count; number++) {
    const [lr, batch, idle] = [1e-4 * 100 ** random(), 1 + Math.floor(255 * random()), random()];
    const fails = batch > 200;
    made.add({
      state: fails ? TrialState.fail : TrialState.complete,
      values: fails ? null : [-Math.log(lr) - batch * 1e-3],
      params: [
        { name, distribution: LR, internal: lr },
        { name: 'batch', distribution: BATCH, internal: batch },
        { name: 'idle', distribution: IDLE, internal: idle },
      ],
      userAttrs: fails ? { [FAIL_REASON]: 'RuntimeError: CUDA out of memory' } : {},
    });
  }
  return made;
}

const FILE = `name: a
space:
  lr: { type: float, low: 0.0001, high: 0.01, log: true }
  batch: { type: int, low: 1, high: 256 }
  idle: { type: float, low: 0, high: 1 }
`;

test('says where the best crowd, what does nothing and where trials fail, each with a fix', () => {
  const notes = parameterNotes(history(200));
  const findings = resultFindings(FILE, notes, sayIn('en'));
  const codes = findings.map(({ code, start }) => [code, FILE.slice(start).split(':')[0]]);
  assert.deepEqual(codes, [
    ['best-at-edge', 'lr'],
    ['failing-range', 'batch'],
    ['idle-parameter', 'idle'],
  ]);
  const [edge, failing, idle] = findings.map(({ fix }) =>
    fix?.edits.map(({ start, end, newText }) => [FILE.slice(start, end), newText]),
  );
  assert.deepEqual(edge, [['0.01', '0.1']]);
  assert.equal(failing?.[0]?.[0], '256');
  assert.ok(Number(failing?.[0]?.[1]) <= 200);
  assert.equal(idle?.length, 2);
});

test('says nothing while there are few trials', () => {
  assert.deepEqual(resultFindings(FILE, parameterNotes(history(12)), sayIn('en')), []);
  assert.deepEqual(parameterNotes(new History([Direction.minimize])), []);
});

test('a widened range keeps its scale', () => {
  assert.equal(widened({ low: 1, high: 100, log: true, edge: 'low' }), 0.1);
  assert.equal(widened({ low: 0, high: 10, log: false, edge: 'high' }), 15);
});

test('a hostile name is text in the hover, and no part of the picture', () => {
  const name = '](command:evil) <img src=x> $(zap)';
  const [note] = parameterNotes(history(60, name));
  assert.ok(note);
  let picture = '';
  const markdown = noteMarkdown(note, sayIn('en'), (svg) => {
    picture = svg;
    return 'PICTURE';
  });
  assert.doesNotMatch(markdown.replace('![](data:image/svg+xml;base64,PICTURE)', ''), /\]\(|<img|\$\(/);
  assert.match(picture, /^<svg [^>]*>.*<circle .*<\/svg>$/s);
  assert.doesNotMatch(picture, /evil|href|script|NaN/);
});
