import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { declaredSpace, type SpaceDeclaration } from '../../../src/core/space/declaredSpace.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const PLAIN: SpaceDeclaration = {
  lr: { type: 'float', low: 1e-6, high: 1, log: true },
  depth: { type: 'int', low: 1, high: 40 },
  optim: { type: 'categorical', choices: ['sgd', 'adam', 'lion', 'rmsprop'] },
  free: { type: 'float', low: 0, high: 1 },
};
const BELIEVED: SpaceDeclaration = {
  ...PLAIN,
  lr: { ...PLAIN['lr'], prior: { about: 3e-4, within: '3x' } } as SpaceDeclaration[string],
  depth: { ...PLAIN['depth'], prior: { about: 12, within: 3 } } as SpaceDeclaration[string],
  optim: { ...PLAIN['optim'], prior: { about: 'lion' } } as SpaceDeclaration[string],
};

async function run(declaration: SpaceDeclaration, loss: (params: Params) => number, trials: number, type = 'auto') {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const space = declaredSpace(declaration);
  const study = new Study(log, record, { space, sampler: createSampler({ type, seed: 5 }), pruner: null });
  const all: Params[] = [];
  for (let number = 0; number < trials; number++) {
    const trial = await study.ask();
    all.push(trial.params);
    await study.tell(trial, { values: [loss(trial.params)] });
  }
  const own = all.filter((_, number) => record.history.systemAttrs(number)['tuneboard:belief'] === true);
  return { all, own };
}

const nearBelief = ({ lr, depth }: Params) =>
  Math.abs(Math.log10(Number(lr) / 3e-4)) + Math.abs(Number(depth) - 12) / 40;
const farFromBelief = ({ lr, depth }: Params) =>
  Math.abs(Math.log10(Number(lr) / 0.5)) + Math.abs(Number(depth) - 38) / 40;

for (const type of ['auto', 'gp', 'tpe', 'forest', 'random', 'qmc', 'nsga2']) {
  test(`${type} tries what is believed first, then around it, ever more rarely`, async () => {
    const { own } = await run(BELIEVED, nearBelief, 40, type);
    assert.deepEqual([own[0]?.['lr'], own[0]?.['depth'], own[0]?.['optim']], [3e-4, 12, 'lion']);
    assert.ok(own.length >= 4 && own.length <= 20, `${own.length} of 40`);
    const within = own.filter(({ lr }) => Number(lr) > 1e-4 / 3 && Number(lr) < 3e-3);
    assert.ok(within.length >= own.length - 2, 'nearly all lie within twice the reach');
    assert.ok(
      own.every(({ free }) => typeof free === 'number'),
      'the other parameters are the sampler\u2019s',
    );
  });
}

test('once the data disagree, nothing is drawn from a belief', async () => {
  const { own } = await run(BELIEVED, farFromBelief, 60);
  assert.ok(own.length <= 6, `${own.length} of 60`);
});

test('a belief saves trials where it is right', async () => {
  const best = async (declaration: SpaceDeclaration) =>
    Math.min(...(await run(declaration, nearBelief, 8)).all.map(nearBelief));
  assert.ok((await best(BELIEVED)) < 0.5 * (await best(PLAIN)));
});

test('a study file states beliefs, and is told where one is outside of the range', () => {
  const text = (prior: string) => `metric: loss
objective: { command: "x {lr}" }
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true, prior: ${prior} }
`;
  const { file, problems } = parseStudyFile(text('{ about: 3.0e-4, within: 3x }'), 's');
  assert.deepEqual(problems, []);
  assert.deepEqual(file?.space.parameters[0]?.prior, { about: 3e-4, deviation: Math.log(3) / 1.645 });
  const [outside] = parseStudyFile(text('{ about: 3 }'), 's').problems;
  assert.match(outside?.message ?? '', /The prior of "lr" is about 3, which it never has/);
  assert.notDeepEqual(parseStudyFile(text('{ about: 0.001, within: 3 times }'), 's').problems, []);
});
