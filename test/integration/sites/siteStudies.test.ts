/** Studies of values in the code, in real tuner processes. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { TunerFolder } from '../tunerHarness.ts';

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

function study(space: string): string {
  return folder.write(
    'demo.study.yaml',
    `name: demo
metric: loss
objective: { command: ["${process.execPath}", train.mjs] }
space:
${space}budget: { trials: 8 }
`,
  );
}

test('a value that the program never reaches ends the study with trial 0, which is kept', async () => {
  folder.write(
    'train.mjs',
    'const lr = 0.1;\nfunction unused() {\n  const width = 4;\n}\nconsole.log("loss=" + lr);\n',
  );
  const source = study(`  lr: { type: float, low: 0.01, high: 1, at: "train.mjs#lr" }
  width: { type: int, low: 1, high: 9, at: "train.mjs#unused.width" }
`);
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 1);
  assert.match(stderr, /width: `unused\.width` in train\.mjs:3 was never used: the program does not run that line/);
  const { history } = await folder.load();
  assert.deepEqual([...history.states], [TrialState.complete], 'no trial after it, and none that failed');
  assert.equal(history.value(0), 0.1);
});

test('a value behind a choice of another parameter does not end the study', async () => {
  folder.write(
    'train.mjs',
    `const optimiser = 'adam';
let loss = 1;
if (optimiser === 'sgd') {
  const momentum = 0.9;
  loss -= momentum / 2;
}
console.log(\`loss=\${loss}\`);
`,
  );
  const source = study(`  optimiser: { type: categorical, choices: [adam, sgd], at: "train.mjs#optimiser" }
  momentum: { type: float, low: 0.1, high: 0.99, at: "train.mjs#momentum" }
`);
  const { code, stdout, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr + stdout);
  const { history } = await folder.load();
  assert.equal(history.count(TrialState.complete), 8);
  assert.equal(history.param(0, 'optimiser'), 'adam', 'trial 0 does not read it');
});
