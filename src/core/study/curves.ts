/** A trial's intermediate values in the order reported; a step reported again replaces the earlier value. */
export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

interface MutableCurve {
  steps: number[];
  values: number[];
  isAscending: boolean;
  /** Where each step is; made once a step that is not the highest comes after many. */
  places: Map<number, number> | undefined;
}

/** Reports that are searched one by one. */
const SEARCHED = 64;

const NO_CURVE: Curve = { steps: [], values: [] };

/** The intermediate values of all trials of a study: most of what a long study holds, so finished curves are kept tight. */
export class Curves {
  readonly #curves = new Map<number, MutableCurve>();
  /** Most trials report at the same steps: the last finished one's are shared. */
  #lastSteps: number[] = [];

  of(number: number): Curve {
    return this.#curves.get(number) ?? NO_CURVE;
  }

  /** The report at the highest step; undefined when there is none. */
  last(number: number): { step: number; value: number } | undefined {
    const { steps, values } = this.of(number);
    let last = steps.length - 1;
    for (let index = last - 1; index >= 0; index--) {
      if ((steps[index] as number) > (steps[last] as number)) last = index;
    }
    return last < 0 ? undefined : { step: steps[last] as number, value: values[last] as number };
  }

  report(number: number, step: number, value: number): void {
    let curve = this.#curves.get(number);
    if (!curve) {
      curve = { steps: [], values: [], isAscending: true, places: undefined };
      this.#curves.set(number, curve);
    }
    const at = placeOf(curve, step);
    if (at >= 0) {
      curve.values[at] = value;
      return;
    }
    curve.places?.set(step, curve.steps.length);
    if (step < (curve.steps.at(-1) ?? step)) curve.isAscending = false;
    curve.steps.push(step);
    curve.values.push(value);
  }

  /** Gives back the room that the arrays of a trial kept for more reports: there will be none. */
  seal(number: number): void {
    const curve = this.#curves.get(number);
    if (!curve) return;
    curve.places = undefined;
    curve.values = curve.values.slice();
    if (!areSame(curve.steps, this.#lastSteps)) this.#lastSteps = curve.steps.slice();
    curve.steps = this.#lastSteps;
  }
}

/** -1 for a step that is new. */
function placeOf(curve: MutableCurve, step: number): number {
  const { steps } = curve;
  if (curve.places) return curve.places.get(step) ?? -1;
  // Most curves are in order: a step above the last one is new.
  if (steps.length === 0 || (curve.isAscending && step > (steps.at(-1) as number))) return -1;
  if (steps.length <= SEARCHED) return steps.indexOf(step);
  curve.places = new Map(steps.map((known, place) => [known, place]));
  return curve.places.get(step) ?? -1;
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}
