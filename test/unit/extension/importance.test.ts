import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fanova } from '../../../src/core/importance/fanova.ts';
import { pedAnova } from '../../../src/core/importance/pedAnova.ts';
import { Random } from '../../../src/core/random.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { ImportanceAnswers } from '../../../src/extension/importanceAnswers.ts';
import { historyOf, importanceColumns } from '../../../src/extension/model/importanceColumns.ts';
import { measureImportance } from '../../../src/extension/model/measureImportance.ts';
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

test('what crosses to the thread gives the answer that the history itself gives', () => {
  const history = study(200);
  const columns = structuredClone(importanceColumns(history));
  for (const objective of [0, 1]) {
    const question = { evaluator: 'pedAnova', objective } as const;
    const { parameters, trials, problem } = measureImportance({ question, columns });
    assert.deepEqual(parameters, pedAnova(history, { objective }));
    assert.equal(parameters[0]?.name, objective === 0 ? 'x' : 'y');
    assert.deepEqual([trials, problem], [history.count(TrialState.complete), null]);
  }
  const { parameters } = measureImportance({ question: { evaluator: 'fanova', objective: 1 }, columns });
  assert.deepEqual(parameters, fanova(history, { objective: 1 }));
  const again = historyOf(columns);
  assert.deepEqual(again.parameters.get('deep')?.distributions, history.parameters.get('deep')?.distributions);
});

test('too few trials tell nothing', () => {
  const question = { evaluator: 'pedAnova', objective: 0 } as const;
  const answer = measureImportance({ question, columns: importanceColumns(study(2)) });
  assert.deepEqual([answer.parameters, answer.problem], [[], null]);
});

/** Answers of the thread from its source. */
function answers(): { thread: ImportanceAnswers; told: PanelImportance[]; next(): Promise<PanelImportance> } {
  const told: PanelImportance[] = [];
  const thread = new ImportanceAnswers({
    worker: new URL('../../../src/extension/importanceWorker.ts', import.meta.url),
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
  assert.deepEqual(first.parameters, pedAnova(history, { objective: 0 }));
  for (let count = 0; count < 5; count++) thread.update(history);
  await delay(1300);
  assert.equal(told.length, 1, 'nothing has changed');
  const params = [{ name: 'x', internal: 0.1, distribution: UNIT }];
  history.add({ state: TrialState.complete, values: [0.01, 0.5], params });
  thread.update(history);
  assert.equal((await next()).trials, first.trials + 1);
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
  assert.equal((await next()).trials, first.trials + 2, 'and then what is new');
  thread.dispose();
});
