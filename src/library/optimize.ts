import { TuneboardError } from '../core/errors.ts';
import type { Params } from '../core/space/distributions.ts';
import { FAIL_REASON } from '../core/study/attributes.ts';
import { TrialState } from '../core/study/states.ts';
import { type StopRules, StopWatch } from '../core/study/stopRules.ts';
import type { Study } from '../core/study/study.ts';
import type { Trial } from '../core/study/trial.ts';
import { shown } from '../core/text/shown.ts';
import { type FrozenTrial, frozenTrial } from './frozenTrial.ts';
import { requireKeys } from './studyOptions.ts';
import type { Quota, TrialSource } from './trialSource.ts';

/** Returns the value, or one value an objective. Throws `TrialPruned` to end a trial early. */
export type Objective<P extends object = Params> = (
  trial: Trial<P>,
) => number | readonly number[] | Promise<number | readonly number[]>;

export interface OptimizeOptions<P extends object = Params> {
  /** New trials of this call; without it, until the time is up, the sampler has nothing left, or it is stopped. */
  readonly trials?: number;
  /** Milliseconds after which no new trial starts. */
  readonly timeout?: number;
  /** Ends the run earlier, once a value is good enough or nothing better was found for a number of trials. */
  readonly stopWhen?: StopRules;
  /** Trials at a time, 1 by default: for an objective that waits. */
  readonly parallel?: number;
  /** Record a trial whose objective throws as failed and go on; false by default: `optimize` throws the error. */
  readonly catch?: boolean;
  /** Called after each trial, and under a scheduler after each part of one: it is `waiting` while it is paused. */
  readonly onTrial?: (trial: FrozenTrial<P>) => void;
  /** Ends the run after the running trials. */
  readonly signal?: AbortSignal;
}

/** Thrown by an objective after `trial.shouldPrune()`: the trial ends as pruned, or is paused by the scheduler. */
export class TrialPruned extends Error {
  constructor(message = 'The trial was pruned.') {
    super(message);
    this.name = 'TrialPruned';
  }
}

/** Workers are objects too. */
const MOST_PARALLEL = 100_000;

/** How long a worker waits for others at the most: what it waits for may happen in another process. */
const LOOK_AGAIN_MS = 500;

/** Asks, runs and tells, up to `parallel` trials at a time. Rejects with the objective's first error, when the others have ended. */
export async function optimize(
  study: Study,
  source: TrialSource,
  objective: Objective,
  options: OptimizeOptions,
  isStopping: () => boolean,
): Promise<void> {
  requireOptions(objective, options);
  const { trials = Number.POSITIVE_INFINITY, timeout, parallel = 1, signal, onTrial } = options;
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout;
  const quota: Quota = { left: trials };
  const ends = new Ends();
  let failure: { readonly error: unknown } | undefined;
  const watch = new StopWatch(study.history);
  const hasFoundEnough = () => options.stopWhen !== undefined && watch.met(options.stopWhen) !== undefined;
  const mayStart = () =>
    failure === undefined && Date.now() < deadline && !isStopping() && !signal?.aborted && !hasFoundEnough();
  const turns = new Turns();
  const work = async () => {
    while (mayStart()) {
      try {
        await turns.next();
        if (!mayStart()) break;
        const trial = await source.next(quota);
        if (trial === 'done') break;
        if (trial === 'wait') {
          await ends.next();
          continue;
        }
        await runTrial(source, trial, objective, options.catch ?? false);
        onTrial?.(frozenTrial(study.history, trial.number));
      } catch (error) {
        failure ??= { error };
      }
      ends.tell();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, trials) }, work));
  turns.close();
  if (failure) throw (failure as { error: unknown }).error;
}

/**
 * Lets timers and events, such as one that stops the run, have their turn beside an objective that never waits. Before every
 * trial and in the order of calls, so that what parallel trials see of each other does not depend on the clock.
 */
class Turns {
  readonly #channel = new MessageChannel();
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#waiting.shift()?.());
    this.#channel.port1.start();
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#channel.port2.postMessage(null);
    });
  }

  close(): void {
    this.#channel.port1.close();
  }
}

/** Lets workers wait for the end of another one's trial. */
class Ends {
  readonly #waiting = new Set<() => void>();

  next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), LOOK_AGAIN_MS);
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const NO_VALUE = 'The objective returned nothing: let it return its value, such as `return loss`.';

async function runTrial(source: TrialSource, trial: Trial, objective: Objective, catches: boolean): Promise<void> {
  try {
    const values: unknown = await objective(trial);
    if (values === undefined) throw new TuneboardError('no-value', NO_VALUE);
    await source.end(trial, { values: values as number | readonly number[] });
  } catch (error) {
    if (error instanceof TrialPruned) return source.end(trial, { state: TrialState.pruned });
    const reason = error instanceof Error ? error.message : String(error);
    await trial.setUserAttr(FAIL_REASON, reason);
    await source.end(trial, { state: TrialState.fail });
    if (!catches) throw error;
  }
}

const OPTIMIZE_KEYS: Readonly<Record<keyof OptimizeOptions, true>> = {
  trials: true,
  timeout: true,
  stopWhen: true,
  parallel: true,
  catch: true,
  onTrial: true,
  signal: true,
};

function requireOptions(objective: Objective, options: OptimizeOptions): void {
  if (typeof objective !== 'function') {
    throw invalid(`The objective is ${shown(objective)}: give a function that takes a trial and returns its value.`);
  }
  requireKeys('optimize', options, Object.keys(OPTIMIZE_KEYS));
  const { trials = Number.POSITIVE_INFINITY, timeout = 0, parallel = 1 } = options;
  const { target, plateau } = options.stopWhen ?? {};
  requireKeys('stopWhen', options.stopWhen ?? {}, ['target', 'plateau']);
  if (target !== undefined && typeof target !== 'number') throw invalid(`target is ${shown(target)}: use a number.`);
  if (plateau !== undefined) requireCount('plateau', plateau);
  requireCount('trials', trials);
  requireCount('parallel', parallel);
  if (Math.min(parallel, trials) > MOST_PARALLEL) {
    throw invalid(`parallel is ${parallel}: use a whole number from 1 to ${MOST_PARALLEL}.`);
  }
  if (typeof timeout === 'number' && timeout >= 0) return;
  throw invalid(`timeout is ${shown(timeout)}: use a number of milliseconds from 0 on.`);
}

function requireCount(name: string, count: number): void {
  if ((Number.isInteger(count) || count === Number.POSITIVE_INFINITY) && count >= 1) return;
  throw invalid(`${name} is ${shown(count)}: use a whole number from 1 on.`);
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-option', message);
}
