import { FAIL_REASON, OWNER } from '../../../core/study/attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import { isFinished, TrialState } from '../../../core/study/states.ts';
import { templateOf } from '../../trialTemplate.ts';
import type { Transaction } from '../connect/serverDatabase.ts';
import type { TrialRow } from '../read/rowDecoder.ts';
import type { ServerReader } from '../read/serverReader.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { RowBatch } from './rowBatch.ts';
import { isSameTrial } from './sameTrial.ts';
import { LOST_REASON } from './secondAttempt.ts';
import type { TransactionParts } from './serverTransaction.ts';
import type { TrialPlanner } from './trialPlanner.ts';

/**
 * Puts trials of one study back that the database has lost, within a transaction that has the study locked. What had ended, or
 * waits, is put back as it was, and so is what runs here or elsewhere with signs of life; what else ran as failed, as nobody
 * knows of whoever ran it. Where a number is another trial's by now, the lost one gets the next free number, and has its old
 * one in the history of this process only: finished trials of a history never change.
 */
export class StudyRestorer {
  readonly #parts: Pick<TransactionParts, 'database' | 'reader' | 'planner'>;
  readonly #study: RdbStudy;
  readonly #batch = new RowBatch();
  readonly #show: (() => void)[] = [];

  constructor(parts: Pick<TransactionParts, 'database' | 'reader' | 'planner'>, study: RdbStudy) {
    this.#parts = parts;
    this.#study = study;
  }

  get #reader(): ServerReader {
    return this.#parts.reader;
  }

  get #planner(): TrialPlanner {
    return this.#parts.planner;
  }

  /** A trial is there under this id, but not as far as the history has it. */
  #writeAgain(number: number, id: number): void {
    const template = templateOf(this.#study, number, this.#reader.decoder.exact);
    for (const change of changesOf(template, number)) this.#planner.change(this.#batch, this.#study, { id }, change);
    if (template.state === TrialState.running && beats(template)) this.#batch.beat({ id });
  }

  /** `lost` are numbers of the history, ascending, of what is not there as it was; `rows` the study's trials by their numbers in the database, from `first` on. */
  async restore(
    transaction: Transaction,
    lost: readonly number[],
    rows: ReadonlyMap<number, TrialRow>,
    first: number,
  ): Promise<void> {
    const { tracker } = this.#reader;
    const gone = new Set(lost.map((number) => this.#study.trialIds[number] as number));
    const known = new Set(this.#study.trialIds.filter((id) => !gone.has(id)));
    const others = new Map([...rows].filter(([, { trialId }]) => !known.has(trialId)));
    const missing: number[] = [];
    for (const number of lost) {
      const row = this.#find(number, others);
      if (row) {
        others.delete(row.number as number);
        this.#takeOver(number, row);
      } else missing.push(number);
    }
    await this.#putBack(transaction, missing, Math.max(first - 1, ...rows.keys()) + 1);
    this.#show.push(() => {
      const stored = (row: TrialRow) => tracker.localNumber(this.#study, row.number as number);
      for (const row of [...others.values()].sort((a, b) => stored(a) - stored(b))) this.#reader.takeNew(row);
    });
    // Ids may begin anew below those that were lost.
    const before = Math.min(...gone) - 1;
    this.#show.push(() => (tracker.lastTrialId = Math.min(tracker.lastTrialId, before)));
  }

  /** Writes everything. Returns what has to be done once that is durable. */
  async write(transaction: Transaction): Promise<(() => void)[]> {
    await this.#batch.write(transaction, this.#parts.database.dialect);
    return this.#show;
  }

  /** Where somebody else has written the trial again: mostly under its number. */
  #find(number: number, rows: ReadonlyMap<number, TrialRow>): TrialRow | undefined {
    const stored = this.#reader.tracker.storedNumber(this.#study, number);
    const sought = { study: this.#study, number, stored, isOwn: this.#isOwn(number) };
    const isIt = (row: TrialRow) => isSameTrial(sought, row);
    const first = rows.get(stored);
    return first && isIt(first) ? first : [...rows.values()].find(isIt);
  }

  #takeOver(number: number, row: TrialRow): void {
    const { history } = this.#study;
    const isBehind = isFinished(history.state(number)) && !isFinished(row.template.state);
    const isUnbegun = this.#isOwn(number) && row.template.state === TrialState.waiting;
    if (isBehind || isUnbegun) this.#writeAgain(number, row.trialId);
    this.#show.push(() => {
      this.#moved(number, row.trialId, row.number as number);
      if (!isBehind && !isUnbegun) this.#reader.tracker.update(row);
    });
  }

  /** `free` is the first number that no trial has. */
  async #putBack(transaction: Transaction, missing: readonly number[], free: number): Promise<void> {
    const { tracker, decoder } = this.#reader;
    const stored = (number: number) => tracker.storedNumber(this.#study, number);
    // Those that can keep their numbers first.
    const inOrder = [...missing].sort(
      (a, b) => Number(stored(a) < free) - Number(stored(b) < free) || stored(a) - stored(b),
    );
    const ids = inOrder.length > 0 ? await this.#parts.database.dialect.reserveIds?.(transaction, inOrder.length) : [];
    for (const [index, number] of inOrder.entries()) {
      const template = putBack(templateOf(this.#study, number, decoder.exact), this.#isOwn(number));
      const planned = this.#planner.create(this.#batch, this.#study, free + index, template);
      planned.ref.id = ids?.[index] ?? -1;
      if (template.state === TrialState.running && beats(template)) this.#batch.beat(planned.ref);
      this.#show.push(() => {
        this.#moved(number, planned.ref.id, free + index);
        planned.noteExact();
        for (const change of endOf(template, number)) tracker.apply(this.#study, change);
      });
    }
  }

  #isOwn(number: number): boolean {
    return this.#reader.own.has(this.#study.trialIds[number] as number);
  }

  #moved(number: number, id: number, stored: number): void {
    const { tracker, seen, own } = this.#reader;
    const before = this.#study.trialIds[number] as number;
    tracker.replace(this.#study, number, id);
    tracker.renumber(this.#study, number, stored);
    seen.replace(before, this.#study, number, id);
    if (own.delete(before)) own.add(id);
  }
}

/** What is left of a trial that nobody may be working at. */
function putBack(template: TrialTemplate, isOwn: boolean): TrialTemplate {
  if (template.state !== TrialState.running || isOwn || beats(template)) return template;
  const userAttrs = { ...template.userAttrs, [FAIL_REASON]: LOST_REASON };
  return { ...template, state: TrialState.fail, userAttrs, completedAt: Date.now() };
}

/** Whether whoever runs the trial gives signs of life: then others find out once they stop. */
function beats({ systemAttrs = {} }: TrialTemplate): boolean {
  const owner = systemAttrs[OWNER] as { readonly beats?: JsonValue } | null | undefined;
  return typeof owner?.beats === 'number';
}

/** What the history does not show yet of a trial that was put back as failed; nothing of others. */
function endOf({ state, userAttrs, completedAt }: TrialTemplate, number: number): TrialChange[] {
  if (userAttrs?.[FAIL_REASON] !== LOST_REASON) return [];
  return [
    { type: 'userAttr', number, key: FAIL_REASON, value: LOST_REASON },
    { type: 'state', number, state, values: null, at: completedAt as number },
  ];
}

function changesOf(template: TrialTemplate, number: number): TrialChange[] {
  const { params = [], intermediate = [], userAttrs = {}, systemAttrs = {}, state, values = null } = template;
  const at = (state === TrialState.running ? template.startedAt : template.completedAt) as number;
  return [
    ...params.map((param) => ({ type: 'param', number, param }) as const),
    ...intermediate.map(([step, value]) => ({ type: 'intermediate', number, step, value }) as const),
    ...Object.entries(userAttrs).map(([key, value]) => ({ type: 'userAttr', number, key, value }) as const),
    ...Object.entries(systemAttrs).map(([key, value]) => ({ type: 'systemAttr', number, key, value }) as const),
    { type: 'state', number, state, values, at },
  ];
}
