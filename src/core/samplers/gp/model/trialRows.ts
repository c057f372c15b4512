import { contains, toInternal } from '../../../space/distributionRules.ts';
import { ensureLength } from '../../../study/columns/growable.ts';
import type { History } from '../../../study/history.ts';
import { isFinished } from '../../../study/states.ts';
import { DimensionKind, type Encoding } from '../../encoding.ts';
import { announcedParams } from '../../tpe/observations.ts';

/** A parameter in one of its internal values. */
export interface Only {
  readonly name: string;
  readonly internal: number;
}

/**
 * The finished trials of a history that have a place in a space, in the order of their numbers, as points; the running
 * ones; and which configurations were tried. Follows the history by what changed.
 */
export class TrialRows {
  readonly encoding: Encoding;
  readonly #history: History;
  #numbers: number[] = [];
  #points = new Float64Array(0);
  #revision = 0;
  readonly #keys = new Map<number, string>();
  readonly #counts = new Map<string, number>();
  readonly #scratch: Float64Array;
  readonly #only: Only | undefined;

  /** With `only`, trials that have that value. */
  constructor(history: History, encoding: Encoding, only?: Only) {
    this.#history = history;
    this.encoding = encoding;
    this.#only = only;
    this.#scratch = new Float64Array(encoding.size);
  }

  /** Trial numbers, ascending. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  get count(): number {
    return this.#numbers.length;
  }

  /** A row a trial (a view). */
  get points(): Float64Array {
    return this.#points.subarray(0, this.#numbers.length * this.encoding.size);
  }

  point(row: number): Float64Array {
    return this.#points.subarray(row * this.encoding.size, (row + 1) * this.encoding.size);
  }

  /** Takes in what changed; returns how many rows at the beginning stayed as they were. */
  update(): number {
    const before = this.#numbers.length;
    let same = before;
    const { size } = this.encoding;
    for (const number of this.#history.changedSince(this.#revision)) {
      if (!this.#read(number)) continue;
      this.#remember(number);
      if (!isFinished(this.#history.state(number))) continue;
      const row = this.#placeOf(number);
      if (this.#numbers[row] === number) continue;
      this.#points = ensureLength(this.#points, (this.#numbers.length + 1) * size, Number.NaN);
      this.#points.copyWithin((row + 1) * size, row * size, this.#numbers.length * size);
      this.#points.set(this.#scratch, row * size);
      this.#numbers.splice(row, 0, number);
      same = Math.min(same, row);
    }
    this.#revision = this.#history.revision;
    return same;
  }

  /** Points of the running trials but `except`, by number, one after the other. */
  running(except: number): Float64Array[] {
    const running: Float64Array[] = [];
    for (const number of [...this.#history.running].sort((a, b) => a - b)) {
      if (number !== except && this.#read(number)) running.push(this.#scratch.slice());
    }
    return running;
  }

  /** Whether a configuration was tried, is running or failed, in a trial other than `except`. */
  wasTried(point: Float64Array, active: Uint8Array, except: number): boolean {
    const key = keyOf(this.encoding, point, active);
    return (this.#counts.get(key) ?? 0) > (this.#keys.get(except) === key ? 1 : 0);
  }

  /** How many different configurations were tried. */
  get distinct(): number {
    return this.#counts.size;
  }

  #remember(number: number): void {
    const known = this.#keys.get(number);
    const key = keyOf(this.encoding, this.#scratch, null);
    if (known === key) return;
    this.#keys.set(number, key);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (known === undefined) return;
    const left = (this.#counts.get(known) as number) - 1;
    if (left > 0) this.#counts.set(known, left);
    else this.#counts.delete(known);
  }

  #placeOf(number: number): number {
    let from = 0;
    let to = this.#numbers.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#numbers[middle] < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** A running trial of a define-by-run objective counts with what it announced to try. */
  #read(number: number): boolean {
    const only = this.#only;
    if (only && this.#history.parameters.get(only.name)?.internalAt(number) !== only.internal) return false;
    if (this.encoding.read(this.#history, number, this.#scratch, 0)) return true;
    if (isFinished(this.#history.state(number))) return false;
    const announced = announcedParams(this.#history, number);
    const point = this.#scratch;
    for (const [index, { name, distribution, isConditional }] of this.encoding.dimensions.entries()) {
      const known = this.#history.param(number, name) ?? announced[name];
      if (known === undefined) {
        if (!isConditional) return false;
        point[index] = Number.NaN;
        continue;
      }
      try {
        const internal = toInternal(distribution, known);
        if (!contains(distribution, internal)) return false;
        point[index] = this.encoding.place(index, internal);
      } catch {
        // Another program announced it: a value that is none says nothing.
        return false;
      }
    }
    return true;
  }
}

function keyOf({ dimensions }: Encoding, point: Float64Array, active: Uint8Array | null): string {
  let key = '';
  for (let index = 0; index < dimensions.length; index++) {
    if (dimensions[index]?.kind === DimensionKind.constant) continue;
    const place = point[index];
    key += (active ? active[index] === 0 : Number.isNaN(place)) ? '-,' : `${place},`;
  }
  return key;
}
