import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  parameterSpan,
  placedParameters,
  spaceEdits,
  withEdits,
  withoutParameter,
} from '../../../src/studyfile/editing/spaceEdits.ts';

const LR = { name: 'lr', value: '{ type: float, low: 1.0e-05, high: 0.1, log: true, at: "train.py#LR" }' };
const DEPTH = { name: 'depth', value: '{ type: int, low: 2, high: 12, at: "train.py#DEPTH" }' };

const changed = (text: string, add: readonly (typeof LR)[], remove: readonly string[] = []) =>
  withEdits(text, spaceEdits(text, add, remove));

const spaceOf = (text: string) => Object.keys((parse(text) as { space?: object }).space ?? {});

const BLOCK = `# head
name: a
space:
    # the first
    lr: { type: float, low: 0, high: 1 } # kept
    units: { type: int, low: 1, high: 9 }

# behind
budget: { trials: 3 }
`;

test('a parameter is added after the last one, in its indentation, and every other line stays', () => {
  const after = changed(BLOCK, [DEPTH]);
  assert.deepEqual(spaceOf(after), ['lr', 'units', 'depth']);
  assert.match(after, /^ {4}depth: /m);
  assert.equal(after.replace(/^ {4}depth: .*\n/m, ''), BLOCK);
});

test('a name that is taken gets a number', () => {
  assert.deepEqual(spaceOf(changed(BLOCK, [LR, LR])), ['lr', 'units', 'lr_2', 'lr_3']);
});

test('a parameter is taken out with its line and nothing else', () => {
  const after = changed(BLOCK, [], ['units']);
  assert.equal(after, BLOCK.replace(/^ {4}units: .*\n/m, ''));
});

test('the last parameter that leaves makes place for the new one', () => {
  const one = 'space:\n  lr: { type: int, low: 1, high: 2 }\nbudget: { trials: 3 }\n';
  assert.deepEqual(spaceOf(changed(one, [DEPTH], ['lr'])), ['depth']);
  assert.deepEqual(parse(changed(one, [], ['lr'])), { space: {}, budget: { trials: 3 } });
});

for (const [what, text] of Object.entries({
  'no space': 'name: a\nbudget: { trials: 3 }\n',
  'no end of line': 'name: a',
  'nothing at all': '',
  'an empty space': 'name: a\nspace:\nbudget: { trials: 3 }\n',
  'an empty space with a comment': 'name: a\nspace: # what to try\nbudget: { trials: 3 }\n',
  'a space of {}': 'name: a\nspace: {}\nbudget: { trials: 3 }\n',
  'ends of lines of Windows': 'name: a\r\nspace: {}\r\nbudget: { trials: 3 }\r\n',
})) {
  test(`parameters are added to a file with ${what}`, () => {
    const after = changed(text, [LR, DEPTH]);
    assert.deepEqual(spaceOf(after), ['lr', 'depth'], after);
    assert.match(after, /^space:(?: #.*)?\r?\n {2}lr: /m);
    const { space: _, ...rest } = parse(after) as Record<string, unknown>;
    const { space: __, ...before } = (parse(text) ?? {}) as Record<string, unknown>;
    assert.deepEqual(rest, before);
    if (text.includes('#')) assert.match(after, /# what to try/);
  });
}

test('a space in one line stays in one line', () => {
  const text = 'space: { lr: { type: int, low: 1, high: 2 }, units: { type: int, low: 1, high: 2 } } # all\n';
  assert.deepEqual(spaceOf(changed(text, [DEPTH], ['lr'])), ['units', 'depth']);
  assert.match(changed(text, [DEPTH]), /# all\n$/);
});

test('a parameter over several lines is taken out whole', () => {
  const text = 'space:\n  lr:\n    type: float\n    low: 0\n    high: 1\n  units: { type: int, low: 1, high: 9 }\n';
  assert.equal(changed(text, [], ['lr']), 'space:\n  units: { type: int, low: 1, high: 9 }\n');
  assert.deepEqual(spaceOf(changed(text.slice(0, text.indexOf('  units')), [DEPTH])), ['lr', 'depth']);
});

test('places are read from a file that has mistakes elsewhere', () => {
  const text =
    'nmae: a\nspace:\n  lr: { type: float, low: 2, high: 1, log: true, at: "train.py#LR" }\n  b: { low: 1 }\n';
  assert.deepEqual(placedParameters(text), [{ name: 'lr', at: 'train.py#LR', low: 2, high: 1, log: true }]);
  const span = parameterSpan(text, 'b');
  assert.equal(span && text.slice(span.start, span.end), 'b: { low: 1 }');
});

test('a parameter is taken out of the space and of the start points, and every other line stays', () => {
  const text = `name: a # kept
space:
  lr: { type: float, low: 0.001, high: 1.0 }
  units: { type: int, low: 1, high: 9 } # many
start: [{ lr: 0.1, units: 3 }, { units: 4 }] # first
budget: { trials: 3 }
`;
  assert.equal(
    withoutParameter(text, 'units'),
    `name: a # kept
space:
  lr: { type: float, low: 0.001, high: 1.0 }
start: [{ lr: 0.1 }, {}] # first
budget: { trials: 3 }
`,
  );
  assert.equal(withoutParameter(text, 'other'), null);
  assert.equal(withoutParameter('space:\n  lr: { type: float, low: 0, high: 1 }\n', 'lr'), null);
});
