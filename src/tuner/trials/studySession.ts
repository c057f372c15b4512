import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { PROCESS } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import type { Study } from '../../core/study/study.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { processStart } from '../../runs/processIdentity.ts';
import type { Owner } from '../../runs/trialOwner.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { ObjectiveOutcome, ObjectiveRunner, RunningObjective } from '../objective/objective.ts';
import type { RunOutcome, StopMode } from '../objective/optuna/optunaRun.ts';
import { Budget } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { GpuSlots } from '../run/gpuSlots.ts';
import { invalidOrder } from '../run/orders.ts';
import { OtherWorkers } from '../run/otherWorkers.ts';
import { failureOf } from '../run/runHost.ts';
import type { SessionHost } from '../run/sessionHost.ts';
import type { Steered } from '../run/steering.ts';
import { Wakeup } from '../run/wakeup.ts';
import { CurveReach } from './curveReach.ts';
import { trialMarker } from './ownership.ts';
import { whyAllFailed } from './recordVerdict.ts';
import type { ScheduledTrials } from './scheduledTrials.ts';
import { type HandBack, TrialEnds } from './trialEnds.ts';
import { type RecordedPart, TrialRecorder } from './trialRecorder.ts';
import { TrialSource } from './trialSource.ts';

export interface SessionOptions {
  readonly host: SessionHost;
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
  /** How long to wait before looking again where only others run trials, in milliseconds; 1000 by default. */
  readonly idleMs?: number;
  /** Gives a trial that is ended by `stop` to others; absent: it has failed. */
  readonly handBack?: HandBack;
  /** Awaited before a trial's end is recorded (see TrialEndsOptions). */
  readonly freshen?: () => Promise<unknown>;
}

/** Runs the trials of one study: ask → run → report → tell, several at a time, until its budget is used up or it is stopped. */
export class StudySession implements Steered {
  readonly budget: Budget;
  readonly #options: SessionOptions;
  readonly #active = new Map<number, ActiveTrial>();
  /** Trials whose end is applied (their places are free) but not durable yet. */
  readonly #ending = new Set<ActiveTrial>();
  readonly #gpus: GpuSlots;
  readonly #reach: CurveReach;
  readonly #others: OtherWorkers;
  readonly #source: TrialSource;
  readonly #ends: TrialEnds;
  #parallel: number;
  #stop: StopMode | undefined;
  #isPaused = false;
  #failure: RunOutcome | undefined;
  #noted: string | undefined;
  readonly #wakeup = new Wakeup();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#parallel = options.host.record.parallel;
    this.#gpus = new GpuSlots(options.gpus);
    this.#reach = new CurveReach(options.study.history);
    this.budget = new Budget(options.study.history, options.host.record.budget);
    this.#others = new OtherWorkers(options.study.history, options.owner.session);
    const { study, host, events, metrics, constraints = [], scheduled = null, handBack, freshen } = options;
    const { budget } = this;
    const others = this.#others;
    this.#source = new TrialSource({ study, scheduled, budget, others });
    const wanted = { metrics, constraints };
    this.#ends = new TrialEnds({ study, host, events, wanted, scheduled, others, handBack, freshen });
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
    if (this.#failure === undefined && this.#source.isScheduleDone) await this.#options.scheduled?.finish();
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
    this.wake();
  }

  get isStopping(): boolean {
    return this.#stop !== undefined;
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

  get limits(): RunBudget {
    return this.budget.limits;
  }

  setBudget(limits: RunBudget): void {
    this.budget.limits = limits;
  }

  setParallel(parallel: number): void {
    this.#parallel = parallel;
  }

  killTrial(number: number): void {
    const trial = this.#active.get(number);
    if (!trial) throw new TuneboardError('not-running', tunerMessage('trialNotRunningHere', { number }));
    endTrial(trial, 'killed');
  }

  setPaused(isPaused: boolean): void {
    const { host } = this.#options;
    if (this.#stop) throw invalidOrder(tunerMessage('studyStopping'));
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.budget.pause();
    else this.budget.resume();
    host.update({ state: isPaused ? 'paused' : 'running' });
    this.#options.events.note?.(isPaused ? 'Paused: running trials finish, no new ones start.' : 'Resumed.');
    this.wake();
  }

  /** Lets go of trials that others have taken, as this session was silent for too long, and looks for new ones. */
  lookAround(): void {
    for (const trial of this.#active.values()) if (this.#others.haveTaken(trial.number)) endTrial(trial, 'stopped');
    this.wake();
  }

  #mayStart(): boolean {
    if (this.#stop || this.#isPaused || this.#failure !== undefined) return false;
    if (this.#active.size >= this.#parallel) return false;
    return this.#source.mayAsk(this.#active.size);
  }

  #isDone(): boolean {
    return this.#source.isDone && !(this.#isPaused && this.#options.study.isExhausted);
  }

  async #nextEvent(): Promise<void> {
    const { idleMs = 1000, study } = this.#options;
    const limit = this.#isPaused ? Number.POSITIVE_INFINITY : this.budget.leftMs;
    const isIdle = this.#active.size === 0 && this.#others.running > 0;
    await this.#wakeup.sleep(Math.min(limit + 1, isIdle ? idleMs : 1000));
    // What it waits for happens elsewhere. A storage that is away now is asked again.
    if (isIdle && this.#active.size === 0) await study.refresh().catch((error: unknown) => this.#noteOnce(error));
  }

  wake(): void {
    this.#wakeup.wake();
  }

  #noteOnce(error: unknown): void {
    const message = wordsOf(error).text;
    if (this.#noted !== message) this.#options.host.note(message);
    this.#noted = message;
  }

  /**
   * Asks for a trial, which is made durable together with the ends that made room for it; these are announced first, and
   * its process starts when all of it is durable. False: there is none now.
   */
  async #startTrial(): Promise<boolean> {
    const earlier = [...this.#ending];
    const next = await this.#source.next(this.#active.size).catch((error: unknown) => this.#fail(error));
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
        this.wake();
      });
    return true;
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
    this.wake();
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
      onWriteError: (error) => this.#onWriteError(this.#active.get(number), error),
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

  #settle(active: ActiveTrial, outcome: ObjectiveOutcome): Promise<void> {
    return this.#ends.settle(active.recorder, outcome, () => this.#makeRoom(active));
  }

  #onWriteError(active: ActiveTrial | undefined, error: unknown): void {
    if (active && this.#ends.isTaken(error)) endTrial(active, 'stopped');
    else this.#fail(error);
  }

  /** The study can't go on: running trials are ended, what can still be stored is stored. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = failureOf(error);
    const isFault = !(error instanceof TuneboardError);
    this.#options.host.note(String((isFault && error instanceof Error && error.stack) || this.#failure.message));
    for (const trial of this.#active.values()) endTrial(trial, 'stopped');
    this.wake();
  }

  #outcome(): RunOutcome {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#stop && !this.#isDone()) return { state: 'stopped' };
    const message = whyAllFailed(this.history);
    return message === undefined ? { state: 'finished' } : { state: 'failed', code: 'all-failed', message };
  }
}

/** A trial that a session runs. */
interface ActiveTrial {
  readonly number: number;
  readonly startedAt: number;
  readonly recorder: TrialRecorder;
  objective: RunningObjective | undefined;
  /** Asked to end before its process was there. */
  endEarly: 'stopped' | 'killed' | undefined;
  /** Resolves when its end is durable and announced, or has failed the study. */
  followed: Promise<void>;
}

/** What a control client is told about it. */
function shownTrial({ number, objective, startedAt }: ActiveTrial): ControlStatus['running'][number] {
  return { number, pid: objective?.pid ?? null, startedAt };
}

function endTrial(trial: ActiveTrial, cause: 'stopped' | 'killed'): void {
  if (trial.objective) trial.objective.end(cause);
  else trial.endEarly = cause;
}
