import { setOwn } from '../ownProperty.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { PAUSED } from './attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from './changes.ts';
import { type Curve, Curves } from './columns/curves.ts';
import { ensureLength } from './columns/growable.ts';
import type { ParameterColumn } from './columns/parameterColumn.ts';
import { ParameterTable } from './columns/parameterTable.ts';
import { isFeasible } from './constraints.ts';
import { heldParam } from './living/storedForm.ts';
import { Direction, isFinished, TrialState } from './states.ts';

type Attrs = Readonly<Record<string, JsonValue>>;

const NO_ATTRS: Attrs = {};
/** Shared by all empty studies: a storage may have a hundred thousand. */
const NO_BYTES = new Uint8Array(0);
const NO_FLOATS = new Float64Array(0);
const NO_NUMBERS = new Uint32Array(0);
const NOTHING: readonly never[] = [];

/**
 * All trials of one study as columns, indexed by trial number: the one shape of data that samplers, pruners, the tree,
 * the table and the charts read. Append-only: trials are added, finished trials never change, `revision` grows with
 * every change.
 */
export class History {
  readonly directions: readonly Direction[];
  #length = 0;
  #revision = 0;
  #states = NO_BYTES;
  #values = NO_FLOATS;
  #startedAt = NO_FLOATS;
  #completedAt = NO_FLOATS;
  readonly #parameters = new ParameterTable();
  readonly #curves = new Curves();
  readonly #userAttrs = new Map<number, Record<string, JsonValue>>();
  readonly #systemAttrs = new Map<number, Record<string, JsonValue>>();
  readonly #counts: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  readonly #running = new Set<number>();
  readonly #waiting = new Set<number>();
  /** Number of the trial that change `revision` − 1 touched. */
  #changeLog = NO_NUMBERS;
  #best: number | undefined;

  constructor(directions: readonly Direction[]) {
    this.directions = directions;
  }

  /** Number of trials; the next trial's number. */
  get length(): number {
    return this.#length;
  }

  /** Grows by one with every change. */
  get revision(): number {
    return this.#revision;
  }

  /** States by trial number (a view; take it again after a change). */
  get states(): Uint8Array {
    return this.#states.subarray(0, this.#length);
  }

  /** Objective values, `directions.length` a trial, NaN where there is none (a view). */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#length * this.directions.length);
  }

  /** Start times in epoch milliseconds, NaN when unknown (a view). */
  get startedAt(): Float64Array {
    return this.#startedAt.subarray(0, this.#length);
  }

  /** Completion times in epoch milliseconds, NaN when unfinished (a view). */
  get completedAt(): Float64Array {
    return this.#completedAt.subarray(0, this.#length);
  }

  /** Parameter columns by name, in the order first seen. */
  get parameters(): ReadonlyMap<string, ParameterColumn> {
    return this.#parameters.byName;
  }

  /**
   * The best complete, feasible trial of a study with one objective; undefined when there is none. The first of equals.
   */
  get best(): number | undefined {
    return this.#best;
  }

  state(number: number): TrialState {
    return this.#states[number] as TrialState;
  }

  /** The objective value, NaN when there is none. */
  value(number: number, objective = 0): number {
    return this.#values[number * this.directions.length + objective] ?? Number.NaN;
  }

  /** How many trials are in a state. */
  count(state: TrialState): number {
    return this.#counts[state];
  }

  /** How many trials a model can learn from: complete and pruned ones. */
  get informative(): number {
    return this.#counts[TrialState.complete] + this.#counts[TrialState.pruned];
  }

  /** Numbers of the running trials, in the order they began. */
  get running(): ReadonlySet<number> {
    return this.#running;
  }

  /** Numbers of the waiting trials, paused ones among them, in no order. */
  get waiting(): ReadonlySet<number> {
    return this.#waiting;
  }

  /** The enqueued trial with the lowest number: paused ones wait for their promotion. */
  get firstWaiting(): number | undefined {
    let first: number | undefined;
    for (const number of this.#waiting) {
      if ((first === undefined || number < first) && this.systemAttrs(number)[PAUSED] === undefined) first = number;
    }
    return first;
  }

  curve(number: number): Curve {
    return this.#curves.of(number);
  }

  /** The report at the highest step; undefined when there is none. */
  lastReport(number: number): { step: number; value: number } | undefined {
    return this.#curves.last(number);
  }

  userAttrs(number: number): Attrs {
    return this.#userAttrs.get(number) ?? NO_ATTRS;
  }

  systemAttrs(number: number): Attrs {
    return this.#systemAttrs.get(number) ?? NO_ATTRS;
  }

  /** Names of a trial's parameters in the order it suggested them. */
  paramNames(number: number): string[] {
    const names: string[] = [];
    for (const column of this.#parameters.columnsOf(number)) if (column.has(number)) names.push(column.name);
    return names;
  }

  /** One parameter as the objective saw it; undefined when the trial does not have it. */
  param(number: number, name: string): ParamValue | undefined {
    return this.#parameters.byName.get(name)?.value(number);
  }

  /** A trial's parameters as the objective saw them, in the trial's own order. */
  params(number: number): Params {
    const params: Record<string, ParamValue> = {};
    for (const column of this.#parameters.columnsOf(number)) {
      const value = column.value(number);
      if (value !== undefined) setOwn(params, column.name, value);
    }
    return params;
  }

  distribution(number: number, name: string): Distribution | undefined {
    return this.#parameters.byName.get(name)?.distribution(number);
  }

  /** Numbers of the trials that changed after `revision`, ascending. Costs no more than the changes themselves. */
  changedSince(revision: number): number[] {
    const changed = this.#changeLog.slice(Math.max(0, revision), this.#revision).sort();
    const distinct: number[] = [];
    for (const number of changed) if (distinct.at(-1) !== number) distinct.push(number);
    return distinct;
  }

  /**
   * Adds a trial and returns its number. Times that the template leaves out are NaN. Its parameters may be of another kind
   * than those of earlier trials: Optuna checks that for single changes only.
   */
  add(template: TrialTemplate): number {
    const number = this.#length++;
    this.#grow();
    this.#states[number] = template.state;
    this.#startedAt[number] = template.startedAt ?? Number.NaN;
    this.#completedAt[number] = template.completedAt ?? Number.NaN;
    for (const param of template.params ?? NOTHING) this.#parameters.set(number, param);
    for (const [step, value] of template.intermediate ?? NOTHING) this.#curves.report(number, step, value);
    if (template.userAttrs && Object.keys(template.userAttrs).length > 0) {
      this.#userAttrs.set(number, { ...template.userAttrs });
    }
    if (template.systemAttrs && Object.keys(template.systemAttrs).length > 0) {
      this.#systemAttrs.set(number, { ...template.systemAttrs });
      for (const [key, value] of Object.entries(template.systemAttrs)) this.#hold(number, key, value);
    }
    if (template.values) this.#setValues(number, template.values);
    this.#enter(number, template.state);
    this.#touch(number);
    return number;
  }

  /**
   * Applies a change to an unfinished trial; a change to a finished or unknown one is ignored, as Optuna's replay does,
   * and so is the start of a trial that is running already. Returns whether it had an effect.
   */
  apply(change: TrialChange): boolean {
    const { number } = change;
    if (number >= this.#length || isFinished(this.state(number))) return false;
    switch (change.type) {
      case 'param':
        if (this.#parameters.byName.get(change.param.name)?.accepts(change.param.distribution) === false) return false;
        this.#parameters.set(number, change.param);
        break;
      case 'intermediate':
        this.#curves.report(number, change.step, change.value);
        break;
      case 'userAttr':
        setAttr(this.#userAttrs, number, change.key, change.value);
        break;
      case 'systemAttr':
        setAttr(this.#systemAttrs, number, change.key, change.value);
        this.#hold(number, change.key, change.value);
        break;
      case 'state':
        if (change.state === TrialState.running && this.state(number) !== TrialState.waiting) return false;
        this.#setState(number, change.state, change.values ?? null, change.at ?? Number.NaN);
        break;
      default:
        change satisfies never;
    }
    this.#touch(number);
    return true;
  }

  #hold(number: number, key: string, value: JsonValue): void {
    const param = heldParam(key, value);
    if (param) this.#parameters.set(number, param);
  }

  #setState(number: number, state: TrialState, values: readonly number[] | null, at: number): void {
    this.#leave(number);
    this.#states[number] = state;
    if (values) this.#setValues(number, values);
    if (state === TrialState.running) this.#startedAt[number] = at;
    if (isFinished(state)) this.#completedAt[number] = at;
    this.#enter(number, state);
  }

  /** Books a trial under its new state; its values and parameters are there already. */
  #enter(number: number, state: TrialState): void {
    this.#counts[state]++;
    if (state === TrialState.running) this.#running.add(number);
    if (state === TrialState.waiting) this.#waiting.add(number);
    if (isFinished(state)) this.#curves.seal(number);
    if (state === TrialState.complete) this.#considerBest(number);
    if (state === TrialState.complete || state === TrialState.pruned) this.#parameters.countInformative(number);
  }

  #leave(number: number): void {
    this.#counts[this.state(number)]--;
    this.#running.delete(number);
    this.#waiting.delete(number);
  }

  #setValues(number: number, values: readonly number[]): void {
    const width = this.directions.length;
    for (let objective = 0; objective < width; objective++) {
      this.#values[number * width + objective] = values[objective] ?? Number.NaN;
    }
  }

  #considerBest(number: number): void {
    if (this.directions.length !== 1 || !isFeasible(this.systemAttrs(number))) return;
    const value = this.value(number);
    if (Number.isNaN(value)) return;
    const best = this.#best;
    const sign = this.directions[0] === Direction.maximize ? -1 : 1;
    const difference = best === undefined ? -1 : sign * value - sign * this.value(best);
    if (difference < 0 || (difference === 0 && number < (best as number))) this.#best = number;
  }

  #touch(number: number): void {
    this.#changeLog = ensureLength(this.#changeLog, this.#revision + 1, 0);
    this.#changeLog[this.#revision++] = number;
  }

  #grow(): void {
    const length = this.#length;
    this.#states = ensureLength(this.#states, length, 0);
    this.#values = ensureLength(this.#values, length * this.directions.length, Number.NaN);
    this.#startedAt = ensureLength(this.#startedAt, length, Number.NaN);
    this.#completedAt = ensureLength(this.#completedAt, length, Number.NaN);
  }
}

function setAttr(attrs: Map<number, Record<string, JsonValue>>, number: number, key: string, value: JsonValue): void {
  const own = attrs.get(number);
  if (own) setOwn(own, key, value);
  else attrs.set(number, { [key]: value });
}
