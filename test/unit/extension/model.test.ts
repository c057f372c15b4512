import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { TuneboardError } from '../../../src/core/errors.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { paramsAs } from '../../../src/extension/studies/paramsAs.ts';
import { studyLinks } from '../../../src/extension/studies/studyLinks.ts';
import { Coalescer } from '../../../src/extension/window/coalescer.ts';
import { problemOf } from '../../../src/extension/window/problem.ts';
import { isRelevant, isStartable } from '../../../src/extension/window/relevance.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

const PARAMS = [
  { name: 'learning_rate', value: 1e-5, kind: 'float' },
  { name: 'dropout', value: 1, kind: 'float' },
  { name: 'batch_size', value: 32, kind: 'int' },
  { name: 'optim', value: 'adamw_torch', kind: 'categorical' },
  { name: 'note', value: "it's no", kind: 'categorical' },
  { name: 'answer', value: 'no', kind: 'categorical' },
  { name: 'flag', value: true, kind: 'categorical' },
  { name: 'nothing', value: null, kind: 'categorical' },
] as const;

test('parameters as Python are what Python prints', () => {
  const text = paramsAs('python', PARAMS);
  for (const line of [
    "'learning_rate': 1e-05,",
    "'dropout': 1.0,",
    "'batch_size': 32,",
    "'flag': True,",
    "'nothing': None,",
  ]) {
    assert.ok(text.includes(line), line);
  }
});

test('parameters as JSON and YAML read back as the same values', () => {
  const values = Object.fromEntries(PARAMS.map(({ name, value }) => [name, value]));
  assert.deepEqual(JSON.parse(paramsAs('json', PARAMS)), values);
  // YAML 1.1 is what PyYAML reads: there `1e-05` would be text and `no` would be false.
  for (const version of ['1.1', '1.2'] as const) assert.deepEqual(parse(paramsAs('yaml', PARAMS), { version }), values);
});

test('parameters as arguments are words for a shell', () => {
  const text = paramsAs('arguments', PARAMS);
  assert.ok(text.startsWith('--learning_rate 1e-05 --dropout 1.0 --batch_size 32 --optim adamw_torch --note '));
  assert.ok(text.includes(`--note 'it'\\''s no'`));
});

test('an error is one sentence with at most two remedies; what is ours is named so', () => {
  const known = problemOf(new TuneboardError('no-python', 'No Python interpreter found for hyp_tune.py.'), english);
  assert.equal(known.sentence, 'No Python interpreter found for hyp_tune.py.');
  assert.deepEqual(
    known.actions.map(({ title }) => title),
    ['Choose Interpreter'],
  );
  const unknown = problemOf(new TypeError('x is not a function\n    at y'), english);
  assert.equal(unknown.sentence, 'Tuneboard met an unexpected error: x is not a function');
  for (const code of ['untrusted', 'launch-failed', 'not-a-storage', 'whatever']) {
    assert.ok(problemOf(new TuneboardError(code, 'A sentence.'), english).actions.length <= 2);
  }
});

test('many requests become one at once and one at the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let ran = 0;
  const coalescer = new Coalescer(30, () => ran++);
  for (let count = 0; count < 100; count++) coalescer.request();
  assert.equal(ran, 1);
  t.mock.timers.tick(60);
  assert.equal(ran, 2);
  t.mock.timers.tick(60);
  assert.equal(ran, 2);
  coalescer.request();
  assert.equal(ran, 3);
  coalescer.request();
  coalescer.dispose();
  t.mock.timers.tick(60);
  assert.equal(ran, 3);
});

test('an urgent request waits for nobody, and takes the waiting ones along', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let ran = 0;
  const coalescer = new Coalescer(30, () => ran++);
  coalescer.request();
  coalescer.request();
  coalescer.request(true);
  assert.equal(ran, 2);
  t.mock.timers.tick(60);
  assert.equal(ran, 2);
});

test('the server starts for scripts that tune, study files, and any code once there are studies', () => {
  assert.ok(isRelevant('python', '/w/a.py', 'import optuna', false));
  assert.ok(isRelevant('python', '/w/a.py', 'trainer.hyperparameter_search()', false));
  assert.ok(!isRelevant('python', '/w/a.py', 'print(1)', false));
  assert.ok(isRelevant('python', '/w/a.py', 'print(1)', true));
  assert.ok(isRelevant('yaml', '/w/a.study.yaml', '', false));
  assert.ok(!isRelevant('rust', '/w/a.rs', 'optuna', true));
  assert.ok(isStartable('/w/a.ipynb') && isStartable('/w/a.study.yml') && !isStartable('/w/a.md'));
});

test('of several objectives a link tells how long the front is', async () => {
  const { study, history } = await oneStudy([Direction.maximize, Direction.minimize]);
  const front = () => studyLinks([study], (path) => path)[0]?.front;
  assert.equal(front(), undefined);
  addTrial(history, TrialState.complete, 0.75);
  addTrial(history, TrialState.complete, 0.25);
  assert.equal(front(), 1);
});

test('links tell the server where a study belongs, how it stands and its best trial', async () => {
  const { study, history } = await oneStudy();
  addTrial(history, TrialState.complete, 0.75);
  setRun(study, 'running', false, { script: '/w/train.py' });
  const [link] = studyLinks([study], (path) => `file://${path}`);
  assert.deepEqual(link?.sources, ['file:///w/digits.study.yaml', 'file:///w/train.py']);
  assert.equal(link?.run, 'idle');
  assert.equal(link?.best?.value, 0.75);
  assert.deepEqual(
    link?.best?.params.map(({ name, kind }) => [name, kind]),
    [
      ['optim', 'categorical'],
      ['lr', 'float'],
    ],
  );
});
