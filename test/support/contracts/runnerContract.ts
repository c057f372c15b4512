/**
 * What every runner of objectives owes the session (src/tuner/objective/objective.ts). A runner joins by giving a
 * factory that turns a behaviour into its own kind of objective.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Params } from '../../../src/core/space/distributions.ts';
import type { EarlyEnd, ObjectiveRunner, TrialHandle } from '../../../src/tuner/objective/objective.ts';

/** What the objective does; the factory writes it in the runner's language. */
export type Behaviour =
  /** Reports score 0.1·step for steps 1…3 and ends. */
  | 'reports'
  /** Prints nothing and ends. */
  | 'silent'
  /** Says "boom" and fails. */
  | 'fails'
  /** Reports score 0.5 at step 1, then waits for ever. */
  | 'hangs'
  /** Reports the parameter x as score. */
  | 'echoes';

export interface RunnerFixture {
  readonly runner: ObjectiveRunner;
  dispose(): Promise<void>;
}

interface Report {
  readonly metrics: Readonly<Record<string, number>>;
  readonly step: number | null;
}

class RecordingTrial implements TrialHandle {
  readonly number: number;
  readonly params: Params;
  readonly marker = { name: 'TUNEBOARD_TRIAL_KEY', value: `contract-${process.pid}-${Math.random()}` };
  readonly best = null;
  readonly gpu = null;
  readonly reports: Report[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly part = null;
  readonly isBeyondEnd = false;
  readonly #listeners: ((cause: EarlyEnd) => void)[] = [];
  #earlyEnd: EarlyEnd | undefined;

  constructor(number: number, params: Params = {}) {
    this.number = number;
    this.params = params;
  }

  report(metrics: Readonly<Record<string, number>>, step: number | null): void {
    this.reports.push({ metrics, step });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async flush(): Promise<void> {}

  earlyEnd(): EarlyEnd | undefined {
    return this.#earlyEnd;
  }

  onEarlyEnd(listener: (cause: EarlyEnd) => void): void {
    this.#listeners.push(listener);
  }

  reportGradient(): void {}

  async setConstraint(): Promise<void> {}

  async setUserAttr(): Promise<void> {}

  firstReport(): Promise<void> {
    return new Promise((resolve) => {
      if (this.reports.length > 0) resolve();
      else this.#waiting.push(resolve);
    });
  }

  prune(): void {
    this.#earlyEnd = 'pruned';
    for (const listener of this.#listeners) listener('pruned');
  }
}

export function runnerContract(name: string, create: (behaviour: Behaviour) => Promise<RunnerFixture>): void {
  const contract = (title: string, behaviour: Behaviour, body: (runner: ObjectiveRunner) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const fixture = await create(behaviour);
      try {
        await body(fixture.runner);
      } finally {
        await fixture.runner.close();
        await fixture.dispose();
      }
    });

  contract('reports arrive in order, before the outcome', 'reports', async (runner) => {
    const trial = new RecordingTrial(0);
    const running = await runner.start(trial);
    assert.equal((await running.outcome).type, 'done');
    const scores = trial.reports.filter(({ metrics }) => metrics['score'] !== undefined);
    assert.deepEqual(
      scores.map(({ step }) => step),
      [1, 2, 3],
    );
    assert.deepEqual(
      scores.map(({ metrics }) => Math.round((metrics['score'] as number) * 10)),
      [1, 2, 3],
    );
  });

  contract('an objective that says nothing is done without reports', 'silent', async (runner) => {
    const trial = new RecordingTrial(0);
    assert.equal((await (await runner.start(trial)).outcome).type, 'done');
    assert.deepEqual(trial.reports, []);
  });

  contract('a failure has a sentence and the last lines', 'fails', async (runner) => {
    const outcome = await (await runner.start(new RecordingTrial(0))).outcome;
    assert.equal(outcome.type, 'failed');
    assert.ok(outcome.type === 'failed');
    assert.match(outcome.reason.text, /\.$|boom/);
    assert.ok(outcome.lastLines.some((line) => line.includes('boom')));
  });

  for (const cause of ['stopped', 'killed'] as const) {
    contract(`a trial that is ${cause} ends for that cause, also when asked twice`, 'hangs', async (runner) => {
      const trial = new RecordingTrial(0);
      const running = await runner.start(trial);
      await trial.firstReport();
      running.end(cause);
      running.end('pruned');
      assert.deepEqual(await running.outcome, { type: 'ended', cause });
      running.end('stopped');
    });
  }

  contract('a prunable trial is ended as pruned', 'hangs', async (runner) => {
    const trial = new RecordingTrial(0);
    const running = await runner.start(trial);
    await trial.firstReport();
    trial.prune();
    assert.deepEqual(await running.outcome, { type: 'ended', cause: 'pruned' });
  });

  contract('trials that run side by side keep to themselves', 'echoes', async (runner) => {
    const trials = [0.25, 0.5, 0.75].map((x, number) => new RecordingTrial(number, { x }));
    const outcomes = await Promise.all(trials.map(async (trial) => (await runner.start(trial)).outcome));
    assert.deepEqual(
      outcomes.map(({ type }) => type),
      ['done', 'done', 'done'],
    );
    assert.deepEqual(
      trials.map(({ reports }) => reports.at(-1)?.metrics['score']),
      [0.25, 0.5, 0.75],
    );
  });
}
