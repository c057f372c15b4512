import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import {
  declaredSpace,
  type ParameterDeclaration,
  type SpaceDeclaration,
} from '../../../../src/core/space/declaredSpace.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import { isActive, type SearchSpace } from '../../../../src/core/space/searchSpace.ts';
import { violatedClause } from '../../../../src/core/space/where/clauses.ts';
import { FeasibleSpace, Infeasible, withinWhere } from '../../../../src/core/space/where/feasible.ts';
import { seededRandom } from '../../../support/seededRandom.ts';

const unit = { type: 'float', low: 0, high: 1 } as const;
const to1000 = { type: 'int', low: 1, high: 1000 } as const;

function drawsOf(space: SearchSpace, count: number): Params[] {
  const feasible = FeasibleSpace.of(space) ?? assert.fail('no conditions');
  return Array.from({ length: count }, (_, number) => {
    return feasible.draw(new Random(1, number, 'test'), {}) ?? assert.fail('nothing found');
  });
}

function share(draws: readonly Params[], isCounted: (params: Record<string, number>) => boolean): number {
  return draws.filter((params) => isCounted(params as Record<string, number>)).length / draws.length;
}

test('draws uniformly from what satisfies the conditions', () => {
  const triangle = drawsOf(declaredSpace({ low: unit, high: unit }, ['low < high']), 4000);
  assert.ok(Math.abs(share(triangle, ({ low = 0, high = 0 }) => low < 0.5 && high > 0.5) - 0.5) < 0.04);
  assert.ok(Math.abs(share(triangle, ({ high = 0 }) => high < 0.5) - 0.25) < 0.04);
  // 1000 pairs of a million.
  const line = drawsOf(declaredSpace({ a: to1000, b: to1000 }, ['a + b == 1001']), 4000);
  assert.ok(Math.abs(share(line, ({ a = 0 }) => a <= 250) - 0.25) < 0.04);
  // On a log scale each decade is met as often.
  const log = { type: 'float', low: 1e-4, high: 1, log: true } as const;
  const rates = drawsOf(declaredSpace({ rate: log, decay: log }, ['rate * decay <= 1e-4']), 4000);
  assert.ok(Math.abs(share(rates, ({ rate = 0 }) => rate < 1e-2) - 0.75) < 0.04);
  // A branch counts by what is feasible in it: half of one, all of the other.
  const branches = drawsOf(
    declaredSpace({ kind: { type: 'categorical', choices: ['a', 'b'] }, x: { ...unit, when: { kind: 'a' } } }, [
      'x < 0.5',
    ]),
    4000,
  );
  assert.ok(Math.abs(share(branches, ({ x }) => x !== undefined) - 1 / 3) < 0.04);
});

test('finds thin parts of a space', () => {
  const thin: readonly [SpaceDeclaration, readonly string[]][] = [
    [{ a: to1000, b: to1000, c: to1000 }, ['a + b + c == 1500']],
    [{ a: to1000, b: to1000, c: to1000 }, ['a * b * c == 1000']],
    [{ a: unit, b: unit, c: unit, d: unit }, ['0.99 <= a + b + c + d <= 1.01']],
    [{ a: unit, b: unit, c: unit }, ['abs(a - b) < 1e-3', 'abs(b - c) < 1e-3']],
    [{ a: { ...to1000, log: true }, b: to1000 }, ['a % 97 == 13', 'b == a // 3']],
    [{ a: unit, b: unit }, ['(a - 0.3) ** 2 + (b - 0.7) ** 2 < 1e-5']],
  ];
  for (const [space, where] of thin) {
    const declared = declaredSpace(space, where);
    for (const params of drawsOf(declared, 100)) assert.equal(violatedClause(declared, params), undefined);
  }
});

test('moves a point no farther than it has to', () => {
  const space = declaredSpace({ a: unit, b: unit, c: unit }, ['a + b <= 1']);
  const moved = withinWhere(space, { a: 0.8, b: 0.6, c: 0.3 }, {}, 4) as Record<string, number>;
  assert.equal(moved['c'], 0.3);
  const { a = 0, b = 0 } = moved;
  assert.ok(a + b <= 1);
  // The nearest point is at a distance of 0.283.
  assert.ok(Math.hypot(a - 0.8, b - 0.6) < 0.35, JSON.stringify(moved));
  const kept = { a: 0.3, b: 0.6, c: 0.3 };
  assert.equal(withinWhere(space, kept, {}, 4), kept);
  const { a: partner = 0 } = withinWhere(space, { a: 0.9, c: 0.2 }, { b: 0.7 }, 4) as Record<string, number>;
  assert.ok(partner <= 0.3 && partner > 0.25);
});

test('names the fewest conditions that contradict each other', () => {
  const names = (space: SpaceDeclaration, where: readonly string[]): readonly string[] => {
    try {
      declaredSpace(space, where);
    } catch (error) {
      if (error instanceof Infeasible) return error.clauses.map(({ text }) => text);
      throw error;
    }
    return [];
  };
  const space: SpaceDeclaration = {
    a: to1000,
    b: to1000,
    kind: { type: 'categorical', choices: ['x', 'y'] },
    c: { ...unit, when: { kind: 'x' } },
  };
  assert.deepEqual(names(space, ['a > 1000']), ['a > 1000']);
  assert.deepEqual(names(space, ['a < b', 'c > 0.5', 'a > 500', 'b < 400', 'a > 3']), ['a < b', 'a > 500', 'b < 400']);
  assert.deepEqual(names(space, ["kind == 'x'", 'c > 2', 'a > 3']), ["kind == 'x'", 'c > 2']);
  assert.deepEqual(names(space, ['c > 2', 'a > 3']), []);
  assert.deepEqual(names(space, ['a * b == 997 * 991']), []);
  assert.deepEqual(names(space, ['a * a == 2']), ['a * a == 2']);
  // Two real numbers are never equal by chance: not proven, but nothing is found.
  assert.throws(() => declaredSpace({ a: unit, b: unit }, ['a + b == 0.7310591']), {
    code: 'infeasible-space',
    message: /Allow a wider band, or give the parameters a step/,
  });
  assert.throws(() => declaredSpace({ a: unit }, ['b < 1']), {
    code: 'invalid-where',
    message: 'where "b < 1": there is no parameter `b`; use a.',
  });
});

/** A space of any shape, and conditions that some point of it satisfies. */
function generated(random: () => number): { space: SpaceDeclaration; where: string[] } {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const count = 2 + Math.floor(random() * 5);
  const space: Record<string, ParameterDeclaration> = {};
  const witness: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const name = `p${index}`;
    const parents = Object.keys(space).filter((other) => space[other]?.type === 'categorical');
    const when = parents.length > 0 && random() < 0.4 ? { when: { [pick(parents)]: pick([['x'], ['y', 'z']]) } } : {};
    const kind = index === 0 ? 3 : Math.floor(random() * 4);
    if (kind === 3) space[name] = { type: 'categorical', choices: ['x', 'y', 'z'], ...when };
    else if (kind === 2) space[name] = { type: 'int', low: 1, high: 200, log: random() < 0.5, ...when };
    else if (kind === 1) space[name] = { type: 'float', low: 0, high: 2, step: 0.25, ...when };
    else space[name] = { type: 'float', low: 0.01, high: 10, log: random() < 0.5, ...when };
    witness[name] = kind === 3 ? 0 : 1;
  }
  const numbers = Object.keys(space).filter((name) => space[name]?.type !== 'categorical');
  const kinds = Object.keys(space).filter((name) => space[name]?.type === 'categorical');
  // Every number at 1 and every choice at x satisfies all of these, where it is active.
  const term = (): string => (numbers.length === 0 ? '1' : pick([pick(numbers), pick(numbers), '1']));
  const condition = (): string =>
    pick([
      () => `${term()} * ${term()} <= ${pick(['1', '1.5', '4'])}`,
      () => `${term()} <= ${term()} + ${pick(['0', '0.5', '2'])}`,
      () => `abs(${term()} - ${term()}) <= ${pick(['0.3', '1'])}`,
      () => `${pick(kinds)} in ['x', 'y'] or ${term()} > 5`,
      () => `not (${pick(kinds)} == 'y' and ${term()} < 1)`,
      () => `0 < log(${term()}) + 1 < 3`,
      () => `max(${term()}, ${term()}) <= 2 * min(${term()}, ${term()})`,
    ])();
  const named = (text: string) => /p\d/.test(text);
  const where = Array.from({ length: 1 + Math.floor(random() * 3) }, condition).filter(named);
  return { space, where: where.length > 0 ? where : ["p0 != 'z'"] };
}

test('draws and moves within the conditions of spaces of any shape', () => {
  const random = seededRandom(11);
  for (let turn = 0; turn < 150; turn++) {
    const { space, where } = generated(random);
    const declared = declaredSpace(space, where);
    const plain = declaredSpace(space);
    for (const [number, params] of drawsOf(declared, 20).entries()) {
      const wild = Object.fromEntries(
        plain.parameters.map(({ name, distribution }) => [
          name,
          distribution.type === 'categorical'
            ? 'y'
            : distribution.low + random() * (distribution.high - distribution.low),
        ]),
      );
      for (const found of [params, withinWhere(declared, wild, {}, number)]) {
        const text = `${JSON.stringify(space)} ${where.join('; ')} ${JSON.stringify(found)}`;
        if (found === wild) continue;
        assert.equal(violatedClause(declared, found), undefined, text);
        for (const parameter of declared.parameters) {
          assert.equal(Object.hasOwn(found, parameter.name), isActive(parameter, found), text);
        }
      }
    }
  }
});
