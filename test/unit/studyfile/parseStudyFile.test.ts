import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MethodSpec, OptionSpec, OptionValue } from '../../../src/core/methodOptions.ts';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import { PRUNERS } from '../../../src/core/pruners/prunerMethods.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { SAMPLERS } from '../../../src/core/samplers/samplerMethods.ts';
import { SCHEDULERS } from '../../../src/core/schedulers/schedulerMethods.ts';
import { snakeCase } from '../../../src/core/text/letterCase.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const VALID = `name: hotel-sentiment
direction: maximize
metric: eval_f1
objective:
  command: python train.py --learning_rate {learning_rate} --optim {optim} --momentum {momentum}
space:
  momentum: { type: float, low: 0.0, high: 0.99, when: { optim: sgd } }
  learning_rate: { type: float, low: 1.0e-6, high: 1.0e-4, log: true }
  optim: { type: categorical, choices: [sgd, adamw] }
sampler: { type: auto, seed: 7, n_startup_trials: 5 }
budget: { trials: 50, timeout: 1h30m }
parallel: 2
`;

function messages(text: string): string[] {
  return parseStudyFile(text).problems.map((problem) => problem.message);
}

/** The text that the first problem with a code points at. */
function pointedAt(text: string, code: string): string | undefined {
  const problem = parseStudyFile(text).problems.find((one) => one.code === code);
  return problem && text.slice(problem.start, problem.end);
}

/** A value of an option that is not its default. */
function exampleOf(spec: OptionSpec): OptionValue {
  switch (spec.kind) {
    case 'flag':
      return !spec.default;
    case 'choice':
      return spec.choices.find((choice) => choice !== spec.default && choice !== 'threshold') ?? spec.default;
    case 'names':
      return ['a'];
    default: {
      const { min = 0, max = Number.POSITIVE_INFINITY } = spec;
      return spec.kind === 'int' ? Math.min(min + 3, max) : Number.isFinite(max) ? (min + max) / 2 : min + 1;
    }
  }
}

describe('parseStudyFile', () => {
  it('fills in defaults and puts parents before the parameters that wait for them', () => {
    const { file, problems } = parseStudyFile(VALID);
    assert.deepEqual(problems, []);
    assert.ok(file);
    assert.deepEqual(
      file.space.parameters.map(({ name }) => name),
      ['optim', 'momentum', 'learning_rate'],
    );
    assert.deepEqual(file.space.parameters[1]?.when, { optim: ['sgd'] });
    assert.deepEqual(file.sampler, { type: 'auto', seed: 7, options: { nStartupTrials: 5 } });
    assert.deepEqual(file.budget, { trials: 50, timeoutMs: 5_400_000 });
    assert.deepEqual(file.directions, [2]);
    assert.equal(file.pruner.type, 'extrapolation');
    assert.ok(file.objective.kind === 'command');
    assert.equal(file.objective.argv[3], '{learning_rate}');
  });

  it('reads the same study from JSON', () => {
    const json = JSON.stringify({
      metric: 'loss',
      objective: { command: ['node', 'a b.js', '{x}'] },
      space: { x: { type: 'int', low: 1, high: 9, step: 2 } },
    });
    const { file } = parseStudyFile(json, 'mine');
    assert.equal(file?.name, 'mine');
    assert.ok(file?.objective.kind === 'command');
    assert.deepEqual(file.objective.argv, ['node', 'a b.js', '{x}']);
  });

  it('finds every error at once, each at its place', () => {
    const text = `nmae: x
direction: up
metric: loss
objective:
  command: python t.py --lr {lrr} --n {n}
space:
  lr: { type: float, low: 0.0, high: 1.0, log: true }
  n: { type: int, low: 9, high: 1 }
  k: { type: int, low: 1.5, high: 3 }
  c: { type: categorical, choices: [] }
  d: { type: float, low: "0.1", high: 1 }
  e: { typ: float }
  f: { type: float, low: 0, high: 1, when: { g: 1 } }
sampler: { type: bayes }
budget: { trials: 0, timeout: soon }
parallel: two
`;
    const { file, problems } = parseStudyFile(text);
    assert.equal(file, null);
    const all = problems.map((problem) => problem.message).join('\n');
    for (const part of [
      'Unknown key "nmae"; write "name".',
      'direction is "up"; write one of minimize, maximize.',
      '{lrr}, which is no parameter; write {lr}.',
      'low of "lr" is 0, but a logarithmic scale needs it above 0',
      'low of "n" is 9 and high is 1',
      'low of "k" is 1.5; write a whole number.',
      'choices of "c" is empty; write at least 1 entry.',
      'low of "d" is "0.1"; write the number without quotes.',
      'Parameter "e" has no type',
      'names "g", which is no parameter',
      `sampler.type is "bayes"; write one of ${Object.keys(SAMPLERS).join(', ')}.`,
      'budget.trials is 0; write more than 0.',
      'budget.timeout is "soon"; write a duration',
      'parallel is "two"; write a number.',
    ]) {
      assert.ok(all.includes(part), `missing: ${part}\nin:\n${all}`);
    }
    assert.equal(pointedAt(text, 'misspelt-key'), 'nmae');
    assert.equal(pointedAt(text, 'misspelt-placeholder'), '{lrr}');
    assert.equal(pointedAt(text, 'log-not-positive'), '0.0');
    assert.equal(pointedAt(text, 'low-above-high'), '9');
  });

  it('says where a key belongs that stands in another block', () => {
    const text = `command: x
trials: 5
objective: { command: "python t.py --lr {lr}", metric: loss }
space: { lr: { type: float, low: 0.1, high: 1 } }
`;
    const messages = parseStudyFile(text, 'x').problems.map(({ message }) => message);
    for (const part of [
      '"command" belongs inside "objective".',
      '"trials" belongs inside "budget".',
      '"metric" belongs at the top level of the file.',
    ])
      assert.ok(messages.includes(part), messages.join('\n'));
  });

  it('asks for what a command cannot do without', () => {
    assert.match(messages('').join(), /empty/);
    assert.match(messages('- a\n- b\n').join(), /This file is a list/);
    assert.match(messages('name: x\n').join(), /objective is missing/);
    const bare = messages('objective: { command: python a.py }\n').join('\n');
    assert.ok(!bare.includes('metric'), 'the first run tells it');
    assert.match(bare, /search space is empty/);
  });

  it('takes the keys that launch a program of Python for commands and scripts alike', () => {
    const keys = 'python: .venv/bin/python, cwd: src, args: [--k, 2], env: { A: 1 }';
    const space = 'metric: m\nspace: { x: { type: int, low: 1, high: 3 } }\n';
    const module = parseStudyFile(`objective: { module: pkg.train, ${keys} }\n${space}`);
    assert.deepEqual(module.problems, []);
    assert.deepEqual(module.file?.objective, {
      ...module.file?.objective,
      kind: 'command',
      argv: ['python', '-m', 'pkg.train', '--k', '2'],
      python: '.venv/bin/python',
      cwd: 'src',
      env: { A: '1' },
    });
    const script = parseStudyFile(`objective: { optuna: train.py, module: pkg.train, ${keys} }\n`);
    assert.deepEqual(script.problems, []);
    assert.deepEqual(script.file?.objective, {
      ...script.file?.objective,
      module: 'pkg.train',
      python: '.venv/bin/python',
      cwd: 'src',
      env: { A: '1' },
      args: ['--k', '2'],
    });
  });

  it('says what is wrong with a module or its arguments', () => {
    const space = 'metric: m\nspace: { x: { type: int, low: 1, high: 3 } }\n';
    assert.match(messages(`objective: { module: src/train.py }\n${space}`).join(), /not the name of a Python module/);
    assert.match(messages('objective: { optuna: a.ipynb, module: a }\n').join(), /notebook cannot run as a module/);
    const shell = `objective: { command: "a {x} | b", shell: true, args: [c] }\n${space}`;
    assert.match(messages(shell).join(), /arguments belong into the command line/);
    const unknown = `objective: { module: a, args: ["{y}", "{x}"] }\n${space}`;
    assert.match(messages(unknown).join(), /\{y\}/);
    assert.match(messages(`objective: { module: a, command: b }\n${space}`).join(), /exactly one/);
  });

  it('says plainly what this version does not do', () => {
    const text = 'objective: { module: ./a.ts }\nstorage: "sqlite://"\n';
    const all = messages(text).join('\n');
    assert.match(all, /written to journal files, to Redis, to databases/);
    const files = ['sqlite:///study.db', 'sqlite:////tmp/a.db', 'study.db', './runs/study.sqlite3', 'study.log'];
    const storages = [
      ...files,
      'postgresql://host/db',
      'mysql+pymysql://me@host/db',
      'redis://host/0?prefix=a',
      '\u0024{env:STORAGE}',
    ];
    for (const storage of storages) assert.doesNotMatch(messages(`storage: "${storage}"\n`).join(), /SQLite/);
    for (const storage of ['sqlite://', 'sqlite:///:memory:'])
      assert.match(messages(`storage: "${storage}"\n`).join(), /storage: sqlite:\/\/\/study\.db/);
  });

  it('warns about a parameter that never reaches the command, unless nothing does by placeholder', () => {
    const space = 'space:\n  a: { type: int, low: 1, high: 3 }\n  b: { type: int, low: 1, high: 3 }\n';
    const some = parseStudyFile(`metric: m\nobjective: { command: "x {a}" }\n${space}`);
    assert.deepEqual(
      some.problems.map(({ severity, code }) => [severity, code]),
      [['warning', 'unused-parameter']],
    );
    assert.ok(some.file);
    assert.deepEqual(parseStudyFile(`metric: m\nobjective: { command: x }\n${space}`).problems, []);
  });

  it('asks for quotes, once, where braces of a placeholder break the YAML, and offers them', () => {
    for (const [text, fixed] of [
      [
        'objective: { command: node a.mjs {lr} }\nspace: {}\n',
        "objective: { command: 'node a.mjs {lr}' }\nspace: {}\n",
      ],
      [
        'metric: m\nobjective:\n  command: {python} a.py # x\n',
        "metric: m\nobjective:\n  command: '{python} a.py' # x\n",
      ],
      [
        'objective: { command: a {x} "it\'s", shell: true }\n',
        'objective: { command: "a {x} \\"it\'s\\"", shell: true }\n',
      ],
    ] as const) {
      const { problems } = parseStudyFile(text);
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['yaml-braces'],
      );
      const [{ start, end, fix } = assert.fail('no problem')] = problems;
      assert.equal(text.slice(0, start) + fix?.newText + text.slice(end), fixed);
    }
  });

  it('tells tabs and a key that stands twice in plain words', () => {
    assert.match(messages('objective:\n\tcommand: a\n').join(), /does not indent with tabs/);
    assert.deepEqual(messages('name: a\nname: b\n'), ['The key "name" stands here twice; keep one of them.']);
  });

  it('names the words that a value may be', () => {
    const text = 'metric: m\nobjective: { command: "x {z}" }\nspace: { z: { type: flaot } }\npruner: hyperbad\n';
    const all = messages(text).join('\n');
    assert.match(all, /type of "z" is "flaot"; write one of float, int, categorical, ordinal\./);
    assert.ok(all.includes(`pruner is "hyperbad"; write one of ${Object.keys(PRUNERS).join(', ')}.`));
    const fixes = parseStudyFile(text).problems.map(({ fix }) => fix?.newText);
    assert.deepEqual(fixes, ['float', 'hyperband']);
  });

  it('keeps the quotes of JSON in what it offers', () => {
    const text =
      '{"metric": "m", "objectiv": {"command": "x {z}"}, "space": {"z": {"type": "flaot"}}, "sampler": {"type": "tpe", "sed": 1}}';
    const { problems } = parseStudyFile(text);
    const fixed = problems.toReversed().reduce((changed, { start, end, fix }) => {
      return fix ? changed.slice(0, start) + fix.newText + changed.slice(end) : changed;
    }, text);
    assert.deepEqual(JSON.parse(fixed), {
      metric: 'm',
      objective: { command: 'x {z}' },
      space: { z: { type: 'float' } },
      sampler: { type: 'tpe', seed: 1 },
    });
  });

  const head = 'metric: m\nobjective: { command: "x {a} {b}" }\n';
  const space = `space:
  a: { type: float, low: 0, high: 1 }
  b: { type: categorical, choices: [1, 2] }
`;

  it('takes every option of every sampler, pruner and scheduler in snake_case, and makes of them what runs', () => {
    for (const [key, methods] of [
      ['sampler', SAMPLERS],
      ['pruner', PRUNERS],
      ['scheduler', SCHEDULERS],
    ] as const) {
      for (const [type, method] of Object.entries(methods as Readonly<Record<string, MethodSpec>>)) {
        // It is refused for a command: trainer.test.ts has it.
        if (type === 'hypergradient') continue;
        const own = Object.entries(method.options).map(
          ([name, spec]) => [name, name === 'maxResource' ? 9 : exampleOf(spec)] as const,
        );
        const given = own.map(([name, value]) => `, ${snakeCase(name)}: ${JSON.stringify(value)}`).join('');
        const text = `${head}${space.replace('high: 1', 'high: 1, step: 0.5')}${key}: { type: ${type}${given} }\n`;
        const { file, problems } = parseStudyFile(text);
        assert.deepEqual(problems, [], text);
        assert.equal(file?.[key]?.type, type);
        assert.deepEqual(file?.[key]?.options, Object.fromEntries(own));
        if (key === 'sampler') createSampler({ type, seed: 0, options: file?.sampler.options ?? {} });
        if (key === 'pruner') createPruner({ type, options: file?.pruner.options ?? {} });
        assert.equal(
          parseStudyFile(`${head}${space.replace('high: 1', 'high: 1, step: 0.5')}${key}: ${type}\n`).file?.[key]?.type,
          type === 'threshold' ? undefined : type,
        );
      }
    }
  });

  it('has auto as the sampler and median as the pruner when a file names none', () => {
    const { file } = parseStudyFile(head + space);
    assert.deepEqual(file?.sampler, { type: 'auto', seed: null, options: {} });
    assert.equal(file?.pruner.type, 'extrapolation');
  });

  it('tells what a sampler, pruner or scheduler has instead of an option that it lacks', () => {
    const only = (text: string) => messages(`${head}${space}${text}\n`).join('\n');
    assert.equal(
      only('sampler: { type: gp, popsize: 3 }'),
      'The sampler gp has no option `popsize`; it has seed, n_startup_trials, deterministic_objective.',
    );
    assert.equal(only('pruner: { type: none, patience: 3 }'), 'The pruner none has no option `patience`; remove it.');
    assert.match(
      only('scheduler: { type: hyperband, population_size: 3 }'),
      /^The scheduler hyperband has no option `population_size`; it has max_resource/,
    );
    assert.match(only('sampler: { type: tpe, multivarate: true }'), /write "multivariate"/);
    assert.match(only('sampler:'), /^sampler is empty; write one of auto, tpe, /);
    assert.match(only('scheduler: [asha]'), /^scheduler is a list; write one of hyperband, /);
    assert.match(only('sampler: { type: qmc, qmc_type: soboll }'), /qmc_type is "soboll"; write one of sobol, halton/);
    assert.match(only('sampler: { type: cmaes, popsize: 1 }'), /popsize is 1; write at least 2/);
    assert.match(only('pruner: { type: percentile, percentile: 120 }'), /percentile is 120; write at most 100/);
    assert.match(only('sampler: { seed: 3 }'), /sampler has no type/);
    assert.match(only('pruner: { type: median, percentile: 20 }'), /^The pruner median has no option `percentile`/);
  });

  it('lets patient have the options of the pruner that it wraps, and no others', () => {
    const pruner = (text: string) => parseStudyFile(`${head}${space}pruner: { type: patient, ${text} }\n`);
    const { file, problems } = pruner('wrapped: percentile, percentile: 30, patience: 2');
    assert.deepEqual(problems, []);
    assert.deepEqual(file?.pruner.options, { wrapped: 'percentile', percentile: 30, patience: 2 });
    assert.equal(pruner('percentile: 30').problems[0]?.code, 'unknown-option');
    assert.equal(pruner('wrapped: none, percentile: 30').problems[0]?.code, 'no-options');
    assert.equal(pruner('wrapped: threshold').problems[0]?.code, 'threshold-bounds');
  });

  it('tells what samplers and pruners need of the space and of each other', () => {
    const codes = (text: string) => parseStudyFile(text).problems.map(({ code, severity }) => `${severity} ${code}`);
    const discrete =
      'space:\n  a: { type: categorical, choices: [1, 2] }\n  b: { type: categorical, choices: [1, 2] }\n';
    assert.deepEqual(codes(`${head}${space}sampler: bruteforce\n`), ['error finite-range']);
    assert.deepEqual(codes(`${head}${discrete}sampler: bruteforce\n`), []);
    assert.deepEqual(codes(`${head}${discrete}sampler: { type: cmaes }\n`), ['warning needs-numbers']);
    assert.deepEqual(codes(`${head}${space}sampler: cmaes\n`), []);
    const two = head.replace('metric: m', 'metrics: [m, n]\ndirections: [minimize, maximize]');
    assert.deepEqual(codes(`${two}${space}pruner: hyperband\n`), ['error pruner-objectives']);
    assert.deepEqual(codes(`${two}${space}pruner: none\n`), []);
    assert.deepEqual(codes(`${head}${space}pruner: threshold\n`), ['error threshold-bounds']);
    assert.deepEqual(codes(`${two}${space}scheduler: asha\n`), ['error scheduler-objectives']);
    assert.deepEqual(codes(`${head}${space}scheduler: asha\npruner: hyperband\n`), ['error two-schedulers']);
    assert.deepEqual(codes(`${head}${space}scheduler: { type: pbt, hyperparam_mutations: [nowhere] }\n`), [
      'error unknown-mutation',
    ]);
    assert.deepEqual(codes(`${head}${space}scheduler: { type: bohb, min_resource: 9, max_resource: 3 }\n`), [
      'error bounds-order',
    ]);
    const interval = (scheduler: string) => codes(`${head}${space}scheduler: { ${scheduler} }\n`);
    assert.deepEqual(interval('type: pbt, perturbation_interval: 10, max_resource: 10'), ['error never-copies']);
    assert.deepEqual(interval('type: pb2, perturbation_interval: 100'), ['error never-copies']);
    assert.deepEqual(interval('type: pb2, perturbation_interval: 99'), []);
    assert.deepEqual(interval('type: pbt, perturbation_interval: 5, max_resource: 10'), []);
    assert.deepEqual(codes(`${head}${space}pruner: { type: threshold, lower: 3, upper: 1 }\n`), ['error bounds-order']);
    assert.deepEqual(codes(`${head}${space}pruner: { type: hyperband, min_resource: 9, max_resource: 3 }\n`), [
      'error bounds-order',
    ]);
    assert.deepEqual(codes(`${head}${space}pruner: { type: hyperband, bootstrap_count: 2 }\n`), [
      'error bootstrap-resource',
    ]);
    assert.deepEqual(codes('objective: { optuna: a.py }\noptuna: { pruner: threshold }\n'), ['error threshold-bounds']);
  });

  it('warns about keys that an Optuna script decides about itself', () => {
    const text = 'objective: { optuna: a.py }\nparallel: 2\nsampler: random\nbudget: { trials: 5 }\nmetric: eval_f1\n';
    const { file, problems } = parseStudyFile(text);
    assert.deepEqual(
      problems.map(({ code, severity }) => [code, severity]),
      [
        ['script-decides', 'warning'],
        ['script-suggests', 'warning'],
      ],
    );
    assert.equal(file?.budget.trials, 5);
  });

  it('gives an Optuna script a sampler and a pruner of ours', () => {
    const { file, problems } = parseStudyFile(
      'objective: { optuna: tune.py }\noptuna: { sampler: { type: tpe, seed: 3 }, pruner: median, override: true }\n',
      's',
    );
    assert.deepEqual(problems, []);
    assert.ok(file?.objective.kind === 'optuna');
    assert.deepEqual(file.objective.sampler, { type: 'tpe', seed: 3, options: {} });
    assert.equal(file.objective.pruner?.type, 'median');
    assert.equal(file.objective.override, true);
  });

  it('tells conditions on numbers that can never, or hardly ever, hold', () => {
    const space =
      'space:\n  lr: { type: float, low: 0.1, high: 1 }\n  n: { type: int, low: 1, high: 3 }\n  s: { type: float, low: 0, high: 1, step: 0.25 }\n';
    const head = `metric: m\nobjective: { command: x }\n${space}`;
    const codes = (when: string) =>
      parseStudyFile(`${head}  k: { type: int, low: 1, high: 2, when: ${when} }\n`).problems.map(({ code }) => code);
    assert.deepEqual(codes('{ lr: 0.5 }'), ['continuous-parent']);
    assert.deepEqual(codes('{ n: 7 }'), ['out-of-range-parent']);
    assert.deepEqual(codes('{ s: 0.3 }'), ['off-grid-parent']);
    assert.deepEqual(codes('{ s: 0.5 }'), []);
    assert.deepEqual(codes('{ n: [1, 2] }'), []);
  });

  it('takes 1 and 0 for true and false in a condition, and the reverse, as the sampler does', () => {
    const space = `space:
  flag: { type: categorical, choices: [true, false] }
  digit: { type: categorical, choices: [0, 1, "2"] }
  n: { type: int, low: 0, high: 1 }
`;
    const head = `metric: m\nobjective: { command: x }\n${space}`;
    const read = (when: string) =>
      parseStudyFile(`${head}  k: { type: int, low: 1, high: 2, when: ${when} }\n`, 'study');
    for (const [when, parent, meant] of [
      ['{ flag: 1 }', 'flag', true],
      ['{ flag: 0 }', 'flag', false],
      ['{ digit: true }', 'digit', 1],
      ['{ n: false }', 'n', 0],
    ] as const) {
      const { file, problems } = read(when);
      assert.deepEqual(problems, [], when);
      const parameters = file?.space.parameters ?? [];
      assert.deepEqual(parameters.find(({ name }) => name === 'k')?.when?.[parent], [meant], when);
    }
    const codes = (when: string) => read(when).problems.map(({ code }) => code);
    assert.deepEqual(codes('{ flag: 2 }'), ['never-active']);
    assert.deepEqual(codes('{ flag: "true" }'), ['never-active']);
    assert.deepEqual(codes('{ digit: 2 }'), ['never-active']);
  });

  it('speaks Chinese too', () => {
    const { problems } = parseStudyFile('nmae: x\nobjective: { command: "a {b}" }\n', 'study', 'zh-cn');
    assert.match(problems[0]?.message ?? '', /未知的键“nmae”；请写“name”。/);
  });

  it('refuses conditions that go round in a circle', () => {
    const text = `metric: m
objective: { command: x }
space:
  a: { type: categorical, choices: [1, 2], when: { b: 1 } }
  b: { type: categorical, choices: [1, 2], when: { a: 1 } }
`;
    assert.match(messages(text).join(), /depends on itself/);
  });

  it('matches metrics to directions', () => {
    const head = 'objective: { command: "x {a}" }\nspace: { a: { type: int, low: 1, high: 3 } }\n';
    assert.match(messages(`${head}metrics: [f1, ms]\ndirections: [maximize]\n`).join(), /Metrics: 2, directions: 1;/);
    const { file } = parseStudyFile(`${head}metrics: [f1, ms]\ndirections: [maximize, minimize]\n`);
    assert.deepEqual(file?.directions, [2, 1]);
    assert.equal(file?.pruner.type, 'none');
  });

  it('never throws, and points inside the text, whatever the text is', () => {
    const lines = fc.constantFrom(
      ...VALID.split('\n'),
      '  - x',
      'a: &b [*b]',
      '\t',
      '"',
      '{',
      '? :',
      '<<: *x',
      'space: 3',
      'objective: []',
      'sampler: null',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(lines, { maxLength: 20 }).map((parts) => parts.join('\n')),
    );
    fc.assert(
      fc.property(text, (source) => {
        for (const { start, end, message } of parseStudyFile(source).problems) {
          assert.ok(start >= 0 && end >= start && start <= source.length + 1, `${start}–${end} of ${source.length}`);
          assert.ok(message.length > 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
