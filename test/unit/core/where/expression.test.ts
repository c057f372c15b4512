import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../../src/core/space/distributionRules.ts';
import type { Distribution, Params } from '../../../../src/core/space/distributions.ts';
import { holds, whereClause } from '../../../../src/core/space/where/clauses.ts';
import { enclose, enclosureOf, verdict } from '../../../../src/core/space/where/enclose.ts';
import { evaluate, type Scalar, scalarOf } from '../../../../src/core/space/where/evaluate.ts';
import { parseExpression, WhereError } from '../../../../src/core/space/where/expression.ts';
import { seededRandom } from '../../../support/seededRandom.ts';

const PARAMETERS = new Map<string, Distribution>([
  ['a', floatDistribution(-10, 10)],
  ['b', floatDistribution(-10, 10)],
  ['n', intDistribution(-10, 10)],
  ['opt', categoricalDistribution(['sgd', 'adam', 'adamw'])],
  ['flag', categoricalDistribution([true, false])],
  ['size', categoricalDistribution([16, 32, null, 'auto'])],
  ['weight-decay', floatDistribution(0, 1)],
]);

function isKept(text: string, params: Params): boolean {
  return holds(whereClause(text, PARAMETERS), params);
}

/** Python 3's answers. */
const COMPUTED: readonly [text: string, params: Params, expected: boolean][] = [
  ['-a ** 2 == -4', { a: 2 }, true],
  ['2 ** -1 == 0.5 and a > 0', { a: 1 }, true],
  ['2 ** 3 ** 2 == 512 and a > 0', { a: 1 }, true],
  ['a + b * 2 == 8', { a: 2, b: 3 }, true],
  ['(a + b) * 2 == 10', { a: 2, b: 3 }, true],
  ['10 - a - b == 5', { a: 2, b: 3 }, true],
  ['n % 3 == 2', { n: -7 }, true],
  ['n % -3 == -2', { n: 7 }, true],
  ['n // 2 == -4', { n: -7 }, true],
  ['7 / 2 == a', { a: 3.5 }, true],
  ['0 < a < b', { a: 1, b: 2 }, true],
  ['0 < a < b', { a: 3, b: 2 }, false],
  ['b > a < 5', { a: 1, b: 2 }, true],
  ['a == 1 == (b == 2)', { a: 1, b: 2 }, true],
  ['not a > 1', { a: 1 }, true],
  ['not a > 1 and b > 1', { a: 1, b: 0 }, false],
  ['a > 1 or b > 1 and n > 1', { a: 2, b: 0, n: 0 }, true],
  ['!(a > 1) && b > 1 || n > 1', { a: 2, b: 0, n: 2 }, true],
  ["opt in ['sgd', 'adam']", { opt: 'adam' }, true],
  ["opt not in ['sgd', 'adam']", { opt: 'adam' }, false],
  ['n in (1, 2, 2 + 1,)', { n: 3 }, true],
  ["opt == 'sgd' or a == 0", { opt: 'adam', a: 1 }, false],
  ['opt == "sgd"', { opt: 'sgd' }, true],
  ['min(a, b, 3) == 2 and max(a, b) == 4', { a: 2, b: 4 }, true],
  ['abs(a) + sqrt(b) == 5', { a: -3, b: 4 }, true],
  ['round(2.5) == 2 and round(a) == 4', { a: 3.5 }, true],
  ['floor(a) == -2 and ceil(a) == -1', { a: -1.5 }, true],
  ['log(exp(a)) > 0.99 and log2(8) == 3 and log10(1000) > 2.9', { a: 1 }, true],
  ['flag', { flag: true }, true],
  ['not flag or a > 0', { flag: true, a: -1 }, false],
  ['flag == True', { flag: true }, true],
  ['flag + 1 == 2', { flag: true }, true],
  ['size == None or size == 16', { size: null }, true],
  ['size != None', { size: null }, false],
  ['1e-3 < a <= 1_0', { a: 10 }, true],
  ['.5 < a', { a: 0.6 }, true],
  ['`weight-decay` < 0.5', { 'weight-decay': 0.6 }, false],
  ['+a == - -3', { a: 3 }, true],
  // What has no value is violated, unless nothing asks for it.
  ['a / b < 2', { a: 1, b: 0 }, false],
  ['not (a / b > 2)', { a: 1, b: 0 }, false],
  ['b == 0 or a / b < 2', { a: 1, b: 0 }, true],
  ['log(a) < 5', { a: 0 }, false],
  ['sqrt(a) != 5', { a: -1 }, false],
  // What an inactive parameter would decide holds; what is false whatever it is does not.
  ['a < b', { a: 1 }, true],
  ["opt == 'sgd' or a == 0", { opt: 'adam' }, true],
  ['a < 0 and b > 1', { a: 1 }, false],
  ['not (a < b)', { a: 1 }, true],
  ['a in [1, b]', { a: 2 }, true],
  // A value that is no number has no order.
  ['size < 20', { size: 'auto' }, true],
  ['size < 20', { size: 32 }, false],
];

test('computes what Python computes', () => {
  for (const [text, params, expected] of COMPUTED) {
    assert.equal(isKept(text, params), expected, `${text} with ${JSON.stringify(params)}`);
  }
});

test('says what is wrong with a condition, and where', () => {
  const wrong: readonly [text: string, message: RegExp, place: string, fix?: string][] = [
    ['a <', /ends too early/, '<'],
    ['', /ends too early/, ''],
    ['a < b b', /`b` can't stand here/, 'b'],
    ['a = 1', /write `==`/, '=', '=='],
    ['a ^ 2 < 1', /write `\*\*`/, '^', '**'],
    ['a < 3x', /`3x` is no number/, '3x'],
    ['a < "x', /quote " is not closed/, '"x'],
    ['a < ; 1', /`;` can't stand here/, ';'],
    ['a in []', /list after `in` is empty/, ']'],
    ['alpha < 1', /no parameter `alpha`; use a, b/, 'alpha'],
    ["optt == 'sgd'", /write `opt`/, 'optt', 'opt'],
    ['opt == sgd', /write 'sgd' in quotes/, 'sgd', "'sgd'"],
    ["opt == 'adm'", /never is "adm"; write 'adam'/, "'adm'", "'adam'"],
    ["opt in ['sgd', 'lion']", /never is "lion"; it has "sgd", "adam", "adamw"/, "'lion'"],
    ['weight-decay < 1', /write `weight-decay`/, 'weight-decay', '`weight-decay`'],
    ["a < 'x'", /`a` is a number and `'x'` is text; only two numbers/, "a < 'x'"],
    ['opt < 3', /only two numbers or two texts/, 'opt < 3'],
    ['opt == 3', /never equal/, 'opt == 3'],
    ['opt + 1 < 3', /`opt` is text, not a number/, 'opt'],
    ['a + 1', /a number, not a condition; compare it, as in `a \+ 1 > 0`/, 'a + 1'],
    ['opt', /text, not a condition/, 'opt'],
    ['a and b > 1', /`a` is a number, not true or false/, 'a'],
    ['power(a, 2) < 1', /no function `power`; use min, max/, 'power'],
    ['abs(a, b) < 1', /`abs` takes one value/, 'abs'],
    ['min(a) < 1', /`min` takes two values or more/, 'min'],
    ['1 < 2', /names no parameter/, '1 < 2'],
    [`${'('.repeat(60)}a < 1${')'.repeat(60)}`, /nested more than 50 deep/, '('],
    [`a < ${'1 + '.repeat(2000)}1`, /more than 4000 characters/, `a < ${'1 + '.repeat(2000)}1`],
  ];
  for (const [text, message, place, fix] of wrong) {
    assert.throws(
      () => whereClause(text, PARAMETERS),
      (error: unknown) => {
        assert.ok(error instanceof WhereError, text);
        assert.match(error.message, message, text);
        assert.equal(text.slice(error.place.start, error.place.end), place, text);
        assert.equal(error.fix, fix, text);
        return true;
      },
    );
  }
});

test('reads text of any kind in time that grows with its length', () => {
  const time = (text: string) => {
    const start = process.cpuUsage();
    for (let turn = 0; turn < 20; turn++) {
      try {
        parseExpression(text);
      } catch (error) {
        assert.ok(error instanceof WhereError);
      }
    }
    return process.cpuUsage(start).user;
  };
  for (const unit of ['a+', '(', 'not ', '1e', 'a<', '-', '**', '"a', '`', 'min(a,', 'a and ', '[']) {
    const short = Math.max(1000, time(unit.repeat(200)));
    assert.ok(time(unit.repeat(1600)) < 40 * short, unit);
  }
});

/** A random expression that is well-formed. */
function randomText(random: () => number, depth: number, isTruth: boolean): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const number = () => randomText(random, depth - 1, false);
  const truth = () => randomText(random, depth - 1, true);
  if (isTruth) {
    const kind = depth <= 0 ? 0 : Math.floor(random() * 6);
    if (kind === 1) return `(${truth()} and ${truth()})`;
    if (kind === 2) return `(${truth()} or ${truth()})`;
    if (kind === 3) return `(not ${truth()})`;
    if (kind === 4)
      return pick(['flag', "opt == 'sgd'", "opt in ['adam', 'adamw']", "opt < 'b'", 'size == 16', 'size != None']);
    if (kind === 5) return `${number()} in [${number()}, ${number()}]`;
    return `${number()} ${pick(['<', '<=', '>', '>=', '==', '!='])} ${number()}${random() < 0.3 ? ` <= ${number()}` : ''}`;
  }
  const kind = depth <= 0 ? 0 : Math.floor(random() * 5);
  if (kind === 1) return `(${number()} ${pick(['+', '-', '*', '/', '//', '%'])} ${number()})`;
  if (kind === 2) return `${pick(['abs', 'log', 'exp', 'sqrt', 'round', 'floor', 'ceil'])}(${number()})`;
  if (kind === 3) return `${pick(['min', 'max'])}(${number()}, ${number()})`;
  if (kind === 4) return `(${number()} ** ${pick(['2', '3', '-1', '0.5', 'n'])})`;
  return pick(['a', 'b', 'n', 'flag', 'size', '2', '-1.5', '0', '7']);
}

test('an enclosure over ranges holds every value that the condition has in them', () => {
  const random = seededRandom(5);
  let decided = 0;
  for (let turn = 0; turn < 4000; turn++) {
    const text = randomText(random, 3, true);
    const { root, names } = parseExpression(text);
    const samples = names.map((name) => {
      const distribution = PARAMETERS.get(name) as Distribution;
      if (distribution.type === 'categorical') {
        const first = Math.floor(random() * distribution.choices.length);
        return distribution.choices.slice(first, first + 1 + Math.floor(random() * 3)).map(scalarOf);
      }
      const low = -10 + 20 * random();
      const high = low + (random() < 0.2 ? 0 : random() * random() * 8);
      const values = Array.from({ length: 6 }, (_, index) => low + ((high - low) * index) / 5);
      return distribution.type === 'int' ? values.map(Math.round) : values;
    });
    const mayBeOpen = names.map(() => random() < 0.2);
    const ranges = samples.map((values, slot) => enclosureOf(values, mayBeOpen[slot] as boolean));
    const found = verdict(enclose(root, ranges));
    if (found !== 0) decided++;
    for (let draw = 0; draw < 12; draw++) {
      const values: Scalar[] = samples.map((own, slot) =>
        mayBeOpen[slot] && random() < 0.3 ? undefined : own[Math.floor(random() * own.length)],
      );
      const value = evaluate(root, values);
      const isHeld = typeof value !== 'number' || (value !== 0 && !Number.isNaN(value));
      if (found !== 0) assert.equal(isHeld, found === 1, `${text} with ${JSON.stringify(values)}`);
    }
  }
  assert.ok(decided > 1000, `${decided} conditions were decided`);
});
