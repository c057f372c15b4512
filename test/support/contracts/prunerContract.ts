import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PruneDecision, Pruner } from '../../../src/core/pruners/pruner.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { rebuilt } from '../histories.ts';

/** What every pruner owes a study. Run by each implementation. */
export function prunerContract(name: string, create: () => Pruner): void {
  describe(`pruner contract: ${name}`, () => {
    test('never ends a trial that has reported nothing, and none in an empty study', () => {
      const history = filled([1, 2, 3, 4, 5, 6].map((value) => [value, value]));
      const pruner = create();
      assert.equal(judge(pruner, history, history.add({ state: TrialState.running })), false);
      const empty = new History([Direction.minimize]);
      const number = empty.add({ state: TrialState.running, intermediate: [[0, 9]] });
      assert.equal(judge(pruner, empty, number), false);
    });

    test('never ends a trial that is better than all others at every step', () => {
      const history = filled(Array.from({ length: 12 }, (_, trial) => [5 + trial, 4 + trial, 3 + trial]));
      const pruner = create();
      const number = history.add({ state: TrialState.running });
      for (let step = 0; step < 3; step++) {
        history.apply({ type: 'intermediate', number, step, value: 1 - step });
        assert.equal(judge(pruner, history, number), false);
      }
    });

    // With percentiles of 25, 50 or 75, where interpolation between whole numbers is exact in binary.
    test('maximising mirrored values is minimising', () => {
      fc.assert(
        fc.property(curves, (all) => {
          const down = decisions(create(), new History([Direction.minimize]), all);
          const up = decisions(
            create(),
            new History([Direction.maximize]),
            all.map((curve) => curve.map((value) => -value)),
          );
          assert.deepEqual(up, down);
        }),
        { numRuns: 50 },
      );
    });

    test('depends on the history alone: a fresh pruner over a rebuilt history agrees, and nothing is changed', () => {
      fc.assert(
        fc.property(curves, (all) => {
          const pruner = create();
          const history = new History([Direction.minimize]);
          for (const curve of all) {
            const number = history.add({ state: TrialState.running });
            for (const [step, value] of curve.entries()) {
              history.apply({ type: 'intermediate', number, step, value });
              const { revision } = history;
              const context = { history, number, studyName: 'study' };
              const decision = pruner.shouldPrune(context);
              assert.equal(history.revision, revision);
              assert.deepEqual(create().shouldPrune({ ...context, history: rebuilt(history) }), decision);
              keep(history, number, decision);
            }
            history.apply({ type: 'state', number, state: TrialState.complete, values: [curve.at(-1) ?? 0] });
          }
        }),
        { numRuns: 25 },
      );
    });

    test('the cost of a decision does not grow with the history', () => {
      const fastest = (trials: number) => fastestDecision(create(), trials);
      fastest(300);
      const [few, many] = [fastest(300), fastest(6_000)];
      assert.ok(many < 5 * few + 0.1, `${few.toFixed(4)} ms at 300 trials, ${many.toFixed(4)} ms at 6,000`);
    });
  });
}

const value = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const curves = fc.array(fc.array(value, { maxLength: 5 }), { minLength: 1, maxLength: 14 });

function filled(all: readonly (readonly number[])[]): History {
  const history = new History([Direction.minimize]);
  for (const curve of all) {
    const intermediate = curve.map((reported, step) => [step, reported] as const);
    history.add({ state: TrialState.complete, values: [curve.at(-1) ?? 0], intermediate });
  }
  return history;
}

/** Asks a pruner, and keeps with the trial what it wants kept. */
export function judge(pruner: Pruner, history: History, number: number, studyName = 'study'): boolean {
  const decision = pruner.shouldPrune({ history, number, studyName });
  keep(history, number, decision);
  return decision.prune;
}

function keep(history: History, number: number, { systemAttrs = {} }: PruneDecision): void {
  for (const [key, value] of Object.entries(systemAttrs)) history.apply({ type: 'systemAttr', number, key, value });
}

function decisions(pruner: Pruner, history: History, all: readonly (readonly number[])[]): boolean[] {
  const made: boolean[] = [];
  for (const curve of all) {
    const number = history.add({ state: TrialState.running });
    for (const [step, reported] of curve.entries()) {
      history.apply({ type: 'intermediate', number, step, value: reported });
      made.push(judge(pruner, history, number));
    }
    history.apply({ type: 'state', number, state: TrialState.complete, values: [0] });
  }
  return made;
}

/** Milliseconds of the fastest of 20 decisions, each after one more complete trial. */
function fastestDecision(pruner: Pruner, trials: number): number {
  const history = filled(
    Array.from({ length: trials }, (_, trial) => Array.from({ length: 20 }, (_, step) => (trial * 7 + step) % 31)),
  );
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const number = history.add({
      state: TrialState.running,
      intermediate: [
        [0, round],
        [1, round],
      ],
    });
    const start = performance.now();
    judge(pruner, history, number);
    fastest = Math.min(fastest, performance.now() - start);
    history.apply({ type: 'state', number, state: TrialState.complete, values: [0] });
  }
  return fastest;
}
