import type { Params, ParamValue } from '../distributions.ts';
import type { Condition, SearchSpace } from '../searchSpace.ts';
import { type Activity, type Axis, axesOf, type Cut } from './axes.ts';
import { isKept, type WhereClause } from './clauses.ts';
import { type Enclosure, enclose, enclosureOf, verdict } from './enclose.ts';
import { evaluate, type Scalar, scalarOf } from './evaluate.ts';

/** Numbers in [0, 1). */
export interface Uniform {
  uniform(): number;
}

/** A part of the space: a cut of each axis. */
interface Box {
  readonly cuts: readonly Cut[];
  /** The share of the space that it has. */
  readonly measure: number;
  /** Conditions that hold in parts of it. */
  readonly open: readonly number[];
}

/** A condition with the place of each of its names: an axis, or a value that is decided. */
interface Bound {
  readonly clause: WhereClause;
  readonly slots: readonly (number | Scalar)[];
  readonly isAxis: readonly boolean[];
  /** Axes that decide it, those its axes depend on included. */
  readonly axes: readonly number[];
}

/** Boxes that are cut at first, and where few draws then hit, at the most. */
const CUTS = 4000;
const MOST_CUTS = 40_000;
/** Cutting ends when so much of what is left satisfies all conditions for certain. */
const ENOUGH = 0.5;
const PILOT_DRAWS = 1000;
const FEWEST_HITS = 10;
const INACTIVE = enclosureOf([], true);

/**
 * Covers the part of a space that satisfies its conditions by boxes, cut in halves where a condition holds in parts of one only
 * (set inversion: Jaulin and Walter, "Set inversion via interval analysis", Automatica 1993). A uniform draw from the
 * boxes, repeated until it satisfies the conditions, is a uniform draw of that part; no box left proves that there is none.
 */
export class Paving {
  readonly axes: readonly Axis[];
  readonly clauses: readonly WhereClause[];
  readonly #bound: readonly Bound[];
  readonly #boxes: Box[] = [];
  readonly #open = new BoxHeap();
  #certain = 0;
  /** Measure of the boxes up to each one, once cutting has ended. */
  #sums: Float64Array | undefined;
  readonly #values: ParamValue[];
  readonly #active: boolean[];

  /** `given`: values that are decided, of parameters or of names that the space does not have. */
  constructor(space: SearchSpace, clauses: readonly WhereClause[], given: Params = {}) {
    this.axes = axesOf(space, clauses, given);
    this.clauses = clauses;
    this.#bound = clauses.map((clause) => boundClause(clause, this.axes, given));
    this.#values = this.axes.map(() => null);
    this.#active = this.axes.map(() => false);
    this.#add(
      this.axes.map((axis) => axis.whole),
      1,
      this.#bound.map((_, index) => index),
    );
  }

  /** Whether it is proven that nothing satisfies the conditions. */
  isEmpty(): boolean {
    for (let cuts = 0; cuts < CUTS && this.#certain === 0 && !this.#open.isEmpty; cuts++) this.#cut();
    return this.#certain === 0 && this.#open.isEmpty;
  }

  /** Whether no box is left. */
  get isBare(): boolean {
    return this.#boxes.length === 0 && this.#open.isEmpty;
  }

  /** Cuts until most draws hit, or it is not worth more. */
  prepare(random: Uniform): void {
    for (let limit = CUTS; limit <= MOST_CUTS; limit *= 3) {
      for (let cuts = 0; cuts < limit && !this.#isGood(); cuts++) this.#cut();
      if (this.#isGood() || this.#pilot(random) >= FEWEST_HITS) break;
      this.#sums = undefined;
    }
    this.#sums ??= this.#summed();
  }

  /** Draws values of the axes, in `values` and `active`; false where they violate a condition. */
  draw(random: Uniform): boolean {
    this.#sums ??= this.#summed();
    const total = this.#sums.at(-1) ?? 0;
    if (total === 0) return false;
    const box = this.#boxAt(firstAbove(this.#sums, random.uniform() * total));
    for (const [index, axis] of this.axes.entries()) {
      this.#values[index] = axis.drawn(box.cuts[index], random.uniform());
    }
    return this.satisfies(this.#values);
  }

  /** The values of the latest draw, those of inactive axes too. */
  get drawn(): readonly ParamValue[] {
    return this.#values;
  }

  /** Whether values of the axes satisfy all conditions. */
  satisfies(values: readonly ParamValue[]): boolean {
    for (const [index, axis] of this.axes.entries()) this.#active[index] = this.#isActive(axis, values);
    return this.#bound.every(({ clause, slots, isAxis }) => {
      const given: Scalar[] = slots.map((slot, place) => {
        if (!isAxis[place]) return slot as Scalar;
        return this.#active[slot as number] ? scalarOf(values[slot as number]) : undefined;
      });
      return isKept(evaluate(clause.root, given));
    });
  }

  #isActive({ parameter, requirements }: Axis, values: readonly ParamValue[]): boolean {
    return requirements.every(({ axis }) => {
      const { name } = this.axes[axis];
      return this.#active[axis] && (parameter.when as Condition)[name].includes(values[axis]);
    });
  }

  #isGood(): boolean {
    return this.#open.isEmpty || this.#certain >= ENOUGH * (this.#certain + this.#open.measure);
  }

  #pilot(random: Uniform): number {
    let hits = 0;
    for (let draw = 0; draw < PILOT_DRAWS && hits < FEWEST_HITS; draw++) if (this.draw(random)) hits++;
    return hits;
  }

  #summed(): Float64Array {
    const sums = new Float64Array(this.#boxes.length + this.#open.size);
    let sum = 0;
    for (let index = 0; index < sums.length; index++) {
      sum += this.#boxAt(index).measure;
      sums[index] = sum;
    }
    return sums;
  }

  #boxAt(index: number): Box {
    return index < this.#boxes.length ? this.#boxes[index] : this.#open.at(index - this.#boxes.length);
  }

  /** Cuts the largest open box in two. */
  #cut(): void {
    const box = this.#open.pop();
    if (!box) return;
    const wanted = new Set(box.open.flatMap((index) => this.#bound[index].axes));
    let widest = -1;
    let width = 0;
    for (const index of wanted) {
      const axis = this.axes[index];
      const cut = box.cuts[index];
      const share = axis.share(cut);
      if (axis.canSplit(cut) && share > width) [widest, width] = [index, share];
    }
    if (widest < 0) {
      this.#settle(box);
      return;
    }
    const axis = this.axes[widest];
    for (const half of axis.split(box.cuts[widest])) {
      const cuts = box.cuts.with(widest, half);
      this.#add(cuts, box.measure * (axis.share(half) / width), box.open);
    }
  }

  /** A box that can't be cut: one point, or a sliver of a continuous range, of which the middle stands for all. */
  #settle(box: Box): void {
    const middle = this.axes.map((axis, index) => axis.drawn(box.cuts[index], 0.5));
    if (this.satisfies(middle)) this.#keep(box);
  }

  #keep(box: Box): void {
    this.#boxes.push(box);
    this.#certain += box.measure;
  }

  #add(cuts: readonly Cut[], measure: number, open: readonly number[]): void {
    const ranges = this.#ranges(cuts);
    const left: number[] = [];
    for (const index of open) {
      const { clause, slots, isAxis } = this.#bound[index];
      const own = slots.map((slot, place) => {
        if (isAxis[place]) return ranges[slot as number];
        return slot === undefined ? INACTIVE : enclosureOf([slot as Scalar], false);
      });
      const found = verdict(enclose(clause.root, own));
      if (found < 0) return;
      if (found === 0) left.push(index);
    }
    const box = { cuts, measure, open: left };
    if (left.length === 0) this.#keep(box);
    else this.#open.push(box);
  }

  #ranges(cuts: readonly Cut[]): Enclosure[] {
    const activities: Activity[] = [];
    return this.axes.map((axis, index) => {
      let isSomewhere = true;
      let isEverywhere = true;
      for (const { axis: parent, allowed } of axis.requirements) {
        const met = this.axes[parent].meets(cuts[parent], allowed);
        isSomewhere &&= met.isSomewhere && activities[parent].isSomewhere;
        isEverywhere &&= met.isEverywhere && activities[parent].isEverywhere;
      }
      activities.push({ isSomewhere, isEverywhere });
      return isSomewhere ? axis.enclosure(cuts[index], !isEverywhere) : INACTIVE;
    });
  }
}

function boundClause(clause: WhereClause, axes: readonly Axis[], given: Params): Bound {
  const places = new Map(axes.map(({ name }, index) => [name, index]));
  const own = clause.names.map((name) => places.get(name));
  const slots = own.map((place, slot) => {
    if (place !== undefined) return place;
    const name = clause.names[slot];
    return Object.hasOwn(given, name) ? scalarOf(given[name]) : undefined;
  });
  const wanted = new Set(own.filter((place) => place !== undefined));
  for (const index of [...axes.keys()].reverse()) {
    if (wanted.has(index)) for (const { axis } of axes[index].requirements) wanted.add(axis);
  }
  return { clause, slots, isAxis: own.map((place) => place !== undefined), axes: [...wanted] };
}

/** The first place whose sum is above a number. */
function firstAbove(sums: Float64Array, wanted: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Open boxes, the largest first. */
class BoxHeap {
  readonly #boxes: Box[] = [];
  measure = 0;

  get size(): number {
    return this.#boxes.length;
  }

  get isEmpty(): boolean {
    return this.#boxes.length === 0;
  }

  at(index: number): Box {
    return this.#boxes[index];
  }

  push(box: Box): void {
    const boxes = this.#boxes;
    this.measure += box.measure;
    let place = boxes.push(box) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (boxes[above].measure >= box.measure) break;
      boxes[place] = boxes[above];
      place = above;
    }
    boxes[place] = box;
  }

  pop(): Box | undefined {
    const boxes = this.#boxes;
    const [first] = boxes;
    const last = boxes.pop();
    if (!first || !last) return undefined;
    this.measure = boxes.length === 0 ? 0 : this.measure - first.measure;
    if (boxes.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= boxes.length) break;
      if (below + 1 < boxes.length && boxes[below + 1].measure > boxes[below].measure) below++;
      if (boxes[below].measure <= last.measure) break;
      boxes[place] = boxes[below];
      place = below;
    }
    boxes[place] = last;
    return first;
  }
}
