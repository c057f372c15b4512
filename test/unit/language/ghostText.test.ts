import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ghostTextAt } from '../../../src/language/insertion/ghostText.ts';
import type { StudyLink } from '../../../src/protocol/editor.ts';
import { bestOf, open } from './support.ts';

const LINK: StudyLink = {
  id: 's#s',
  studyName: 's',
  sources: [],
  run: 'idle',
  finished: 1,
  total: 1,
  direction: 1,
  metric: null,
  best: bestOf({ learning_rate: 2.68e-5, optim: 'adamw_torch', epochs: 4, amp: true, 'model.depth': 3 }),
  bestText: '0.93',
};

/** The document after the ghost text was taken at `|`; null where nothing is offered. */
function accepted(languageId: string, text: string, links: readonly StudyLink[] = [LINK]): string | null {
  const offset = text.indexOf('|');
  const plain = text.replace('|', '');
  const ghost = ghostTextAt(open(languageId, plain), links, offset);
  return ghost ? plain.slice(0, ghost.start) + ghost.text + plain.slice(ghost.end) : null;
}

describe('ghost text', () => {
  const offered: readonly (readonly [string, string, string])[] = [
    ['python', 'TrainingArguments(learning_rate=|', 'TrainingArguments(learning_rate=2.68e-05'],
    [
      'python',
      'TrainingArguments(\n  learning_rate=|\n  output_dir="x",\n)',
      'TrainingArguments(\n  learning_rate=2.68e-05\n  output_dir="x",\n)',
    ],
    ['python', 'f(learning_rate=2.6|)', 'f(learning_rate=2.68e-05)'],
    ['python', 'self.learning_rate = |', 'self.learning_rate = 2.68e-05'],
    ['python', 'LEARNING_RATE = |', 'LEARNING_RATE = 2.68e-05'],
    ['python', 'def f(learning_rate: float = |):', 'def f(learning_rate: float = 2.68e-05):'],
    ['python', 'd = {"learning_rate": |}', 'd = {"learning_rate": 2.68e-05}'],
    ['python', "d = {'optim': '|'}", "d = {'optim': 'adamw_torch'}"],
    ['python', 'd["amp"] = |', 'd["amp"] = True'],
    ['python', 'f(optim="ada|', 'f(optim="adamw_torch"'],
    [
      'python',
      'p.add_argument("--learning-rate", type=float, default=|)',
      'p.add_argument("--learning-rate", type=float, default=2.68e-05)',
    ],
    [
      'python',
      'p.add_argument(\n    "-e", "--epochs",\n    type=int, default=|\n)',
      'p.add_argument(\n    "-e", "--epochs",\n    type=int, default=4\n)',
    ],
    ['python', '@click.option("--epochs", default=|)', '@click.option("--epochs", default=4)'],
    ['python', 'x = 1  # epochs\nepochs = |', 'x = 1  # epochs\nepochs = 4'],
    ['typescript', 'const o = { learningRate: |', 'const o = { learningRate: 0.0000268'],
    ['typescript', 'const epochs: number = |;', 'const epochs: number = 4;'],
    [
      'javascript',
      "parseArgs({ options: { epochs: { type: 'string', default: |",
      "parseArgs({ options: { epochs: { type: 'string', default: '4'",
    ],
    ['yaml', 'optim: |\n', 'optim: adamw_torch\n'],
    ['yaml', 'model:\n  depth: |', 'model:\n  depth: 3'],
    ['yaml', 'opt: { learning_rate: |}', 'opt: { learning_rate: 2.68e-05}'],
    ['json', '{ "optim": |', '{ "optim": "adamw_torch"'],
    ['json', '{ "optim": "|" }', '{ "optim": "adamw_torch" }'],
  ];
  for (const [languageId, before, after] of offered) {
    it(`offers a value in ${languageId}: ${before}`, () => assert.equal(accepted(languageId, before), after));
  }

  const silent: readonly (readonly [string, string])[] = [
    ['python', '# learning_rate=|'],
    ['typescript', 'interface A { epochs: |'],
    ['typescript', 'function f(epochs: |'],
    ['typescript', 'const epochs: |'],
    ['javascript', 'x ? epochs : |'],
    ['javascript', 'switch (x) { case epochs: |'],
    ['python', 'x = "learning_rate=|'],
    ['python', '"""\nlearning_rate=|\n"""'],
    ['python', 'f(learning_rate=3|)'],
    ['python', 'f(learning_rate=|2e-5)'],
    ['python', 'if epochs ==|'],
    ['python', 'epochs +=|'],
    ['python', 'other=|'],
    ['python', 'epochs = 4|'],
    ['python', 'f(default=|)'],
    ['javascript', '// epochs: |'],
    ['javascript', 'const s = `epochs: |'],
    ['javascript', 'a.epochs === |'],
    ['yaml', '# optim: |'],
    ['yaml', 'text: >\n  optim: |\n'],
    ['json', '{ "x": "optim: |" }'],
  ];
  for (const [languageId, text] of silent) {
    it(`is silent in ${languageId}: ${JSON.stringify(text)}`, () => assert.equal(accepted(languageId, text), null));
  }

  it('is offered at the end of a very long line', () => {
    const text = `{${'"a": [1, 2], '.repeat(50_000)}"epochs": |`;
    assert.match(accepted('json', text) ?? '', /"epochs": 4$/);
  });

  it('is silent without a study, and without a best trial', () => {
    assert.equal(accepted('python', 'f(epochs=|', []), null);
    assert.equal(accepted('python', 'f(epochs=|', [{ ...LINK, best: null }]), null);
  });

  it('writes a switch that was searched as a flag as true or false', () => {
    const link = { ...LINK, best: bestOf({ bn: '--no-bn', amp: '--amp', off: '' }) };
    assert.equal(
      accepted('python', 'p.add_argument("--bn", default=|)', [link]),
      'p.add_argument("--bn", default=False)',
    );
    assert.equal(accepted('javascript', 'const o = { amp: | };', [link]), 'const o = { amp: true };');
    assert.equal(accepted('python', 'off = |', [link]), null);
  });
});
