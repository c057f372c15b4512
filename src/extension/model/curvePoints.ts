/** Points that are drawn. */
const MOST_DRAWN = 200;
/** Points that are kept: far more than are drawn, so that what is left out does not show. */
const MOST_KEPT = 2000;

export type CurvePoint = readonly [step: number, value: number];

/** One curve that may go on without end: of very many points evenly spread ones are kept, and always the last. */
export class CurvePoints {
  readonly #points = new Map<number, number>();
  /** Every n-th new step is kept. */
  #every = 1;
  #steps = 0;
  #last: CurvePoint | undefined;

  /** Points there are to draw from. */
  get size(): number {
    return this.#points.size + (this.#isLastKept ? 0 : 1);
  }

  /** The value at a step; a step that comes again replaces its value. */
  set(step: number, value: number): void {
    const isKnown = this.#points.has(step);
    if (!isKnown && step !== this.#last?.[0]) this.#steps++;
    if (isKnown || (this.#steps - 1) % this.#every === 0) this.#points.set(step, value);
    this.#last = [step, value];
    if (this.#points.size > MOST_KEPT) this.#halve();
  }

  /** By step: every n-th point, so that they are about 200, and the last. */
  thinned(): readonly CurvePoint[] {
    const points = this.#sorted();
    const every = Math.ceil(points.length / MOST_DRAWN);
    return points.filter((_, index) => index % every === 0 || index === points.length - 1);
  }

  #sorted(): CurvePoint[] {
    const all: CurvePoint[] = [...this.#points];
    if (this.#last && !this.#isLastKept) all.push(this.#last);
    return all.sort(([a], [b]) => a - b);
  }

  get #isLastKept(): boolean {
    return !this.#last || this.#points.has(this.#last[0]);
  }

  #halve(): void {
    this.#every *= 2;
    for (const [index, step] of [...this.#points.keys()].entries()) if (index % 2 === 1) this.#points.delete(step);
  }
}
