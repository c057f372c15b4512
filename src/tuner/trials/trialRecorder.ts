import type { Params } from '../../core/space/distributions.ts';
import { CONSTRAINT, GRADIENT } from '../../core/study/attributes.ts';
import type { JsonValue, TrialChange } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import { StepCounter } from '../objective/metrics/lineReport.ts';
import type { EarlyEnd, TrialHandle, TrialPart } from '../objective/objective.ts';

/** After this many reports a trial may store one every `THIN_MS` only, so that a program that prints without pause cannot fill the disk. */
const DENSE_REPORTS = 1000;
const THIN_MS = 100;

export interface RecorderOptions {
  readonly study: Study;
  readonly number: number;
  readonly params: Params;
  readonly metrics: readonly string[];
  readonly reach: CurveReach;
  readonly marker: TrialHandle['marker'];
  readonly gpu: number | null;
  /** A write failed: the study can't go on. */
  readonly onWriteError: (error: unknown) => void;
  readonly onReport?: (value: number, step: number) => void;
  readonly part?: RecordedPart | null;
}

/** What a scheduler has to do with a trial. */
export interface RecordedPart {
  readonly checkpoint: string;
  /** Steps that the checkpoint has been trained. */
  readonly step: number;
  /** Whether its program may find that it has done its part already, and report nothing: its last value counts then. */
  readonly mayBeThere: boolean;
  /** Step of the report before it, −1 without a checkpoint: reports without a step are counted from there. */
  readonly lastStep: number;
  readonly budget: () => number | null;
  /** What becomes of the trial after a stored report. */
  readonly decide: () => Promise<'paused' | 'finished' | undefined>;
}

/** Stores what a running trial reports: written as one commit as soon as the last one is durable. */
export class TrialRecorder implements TrialHandle {
  readonly number: number;
  readonly params: Params;
  readonly marker: TrialHandle['marker'];
  readonly gpu: number | null;
  readonly #options: RecorderOptions;
  readonly #steps: StepCounter;
  /** Steps of earlier parts, which a trial that is run again reports a second time. */
  readonly #known: ReadonlySet<number>;
  readonly #last = new Map<string, number>();
  readonly #listeners: ((cause: EarlyEnd) => void)[] = [];
  #pending: TrialChange[] = [];
  #held: TrialChange | undefined;
  #writing: Promise<void> | undefined;
  #reports = 0;
  #lastKeptAt = 0;
  #earlyEnd: EarlyEnd | undefined;
  /** The step whose report said that the trial should end. */
  #endStep = Number.POSITIVE_INFINITY;
  #isBeyondEnd = false;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.number = options.number;
    this.params = options.params;
    this.marker = options.marker;
    this.gpu = options.gpu;
    this.#steps = new StepCounter(options.part?.lastStep);
    const last = options.part?.mayBeThere ? options.study.history.lastReport(options.number) : undefined;
    if (last) this.#last.set(options.metrics[0] ?? '', last.value);
    this.#known = new Set(options.part ? options.study.history.curve(options.number).steps : []);
  }

  get best(): number | null {
    const { history } = this.#options.study;
    return history.best === undefined ? null : history.value(history.best);
  }

  get part(): TrialPart | null {
    const { part } = this.#options;
    return part ? { checkpoint: part.checkpoint, step: part.step, budget: part.budget() } : null;
  }

  /** The last value of every metric reported, objectives included, in the order first seen. */
  get lastValues(): ReadonlyMap<string, number> {
    return this.#last;
  }

  report(metrics: Readonly<Record<string, number>>, step: number | null): void {
    if (this.#isClosed) return;
    for (const [name, value] of Object.entries(metrics)) this.#last.set(name, value);
    const metric = this.#options.metrics[0];
    // Optuna's rule: only a study with one objective has intermediate values.
    if (this.#options.metrics.length !== 1 || metric === undefined || !Object.hasOwn(metrics, metric)) return;
    const value = metrics[metric] as number;
    const at = this.#steps.next(step);
    if (at === null) return;
    if (at > this.#endStep) this.#isBeyondEnd = true;
    if (this.#known.has(at)) return;
    this.#options.onReport?.(value, at);
    this.#keep({ type: 'intermediate', number: this.number, step: at, value });
  }

  async flush(): Promise<void> {
    if (this.#held) this.#pending.push(this.#held);
    this.#held = undefined;
    while (this.#pending.length > 0 || this.#writing) {
      this.#write();
      await this.#writing;
    }
  }

  earlyEnd(): EarlyEnd | undefined {
    return this.#earlyEnd;
  }

  get isBeyondEnd(): boolean {
    return this.#isBeyondEnd;
  }

  onEarlyEnd(listener: (cause: EarlyEnd) => void): void {
    this.#listeners.push(listener);
  }

  async setUserAttr(key: string, value: string | number | boolean | null): Promise<void> {
    if (this.#isClosed) return;
    this.#pending.push({ type: 'userAttr', number: this.number, key, value });
    await this.flush();
  }

  reportGradient(gradient: Readonly<Record<string, number>>): void {
    if (!this.#isClosed) this.setSystemAttr(GRADIENT, gradient);
  }

  async setConstraint(name: string, value: number): Promise<void> {
    if (this.#isClosed) return;
    this.setSystemAttr(`${CONSTRAINT}${name}`, value);
    await this.flush();
  }

  setSystemAttr(key: string, value: JsonValue): void {
    this.#pending.push({ type: 'systemAttr', number: this.number, key, value });
    this.#write();
  }

  /** Writes what is left; later reports are ignored. */
  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
  }

  #keep(change: TrialChange): void {
    const now = performance.now();
    this.#reports++;
    if (this.#reports > DENSE_REPORTS && now - this.#lastKeptAt < THIN_MS) {
      this.#held = change;
      return;
    }
    this.#held = undefined;
    this.#lastKeptAt = now;
    this.#pending.push(change);
    this.#write();
  }

  #write(): void {
    if (this.#writing || this.#pending.length === 0) return;
    const changes = this.#pending;
    this.#pending = [];
    this.#writing = this.#options.study
      .commit(changes)
      .then(() => this.#considerEnding(changes))
      .catch((error: unknown) => this.#options.onWriteError(error))
      .finally(() => {
        this.#writing = undefined;
        this.#write();
      });
  }

  async #considerEnding(changes: readonly TrialChange[]): Promise<void> {
    const step = Math.max(-1, ...changes.map((change) => (change.type === 'intermediate' ? change.step : -1)));
    if (this.#earlyEnd || step < 0) return;
    this.#earlyEnd = (await this.#options.part?.decide()) ?? (this.#isHopeless(step) ? 'pruned' : undefined);
    if (this.#earlyEnd) this.#endStep = step;
    if (this.#earlyEnd) for (const listener of this.#listeners) listener(this.#earlyEnd);
  }

  #isHopeless(step: number): boolean {
    const { study, reach } = this.#options;
    if (!study.pruner) return false;
    const context = { history: study.history, number: this.number, studyName: study.record.name };
    const { prune, systemAttrs = {} } = study.pruner.shouldPrune(context);
    for (const [key, value] of Object.entries(systemAttrs)) {
      this.#pending.push({ type: 'systemAttr', number: this.number, key, value });
    }
    return prune && step < reach.longest;
  }
}

/**
 * How far the study's complete trials have reported. Ending a trial at a step that none of them has gone beyond saves
 * nothing: a program that prints its metric once, at its end, would be recorded as pruned although it has a result.
 */
export class CurveReach {
  readonly #history: History;
  #longest = -1;
  #seenComplete = 0;
  #seenRevision = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** The highest step of any complete trial, −1 when none has reported. */
  get longest(): number {
    const complete = this.#history.count(TrialState.complete);
    if (complete !== this.#seenComplete) {
      for (const number of this.#history.changedSince(this.#seenRevision)) {
        if (this.#history.state(number) !== TrialState.complete) continue;
        for (const step of this.#history.curve(number).steps) this.#longest = Math.max(this.#longest, step);
      }
      this.#seenComplete = complete;
      this.#seenRevision = this.#history.revision;
    }
    return this.#longest;
  }
}
