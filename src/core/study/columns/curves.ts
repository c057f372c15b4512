/** A trial's intermediate values in the order reported; a step reported again replaces the earlier value. */
export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

interface MutableCurve {
  steps: number[];
  values: number[];
}

/** Reports that are searched one by one. */
const SEARCHED = 64;

const NO_CURVE: Curve = { steps: [], values: [] };

/** The intermediate values of all trials of a study: most of what a long study holds, so finished curves are kept tight. */
export class Curves {
  readonly #curves = new Map<number, MutableCurve>();
  /** By trial whose steps go down somewhere: where each step is, once there are more than are searched one by one. */
  readonly #disordered = new Map<number, Map<number, number> | null>();
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
      if (steps[index] > steps[last]) last = index;
    }
    return last < 0 ? undefined : { step: steps[last], value: values[last] };
  }

  report(number: number, step: number, value: number): void {
    let curve = this.#curves.get(number);
    if (!curve) {
      curve = { steps: [], values: [] };
      this.#curves.set(number, curve);
    }
    const at = this.#placeOf(number, curve, step);
    if (at >= 0) {
      curve.values[at] = value;
      return;
    }
    const places = this.#disordered.get(number);
    places?.set(step, curve.steps.length);
    if (places === undefined && step < (curve.steps.at(-1) ?? step)) this.#disordered.set(number, null);
    curve.steps.push(step);
    curve.values.push(value);
  }

  /** -1 for a step that is new. */
  #placeOf(number: number, { steps }: Curve, step: number): number {
    const last = steps.at(-1);
    if (last === undefined) return -1;
    let places = this.#disordered.get(number);
    if (places) return places.get(step) ?? -1;
    if (places === undefined && step > last) return -1;
    if (steps.length <= SEARCHED) return steps.indexOf(step);
    if (places === undefined && step === last) return steps.length - 1;
    places = new Map(steps.map((known, place) => [known, place]));
    this.#disordered.set(number, places);
    return places.get(step) ?? -1;
  }

  /** Gives back the room that the arrays of a trial kept for more reports: there will be none. */
  seal(number: number): void {
    const curve = this.#curves.get(number);
    if (!curve) return;
    this.#disordered.delete(number);
    curve.values = curve.values.slice();
    if (!areSame(curve.steps, this.#lastSteps)) this.#lastSteps = curve.steps.slice();
    curve.steps = this.#lastSteps;
  }
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}
