/**
 * The study as the panel holds it: one growing typed array a column, fed by a snapshot and then by deltas. A trial's
 * number is its index everywhere. Nothing here knows the DOM.
 */
import { ensureLength } from '../../src/core/study/columns/growable.ts';
import type { Marks } from '../../src/core/study/notes.ts';
import { type Direction, Direction as Directions, TrialState } from '../../src/core/study/states.ts';
import type { PanelAttribute, PanelHeader, PanelParameter, PanelRows } from '../../src/protocol/panel.ts';
import { CurvePool } from './curvePool.ts';
import { ScheduleColumns } from './scheduleColumns.ts';

export interface ModelParameter extends Omit<PanelParameter, 'values'> {
  /** Internal values by trial number, NaN where absent; may be shorter than the model. */
  values: Float64Array;
}

/** A user attribute or the worker: numbers, or places in `choices` where any of the values is a text. */
export interface ModelAttribute {
  readonly key: string;
  readonly name: string;
  readonly kind: PanelAttribute['kind'];
  choices: string[] | null;
  values: Float64Array;
}

/** Deltas that are remembered: those of some seconds, in which every chart in sight is drawn. */
const MOST_DELTAS = 64;
/** Trials of a delta that is always remembered. */
const LONGEST_DELTA = 1000;

export class TrialModel {
  #length = 0;
  #width = 1;
  #directions: readonly Direction[] = [];
  #states = new Uint8Array(0);
  #feasible = new Uint8Array(0);
  #values = new Float64Array(0);
  #startedAt = new Float64Array(0);
  #completedAt = new Float64Array(0);
  readonly #parameters = new Map<string, ModelParameter>();
  readonly #attributes = new Map<string, ModelAttribute>();
  /** By attribute: where a text stands among its choices. */
  readonly #places = new Map<string, Map<string, number>>();
  readonly #curves = new CurvePool();
  readonly #schedule = new ScheduleColumns();
  #interrupted: ReadonlySet<number> = new Set();
  #front: ReadonlySet<number> = new Set();
  #marks: ReadonlyMap<number, Marks> = new Map();
  #version = 0;
  /** Which trials the newest deltas touched: those after version #version − #deltas.length. */
  readonly #deltas: Uint32Array[] = [];

  /** Grows with every message: what was derived from an older one may be stale. */
  get version(): number {
    return this.#version;
  }

  /** Trials that deltas after a version touched, some perhaps twice; null when too many deltas came since to know. */
  changedSince(version: number): readonly number[] | null {
    const deltas = this.#version - version;
    if (deltas > this.#deltas.length) return null;
    return this.#deltas.slice(this.#deltas.length - deltas).flatMap((numbers) => [...numbers]);
  }

  get length(): number {
    return this.#length;
  }

  get directions(): readonly Direction[] {
    return this.#directions;
  }

  get states(): Uint8Array {
    return this.#states.subarray(0, this.#length);
  }

  get parameters(): ReadonlyMap<string, ModelParameter> {
    return this.#parameters;
  }

  get attributes(): readonly ModelAttribute[] {
    return [...this.#attributes.values()];
  }

  get curves(): CurvePool {
    return this.#curves;
  }

  /** Rungs, generations and places in a population. */
  get schedule(): ScheduleColumns {
    return this.#schedule;
  }

  /** Numbers of the trials of the Pareto front; empty for one objective. */
  get front(): ReadonlySet<number> {
    return this.#front;
  }

  state(number: number): TrialState {
    return this.#states[number] as TrialState;
  }

  isFeasible(number: number): boolean {
    return this.#feasible[number] === 1;
  }

  /** Running in the storage, but its process is gone. */
  isInterrupted(number: number): boolean {
    return this.#interrupted.has(number) && this.#states[number] === TrialState.running;
  }

  /** Waiting in the storage, but a scheduler means to go on with it. */
  isPaused(number: number): boolean {
    return this.#states[number] === TrialState.waiting && this.#schedule.isPaused(number);
  }

  /** Whether it is or was at work: a waiting trial has not begun unless it is paused. */
  hasBegun(number: number): boolean {
    return this.#states[number] !== TrialState.waiting || this.isPaused(number);
  }

  /** NaN when the trial has no value for the objective. */
  value(number: number, objective: number): number {
    return objective < this.#width ? (this.#values[number * this.#width + objective] ?? Number.NaN) : Number.NaN;
  }

  parameter(number: number, name: string): number {
    return this.#parameters.get(name)?.values[number] ?? Number.NaN;
  }

  startedAt(number: number): number {
    return this.#startedAt[number] ?? Number.NaN;
  }

  completedAt(number: number): number {
    return this.#completedAt[number] ?? Number.NaN;
  }

  /** Milliseconds; NaN while a trial is unfinished or a time is unknown. */
  duration(number: number): number {
    return this.completedAt(number) - this.startedAt(number);
  }

  /** True when a smaller value of the objective is better; an unset direction counts as minimize, as Optuna treats it. */
  isMinimized(objective: number): boolean {
    return this.#directions[objective] !== Directions.maximize;
  }

  /** Stars and tags that persons gave, by trial number; trials with neither are left out. */
  get marks(): ReadonlyMap<number, Marks> {
    return this.#marks;
  }

  setMarks(marks: ReadonlyMap<number, Marks>): void {
    this.#marks = marks;
    this.#version++;
    this.#deltas.length = 0;
  }

  /** Replaces everything. */
  load(header: PanelHeader, rows: PanelRows): void {
    this.#length = 0;
    this.#width = Math.max(1, header.directions.length);
    this.#states = new Uint8Array(0);
    this.#feasible = new Uint8Array(0);
    this.#values = new Float64Array(0);
    this.#startedAt = new Float64Array(0);
    this.#completedAt = new Float64Array(0);
    this.#parameters.clear();
    this.#attributes.clear();
    this.#places.clear();
    this.#curves.clear();
    this.#schedule.clear();
    this.merge(header, rows);
    this.#deltas.length = 0;
  }

  /** Puts the rows of a delta in their places. */
  merge(header: PanelHeader, rows: PanelRows): void {
    this.#directions = header.directions;
    this.#interrupted = new Set(header.interrupted);
    this.#front = new Set(header.front);
    this.#version++;
    const { numbers } = rows;
    this.#remember(numbers);
    let length = this.#length;
    for (const number of numbers) length = Math.max(length, number + 1);
    this.#grow(length);
    const width = this.#width;
    for (let row = 0; row < numbers.length; row++) {
      const number = numbers[row] as number;
      this.#states[number] = rows.states[row] as number;
      this.#feasible[number] = rows.feasible[row] ?? 1;
      this.#startedAt[number] = rows.startedAt[row] ?? Number.NaN;
      this.#completedAt[number] = rows.completedAt[row] ?? Number.NaN;
      for (let objective = 0; objective < width; objective++) {
        this.#values[number * width + objective] = rows.values[row * width + objective] ?? Number.NaN;
      }
    }
    this.#curves.merge(rows);
    this.#schedule.merge(numbers, rows.schedule);
    for (const parameter of rows.parameters) this.#mergeParameter(parameter, numbers);
    for (const { values } of this.#attributes.values()) for (const number of numbers) values[number] = Number.NaN;
    for (const attribute of rows.attributes) this.#mergeAttribute(attribute, numbers);
  }

  #mergeAttribute({ name, kind, rows, values }: PanelAttribute, numbers: Uint32Array): void {
    const key = `${kind}:${name}`;
    const known = this.#attributes.get(key);
    const column = known ?? { key, name, kind, choices: null, values: new Float64Array(0) };
    this.#attributes.set(key, column);
    column.values = ensureLength(column.values, this.#length, Number.NaN);
    if (!(values instanceof Float64Array) && !column.choices) this.#toTexts(column);
    const place = (value: string | number) => (column.choices ? this.#placeOf(column, String(value)) : Number(value));
    for (let index = 0; index < rows.length; index++) {
      column.values[numbers[rows[index] as number] as number] = place(values[index] as string | number);
    }
  }

  #placeOf({ key, choices }: ModelAttribute, text: string): number {
    const places = this.#places.get(key) as Map<string, number>;
    const found = places.get(text);
    if (found !== undefined) return found;
    places.set(text, places.size);
    return (choices as string[]).push(text) - 1;
  }

  /** The first text among numbers: they become texts too. */
  #toTexts(column: ModelAttribute): void {
    column.choices = [];
    this.#places.set(column.key, new Map());
    for (let number = 0; number < column.values.length; number++) {
      const value = column.values[number] as number;
      if (!Number.isNaN(value)) column.values[number] = this.#placeOf(column, String(value));
    }
  }

  #mergeParameter(parameter: PanelParameter, numbers: Uint32Array): void {
    const known = this.#parameters.get(parameter.name);
    const values = ensureLength(known?.values ?? new Float64Array(0), this.#length, Number.NaN);
    for (let row = 0; row < numbers.length; row++) {
      values[numbers[row] as number] = parameter.values[row] ?? Number.NaN;
    }
    this.#parameters.set(parameter.name, { ...parameter, values });
  }

  #remember(numbers: Uint32Array): void {
    // A delta that touches a tenth of the study is as much work as all of it.
    if (numbers.length > Math.max(LONGEST_DELTA, this.#length / 10)) this.#deltas.length = 0;
    else if (this.#deltas.push(numbers) > MOST_DELTAS) this.#deltas.shift();
  }

  #grow(length: number): void {
    this.#length = length;
    this.#states = ensureLength(this.#states, length, TrialState.waiting);
    this.#feasible = ensureLength(this.#feasible, length, 1);
    this.#values = ensureLength(this.#values, length * this.#width, Number.NaN);
    this.#startedAt = ensureLength(this.#startedAt, length, Number.NaN);
    this.#completedAt = ensureLength(this.#completedAt, length, Number.NaN);
    this.#curves.grow(length);
  }
}
