/** Points that are drawn. */
const MOST_DRAWN = 200;
/** Points that are kept: far more than are drawn, so that what is left out does not show. */
const MOST_KEPT = 2000;

export type CurvePoint = readonly [step: number, value: number];

/**
 * One curve that may go on without end: of very many points evenly spread ones are kept, and always the last, the lowest and
 * the highest, which a person reads off the picture.
 */
export class CurvePoints {
  readonly #points = new Map<number, number>();
  /** Every n-th new step is kept. */
  #every = 1;
  #steps = 0;
  #last: CurvePoint | undefined;
  #lowest: CurvePoint | undefined;
  #highest: CurvePoint | undefined;

  /** Points there are to draw from. */
  get size(): number {
    return this.#all.size;
  }

  /** The value at a step; a step that comes again replaces its value. */
  set(step: number, value: number): void {
    const isKnown = this.#points.has(step);
    if (!isKnown && step !== this.#last?.[0]) this.#steps++;
    if (isKnown || (this.#steps - 1) % this.#every === 0) this.#points.set(step, value);
    this.#last = [step, value];
    this.#noteExtremes(step, value);
    if (this.#points.size > MOST_KEPT) this.#halve();
  }

  /** By step: every n-th point, so that they are about 200, the last, the lowest and the highest. */
  thinned(): readonly CurvePoint[] {
    const points = [...this.#all].sort(([a], [b]) => a - b);
    const every = Math.ceil(points.length / MOST_DRAWN);
    const named = new Set([points.at(-1)?.[0], this.#lowest?.[0], this.#highest?.[0]]);
    return points.filter(([step], index) => index % every === 0 || named.has(step));
  }

  /** Values by step. */
  get #all(): Map<number, number> {
    const extra = [this.#lowest, this.#highest, this.#last].filter((point) => point !== undefined);
    return new Map([...extra, ...this.#points]);
  }

  #noteExtremes(step: number, value: number): void {
    // Where an extreme's own step got another value, the next one is among the points that are kept.
    if (step === this.#lowest?.[0] && value > this.#lowest[1]) this.#lowest = this.#extreme(-1);
    if (step === this.#highest?.[0] && value < this.#highest[1]) this.#highest = this.#extreme(1);
    if (!this.#lowest || value <= this.#lowest[1]) this.#lowest = [step, value];
    if (!this.#highest || value >= this.#highest[1]) this.#highest = [step, value];
  }

  #extreme(sign: number): CurvePoint | undefined {
    let found: CurvePoint | undefined;
    for (const point of this.#points) if (!found || sign * point[1] > sign * found[1]) found = point;
    return found;
  }

  #halve(): void {
    this.#every *= 2;
    for (const [index, step] of [...this.#points.keys()].entries()) if (index % 2 === 1) this.#points.delete(step);
  }
}
