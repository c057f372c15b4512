import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fanova } from '../../../src/core/importance/fanova.ts';
import { pedAnova } from '../../../src/core/importance/pedAnova.ts';
import { Random } from '../../../src/core/random.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { ImportanceAnswers } from '../../../src/extension/panel/importanceAnswers.ts';
import { historyOf, importanceColumns } from '../../../src/extension/panel/importanceColumns.ts';
import { measureImportance } from '../../../src/extension/panel/measureImportance.ts';
import type { PanelImportance } from '../../../src/protocol/panel.ts';

const UNIT = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
const STEPS = { type: 'int', low: 0, high: 10, log: false, step: 2 } as const;
const CHOICES = { type: 'categorical', choices: ['a', 'b'] } as const;

/** Two objectives that two different parameters decide; `deep` exists only with choice b and in two ranges. */
function study(trials: number): History {
  const history = new History([Direction.minimize, Direction.maximize]);
  const random = new Random(5, 0, 'importance');
  for (let number = 0; number < trials; number++) {
    const [x, y, choice] = [random.uniform(), random.uniform(), Math.floor(2 * random.uniform())];
    const params = [
      { name: 'x', internal: x, distribution: UNIT },
      { name: 'y', internal: y, distribution: UNIT },
      { name: 'steps', internal: 2 * Math.floor(6 * random.uniform()), distribution: STEPS },
      { name: 'choice', internal: choice, distribution: CHOICES },
    ];
    const deep = { name: 'deep', internal: random.uniform(), distribution: number % 3 ? UNIT : { ...UNIT, high: 2 } };
    const state = number % 11 === 3 ? TrialState.fail : TrialState.complete;
    history.add({
      state,
      values: state === TrialState.complete ? [x ** 2 + 0.01 * y, y + 0.01 * x] : null,
      params: choice === 1 ? [...params, deep] : params,
    });
  }
  return history;
}

test('of a selection only its trials are measured', () => {
  const history = study(200);
  const bits = new Uint32Array(4);
  const chosen = [...Array(120).keys()].filter((number) => number % 2 === 0);
  for (const number of chosen) bits[number >>> 5] = (bits[number >>> 5] as number) | (1 << (number & 31));
  const selection = { key: 'even', bits };
  const columns = structuredClone(importanceColumns(history, selection));
  const answer = measureImportance({ question: { evaluator: 'pedAnova', objective: 0, selection }, columns });
  const count = (state: TrialState) => chosen.filter((number) => history.state(number) === state).length;
  assert.equal(answer.complete, count(TrialState.complete));
  assert.equal(answer.leftOut.failed, count(TrialState.fail));
  assert.equal(answer.selection?.key, 'even');
  const alone = new History([Direction.minimize, Direction.maximize]);
  for (const number of chosen) {
    const params = history.paramNames(number).map((name) => {
      const distribution = history.distribution(number, name);
      const value = history.param(number, name);
      assert.ok(distribution);
      const internal =
        distribution.type === 'categorical' ? distribution.choices.indexOf(value as string) : Number(value);
      return { name, internal, distribution };
    });
    const values = [history.value(number, 0), history.value(number, 1)];
    alone.add({
      state: history.state(number),
      values: history.state(number) === TrialState.complete ? values : null,
      params,
    });
  }
  assert.deepEqual(sharesOf(answer.parameters), pedAnova(alone, { objective: 0 }));
});

test('what crosses to the thread gives the answer that the history itself gives', () => {
  const history = study(200);
  const columns = structuredClone(importanceColumns(history));
  for (const objective of [0, 1]) {
    const question = { evaluator: 'pedAnova', objective } as const;
    const { parameters, complete, leftOut, problem } = measureImportance({ question, columns });
    assert.deepEqual(sharesOf(parameters), pedAnova(history, { objective }));
    assert.equal(parameters[0]?.name, objective === 0 ? 'x' : 'y');
    assert.deepEqual([complete, problem], [history.count(TrialState.complete), null]);
    assert.deepEqual(leftOut, { pruned: 0, failed: history.count(TrialState.fail), notFinite: 0 });
  }
  const { parameters } = measureImportance({ question: { evaluator: 'fanova', objective: 1 }, columns });
  const together = parameters.filter(({ isApart }) => !isApart);
  assert.deepEqual(sharesOf(together), fanova(history, { objective: 1 }));
  assert.deepEqual(
    parameters.slice(together.length).map(({ name }) => name),
    ['deep'],
  );
  const again = historyOf(columns);
  assert.deepEqual(again.parameters.get('deep')?.distributions, history.parameters.get('deep')?.distributions);
});

test('too few trials tell nothing', () => {
  const question = { evaluator: 'pedAnova', objective: 0 } as const;
  const answer = measureImportance({ question, columns: importanceColumns(study(2)) });
  assert.deepEqual([answer.parameters, answer.problem], [[], null]);
});

function sharesOf(parameters: PanelImportance['parameters']) {
  return parameters.map(({ name, importance }) => ({ name, importance }));
}

test('a pruned trial that crosses to the thread is one of the others, and the measuring tells how far it is', () => {
  const history = new History([Direction.minimize]);
  for (let number = 0; number < 60; number++) {
    const isPruned = number % 3 === 2;
    const internal = (number * 0.37) % 1;
    history.add({
      state: isPruned ? TrialState.pruned : TrialState.complete,
      values: isPruned ? null : [internal],
      params: [{ name: 'x', internal, distribution: UNIT }],
      intermediate: [[1, isPruned && number % 2 === 0 ? -1 : internal + 5]],
    });
  }
  const columns = structuredClone(importanceColumns(history));
  const done: number[] = [];
  const question = { evaluator: 'pedAnova', objective: 0 } as const;
  const answer = measureImportance({ question, columns }, (share) => done.push(share));
  const { complete, pruned, leftOut } = answer;
  assert.deepEqual([complete, pruned + leftOut.pruned], [40, 20]);
  assert.ok(pruned > 0 && leftOut.pruned >= 10, `${pruned}: those with a better report than the best stay out`);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
  assert.equal(done.at(-1), 1);
});

/** Answers of the thread from its source. */
function answers(): { thread: ImportanceAnswers; told: PanelImportance[]; next(): Promise<PanelImportance> } {
  const told: PanelImportance[] = [];
  const thread = new ImportanceAnswers({
    worker: new URL('../../../src/extension/panel/importanceWorker.ts', import.meta.url),
    onAnswer: (answer) => told.push(answer),
    onError: (error) => assert.fail(String(error)),
  });
  const next = async () => {
    const seen = told.length;
    for (let waited = 0; told.length === seen && waited < 100_000; waited += 20) await delay(20);
    return told.at(-1) as PanelImportance;
  };
  return { thread, told, next };
}

test('the thread answers at once, again when trials have completed, and never what nobody asks any more', async () => {
  const { thread, told, next } = answers();
  const history = study(60);
  thread.update(history);
  thread.ask({ evaluator: 'pedAnova', objective: 0 });
  const first = await next();
  assert.deepEqual(sharesOf(first.parameters), pedAnova(history, { objective: 0 }));
  for (let count = 0; count < 5; count++) thread.update(history);
  await delay(1300);
  assert.equal(told.length, 1, 'nothing has changed');
  const params = [{ name: 'x', internal: 0.1, distribution: UNIT }];
  history.add({ state: TrialState.complete, values: [0.01, 0.5], params });
  thread.update(history);
  assert.equal((await next()).complete, first.complete + 1);
  thread.ask({ evaluator: 'fanova', objective: 1 });
  thread.ask({ evaluator: 'pedAnova', objective: 1 });
  assert.equal((await next()).evaluator, 'pedAnova');
  thread.ask(null);
  history.add({ state: TrialState.complete, values: [0.01, 0.5], params });
  thread.update(history);
  const before = told.length;
  await delay(1300);
  assert.equal(told.length, before, 'nobody looks');
  thread.ask({ evaluator: 'pedAnova', objective: 1 });
  assert.equal(told.length, before + 1, 'what is known is told at once');
  assert.equal((await next()).complete, first.complete + 2, 'and then what is new');
  thread.dispose();
});
