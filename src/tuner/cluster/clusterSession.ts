import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { ORDERS } from '../../core/study/attributes.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import type { ControlStatus, StopMode } from '../../protocol/control.ts';
import { ownerOf } from '../../runs/trialOwner.ts';
import { clusterMessage } from '../../words/en/cluster.ts';
import { durationText } from '../render/text.ts';
import { OtherWorkers } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { failureOf, outcomeOf, type RunOutcome } from '../run/outcome.ts';
import type { RunHost } from '../run/runHost.ts';
import { enqueueIn, Session } from '../run/session.ts';
import { killOrder, ordersAttr, type StudyOrders } from '../worker/studyOrders.ts';
import { Dismissal, type DismissalEnd } from './dismissal.ts';
import { HistoryEvents } from './historyEvents.ts';
import { leftSentence } from './leftWorkers.ts';
import { recordStopped } from './stoppedTrials.ts';
import type { Workforce } from './workforce.ts';

/** What the workers of a run are to know, written into the study once for each change. */
class SentOrders {
  readonly #log: WritableTrialLog;
  readonly #study: StudyRecord;
  readonly #run: string;
  #sent = '';

  constructor(log: WritableTrialLog, study: StudyRecord, run: string) {
    this.#log = log;
    this.#study = study;
    this.#run = run;
  }

  async send(orders: Omit<StudyOrders, 'run'>): Promise<void> {
    const attr = ordersAttr({ run: this.#run, ...orders });
    const text = JSON.stringify(attr);
    if (text === this.#sent) return;
    await this.#log.setStudyAttr(this.#study, 'system', ORDERS, attr);
    this.#sent = text;
  }
}

export interface ClusterSessionOptions {
  readonly host: RunHost;
  readonly log: WritableTrialLog;
  readonly study: Study;
  readonly events: SessionEvents;
  readonly workforce: Workforce;
  /** The run whose orders the workers heed. */
  readonly run: string;
  /** Whether trials are paused and promoted: there may be work while no further trial has room. */
  readonly isScheduled: boolean;
  /** Time between two looks at the cluster, in milliseconds. */
  readonly lookMs: number;
  /** How long all may wait in the queue until the reason is reported, in milliseconds; a minute by default. */
  readonly longWaitMs?: number;
  /** How long workers may take to end after the order, in milliseconds; a minute by default. */
  readonly endingMs?: number;
  /** How long a stop waits for an engine that does not answer, in milliseconds; 5 s by default. */
  readonly awayMs?: number;
  readonly session: string;
}

/** So many workers that leave a waiting trial behind are right: none of them can do it. */
const MOST_LEAVING = 3;
/** What trying again does not help. */
const FINAL: ReadonlySet<unknown> = new Set(['cluster-refused', 'no-token', 'too-large', 'usage']);
/** How often a stop that waits for running trials looks whether one that does not is ordered, in milliseconds. */
const STOP_LOOK_MS = 500;
/** Time between two attempts while the cluster or the storage is away, in milliseconds. */
const AWAY_MS = 5000;

/**
 * A study whose trials are run by workers on a cluster: places them, follows them, replaces those that are lost, and ends
 * them. It runs no trial itself, and whatever becomes of it, the workers go on: the next tuner of the study finds them.
 */
export class ClusterSession extends Session<RunHost> {
  readonly #options: ClusterSessionOptions;
  readonly #others: OtherWorkers;
  readonly #told: HistoryEvents;
  readonly #wait: LongWait;
  /** Resolves when a person stops the study. */
  readonly #stopped = Promise.withResolvers<void>();
  /** Ends the present wait for some work. */
  #interrupt: (() => void) | undefined;
  /** Whether a person waits for the end. */
  #isHurried = false;
  readonly #orders: SentOrders;
  /** Whether the study was stopped before its budget was used up. */
  #isCutShort = false;
  #turning: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: ClusterSessionOptions) {
    const { log, study, run, host, events, session, workforce, longWaitMs } = options;
    super(host, events, study.history, { now: 'Stopping now: the workers are ended.' });
    this.#options = options;
    this.#others = new OtherWorkers(study.history, session);
    this.#told = new HistoryEvents(study.history, events);
    this.#orders = new SentOrders(log, study.record, run);
    this.#wait = new LongWait(workforce, longWaitMs, (sentence) => this.say(sentence));
  }

  running(): ControlStatus['running'] {
    const { history } = this.#options.study;
    return [...history.running]
      .filter((number) => ownerOf(history.systemAttrs(number))?.beats !== undefined)
      .map((number) => ({ number, pid: null, startedAt: history.startedAt[number] ?? Number.NaN }));
  }

  /** Others of the same study go on when this run stops. */
  get #own(): readonly number[] {
    return this.#options.workforce.trialsIn(this.#options.study.history);
  }

  protected override onStop(mode: StopMode): void {
    this.#isHurried = true;
    this.#isCutShort ||= !this.budget.isUsedUp || (mode === 'now' && this.#own.length > 0);
    this.#stopped.resolve();
    this.#interrupt?.();
  }

  /** Resolves when a person stops the study. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  enqueue(params: unknown): Promise<number> {
    return enqueueIn(this.#options.study, params);
  }

  async killTrial(number: number): Promise<void> {
    const { study } = this.#options;
    const owner = study.history.running.has(number) ? ownerOf(study.history.systemAttrs(number)) : undefined;
    if (owner?.beats === undefined) {
      throw new TuneboardError('not-running', clusterMessage('trialNotRunningCluster', { number }));
    }
    await study.commit([killOrder(number)]);
  }

  /** Resolves when the study is done or stopped and its workers have ended. What goes wrong while it is stopped is no failure. */
  async run(): Promise<RunOutcome> {
    try {
      while (!this.#isOver()) await this.#turnOrStop();
    } catch (error) {
      if (this.stopMode === undefined) return this.#fail(error);
      this.say(wordsOf(error).text);
    }
    const { isOrdered, left } = await this.#dismiss();
    if (this.stopMode === 'now') await this.#endTrials(isOrdered);
    if (!left) return this.#outcome();
    this.host.update({ left });
    const message = leftSentence(left);
    const outcome = this.#outcome();
    if (outcome.state !== 'stopped') {
      this.say(message.text);
      return outcome;
    }
    // The log has it with the end.
    this.events.note?.(message.text);
    return { ...outcome, message };
  }

  /** Workers that cannot do better are not left behind. */
  async #fail(error: unknown): Promise<RunOutcome> {
    const { workforce } = this.#options;
    await workforce.findUnheard().catch(() => undefined);
    await workforce.cancel(workforce.atWork).catch(() => undefined);
    await workforce.look().catch(() => undefined);
    return failureOf(error);
  }

  /** A stop does not wait for what a cluster or a storage that is away would have answered. */
  async #turnOrStop(): Promise<void> {
    this.#turning ??= this.#turn().finally(() => {
      this.#turning = undefined;
    });
    this.#turning.catch(() => undefined);
    await this.#unlessStopped(this.#turning);
  }

  /** Waits for some work, but not past an order; the promise of the stop would keep everything that was raced with it. */
  async #unlessStopped(work: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#interrupt = resolve;
    const timer = this.stopMode && setTimeout(resolve, STOP_LOOK_MS);
    try {
      await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #turn(): Promise<void> {
    const { study, workforce, lookMs } = this.#options;
    try {
      await study.refresh();
      await this.#order();
      this.#told.tell();
      this.lookAtValues(study.history);
      await workforce.look();
      if (this.#mayPlace()) await this.#place();
      this.#wait.look();
      this.#problem = undefined;
    } catch (error) {
      const { code } = error as { code?: unknown };
      // What the cluster refuses from the first on it will refuse again.
      const isRefused = FINAL.has(code) && !this.#options.workforce.hasPlaced;
      if (code === 'workers-failed' || isRefused) throw error;
      // The cluster is away, or the storage: what runs goes on, and is asked again.
      const message = wordsOf(error).text;
      if (this.#problem !== message && this.stopMode !== 'now') this.say(message);
      this.#problem = message;
    }
    this.host.changed();
    if (!this.#isOver()) await this.sleep(this.#problem === undefined ? lookMs : Math.max(lookMs, AWAY_MS));
  }

  #order(): Promise<void> {
    const { trials } = this.limits;
    return this.#orders.send({ stop: this.stopMode ?? null, isPaused: this.isPaused, trials });
  }

  /** Whether workers have found that there is nothing left to do. One that left a waiting trial behind is not believed. */
  get #isAllDone(): boolean {
    const { workforce, study, isScheduled } = this.#options;
    const isLeft = !isScheduled && study.history.count(TrialState.waiting) > 0;
    return workforce.ended >= (isLeft ? MOST_LEAVING : 1);
  }

  #mayPlace(): boolean {
    const isWanted = !this.stopMode && !this.isPaused && !this.budget.isUsedUp && !this.#isAllDone;
    return isWanted && !this.#options.workforce.isHopeless;
  }

  async #place(): Promise<void> {
    const { workforce, isScheduled } = this.#options;
    const { trials } = this.limits;
    const left = trials === null || isScheduled ? Number.POSITIVE_INFINITY : trials - this.budget.finished;
    const missing = Math.min(this.parallel, left) - workforce.atWork.length;
    if (missing > 0) await workforce.place(missing);
    else if (missing < 0) await workforce.cancel(workforce.queued.slice(missing));
  }

  #isOver(): boolean {
    const mode = this.stopMode;
    if (mode === 'now' || this.budget.isTimeUp) return true;
    if (mode) return this.#own.length === 0;
    if (this.#isAllDone && this.#options.workforce.atWork.length === 0) return true;
    return this.budget.isUsedUp && this.#others.running === 0;
  }

  /** Workers leave by themselves when there is nothing more to do. */
  #dismiss(): Promise<DismissalEnd> {
    const { workforce, lookMs, endingMs, awayMs } = this.#options;
    // The time is up: no person waits for the end.
    if (this.budget.isTimeUp) this.stopMode ??= 'afterCurrent';
    return new Dismissal({
      workforce,
      lookMs,
      endingMs,
      awayMs,
      isHurried: () => this.#isHurried,
      isNow: () => this.stopMode === 'now',
      isPatient: () => this.stopMode === 'afterCurrent' && this.#own.length > 0,
      order: () => this.#order(),
      read: () => this.#read(),
      sleep: (mostMs) => this.sleep(mostMs),
      say: (sentence) => this.say(sentence),
    }).run();
  }

  async #read(): Promise<void> {
    await this.#options.study.refresh();
    this.#told.tell();
  }

  /** Trials whose worker was ended before it could record them. */
  async #endTrials(isOrdered: boolean): Promise<void> {
    const { study, log } = this.#options;
    const trouble = await recordStopped(log, study, () => this.#own, isOrdered);
    this.#told.tell();
    if (trouble !== undefined) this.say(trouble);
  }

  #outcome(): RunOutcome {
    const { trials } = this.limits;
    const isComplete = (trials !== null && this.budget.finished >= trials) || this.budget.stoppedBy !== undefined;
    if (this.#isCutShort && !isComplete) return { state: 'stopped' };
    return outcomeOf(this.#options.study.history, this.budget);
  }
}

const LONG_MS = 60_000;

/** Tells, once, that no worker starts, and what the cluster says about it. */
class LongWait {
  readonly #workforce: Workforce;
  readonly #longMs: number;
  readonly #say: (sentence: string) => void;
  #since = performance.now();
  #isTold = false;

  /** @param longMs How long all may wait in the queue, in milliseconds; a minute by default. */
  constructor(workforce: Workforce, longMs: number | undefined, say: (sentence: string) => void) {
    this.#workforce = workforce;
    this.#longMs = longMs ?? LONG_MS;
    this.#say = say;
  }

  look(): void {
    const { queued, atWork } = this.#workforce;
    if (queued.length === 0 || queued.length < atWork.length) {
      this.#since = performance.now();
      this.#isTold = false;
    } else if (!this.#isTold && performance.now() - this.#since > this.#longMs) {
      this.#isTold = true;
      const why = queued.find(({ reason }) => reason)?.reason ?? 'no reason is given';
      const time = durationText(this.#longMs);
      this.#say(`No worker has started for ${time}; the cluster says: ${why.replace(/\.$/, '')}.`);
    }
  }
}
