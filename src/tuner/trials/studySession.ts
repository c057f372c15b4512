import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { PROCESS } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import type { Study } from '../../core/study/study.ts';
import type { Trial } from '../../core/study/trial.ts';
import type { ControlStatus, StopMode } from '../../protocol/control.ts';
import { processStart } from '../../runs/processIdentity.ts';
import type { Owner } from '../../runs/trialOwner.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { ObjectiveOutcome, ObjectiveRunner, RunningObjective } from '../objective/objective.ts';
import { OtherWorkers } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { failureOf, outcomeOf, type RunOutcome } from '../run/outcome.ts';
import { enqueueIn, Session, type SessionHost } from '../run/session.ts';
import { trialMarker } from './ownership.ts';
import type { ScheduledTrials } from './scheduledTrials.ts';
import { type HandBack, TrialEnds } from './trialEnds.ts';
import { CurveReach, type RecordedPart, TrialRecorder } from './trialRecorder.ts';
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
  /** Reads the study file again while trials run. */
  readonly reload?: ((session: Session) => Promise<string>) | undefined;
  /** How long to wait before looking again where only others run trials, in milliseconds; 1000 by default. */
  readonly idleMs?: number;
  /** Gives a trial that is ended by `stop` to others; absent: it has failed. */
  readonly handBack?: HandBack;
}

/** Runs the trials of one study: ask → run → report → tell, several at a time, until its budget is used up or it is stopped. */
export class StudySession extends Session {
  readonly #options: SessionOptions;
  readonly #active = new Map<number, ActiveTrial>();
  /** Trials whose end is applied (their places are free) but not durable yet. */
  readonly #ending = new Set<ActiveTrial>();
  readonly #gpus: GpuSlots;
  readonly #reach: CurveReach;
  readonly #others: OtherWorkers;
  readonly #source: TrialSource;
  readonly #ends: TrialEnds;
  #failure: RunOutcome | undefined;
  #noted: string | undefined;

  constructor(options: SessionOptions) {
    super(options.host, options.events, options.study.history);
    this.#options = options;
    this.#gpus = new GpuSlots(options.gpus);
    this.#reach = new CurveReach(options.study.history);
    this.#others = new OtherWorkers(options.study.history, options.owner.session);
    const { study, host, events, metrics, constraints = [], scheduled = null, handBack } = options;
    const { budget } = this;
    const others = this.#others;
    this.#source = new TrialSource({ study, scheduled, budget, others });
    const wanted = { metrics, constraints };
    this.#ends = new TrialEnds({ study, host, events, wanted, scheduled, others, handBack });
  }

  /** Resolves when the last trial has ended. */
  async run(): Promise<RunOutcome> {
    for (;;) {
      while (this.#mayStart()) if (!(await this.#startTrial())) break;
      const isQuiet = this.#active.size === 0 && this.#ending.size === 0;
      if (isQuiet && (this.stopMode || this.#failure !== undefined || this.#isDone())) break;
      await this.#nextEvent();
    }
    await this.#options.runner.close();
    if (this.#failure === undefined && this.#source.isScheduleDone) await this.#options.scheduled?.finish();
    else this.#options.scheduled?.sweep();
    return this.#outcome();
  }

  get history(): History {
    return this.#options.study.history;
  }

  running(): ControlStatus['running'] {
    return [...this.#active.values()].map(shownTrial);
  }

  enqueue(params: unknown): Promise<number> {
    return enqueueIn(this.#options.study, params);
  }

  killTrial(number: number): void {
    const trial = this.#active.get(number);
    if (!trial) throw new TuneboardError('not-running', tunerMessage('trialNotRunningHere', { number }));
    endTrial(trial, 'killed');
  }

  override async reload(): Promise<string> {
    const { reload } = this.#options;
    if (!reload) return super.reload();
    const sentence = await reload(this);
    this.say(sentence);
    return sentence;
  }

  protected override onStop(mode: StopMode): void {
    if (mode === 'now') for (const trial of this.#active.values()) endTrial(trial, 'stopped');
  }

  /** Ends trials that other workers took over after a missing heartbeat of this one, and looks for new ones. */
  lookAround(): void {
    for (const trial of this.#active.values()) if (this.#others.haveTaken(trial.number)) endTrial(trial, 'stopped');
    this.wake();
  }

  #mayStart(): boolean {
    if (this.stopMode || this.isPaused || this.#failure !== undefined) return false;
    if (this.#active.size >= this.parallel) return false;
    return this.#source.mayAsk(this.#active.size);
  }

  #isDone(): boolean {
    return this.#source.isDone && !(this.isPaused && this.#options.study.isExhausted);
  }

  async #nextEvent(): Promise<void> {
    const { idleMs = 1000, study } = this.#options;
    const limit = this.isPaused ? Number.POSITIVE_INFINITY : this.budget.leftMs;
    const isIdle = this.#active.size === 0 && this.#others.running > 0;
    await this.sleep(Math.min(limit + 1, isIdle ? idleMs : 1000));
    // What it waits for happens elsewhere. A storage that is away now is asked again.
    if (isIdle && this.#active.size === 0) await study.refresh().catch((error: unknown) => this.#noteOnce(error));
  }

  #noteOnce(error: unknown): void {
    const message = wordsOf(error).text;
    if (this.#noted !== message) this.host.note(message);
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
    await this.#letGo(trial.number);
    const active = this.#open(trial, next.part);
    if (next.note) this.say(next.note);
    this.#options.events.trialStarted?.(trial.number, trial.params);
    this.host.changed();
    active.followed = this.#follow(active)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#makeRoom(active);
        this.#ending.delete(active);
        this.lookAtValues(this.history);
        this.wake();
      });
    return true;
  }

  /** This worker was silent for so long that another one made its trial wait, and has claimed it again itself. */
  async #letGo(number: number): Promise<void> {
    const lost = this.#active.get(number);
    if (!lost) return;
    endTrial(lost, 'stopped');
    await lost.followed;
  }

  /** The trial's place goes to the next one. */
  #makeRoom(active: ActiveTrial): void {
    if (!this.#active.delete(active.number)) return;
    this.#ending.add(active);
    this.#gpus.giveBack(active.recorder.gpu);
    this.host.changed();
    this.wake();
  }

  #open({ number, params }: Trial, part: RecordedPart | null = null): ActiveTrial {
    const { study, owner, metrics, events } = this.#options;
    this.#others.hold(number);
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
    const endEarly = this.stopMode === 'now' || this.#failure !== undefined ? 'stopped' : undefined;
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
    if (this.#failure !== undefined && outcome.type === 'ended') this.host.note(`Trial ${number} was ended.`);
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
    this.host.note(String((isFault && error instanceof Error && error.stack) || this.#failure.message));
    for (const trial of this.#active.values()) endTrial(trial, 'stopped');
    this.wake();
  }

  #outcome(): RunOutcome {
    if (this.#failure !== undefined) return this.#failure;
    if (this.stopMode && !this.#isDone()) return { state: 'stopped' };
    return outcomeOf(this.history, this.budget);
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

/** The trial as control clients see it. */
function shownTrial({ number, objective, startedAt }: ActiveTrial): ControlStatus['running'][number] {
  return { number, pid: objective?.pid ?? null, startedAt };
}

function endTrial(trial: ActiveTrial, cause: 'stopped' | 'killed'): void {
  if (trial.objective) trial.objective.end(cause);
  else trial.endEarly = cause;
}

/** Hands each running trial a GPU id of its own; ids are shared evenly when there are more trials than GPUs. */
export class GpuSlots {
  readonly #ids: readonly number[];
  readonly #uses: number[];

  constructor(ids: readonly number[] | null) {
    this.#ids = ids ?? [];
    this.#uses = this.#ids.map(() => 0);
  }

  /** The least used id; null when the study names none. */
  take(): number | null {
    if (this.#ids.length === 0) return null;
    const slot = this.#uses.indexOf(Math.min(...this.#uses));
    this.#uses[slot] = (this.#uses[slot] as number) + 1;
    return this.#ids[slot] as number;
  }

  giveBack(id: number | null): void {
    const slot = id === null ? -1 : this.#ids.indexOf(id);
    if (slot >= 0) this.#uses[slot] = Math.max(0, (this.#uses[slot] as number) - 1);
  }
}
