import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSweepText } from '../../../src/studyfile/commandLine.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { sweepStudyOf } from '../../../src/studyfile/sweep/sweepFile.ts';

const HEAD = 'program: train.py\nmethod: random\nmetric: { name: val_loss, goal: minimize }\nrun_cap: 5\n';

function study(text: string) {
  const { file, problems } = parseStudyFile(text, 'sweep');
  assert.deepEqual(problems, [], sweepStudyOf(text, { fileName: 'sweep.yaml' }).text ?? '');
  assert.ok(file?.objective.kind === 'command');
  const space = Object.fromEntries(
    file.space.parameters.map(({ name, distribution: { type, ...range } }) => [
      name,
      [type, ...Object.values(range).map((value) => value ?? '')].join(' '),
    ]),
  );
  return { ...file, objective: file.objective, ranges: space };
}

function rangeOf(parameter: string): string | undefined {
  return study(`${HEAD}parameters:\n  x: ${parameter}\n  other: { values: [1, 2] }\n`).ranges['x'];
}

describe('a W&B sweep as a study', () => {
  it('reads each distribution as W&B draws from it', () => {
    const expected: Readonly<Record<string, string | undefined>> = {
      '{ min: 1, max: 8 }': 'int 1 8 false 1',
      '{ min: 1.0, max: 8 }': 'float 1 8 false ',
      '{ min: 0.5, max: 8 }': 'float 0.5 8 false ',
      '{ values: [a, b, a] }': 'categorical a,b',
      '{ values: [3] }': undefined,
      '{ value: 3 }': undefined,
      '{ distribution: uniform, min: 0, max: 1 }': 'float 0 1 false ',
      '{ distribution: int_uniform, min: 2, max: 9 }': 'int 2 9 false 1',
      '{ distribution: q_uniform, min: 3, max: 33, q: 8 }': 'int 0 32 false 8',
      '{ distribution: q_uniform, min: 0, max: 1, q: 0.1 }': 'float 0 1 false 0.1',
      '{ distribution: log_uniform_values, min: 1e-5, max: 1e-1 }': 'float 0.00001 0.1 true ',
      '{ distribution: log_uniform, min: 0, max: 1 }': `float 1 ${Math.E} true `,
      '{ distribution: inv_log_uniform, min: 0, max: 1 }': `float ${Math.exp(-1)} 1 true `,
      '{ distribution: q_log_uniform_values, min: 8, max: 256, q: 8 }': 'int 8 256 true 1',
      '{ distribution: normal, mu: 10, sigma: 2 }': 'float 4 16 false ',
      '{ distribution: beta, a: 2, b: 3 }': 'float 0 1 false ',
    };
    const made = Object.fromEntries(Object.keys(expected).map((text) => [text, rangeOf(text)]));
    assert.deepEqual(made, expected);
  });

  it('keeps constants and nested parameters in wandb.config, each where it belongs', () => {
    const { objective, ranges } = study(
      `${HEAD}parameters:\n  epochs: { value: 3 }\n  note: { value: "a {b}" }\n  optimizer:\n    parameters:\n      name: { values: [adam, sgd] }\n      lr: { min: 0.0, max: 1.0 }\n  model.depth: { min: 1, max: 4 }\n`,
    );
    assert.deepEqual(Object.keys(ranges), ['optimizer.name', 'optimizer.lr', 'model.depth']);
    assert.deepEqual(objective.wandb, {
      epochs: 3,
      note: 'a {{b}}',
      optimizer: { name: '{optimizer.name}', lr: '{optimizer.lr}' },
      'model.depth': '{model.depth}',
    });
    assert.deepEqual(objective.argv, ['python', 'train.py', `\${args}`]);
  });

  it('takes method, metric, early stopping and the number of runs over', () => {
    const text = `program: a.py\nmethod: grid\nmetric: { name: val/acc, goal: maximize }\nearly_terminate: { type: hyperband, max_iter: 27, s: 2, eta: 3 }\nparameters:\n  a: { values: [1, 2, 3] }\n  b: { min: 1, max: 4 }\n`;
    const { sampler, metrics, directions, pruner, budget, name } = study(text);
    assert.deepEqual([sampler.type, metrics, directions, budget.trials, name], ['grid', ['val/acc'], [2], 12, 'sweep']);
    assert.deepEqual(pruner, { type: 'successive_halving', options: { minResource: 3, reductionFactor: 3 } });
    assert.equal(study(text.replace('grid', 'bayes')).sampler.type, 'auto');
    assert.equal(study(`${HEAD}parameters: { a: { values: [1, 2] } }\n`).pruner.type, 'none');
  });

  it('keeps the words of a command, and what the agent replaces', () => {
    const { objective } = study(
      `${HEAD}command:\n  - \${env}\n  - \${interpreter}\n  - -u\n  - \${program}\n  - \${args_no_hyphens}\n  - \${other}\n  - "--tag={x}"\n  - 3\nparameters: { a: { values: [1, 2] } }\n`,
    );
    assert.deepEqual(objective.argv, ['python', '-u', 'train.py', `\${args_no_hyphens}`, '--tag={{x}}', '3']);
  });

  it('says what a sweep cannot be run for, at its place', () => {
    const cases: [text: string, code: string, at: string][] = [
      ['method: random\nparameters: { a: { values: [1, 2] } }\n', 'sweep-bad-program', 'random'],
      [
        `${HEAD.replace('random', 'annealing')}parameters: { a: { values: [1, 2] } }\n`,
        'sweep-bad-method',
        'annealing',
      ],
      [`${HEAD}parameters: { a: { min: 1 } }\n`, 'sweep-bad-range', '{ min: 1 }'],
      [`${HEAD}parameters: { a: { min: 0, max: 1, distribution: log_uniform_values } }\n`, 'sweep-bad-log', '{ min: 0'],
      [`${HEAD}parameters: { a: { min: 0, max: 1, distribution: bell } }\n`, 'sweep-bad-distribution', '{ min: 0'],
      [`${HEAD}parameters: { a: { value: 1 } }\n`, 'sweep-bad-space', '{ a:'],
      [`${HEAD.replace('random', 'grid')}parameters: { a: { min: 0.0, max: 1.0 } }\n`, 'sweep-bad-grid', '{ min: 0.0'],
      [
        `${HEAD}early_terminate: { type: median }\nparameters: { a: { values: [1, 2] } }\n`,
        'sweep-bad-stop',
        '{ type:',
      ],
    ];
    for (const [text, code, at] of cases) {
      const { file, problems } = parseStudyFile(text);
      assert.equal(file, null, text);
      assert.equal(problems[0]?.code, code, text);
      assert.ok(text.slice(problems[0]?.start).startsWith(at), `${code}: ${text.slice(problems[0]?.start)}`);
      assert.notEqual(parseStudyFile(text, 'a', 'zh-cn').problems[0]?.message, problems[0]?.message);
    }
  });

  it('says in the draft what is read in another way than W&B reads it', () => {
    const { text, notes } = sweepStudyOf(
      'program: a.py\nmethod: random\nmetric: { name: acc, goal: maximize, target: 0.99 }\nparameters:\n  a: { values: [1, 2], probabilities: [0.1, 0.9] }\n  b: { distribution: normal }\n',
      { fileName: 'sweep.yaml' },
    );
    assert.equal(notes.length, 4);
    assert.equal(text?.match(/^# /gm)?.length, 5);
  });

  it('is recognised among study files and other settings', () => {
    assert.ok(isSweepText(`${HEAD}parameters:\n  a: {}\n`));
    assert.ok(!isSweepText('objective: { command: a }\nmethod: x\nparameters: {}\n'));
    assert.ok(!isSweepText('method: grid\n'));
    assert.ok(!isSweepText('a:\n  method: grid\n  parameters: {}\n'));
  });

  it('never throws, whatever a file holds', () => {
    const texts = [
      `${HEAD}parameters: 3\n`,
      `${HEAD}parameters: [a]\n`,
      `${HEAD}parameters: { a: null, b: [1], "": { values: [1, 2] }, "{": { values: [1, 2] }, __proto__: { values: [1, 2] } }\n`,
      `${HEAD}command: { a: b }\nparameters: { a: { values: [.nan, 2] } }\n`,
      `${HEAD}parameters: &a\n  b: { parameters: *a }\n`,
      `${HEAD}parameters: {${'a: {parameters: {'.repeat(500)}`,
      `${HEAD}parameters:\n${Array.from({ length: 5000 }, (_, at) => `  p${at}: { min: 0, max: 1 }`).join('\n')}\n`,
    ];
    for (const text of texts) assert.doesNotThrow(() => parseStudyFile(text), text.slice(0, 200));
  });
});
