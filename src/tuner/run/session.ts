import type { ParamValue } from '../../core/space/distributions.ts';
import type { History } from '../../core/study/history.ts';
import { sameValues } from '../../core/study/startComparison.ts';
import type { Study } from '../../core/study/study.ts';
import type { ControlStatus, StopMode } from '../../protocol/control.ts';
import type { RunBudget, RunRecord } from '../../protocol/runRecord.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import { Budget } from './budget.ts';
import type { SessionEvents, SessionView } from './events.ts';
import { checkedParams, invalidOrder } from './orders.ts';

/** What a session needs of the process that runs it: a tuner with its run record (RunHost), or a worker. */
export interface SessionHost {
  readonly record: Pick<RunRecord, 'budget' | 'parallel' | 'state'>;
  update(change: Partial<Pick<RunRecord, 'state' | 'budget' | 'parallel'>>): void;
  changed(): void;
  /** Shows what the run waits for, until it is called without. */
  waitFor(sentence: Message | undefined): void;
  /** A line for the log. */
  note(sentence: string): void;
}

/** What a session says of a stop and of a pause. */
export interface SessionWords {
  readonly now: string;
  readonly afterCurrent: string;
  readonly paused: string;
}

const WORDS: SessionWords = {
  now: 'Stopping now.',
  afterCurrent: 'Stopping after the running trials.',
  paused: 'Paused: running trials finish, no new ones start.',
};

/**
 * The run of one study as control clients and terminals see it, whatever runs its trials: a session of this process, workers
 * on a cluster, or a script that owns its study. It has the budget, the number of parallel trials, pause and stop.
 */
export abstract class Session<Host extends SessionHost = SessionHost> {
  readonly budget: Budget;
  protected readonly host: Host;
  protected readonly events: SessionEvents;
  protected parallel: number;
  protected stopMode: StopMode | undefined;
  protected isPaused = false;
  readonly #wakeup = new Wakeup();
  #isSame = false;
  readonly #words: SessionWords;

  /** @param history Of the study, where there is one yet. */
  constructor(host: Host, events: SessionEvents, history: History | undefined, words: Partial<SessionWords> = {}) {
    this.host = host;
    this.events = events;
    this.parallel = host.record.parallel;
    this.budget = new Budget(history, host.record.budget);
    this.#words = { ...WORDS, ...words };
  }

  abstract running(): ControlStatus['running'];

  /** Throws `not-running`. */
  abstract killTrial(number: number): void | Promise<void>;

  /** Makes a waiting trial of parameters that a person has chosen. Returns its number; throws `invalid-order`. */
  abstract enqueue(params: unknown): Promise<number>;

  /** Reads the study file again, and says so in one sentence. Throws `invalid-order` where nothing can change before the end. */
  async reload(): Promise<string> {
    throw invalidOrder(tunerMessage('reloadNotHere'));
  }

  finished(): number {
    return this.budget.finished;
  }

  get isStopping(): boolean {
    return this.stopMode !== undefined;
  }

  get limits(): RunBudget {
    return this.budget.limits;
  }

  setBudget(limits: RunBudget): void {
    this.budget.limits = limits;
    this.host.update({ budget: limits });
    this.wake();
  }

  setParallel(parallel: number): void {
    this.parallel = parallel;
    this.host.update({ parallel });
    this.wake();
  }

  /** Throws `invalid-order` while it stops. */
  setPaused(isPaused: boolean): void {
    if (this.isStopping) throw invalidOrder(tunerMessage('studyStopping'));
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) this.budget.pause();
    else this.budget.resume();
    this.onPaused(isPaused);
    this.host.update({ state: isPaused ? 'paused' : 'running' });
    this.say(isPaused ? this.#words.paused : 'Resumed.');
    this.wake();
  }

  /** Stops the study; `now` also ends the running trials. A second call may only make it sooner. */
  stop(mode: StopMode): void {
    if (this.stopMode === 'now' || this.stopMode === mode) return;
    this.say(this.#words[mode]);
    this.stopMode = mode;
    this.host.update({ state: 'stopping' });
    this.onStop(mode);
    this.wake();
  }

  /** Something has happened that the session may wait for. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** The session as what shows it reads it, at every moment. */
  view(study: { readonly name: string; readonly metrics: readonly string[]; readonly storage: string }): SessionView {
    const { history } = this.budget;
    if (!history) throw new Error('The session has no study yet.');
    return {
      studyName: study.name,
      knownTrials: history.length - history.waiting.size,
      storage: study.storage,
      history,
      metrics: study.metrics,
      state: () => this.host.record.state,
      budget: () => this.limits,
      finished: () => this.finished(),
      runningTrials: () => this.running().map(({ number }) => number),
    };
  }

  /** Called once for every accepted stop. */
  protected onStop(_mode: StopMode): void {}

  protected onPaused(_isPaused: boolean): void {}

  protected sleep(mostMs: number): Promise<void> {
    return this.#wakeup.sleep(mostMs);
  }

  /** Says once that no trial differs from another in its value, when that has come to be so. */
  protected lookAtValues(history: History): void {
    const same = sameValues(history);
    if (same && !this.#isSame) this.say(same.text);
    this.#isSame = same !== undefined;
  }

  protected say(sentence: string): void {
    this.host.note(sentence);
    this.events.note?.(sentence);
  }
}

/** Makes a waiting trial of a study that Tuneboard itself asks for trials. */
export function enqueueIn(study: Study, params: unknown): Promise<number> {
  const checked: Record<string, ParamValue> = checkedParams(params, study);
  return study.enqueue(checked);
}

/** Lets a loop sleep until something happens, also if that was while it was not asleep. */
class Wakeup {
  #onWake: (() => void) | undefined;
  #isDirty = false;

  /** Resolves at the next `wake`, at once if there was one since the last sleep, or after `mostMs`. */
  sleep(mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.#onWake = () => {
        clearTimeout(timer);
        this.#isDirty = false;
        resolve();
      };
      if (this.#isDirty) this.#onWake();
    });
  }

  wake(): void {
    this.#isDirty = true;
    this.#onWake?.();
  }
}
