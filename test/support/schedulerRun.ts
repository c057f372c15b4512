/** Runs a scheduled study in memory: trials are curves, workers advance step by step, every decision is asked of two schedulers. */
import assert from 'node:assert/strict';
import { RandomSampler } from '../../src/core/samplers/randomSampler.ts';
import type { Sampler } from '../../src/core/samplers/sampler.ts';
import { ScheduledStudy, type ScheduledTrial } from '../../src/core/schedulers/scheduledStudy.ts';
import type { Scheduler } from '../../src/core/schedulers/scheduler.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import type { SearchSpace } from '../../src/core/space/searchSpace.ts';
import type { History } from '../../src/core/study/history.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { pausedTrials } from '../../src/core/study/paused.ts';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';

export interface SchedulerRun {
  readonly scheduler: () => Scheduler;
  readonly space: SearchSpace;
  /** The state of a training after one more step; `state` is what its checkpoint holds. */
  readonly train: (params: Params, state: unknown, step: number) => { state: unknown; value: number };
  readonly trials: number;
  readonly workers?: number;
  /** What the full training takes when the scheduler does not say. */
  readonly programSteps?: number;
  readonly sampler?: Sampler;
  readonly direction?: Direction;
  /** Parameters of the first trials. */
  readonly enqueued?: readonly Params[];
  /** Leave out the comparison with schedulers that have just been made: long studies. */
  readonly isUnchecked?: boolean;
  /** Stop after so many training steps over all trials. */
  readonly steps?: number;
}

interface Worker {
  readonly scheduled: ScheduledTrial;
  step: number;
  state: unknown;
}

export interface Ran {
  readonly history: History;
  /** Training steps spent over all trials. */
  readonly spent: number;
  readonly study: Study;
}

export async function runScheduled(options: SchedulerRun): Promise<Ran> {
  const { space, workers = 1, sampler = new RandomSampler(1), direction = Direction.minimize } = options;
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [direction] });
  const study = new Study(log, record, { space, sampler, pruner: null });
  const { history } = study;
  for (const params of options.enqueued ?? []) await study.enqueue(params);
  const scheduled = new ScheduledStudy(study, options.scheduler());
  const active: Worker[] = [];
  const checkpoints = new Map<number, { step: number; state: unknown }>();
  let spent = 0;
  const mayStart = () => {
    const finished = [...history.states].filter((state) => isFinished(state as TrialState)).length;
    return finished + active.length + pausedTrials(history).length < options.trials;
  };
  for (;;) {
    while (active.length < workers) {
      if (!options.isUnchecked) checkRebuilt(options, study, scheduled.scheduler, mayStart());
      const next = await scheduled.next(mayStart);
      if (next === 'done' && active.length === 0) {
        await scheduled.retire();
        return { history, spent, study };
      }
      if (typeof next === 'string') break;
      const { number } = next.trial;
      const from = next.isContinued ? number : next.breeding?.parent;
      const saved = from === null || from === undefined ? undefined : checkpoints.get(from);
      assert.equal(
        saved?.step ?? 0,
        next.isContinued ? next.stepsDone : (next.breeding?.step ?? 0),
        'the checkpoint fits',
      );
      active.push({ scheduled: next, step: saved?.step ?? 0, state: saved?.state });
    }
    for (const worker of [...active]) {
      const { trial } = worker.scheduled;
      worker.step++;
      spent++;
      const { state, value } = options.train(trial.params, worker.state, worker.step);
      worker.state = state;
      await trial.report(value, worker.step);
      const decision = await scheduled.decide(trial.number);
      const isOver = worker.step >= (options.programSteps ?? Number.POSITIVE_INFINITY) || decision.type === 'finish';
      if (decision.type === 'pause') {
        checkpoints.set(trial.number, { step: worker.step, state });
        await scheduled.pause(trial.number);
      } else if (isOver) await study.tell(trial, { values: value });
      if (decision.type === 'pause' || isOver) active.splice(active.indexOf(worker), 1);
    }
    if (options.steps !== undefined && spent >= options.steps) return { history, spent, study };
  }
}

/** A scheduler that has just been made says the same as one that has followed all along. */
function checkRebuilt(options: SchedulerRun, study: Study, scheduler: Scheduler, mayStart: boolean): void {
  const context = { history: study.history, space: options.space, mayStart };
  const fresh = options.scheduler();
  assert.deepEqual(fresh.next(context), scheduler.next(context));
  assert.deepEqual(fresh.losers(context), scheduler.losers(context));
}

/** How many trials have completed each rung of each bracket. */
export function completedByRung(history: History): Map<number, number[]> {
  const counts = new Map<number, number[]>();
  for (let number = 0; number < history.length; number++) {
    const { bracket, step } = history.systemAttrs(number)['tuneboard:rung'] as { bracket: number; step: number };
    const row = counts.get(bracket) ?? [];
    counts.set(bracket, row);
    const attrs = history.systemAttrs(number);
    let rung = 0;
    for (; attrs[`completed_rung_${rung}`] !== undefined; rung++) row[rung] = (row[rung] ?? 0) + 1;
    // The last rung ends the trial.
    if (history.state(number) === TrialState.complete && step !== null) row[rung] = (row[rung] ?? 0) + 1;
  }
  return counts;
}
