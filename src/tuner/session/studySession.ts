import { TuneboardError } from '../../core/errors.ts';
import type { History } from '../../core/study/history.ts';
import type { Study } from '../../core/study/study.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import { processStart } from '../../runs/processIdentity.ts';
import { type Owner, PROCESS } from '../../runs/trialOwner.ts';
import type { ObjectiveOutcome, ObjectiveRunner } from '../objectives/objective.ts';
import type { RunOutcome, StopMode } from '../objectives/optunaRun.ts';
import { type ActiveTrial, endTrial, shownTrial } from './activeTrial.ts';
import { Budget } from './budget.ts';
import { CurveReach } from './curveReach.ts';
import type { SessionEvents } from './events.ts';
import { FailureStreak } from './failureStreak.ts';
import { GpuSlots } from './gpuSlots.ts';
import { checkedBudget, checkedParallel, checkedParams, checkedStopMode, invalidOrder } from './orders.ts';
import { trialMarker } from './ownership.ts';
import { recordVerdict, whyAllFailed } from './recordVerdict.ts';
import { failureOf, type RunHost, type Steerable } from './runHost.ts';
import type { ScheduledTrials } from './scheduledTrials.ts';
import { type RecordedPart, TrialRecorder } from './trialRecorder.ts';
import { isToPause, judge, type Verdict } from './verdict.ts';
import { Wakeup } from './wakeup.ts';

export interface SessionOptions {
  readonly host: RunHost;
  readonly study: Study;
  readonly owner: Owner;
  readonly runner: ObjectiveRunner;
  /** The objectives, one a direction. */
  readonly metrics: readonly string[];
  readonly gpus: readonly number[] | null;
  readonly events: SessionEvents;
  /** Reported values that must be ≤ 0. */
  readonly constraints?: readonly string[];
  /** Where trials are paused and promoted. */
  readonly scheduled?: ScheduledTrials | null;
}

/** Runs the trials of one study: ask → run → report → tell, several at a time, until its budget is used up or it is stopped. */
export class StudySession implements Steerable {
  readonly budget: Budget;
  readonly #options: SessionOptions;
  readonly #active = new Map<number, ActiveTrial>();
  /** Trials whose end is applied (their places are free) but not durable yet. */
  readonly #ending = new Set<ActiveTrial>();
  readonly #gpus: GpuSlots;
  readonly #reach: CurveReach;
  readonly #streak = new FailureStreak();
  #parallel: number;
  #stop: StopMode | undefined;
  #isPaused = false;
  /** The scheduler has nothing more to do. */
  #isScheduleDone = false;
  #failure: RunOutcome | undefined;
  readonly #wakeup = new Wakeup();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#parallel = options.host.record.parallel;
    this.#gpus = new GpuSlots(options.gpus);
    this.#reach = new CurveReach(options.study.history);
    this.budget = new Budget(options.study.history, options.host.record.budget);
  }

  /** Resolves when the last trial has ended. */
  async run(): Promise<RunOutcome> {
    for (;;) {
      while (this.#mayStart()) if (!(await this.#startTrial())) break;
      const isQuiet = this.#active.size === 0 && this.#ending.size === 0;
      if (isQuiet && (this.#stop || this.#failure !== undefined || this.#isDone())) break;
      await this.#nextEvent();
    }
    await this.#options.runner.close();
    if (this.#failure === undefined && this.#isScheduleDone) await this.#options.scheduled?.finish();
    else this.#options.scheduled?.sweep();
    return this.#outcome();
  }

  /** Stops the study; `now` also ends the running trials. A second call may only make it sooner. */
  stop(mode: StopMode): void {
    if (this.#stop === 'now') return;
    if (this.#stop !== mode) {
      const what = mode === 'now' ? 'Stopping now.' : 'Stopping after the running trials.';
      this.#say(what);
    }
    this.#stop = mode;
    this.#options.host.update({ state: 'stopping' });
    if (mode === 'now') for (const trial of this.#active.values()) endTrial(trial, 'stopped');
    this.#wake();
  }

  get history(): History {
    return this.#options.study.history;
  }

  running(): ControlStatus['running'] {
    return [...this.#active.values()].map(shownTrial);
  }

  finished(): number {
    return this.budget.finished;
  }

  readonly handlers: Steerable['handlers'] = {
    stop: ({ mode }) => {
      this.stop(checkedStopMode(mode));
      return this.#options.host.status();
    },
    pause: () => this.#setPaused(true),
    resume: () => this.#setPaused(false),
    setBudget: (change) => {
      this.budget.limits = checkedBudget(this.budget.limits, change);
      this.#options.host.update({ budget: this.budget.limits });
      this.#wake();
      return this.#options.host.status();
    },
    setParallel: ({ parallel }) => {
      this.#parallel = checkedParallel(parallel);
      this.#options.host.update({ parallel });
      this.#wake();
      return this.#options.host.status();
    },
    enqueue: async ({ params }) => {
      const number = await this.#options.study.enqueue(checkedParams(params, this.#options.study));
      this.#wake();
      return { number };
    },
    killTrial: ({ number }) => {
      const trial = this.#active.get(number);
      if (!trial) throw new TuneboardError('not-running', `Trial ${number} is not running here.`);
      endTrial(trial, 'killed');
      return this.#options.host.status();
    },
  };

  #setPaused(isPaused: boolean): ControlStatus {
    const { host } = this.#options;
    if (this.#stop) throw invalidOrder('The study is stopping.');
    if (this.#isPaused !== isPaused) {
      this.#isPaused = isPaused;
      if (isPaused) this.budget.pause();
      else this.budget.resume();
      host.update({ state: isPaused ? 'paused' : 'running' });
      this.#options.events.note?.(isPaused ? 'Paused: running trials finish, no new ones start.' : 'Resumed.');
      this.#wake();
    }
    return host.status();
  }

  #mayStart(): boolean {
    if (this.#stop || this.#isPaused || this.#failure !== undefined) return false;
    if (this.#active.size >= this.#parallel) return false;
    if (this.#options.scheduled) return !this.budget.isTimeUp;
    return !this.#options.study.isExhausted && this.budget.startable(this.#active.size) > 0;
  }

  #isDone(): boolean {
    if (this.#options.scheduled) return this.budget.isTimeUp || this.#isScheduleDone;
    if (this.budget.isUsedUp) return true;
    return !this.#isPaused && this.#options.study.isExhausted;
  }

  #nextEvent(): Promise<void> {
    const limit = this.#isPaused ? Number.POSITIVE_INFINITY : this.budget.leftMs;
    return this.#wakeup.sleep(Math.min(limit + 1, 1000));
  }

  #wake(): void {
    this.#wakeup.wake();
  }

  /**
   * Asks for a trial, which is made durable together with the ends that made room for it; these are announced first, and
   * its process starts when all of it is durable. False: there is none now.
   */
  async #startTrial(): Promise<boolean> {
    const earlier = [...this.#ending];
    const next = await this.#next().catch((error: unknown) => this.#fail(error));
    if (!next) return false;
    await Promise.all(earlier.map(({ followed }) => followed));
    const { trial } = next;
    const active = this.#open(trial, next.part);
    if (next.note) this.#say(next.note);
    this.#options.events.trialStarted?.(trial.number, trial.params);
    this.#options.host.changed();
    active.followed = this.#follow(active)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#makeRoom(active);
        this.#ending.delete(active);
        this.#wake();
      });
    return true;
  }

  async #next(): Promise<{ trial: Trial; part?: RecordedPart; note?: string | undefined } | undefined> {
    const { scheduled, study } = this.#options;
    if (!scheduled) return { trial: await study.ask() };
    const next = await scheduled.next(() => this.budget.startable(this.#active.size + scheduled.paused) > 0);
    this.#isScheduleDone = next === 'done';
    return typeof next === 'string' ? undefined : next;
  }

  #say(sentence: string): void {
    this.#options.host.note(sentence);
    this.#options.events.note?.(sentence);
  }

  /** The trial's place goes to the next one. */
  #makeRoom(active: ActiveTrial): void {
    if (!this.#active.delete(active.number)) return;
    this.#ending.add(active);
    this.#gpus.giveBack(active.recorder.gpu);
    this.#options.host.changed();
    this.#wake();
  }

  #open({ number, params }: Trial, part: RecordedPart | null = null): ActiveTrial {
    const { study, owner, metrics, events } = this.#options;
    const recorder = new TrialRecorder({
      study,
      number,
      params,
      metrics,
      reach: this.#reach,
      marker: trialMarker(owner, number),
      gpu: this.#gpus.take(),
      onWriteError: (error) => this.#fail(error),
      onReport: (value, step) => events.trialReported?.(number, value, step),
      part,
    });
    const endEarly = this.#stop === 'now' || this.#failure !== undefined ? 'stopped' : undefined;
    const followed = Promise.resolve();
    const active: ActiveTrial = { number, startedAt: Date.now(), recorder, objective: undefined, endEarly, followed };
    this.#active.set(number, active);
    return active;
  }

  async #follow(active: ActiveTrial): Promise<void> {
    const { recorder, number } = active;
    const { runner } = this.#options;
    if (active.endEarly) return this.#settle(active, { type: 'ended', cause: active.endEarly });
    const objective = await runner.start(recorder);
    active.objective = objective;
    if (active.endEarly) objective.end(active.endEarly);
    const start = objective.pid === null ? undefined : processStart(objective.pid);
    if (start !== undefined) recorder.setSystemAttr(PROCESS, { pid: objective.pid, start });
    const outcome = await objective.outcome;
    await recorder.close();
    if (this.#failure !== undefined && outcome.type === 'ended') this.#options.host.note(`Trial ${number} was ended.`);
    await this.#settle(active, outcome);
  }

  /** A trial that its scheduler needs again waits; any other ends. */
  async #settle(active: ActiveTrial, outcome: ObjectiveOutcome): Promise<void> {
    const { metrics, constraints = [], scheduled } = this.#options;
    const { number, recorder } = active;
    if (!scheduled || !isToPause(outcome, () => scheduled.isThrough(number))) {
      return this.#tell(active, judge(outcome, { metrics, constraints }, recorder.lastValues));
    }
    this.#streak.add(undefined);
    await scheduled.pause(number, { onApplied: () => this.#makeRoom(active) });
    const last = this.history.lastReport(number);
    this.#options.events.trialPaused?.(number, last?.value ?? Number.NaN, last?.step ?? 0);
  }

  async #tell(active: ActiveTrial, verdict: Verdict): Promise<void> {
    const { study, metrics, constraints = [], events, host } = this.#options;
    const { number, recorder } = active;
    const { failure } = verdict;
    const isOwnEnd = !verdict.interrupted && failure?.code !== 'killed';
    const verdictOnRun = isOwnEnd ? this.#streak.add(failure) : undefined;
    const told = await recordVerdict(study, recorder, { metrics, constraints }, verdict, () => {
      if (verdictOnRun === undefined) this.#makeRoom(active);
    });
    const reason = failure?.reason ?? told.reason;
    if (reason) host.note(`Trial ${number} failed: ${reason}`);
    events.trialEnded?.(number, told.state, told.values, reason);
    if (verdictOnRun !== undefined) this.#fail(new TuneboardError('all-failed', verdictOnRun));
  }

  /** The study can't go on: running trials are ended, what can still be stored is stored. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = failureOf(error);
    const isFault = !(error instanceof TuneboardError);
    this.#options.host.note(String((isFault && error instanceof Error && error.stack) || this.#failure.message));
    for (const trial of this.#active.values()) endTrial(trial, 'stopped');
    this.#wake();
  }

  #outcome(): RunOutcome {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#stop && !this.#isDone()) return { state: 'stopped' };
    const message = whyAllFailed(this.history);
    return message === undefined ? { state: 'finished' } : { state: 'failed', code: 'all-failed', message };
  }
}
