import { setImmediate as nextTurn } from 'node:timers/promises';
import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import { Mutex } from '../../eventLoop.ts';
import type { OnWaiting, Retry } from '../../retry.ts';
import { serverRetry } from '../../sql/connect/serverError.ts';
import type { ServerUrl } from '../../sql/connect/serverUrl.ts';
import { type JournalMedium, type JournalRequest, type PlannedBatch, planBatch } from '../journalMedium.ts';
import type { JournalEncoder } from '../journalOps.ts';
import { JournalPlan } from '../journalPlan.ts';
import type { JournalState } from '../journalState.ts';
import type { PlanDependence } from '../planDependence.ts';
import { RedisConnection } from './redisConnection.ts';
import { askInfo, risksOf } from './redisInfo.ts';
import { RedisReader } from './redisReader.ts';

/** Requests that are written together at most: a script keeps all others from the server. */
const REQUESTS_A_COMMIT = 1000;

export interface RedisJournalOptions {
  /** See `RedisJournal`. */
  readonly patienceMs: number;
  /** Whether the end of a log that its server lost may be written again. */
  readonly putsBack: boolean;
  /** Told when the server has been away for a second, and when it is there again. */
  readonly onWaiting?: OnWaiting | undefined;
}

interface Pending extends PlannedBatch {
  readonly lines: readonly string[];
  readonly dependence: PlanDependence;
}

/**
 * A journal on a Redis server, as Optuna's JournalRedisBackend keeps it. Many processes on many machines, Python's among
 * them, may share one.
 *
 * There is no lock: lines are planned on what was read, and appended unless something came in between that would make them
 * other ones (a trial of the study, where one is created; a line about a trial that they change). Then that is read, and the
 * requests are planned anew. An append whose answer was lost is sent again as it was: had it arrived, its own lines are in
 * between.
 */
export class RedisJournal implements JournalMedium {
  readonly kind = 'redis';
  risks: readonly string[] = [];
  readonly retry: Retry;
  readonly location: string;
  readonly #connection: RedisConnection;
  readonly #reader: RedisReader;
  readonly #encoder: JournalEncoder;
  readonly #access = new Mutex();
  /** From a commit until the callers of its requests have had a turn. */
  #isFresh = false;
  /** A refresh that has not begun: further calls share it. */
  #nextRefresh: Promise<boolean> | undefined;

  /** Throws what is wrong with the URL. */
  constructor(url: ServerUrl, encoder: JournalEncoder, { patienceMs, putsBack, onWaiting }: RedisJournalOptions) {
    this.location = url.location;
    this.#connection = new RedisConnection(url);
    this.#reader = new RedisReader(this.#connection, putsBack);
    this.#encoder = encoder;
    this.retry = serverRetry(url, patienceMs, onWaiting);
  }

  get state(): JournalState {
    return this.#reader.state;
  }

  get isNewest(): boolean {
    return this.#isFresh;
  }

  get loss(): Message | undefined {
    if (!this.#reader.hasLost) return undefined;
    return storageMessage('lostLastWrites', { place: this.location });
  }

  /** Asks the server for its settings, as far as it tells: see `risks`. */
  async lookForRisks(): Promise<void> {
    this.risks = risksOf(await askInfo(this.#connection), this.#connection.url);
  }

  refresh(): Promise<boolean> {
    this.#nextRefresh ??= this.retry.run(() =>
      this.#access.run(() => {
        this.#nextRefresh = undefined;
        return this.#reader.sync();
      }),
    );
    return this.#nextRefresh;
  }

  async drain(queue: JournalRequest[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, REQUESTS_A_COMMIT);
      try {
        const done = await this.#access.run(() => this.#commit(batch));
        this.#isFresh = true;
        for (const { request } of done.waiting) if (request.onApplied) queueMicrotask(request.onApplied);
        for (const tell of done.early) tell();
        for (const { request, result } of done.waiting) request.resolve(result);
        // A writer often sends its next request as soon as one resolves.
        await nextTurn();
      } catch (error) {
        for (const request of batch) request.reject(error);
      } finally {
        this.#isFresh = false;
      }
    }
  }

  close(): Promise<void> {
    return this.#access.run(() => this.#connection.close());
  }

  #commit(batch: readonly JournalRequest[]): Promise<PlannedBatch> {
    let pending: Pending | undefined;
    /** What was not appended now, and so may have been before. */
    let doubtful: Pending | undefined;
    return this.retry.run(async () => {
      let isNewest = false;
      for (;;) {
        if (doubtful) {
          if (!isNewest) await this.#reader.sync();
          isNewest = true;
          if (this.#reader.hasFound) return doubtful;
          doubtful = undefined;
        }
        pending ??= this.#plan(batch);
        if (pending.lines.length === 0) {
          // Their results must hold for the newest state.
          if (isNewest || !(await this.#reader.sync())) return pending;
          isNewest = true;
        } else {
          const { count, last } = this.#reader;
          const answer = await this.#connection.append({ ...pending, count, last, workerId: this.#encoder.workerId });
          if (answer.isAppended) {
            await this.#reader.applyOwn(answer.between, pending.lines);
            return pending;
          }
          // No other line is like it, as it names who wrote it.
          this.#reader.seek(pending.lines[0] as string);
          await this.#reader.apply(answer.between);
          isNewest = answer.isAll;
          doubtful = pending;
        }
        pending = undefined;
      }
    });
  }

  #plan(batch: readonly JournalRequest[]): Pending {
    const plan = new JournalPlan(this.location, this.state.replay, this.#encoder);
    const planned = planBatch(batch, plan);
    const lines = plan.text === '' ? [] : plan.text.slice(0, -1).split('\n');
    return { ...planned, lines, dependence: plan.dependence };
  }
}
