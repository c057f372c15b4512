import { setOwn } from '../../../core/ownProperty.ts';
import type { JsonValue, TrialChange } from '../../../core/study/changes.ts';
import { TrialState } from '../../../core/study/states.ts';
import { inTurn } from '../../eventLoop.ts';
import type { Transaction } from '../connect/serverDatabase.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { noStudy, waitingTrials } from '../rules.ts';
import type { RowBatch } from './rowBatch.ts';
import { isStillTaken, writtenNumber } from './secondAttempt.ts';
import type { AttrRequest, ClaimRequest, CreateRequest } from './serverRequests.ts';
import type { TransactionParts } from './serverTransaction.ts';

/**
 * The studies that a transaction has locked, as Optuna locks them, and what is written under these locks: trials that get a
 * number or begin, and attributes. It is shown once the transaction is durable: had it to be done again, it might be other.
 */
export class LockedStudies {
  readonly #queries: Transaction;
  readonly #parts: TransactionParts;
  readonly #batch: RowBatch;
  /** How many trials each has by now, the next number in the database, and the ids of those to come, where they can be told. */
  readonly #locked = new Map<RdbStudy, { count: number; next: number; readonly ids: number[] }>();
  #lockedAt: number | undefined;
  readonly #claimed = new Set<number>();
  readonly #onCommit: (() => void)[] = [];
  /** What a second attempt must know of this one, should nobody be able to tell how it ended. */
  readonly #remembered: (() => void)[] = [];

  /** Rows go into `batch`, which the transaction writes. */
  constructor(queries: Transaction, parts: TransactionParts, batch: RowBatch) {
    this.#queries = queries;
    this.#parts = parts;
    this.#batch = batch;
  }

  /** When the first lock was given; undefined as long as nobody waits for this transaction to give a number. */
  get lockedAt(): number | undefined {
    return this.#lockedAt;
  }

  has(study: RdbStudy): boolean {
    return this.#locked.has(study);
  }

  /** The transaction is durable: what it made is shown. */
  committed(): void {
    for (const show of this.#onCommit) show();
  }

  /** Everything is written, and only the commit is left. */
  remember(): void {
    for (const note of this.#remembered) note();
  }

  /** Nobody else gives a number in the study from now on. Throws `no-study`. */
  async lock(study: RdbStudy, newTrials: number): Promise<void> {
    const { database, reader } = this.#parts;
    const { dialect } = database;
    const known = this.#locked.get(study);
    const missing = newTrials - (known?.ids.length ?? 0);
    const reserve = async () =>
      dialect.reserveIds && missing > 0 ? await dialect.reserveIds(this.#queries, missing) : [];
    if (known) {
      known.ids.push(...(await reserve()));
      return;
    }
    // It is read behind the lock, on the same connection: as it is once the lock is held.
    const [isThere, ids] = await inTurn(
      this.#queries.lockStudy(study.id),
      reserve(),
      reader.syncStudy(this.#queries, study),
    );
    if (!isThere) throw noStudy(database.url.location, study.name);
    this.#locked.set(study, { count: study.history.length, next: reader.tracker.nextNumber(study), ids });
    this.#lockedAt ??= performance.now();
  }

  create(study: RdbStudy, request: CreateRequest): number | undefined {
    const { written } = request;
    const before = written && writtenNumber(study, request.template, written);
    if (before !== undefined) return before;
    const locked = this.#locked.get(study) as { count: number; next: number; ids: number[] };
    const number = locked.count;
    const { ifNumber, beats } = request.options;
    if (ifNumber !== undefined && ifNumber !== number) return undefined;
    this.#parts.planner.requireTemplate(request.template);
    const planned = this.#parts.planner.create(this.#batch, study, locked.next++, request.template);
    planned.ref.id = locked.ids.shift() ?? -1;
    if (beats) this.#batch.beat(planned.ref);
    locked.count++;
    this.#onCommit.push(() => {
      this.#parts.reader.tracker.addOwn(study, planned.ref.id, planned.template);
      if (planned.template.state === TrialState.running) this.#parts.reader.own.add(planned.ref.id);
      planned.noteExact();
    });
    this.#remembered.push(() => {
      request.written = { id: planned.ref.id, number, startedAt: planned.template.startedAt as number };
    });
    return number;
  }

  async claim(study: RdbStudy, request: ClaimRequest): Promise<number | undefined> {
    const { number: wanted, systemAttrs = {}, beats, onlyIf } = request.options;
    const { history } = study;
    const { taken } = request;
    if (taken && isStillTaken(study, taken, systemAttrs)) return study.trialIds.indexOf(taken.trialId);
    if (onlyIf?.() === false) return undefined;
    for (const number of wanted === undefined ? waitingTrials(study) : [wanted]) {
      const trialId = study.trialIds[number] as number;
      if (!history.waiting.has(number) || this.#claimed.has(trialId)) continue;
      const { text, millis } = this.#parts.planner.time(Date.now());
      const sql = "UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ? AND state = 'WAITING'";
      if ((await this.#queries.run(sql, [text, trialId])).count !== 1) continue;
      this.#claimed.add(trialId);
      const changes: TrialChange[] = [{ type: 'state', number, state: TrialState.running, at: millis }];
      for (const [key, value] of Object.entries(systemAttrs)) {
        changes.push(
          this.#parts.planner.change(this.#batch, study, { id: trialId }, { type: 'systemAttr', number, key, value }),
        );
      }
      if (beats) this.#batch.beat({ id: trialId });
      this.#onCommit.push(() => {
        for (const change of changes) this.#parts.reader.tracker.apply(study, change);
        this.#parts.reader.own.add(trialId);
      });
      this.#remembered.push(() => {
        request.taken = { trialId, at: millis };
      });
      return number;
    }
    return undefined;
  }

  attr(study: RdbStudy, { of, key, value }: AttrRequest): undefined {
    const attrs = of === 'user' ? study.userAttrs : study.systemAttrs;
    this.#parts.planner.requireAttr(key, value, Object.keys(attrs));
    const read: Record<string, JsonValue> = {};
    const note = this.#parts.planner.attr(this.#batch, 'study', { id: study.id }, of, key, value, read);
    this.#onCommit.push(() => {
      setOwn(of === 'user' ? study.userAttrs : study.systemAttrs, key, read[key] as JsonValue);
      note();
    });
    return undefined;
  }
}
