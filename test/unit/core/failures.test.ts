import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { declaredSpace, type SpaceDeclaration } from '../../../src/core/space/declaredSpace.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { failReasonChanges } from '../../../src/core/study/failReason.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { tunerMessage } from '../../../src/words/en/tuner.ts';

interface Problem {
  readonly space: SpaceDeclaration;
  fails(params: Params): boolean;
  loss(params: Params): number;
}

const of = (params: Params, name: string) => params[name] as number;
const unit = { type: 'float', low: 0, high: 1 } as const;

const PROBLEMS: Readonly<Record<string, Problem>> = {
  'out of memory above batch 100 of 1,000': {
    space: {
      lr: { type: 'float', low: 1e-5, high: 1e-1, log: true },
      batch: { type: 'int', low: 1, high: 1000 },
      dropout: { type: 'float', low: 0, high: 0.6 },
    },
    fails: (params) => of(params, 'batch') > 100,
    loss: (params) => (Math.log10(of(params, 'lr')) + 3) ** 2 + of(params, 'dropout') - of(params, 'batch') / 100,
  },
  'a ball of two fifths of the volume': {
    space: { a: unit, b: unit, c: unit, d: unit },
    fails: (params) => Object.values(params).reduce<number>((sum, x) => sum + ((x as number) - 0.3) ** 2, 0) > 0.42,
    loss: (params) => (of(params, 'a') - 0.6) ** 2 + (of(params, 'b') - 0.5) ** 2 + of(params, 'c') * of(params, 'd'),
  },
  'one of the choices, and half of another': {
    space: { optimizer: { type: 'categorical', choices: ['adam', 'sgd', 'lion'] }, x: unit, y: unit },
    fails: ({ optimizer, x }) => optimizer === 'lion' || (optimizer === 'adam' && (x as number) > 0.5),
    loss: (params) =>
      (of(params, 'x') - 0.7) ** 2 + (of(params, 'y') - 0.2) ** 2 + Number(params['optimizer'] === 'sgd'),
  },
};

async function failuresAfter20(type: string, { space, fails, loss }: Problem, seed: number): Promise<number> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const study = new Study(log, record, {
    space: declaredSpace(space),
    sampler: createSampler({ type, seed }),
    pruner: null,
  });
  let count = 0;
  for (let number = 0; number < 60; number++) {
    const trial = await study.ask();
    const isFailure = fails(trial.params);
    if (isFailure && number >= 20) count++;
    await study.tell(trial, isFailure ? { state: TrialState.fail } : { values: loss(trial.params) });
  }
  return count;
}

for (const [name, problem] of Object.entries(PROBLEMS)) {
  test(`at most a quarter of trials 21 to 60 fail: ${name}`, async (context) => {
    const seeds = [0, 1, 2];
    for (const type of ['auto', 'gp', 'forest', 'tpe']) {
      let failures = 0;
      for (const seed of seeds) failures += await failuresAfter20(type, problem, seed);
      const share = failures / (40 * seeds.length);
      context.diagnostic(`${type}: ${(100 * share).toFixed(0)} %`);
      assert.ok(share <= 0.25, `${type}: ${share}`);
    }
  });
}

test('a trial that a person ended says nothing of its parameters', async () => {
  const trialsBeyondHalf = async (isByHand: boolean) => {
    const log = new MemoryLog();
    const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    const space = declaredSpace({ x: unit, y: unit });
    const study = new Study(log, record, { space, sampler: createSampler({ type: 'tpe', seed: 3 }), pruner: null });
    let high = 0;
    for (let number = 0; number < 40; number++) {
      const trial = await study.ask();
      const isHigh = of(trial.params, 'x') > 0.5;
      if (isHigh && number >= 20) high++;
      if (isHigh && isByHand) await study.commit(failReasonChanges(trial.number, tunerMessage('trialEndedHand')));
      await study.tell(trial, isHigh ? { state: TrialState.fail } : { values: 1 - of(trial.params, 'x') });
    }
    return high;
  };
  const [byHand, byItself] = [await trialsBeyondHalf(true), await trialsBeyondHalf(false)];
  assert.ok(byHand > 10 && byItself < 8, `${byHand} and ${byItself} trials where earlier ones failed`);
});
