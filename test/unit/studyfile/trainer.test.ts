/** Study files whose objective is the trainer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeStudyFile } from '../../../src/studyfile/editing/completions.ts';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { TRAINING_ARGUMENTS } from '../../../src/studyfile/schema/trainerArguments.ts';

const GOOD = `direction: maximize
metric: eval_f1
objective:
  trainer:
    dataset: reviews.csv
    text: review
    label: label
    model: { hidden_size: 32 }
    args: { num_train_epochs: 2 }
  timeout: 5m
space:
  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
`;

function problemsOf(text: string): string[] {
  return parseStudyFile(text, 's').problems.map(({ code }) => code);
}

test('the trainer has its defaults', () => {
  const { file, problems } = parseStudyFile(GOOD, 's');
  assert.deepEqual(problems, []);
  assert.deepEqual(file?.objective, {
    kind: 'trainer',
    settings: {
      dataset: 'reviews.csv',
      text: 'review',
      text_pair: null,
      label: 'label',
      test_size: 0.25,
      split_seed: 42,
      max_length: 128,
      model: { hidden_size: 32 },
      objective_from: 'last',
      checkpoints: 'best',
      backend: 'auto',
      args: { num_train_epochs: 2 },
    },
    trialTimeoutMs: 300_000,
  });
});

for (const [what, from, to, code] of [
  ['a metric that it does not report', 'metric: eval_f1', 'metric: f1', 'trainer-metric'],
  ['no metric', 'metric: eval_f1\n', '', 'trainer-metric'],
  ['an F1 that is minimised', 'direction: maximize\n', '', 'trainer-maximize'],
  ['a loss that is maximised', 'metric: eval_f1', 'metric: eval_loss', 'trainer-minimize'],
  ['a misspelt argument in the space', 'learning_rate:', 'learning_rat:', 'misspelt-argument'],
  ['an unknown argument in the space', 'learning_rate:', 'colour:', 'unknown-argument'],
  ['a misspelt argument in args', 'num_train_epochs', 'num_train_epoch', 'misspelt-argument'],
  ['an argument under an old name', 'num_train_epochs', 'evaluation_strategy', 'old-argument'],
  ['an optimiser under an old name', 'num_train_epochs: 2', 'optim: adamw_hf', 'old-argument'],
  ['an optimiser that there is not', 'num_train_epochs: 2', 'optim: lion', 'not-one-of'],
  ['an argument that is no number', 'num_train_epochs: 2', 'num_train_epochs: two', 'wrong-type'],
  ['an argument in both places', 'num_train_epochs: 2', 'learning_rate: 0.1', 'argument-twice'],
  [
    'a choice that the argument cannot be',
    'learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }',
    'optim: { type: categorical, choices: [sgd, lion] }',
    'argument-value',
  ],
  ['a range that the argument cannot be', 'low: 1.0e-4, high: 1.0e-2, log: true', 'low: -1, high: 1', 'argument-value'],
  [
    'a fraction of a whole number',
    'learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }',
    'seed: { type: float, low: 1, high: 9 }',
    'argument-whole',
  ],
  ['a backend that there is not', 'model:', 'backend: webgl\n    model:', 'not-one-of'],
  ['epochs beside a scheduler', 'space:', 'scheduler: { type: asha, max_resource: 9 }\nspace:', 'trainer-parts'],
  ['a key of a command', 'timeout: 5m', 'cwd: sub', 'foreign-key'],
  ['a second objective', 'timeout: 5m', 'command: node a.js', 'two-objectives'],
  ['a score that is not computed', 'num_train_epochs: 2', 'prediction_loss_only: true', 'loss-only'],
  ['a column that is text and label', 'label: label', 'label: review', 'same-column'],
  ['a column that is second text and label', 'label: label', 'text_pair: other\n    label: other', 'same-column'],
  ['a column that is missing', '    text: review\n', '', 'missing-key'],
  ['an unknown key', 'label: label', 'label: label\n    lable: x', 'misspelt-key'],
  ['no space', /space:[\s\S]*/, '', 'empty-space'],
] as const) {
  test(`${what} is found`, () => {
    const changed = GOOD.replace(from, to);
    assert.notEqual(changed, GOOD);
    assert.deepEqual(problemsOf(changed), [code]);
  });
}

test('what a scheduler decides cannot be set beside it', () => {
  const parts = (args: string, more = '') =>
    problemsOf(
      GOOD.replace('args: { num_train_epochs: 2 }', `args: { ${args} }${more}`).replace(
        'space:',
        'scheduler: { type: hyperband, max_resource: 9 }\nspace:',
      ),
    );
  assert.deepEqual(parts('eval_strategy: epoch, save_strategy: epoch, save_total_limit: 2'), []);
  for (const wrong of ['max_steps: 9', 'eval_strategy: steps', 'save_strategy: best', 'load_best_model_at_end: true']) {
    assert.deepEqual(parts(wrong), ['trainer-parts'], wrong);
  }
  assert.deepEqual(parts('evaluation_strategy: steps').toSorted(), ['old-argument', 'trainer-parts']);
  assert.deepEqual(parts('weight_decay: 0', '\n    objective_from: best'), ['trainer-parts']);
  const unbounded = GOOD.replace('space:', 'scheduler: asha\nspace:');
  assert.deepEqual(problemsOf(unbounded), [], 'the first trial shows how long a full training is');
  const searched = unbounded.replace('space:', 'space:\n  max_steps: { type: int, low: 5, high: 9 }');
  assert.deepEqual(problemsOf(searched), ['trainer-parts']);
});

test('a misspelt argument can be corrected, in Chinese too', () => {
  const [problem] = parseStudyFile(GOOD.replace('learning_rate', 'learning_rat'), 's', 'zh-cn').problems;
  assert.equal(problem?.fix?.newText, 'learning_rate');
  assert.match(problem?.message ?? '', /训练参数/);
});

test('group_by_length becomes a word of train_sampling_strategy, in JSON too', () => {
  const fixed = (text: string) => {
    const { problems } = parseStudyFile(text, 's');
    return problems.toReversed().reduce((changed, { code, severity, start, end, fix }) => {
      assert.deepEqual([code, severity], ['old-argument', 'warning']);
      return changed.slice(0, start) + fix?.newText + changed.slice(end);
    }, text);
  };
  const yaml = fixed(GOOD.replace('num_train_epochs: 2', 'group_by_length: true'));
  assert.equal(yaml, GOOD.replace('num_train_epochs: 2', 'train_sampling_strategy: group_by_length'));
  const json = GOOD.replace('{ num_train_epochs: 2 }', '{ "group_by_length": false, "warmup_ratio": 0.1 }');
  assert.match(fixed(json), /\{ "train_sampling_strategy": "random", "warmup_steps": 0.1 \}/);
  const searched = GOOD.replace(/learning_rate.*/, 'group_by_length: { type: categorical, choices: [true, false] }');
  assert.match(fixed(searched), /train_sampling_strategy: .* choices: \[group_by_length, random\]/);
  for (const text of [yaml, fixed(json), fixed(searched)]) assert.deepEqual(problemsOf(text), []);
});

test('its keys are completed', () => {
  const text = 'objective:\n  trainer:\n    ';
  const labels = completeStudyFile(text, text.length).map(({ label }) => label);
  assert.deepEqual(labels, [
    'model',
    'dataset',
    'text',
    'text_pair',
    'label',
    'test_size',
    'split_seed',
    'max_length',
    'objective_from',
    'checkpoints',
    'backend',
    'args',
  ]);
});

test('training arguments are completed in args, and in the space with their usual range', () => {
  const inArgs = 'objective:\n  trainer:\n    args:\n      ';
  const labels = completeStudyFile(inArgs, inArgs.length).map(({ label }) => label);
  assert.deepEqual(labels, [...TRAINING_ARGUMENTS]);
  const inSpace =
    'objective:\n  trainer:\n    dataset: a.csv\nspace:\n  learning_rate: { type: float, low: 1, high: 2 }\n  war';
  const offered = completeStudyFile(inSpace, inSpace.length);
  assert.ok(!offered.some(({ label }) => label === 'learning_rate' || label === 'output_dir'));
  const warmup = offered.find(({ label }) => label === 'warmup_steps');
  assert.equal(warmup?.newText, 'warmup_steps: { type: float, low: 0.0, high: 0.3 }');
  // Whatever is offered is a space without problems.
  for (const { newText } of completeStudyFile(`${GOOD}  `, GOOD.length + 2)) {
    assert.deepEqual(problemsOf(`${GOOD.replace(/ {4}args:.*\n/, '')}  ${newText}\n`), [], newText);
  }
});

test('training arguments are explained in the space and in args, in Chinese too', () => {
  for (const place of ['learning_rate', 'num_train_epochs']) {
    assert.match(
      hoverStudyFile(GOOD, GOOD.indexOf(place) + 1)?.text ?? '',
      new RegExp(`^\\*\\*${place}\\*\\* — .*by default`),
    );
    assert.match(hoverStudyFile(GOOD, GOOD.indexOf(place) + 1, 'zh-cn')?.text ?? '', /默认/);
  }
});

test('a pretrained model is a folder', () => {
  const { file, problems } = parseStudyFile(GOOD.replace('{ hidden_size: 32 }', './rbt3'), 's');
  assert.deepEqual(problems, []);
  assert.equal(file?.objective.kind === 'trainer' && file.objective.settings.model, './rbt3');
});

test('factors of the learning rate are named by group, in args and in the space', () => {
  const inArgs = (text: string) => problemsOf(GOOD.replace(/ {4}args:.*\n/, `    args: { ${text} }\n`));
  assert.deepEqual(inArgs('lr_factors: { embeddings: 0, layer_1: 2.5 }, lr_factor_classifier: 3'), []);
  assert.deepEqual(inArgs('lr_factors: { layers: 1 }'), ['unknown-lr-group']);
  assert.deepEqual(inArgs('lr_factors: { layer_2: 1 }'), ['no-such-layer']);
  assert.deepEqual(inArgs('lr_factor_layer_2: 1'), ['no-such-layer']);
  assert.deepEqual(inArgs('lr_factor_layer_0: -1'), ['argument-value']);
  assert.deepEqual(inArgs('lr_factor_layer_0: big'), ['argument-value']);
  assert.deepEqual(inArgs('lr_factor_layr_0: 1'), ['misspelt-argument']);
  const inSpace = (text: string) => problemsOf(`${GOOD}  ${text}\n`);
  assert.deepEqual(inSpace('lr_factor_layer_1: { type: float, low: 0.1, high: 10, log: true }'), []);
  assert.deepEqual(inSpace('lr_factor_layer_1: { type: float, low: -0.1, high: 10 }'), ['argument-value']);
  assert.deepEqual(inSpace('lr_factor_layer_2: { type: float, low: 0.1, high: 10 }'), ['no-such-layer']);
  assert.deepEqual(inSpace('lr_factors: { type: float, low: 0.1, high: 10 }'), ['argument-value', 'argument-value']);
  // How many layers a pretrained model has is in its folder.
  assert.deepEqual(
    problemsOf(
      `${GOOD.replace('{ hidden_size: 32 }', './rbt3')}  lr_factor_layer_11: { type: float, low: 0.1, high: 10 }\n`,
    ),
    [],
  );
  const deep = `${GOOD.replace('hidden_size: 32', 'num_hidden_layers: 3')}  `;
  const offered = completeStudyFile(deep, deep.length).map(({ label }) => label);
  assert.deepEqual(
    offered.filter((label) => label.startsWith('lr_factor')),
    ['embeddings', 'layer_0', 'layer_1', 'layer_2', 'classifier'].map((group) => `lr_factor_${group}`),
  );
  const named = `${GOOD}  lr_factor_layer_1: { type: float, low: 0.1, high: 10 }\n`;
  assert.match(hoverStudyFile(named, named.indexOf('lr_factor') + 1)?.text ?? '', /Factor on the learning rate/);
  assert.match(hoverStudyFile(named, named.indexOf('lr_factor') + 1, 'zh-cn')?.text ?? '', /学习率系数/);
});

const HYPERGRADIENT = `metric: eval_loss
objective:
  trainer: { dataset: reviews.csv, text: review, label: label }
space:
  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
sampler: hypergradient
`;

test('the sampler hypergradient wants what can be differentiated', () => {
  assert.deepEqual(problemsOf(HYPERGRADIENT), []);
  const wrong = (from: string | RegExp, to: string) => problemsOf(HYPERGRADIENT.replace(from, to));
  assert.deepEqual(wrong('eval_loss', 'eval_f1\ndirection: maximize'), ['hypergradient-metric']);
  assert.deepEqual(wrong('label: label }', 'label: label, objective_from: best }'), ['hypergradient-metric']);
  assert.deepEqual(wrong('label: label }', 'label: label, args: { optim: sgd } }'), ['hypergradient-optim']);
  assert.deepEqual(wrong('label: label }', 'label: label, args: { hypergradient_lr: 0.1 } }'), [
    'hypergradient-online',
  ]);
  assert.deepEqual(wrong('label: label }', 'label: label, args: { hypergradient_lr: 0 } }'), []);
  assert.deepEqual(wrong('log: true', 'step: 1.0e-4'), ['hypergradient-space']);
  assert.deepEqual(wrong('learning_rate', 'max_grad_norm'), ['hypergradient-space']);
  assert.deepEqual(wrong('learning_rate', 'lr_factor_layer_1'), []);
  const { file, problems } = parseStudyFile(
    HYPERGRADIENT.replace('sampler: hypergradient', 'sampler: { type: hypergradient, learning_rate: 0.2 }'),
    's',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(file?.sampler, { type: 'hypergradient', seed: null, options: { learningRate: 0.2 } });
  const command = `metric: eval_loss
objective: { command: 'python train.py {learning_rate}' }
space:
  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
sampler: hypergradient
`;
  assert.deepEqual(problemsOf(command), ['hypergradient-objective']);
  assert.deepEqual(problemsOf('objective: { optuna: study.py }\noptuna: { sampler: hypergradient }\n'), [
    'hypergradient-objective',
  ]);
});
