import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { ORDERS } from '../../core/study/attributes.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { ownerOf } from '../../runs/trialOwner.ts';
import { clusterMessage } from '../../words/en/cluster.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { RunOutcome, StopMode } from '../objective/optuna/optunaRun.ts';
import { Budget } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { invalidOrder } from '../run/orders.ts';
import { OtherWorkers } from '../run/otherWorkers.ts';
import { failureOf, type RunHost } from '../run/runHost.ts';
import type { Steered } from '../run/steering.ts';
import { Wakeup } from '../run/wakeup.ts';
import { whyAllFailed } from '../trials/recordVerdict.ts';
import { killOrder, ordersAttr, type StudyOrders } from '../worker/studyOrders.ts';
import { Dismissal, type DismissalEnd } from './dismissal.ts';
import { HistoryEvents } from './historyEvents.ts';
import { leftSentence } from './leftWorkers.ts';
import { LongWait } from './longWait.ts';
import { recordStopped } from './stoppedTrials.ts';
import { Stopping } from './stopping.ts';
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
  /** How long all may wait in the queue until a person is told why, in milliseconds; a minute by default. */
  readonly longWaitMs?: number;
  /** How long workers that were told to end may take, in milliseconds; a minute by default. */
  readonly endingMs?: number;
  /** How long a stop waits for an engine that is not heard from, in milliseconds; 5 s by default. */
  readonly awayMs?: number;
  readonly session: string;
}

/** So many workers that leave a waiting trial behind are right: none of them can do it. */
const MOST_LEAVING = 3;
/** What trying again does not help. */
const FINAL: ReadonlySet<unknown> = new Set(['cluster-refused', 'no-token', 'too-large', 'usage']);
/** Time between two attempts while the cluster or the storage is away, in milliseconds. */
const AWAY_MS = 5000;

/**
 * A study whose trials are run by workers on a cluster: places them, follows them, replaces those that are lost, and ends
 * them. It runs no trial itself, and whatever becomes of it, the workers go on: the next tuner of the study finds them.
 */
export class ClusterSession implements Steered {
  readonly budget: Budget;
  readonly #options: ClusterSessionOptions;
  readonly #others: OtherWorkers;
  readonly #told: HistoryEvents;
  readonly #wakeup = new Wakeup();
  readonly #wait: LongWait;
  #parallel: number;
  readonly #stopping = new Stopping();
  readonly #orders: SentOrders;
  /** Whether the study was stopped before its budget was used up. */
  #isCutShort = false;
  #turning: Promise<void> | undefined;
  #isPaused = false;
  #problem: string | undefined;

  constructor(options: ClusterSessionOptions) {
    this.#options = options;
    const { log, study, run, host, events, session, workforce, longWaitMs } = options;
    this.budget = new Budget(study.history, host.record.budget);
    this.#others = new OtherWorkers(study.history, session);
    this.#told = new HistoryEvents(study.history, events);
    this.#orders = new SentOrders(log, study.record, run);
    this.#parallel = host.record.parallel;
    this.#wait = new LongWait(workforce, longWaitMs, (sentence) => this.#say(sentence));
  }

  get limits(): RunBudget {
    return this.budget.limits;
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

  finished(): number {
    return this.budget.finished;
  }

  wake(): void {
    this.#wakeup.wake();
  }

  stop(mode: StopMode): void {
    if (!this.#stopping.order(mode)) return;
    this.#say(mode === 'now' ? 'Stopping now: the workers are ended.' : 'Stopping after the running trials.');
    this.#isCutShort ||= !this.budget.isUsedUp || (mode === 'now' && this.#own.length > 0);
    this.#options.host.update({ state: 'stopping' });
    this.wake();
  }

  get isStopping(): boolean {
    return this.#stopping.mode !== undefined;
  }

  /** Resolves when the study is told to stop. */
  get stopped(): Promise<void> {
    return this.#stopping.ordered;
  }

  setPaused(isPaused: boolean): void {
    if (this.#stopping.mode) throw invalidOrder(tunerMessage('studyStopping'));
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.budget.pause();
    else this.budget.resume();
    this.#options.host.update({ state: isPaused ? 'paused' : 'running' });
    this.#say(isPaused ? 'Paused: running trials finish, no new ones start.' : 'Resumed.');
    this.wake();
  }

  setBudget(limits: RunBudget): void {
    this.budget.limits = limits;
  }

  setParallel(parallel: number): void {
    this.#parallel = parallel;
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
      if (this.#stopping.mode === undefined) return this.#fail(error);
      this.#say(wordsOf(error).text);
    }
    const { isOrdered, left } = await this.#dismiss();
    if (this.#stopping.mode === 'now') await this.#endTrials(isOrdered);
    if (!left) return this.#outcome();
    this.#options.host.update({ left });
    const message = leftSentence(left);
    const outcome = this.#outcome();
    if (outcome.state !== 'stopped') {
      this.#say(message.text);
      return outcome;
    }
    // The log has it with the end.
    this.#options.events.note?.(message.text);
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
    await this.#stopping.wait(this.#turning);
  }

  async #turn(): Promise<void> {
    const { study, workforce, lookMs } = this.#options;
    try {
      await study.refresh();
      await this.#order();
      this.#told.tell();
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
      if (this.#problem !== message && this.#stopping.mode !== 'now') this.#say(message);
      this.#problem = message;
    }
    this.#options.host.changed();
    if (!this.#isOver()) await this.#wakeup.sleep(this.#problem === undefined ? lookMs : Math.max(lookMs, AWAY_MS));
  }

  #order(): Promise<void> {
    const { trials } = this.limits;
    return this.#orders.send({ stop: this.#stopping.mode ?? null, isPaused: this.#isPaused, trials });
  }

  /** Whether workers have found that there is nothing left to do. One that left a waiting trial behind is not believed. */
  get #isAllDone(): boolean {
    const { workforce, study, isScheduled } = this.#options;
    const isLeft = !isScheduled && study.history.count(TrialState.waiting) > 0;
    return workforce.ended >= (isLeft ? MOST_LEAVING : 1);
  }

  #mayPlace(): boolean {
    const isWanted = !this.#stopping.mode && !this.#isPaused && !this.budget.isUsedUp && !this.#isAllDone;
    return isWanted && !this.#options.workforce.isHopeless;
  }

  async #place(): Promise<void> {
    const { workforce, isScheduled } = this.#options;
    const { trials } = this.limits;
    const left = trials === null || isScheduled ? Number.POSITIVE_INFINITY : trials - this.budget.finished;
    const missing = Math.min(this.#parallel, left) - workforce.atWork.length;
    if (missing > 0) await workforce.place(missing);
    else if (missing < 0) await workforce.cancel(workforce.queued.slice(missing));
  }

  #isOver(): boolean {
    const { mode } = this.#stopping;
    if (mode === 'now' || this.budget.isTimeUp) return true;
    if (mode) return this.#own.length === 0;
    if (this.#isAllDone && this.#options.workforce.atWork.length === 0) return true;
    return this.budget.isUsedUp && this.#others.running === 0;
  }

  /** Workers leave by themselves when there is nothing more to do. */
  #dismiss(): Promise<DismissalEnd> {
    const { workforce, lookMs, endingMs, awayMs } = this.#options;
    if (this.budget.isTimeUp) this.#stopping.timeUp();
    return new Dismissal({
      workforce,
      lookMs,
      endingMs,
      awayMs,
      isHurried: () => this.#stopping.isHurried,
      isNow: () => this.#stopping.mode === 'now',
      isPatient: () => this.#stopping.mode === 'afterCurrent' && this.#own.length > 0,
      order: () => this.#order(),
      read: () => this.#read(),
      sleep: (mostMs) => this.#wakeup.sleep(mostMs),
      say: (sentence) => this.#say(sentence),
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
    if (trouble !== undefined) this.#say(trouble);
  }

  #say(sentence: string): void {
    this.#options.host.note(sentence);
    this.#options.events.note?.(sentence);
  }

  #outcome(): RunOutcome {
    const { trials } = this.limits;
    const isComplete = trials !== null && this.budget.finished >= trials;
    if (this.#isCutShort && !isComplete) return { state: 'stopped' };
    const message = whyAllFailed(this.#options.study.history);
    return message === undefined ? { state: 'finished' } : { state: 'failed', code: 'all-failed', message };
  }
}
