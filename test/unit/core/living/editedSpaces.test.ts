import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GivenOptions } from '../../../../src/core/methodOptions.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { SAMPLERS } from '../../../../src/core/samplers/samplerMethods.ts';
import {
  declaredSpace,
  type ParameterDeclaration,
  type SpaceDeclaration,
} from '../../../../src/core/space/declaredSpace.ts';
import { contains, toInternal } from '../../../../src/core/space/distributionRules.ts';
import { isActive, type SearchSpace } from '../../../../src/core/space/searchSpace.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { Study } from '../../../../src/core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../../../src/core/study/studyStore.ts';

interface Place {
  readonly log: WritableTrialLog;
  readonly record: StudyRecord;
}

async function newPlace(): Promise<Place> {
  const log = new MemoryLog();
  return { log, record: await log.createStudy({ name: 'living', directions: [Direction.minimize] }) };
}

interface Methods {
  readonly type?: string;
  readonly seed?: number;
  readonly options?: GivenOptions;
}

function studyOf(
  { log, record }: Place,
  space: SearchSpace,
  { type = 'auto', seed = 1, options = {} }: Methods = {},
): Study {
  return new Study(log, record, { space, sampler: createSampler({ type, seed, options }), pruner: null });
}

type Params = Readonly<Record<string, unknown>>;

async function run(study: Study, trials: number, objective: (params: Params) => number): Promise<Params[]> {
  const asked: Params[] = [];
  for (let trial = 0; trial < trials && !study.isExhausted; trial++) {
    const next = await study.ask();
    asked.push({ ...next.params });
    await study.tell(next, { values: objective(next.params) });
  }
  return asked;
}

/** Fails where a trial has something that the space does not propose. */
function assertInside(space: SearchSpace, params: Params): void {
  const wanted = space.parameters.filter((parameter) => isActive(parameter, params as never));
  assert.deepEqual(Object.keys(params).sort(), wanted.map(({ name }) => name).sort());
  for (const { name, distribution } of wanted) {
    const internal = toInternal(distribution, params[name]);
    assert.ok(
      contains(distribution, internal),
      `${name} = ${JSON.stringify(params[name])} of ${JSON.stringify(distribution)}`,
    );
  }
}

/** Small spaces that any sampler takes, the ones that want a finite space included. */
function edited(space: SpaceDeclaration, next: () => number): SpaceDeclaration {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const range = (): ParameterDeclaration => {
    const low = 1 + Math.floor(next() * 4);
    const high = low + 1 + Math.floor(next() * 6);
    return pick([
      { type: 'int', low, high },
      { type: 'int', low, high, log: true },
      { type: 'float', low, high, step: 0.5 },
    ]);
  };
  const list = (): ParameterDeclaration => ({
    type: 'categorical',
    choices: ['a', 'b', 'c', 'd', 2, 3, true].filter(() => next() < 0.6).concat('z'),
  });
  const copy: Record<string, ParameterDeclaration> = { ...space };
  const name = pick(['x', 'y', 'k', 'm']);
  if (Object.hasOwn(copy, name) && Object.keys(copy).length > 1 && next() < 0.25) delete copy[name];
  else {
    const declared = next() < 0.5 ? range() : list();
    const isLater = next() < 0.5;
    copy[name] = isLater ? { ...declared, default: defaultOf(declared) } : declared;
  }
  for (const [other, { when, ...rest }] of Object.entries(copy)) if (when) copy[other] = rest as ParameterDeclaration;
  const parent = Object.entries(copy).find(([, { type }]) => type === 'categorical');
  const child = Object.keys(copy).find((other) => other !== parent?.[0]);
  if (parent && child && next() < 0.4 && parent[1].type === 'categorical') {
    copy[child] = { ...(copy[child] as ParameterDeclaration), when: { [parent[0]]: parent[1].choices[0] as string } };
  }
  return copy;
}

function defaultOf(declared: ParameterDeclaration): never {
  if (declared.type === 'ordinal') return declared.values[0] as never;
  return (declared.type === 'categorical' ? declared.choices[0] : declared.low) as never;
}

function randomNumbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

describe('any sampler goes on after any edit of the space', () => {
  for (const type of Object.keys(SAMPLERS)) {
    test(type, async () => {
      for (let seed = 0; seed < 4; seed++) {
        const next = randomNumbers(seed + 1);
        const place = await newPlace();
        let declaration: SpaceDeclaration = {
          x: { type: 'int', low: 1, high: 9 },
          k: { type: 'categorical', choices: ['a', 'b'] },
        };
        for (let edit = 0; edit < 7; edit++) {
          const space = declaredSpace(declaration);
          const study = studyOf(place, space, { type, seed });
          const asked = await run(study, 7, () => (next() < 0.1 ? Number.NaN : next()));
          for (const params of asked) assertInside(space, params);
          if (next() < 0.5 && !study.isExhausted) (await study.ask()).setUserAttr('left', 'running');
          declaration = edited(declaration, next);
        }
      }
    });
  }
});

describe('earlier trials stay evidence', () => {
  const bowl = (params: Params) => (Number(params['x']) - 0.8) ** 2 + (Number(params['y']) - 0.3) ** 2;
  const wide = { x: { type: 'float', low: 0, high: 1 }, y: { type: 'float', low: 0, high: 1 } } as const;
  const edits: Readonly<Record<string, { before?: SpaceDeclaration; after: SpaceDeclaration }>> = {
    'a widened range': { after: { ...wide, x: { type: 'float', low: -1, high: 2 } } },
    'a narrowed range': { after: { ...wide, x: { type: 'float', low: 0.5, high: 0.9 } } },
    'a switch to a log scale': { after: { ...wide, y: { type: 'float', low: 0.01, high: 1, log: true } } },
    'one more choice': {
      before: { ...wide, k: { type: 'categorical', choices: ['a', 'b'] } },
      after: { ...wide, k: { type: 'categorical', choices: ['new', 'b', 'a'] } },
    },
    'a choice that is gone': {
      before: { ...wide, k: { type: 'categorical', choices: ['a', 'b', 'c'] } },
      after: { ...wide, k: { type: 'categorical', choices: ['c', 'a'] } },
    },
    'a new parameter with a value for earlier trials': {
      after: { ...wide, n: { type: 'int', low: 1, high: 8, default: 2 } },
    },
    'a new parameter without one': { after: { ...wide, n: { type: 'int', low: 1, high: 8 } } },
    'a parameter that is gone': { before: { ...wide, n: { type: 'int', low: 1, high: 8 } }, after: wide },
    'whole numbers in place of any': {
      before: { ...wide, n: { type: 'float', low: 1, high: 8 } },
      after: { ...wide, n: { type: 'int', low: 1, high: 8 } },
    },
  };
  for (const type of ['auto', 'gp', 'forest', 'tpe']) {
    for (const [edit, { before = wide, after }] of Object.entries(edits)) {
      test(`${type} goes on better than a new study after ${edit}`, async () => {
        const ratios: number[] = [];
        for (let seed = 0; seed < 5; seed++) {
          const space = declaredSpace(after);
          const old = await newPlace();
          await run(studyOf(old, declaredSpace(before), { type, seed }), 40, bowl);
          const goesOn = await run(studyOf(old, space, { type, seed }), 6, bowl);
          const fresh = await run(studyOf(await newPlace(), space, { type, seed }), 6, bowl);
          const mean = (all: Params[]) =>
            all.reduce((sum, params) => sum + Math.log(bowl(params) + 1e-6), 0) / all.length;
          ratios.push(mean(goesOn) - mean(fresh));
        }
        const better = ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
        assert.ok(better < -0.2, `mean log ratio of the values to those of a new study: ${better.toFixed(2)}`);
      });
    }
  }

  test('a grid does not try again what an earlier trial with the default was', async () => {
    const place = await newPlace();
    const before = declaredSpace({ k: { type: 'categorical', choices: ['a', 'b'] } });
    await run(studyOf(place, before, { type: 'grid' }), 9, () => 1);
    const after = declaredSpace({
      k: { type: 'categorical', choices: ['a', 'b', 'c'] },
      n: { type: 'int', low: 1, high: 2, default: 1 },
    });
    const asked = await run(studyOf(place, after, { type: 'grid' }), 9, () => 1);
    assert.deepEqual(asked.map(({ k, n }) => `${k}${n}`).sort(), ['a2', 'b2', 'c1', 'c2']);
  });
});

test('a list of choices grows at its end, whatever the order in the file, so that an index stays the same choice', async () => {
  const place = await newPlace();
  for (const choices of [
    ['a', 'b'],
    ['c', 'b'],
    ['b', 'a', 'c', 1, true],
  ]) {
    await run(studyOf(place, declaredSpace({ k: { type: 'categorical', choices } }), { type: 'grid' }), 9, () => 1);
  }
  const { history } = place.record;
  const column = history.parameters.get('k');
  assert.deepEqual(
    column?.distributions.map((one) => one.type === 'categorical' && one.choices),
    [
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 1, true],
    ],
  );
  const tried = Array.from({ length: history.length }, (_, number) => history.param(number, 'k'));
  assert.equal(tried[2], 'c', 'b was tried before the edit');
  assert.deepEqual(tried.map(String).sort(), ['1', 'a', 'b', 'c', 'true']);
});

test('a trial that waited since before the edit runs in the space as it is now', async () => {
  const place = await newPlace();
  const before = studyOf(place, declaredSpace({ k: { type: 'categorical', choices: ['a', 'b'] } }), { type: 'random' });
  await run(before, 3, () => 1);
  await before.enqueue({});
  await before.enqueue({ k: 'a' });
  const after = declaredSpace({ k: { type: 'categorical', choices: ['new'] }, n: { type: 'int', low: 1, high: 3 } });
  const study = studyOf(place, after, { type: 'random' });
  const first = await study.ask();
  assert.deepEqual(first.params['k'], 'new');
  await study.tell(first, { values: 1 });
  assert.equal(place.record.history.param(first.number, 'k'), 'new');
  const second = await study.ask();
  assert.equal(place.record.history.state(4), TrialState.fail, 'a choice that is gone cannot be run');
  assert.equal(second.number, 5);
});
