/**
 * Redraws at most ten times a second, and less often when one redraw is expensive. A redraw has several steps; each gets
 * an animation frame of its own, so that a key or a click between them is answered at once.
 */
const SHORTEST_GAP_MS = 100;
/** However slow the machine: a live panel moves at least this often. */
const LONGEST_GAP_MS = 1000;
/** Redrawing may take at most this share of the time. */
const DUTY = 0.3;

/** Returns false when there was nothing to draw: the next step then follows in the same frame. */
export type DrawingStep = () => boolean;

export class Redraw {
  readonly #steps: readonly DrawingStep[];
  #isPlanned = false;
  /** Step that comes next while a redraw is under way. */
  #next: number | null = null;
  #spent = 0;
  #last = Number.NEGATIVE_INFINITY;
  #gap = SHORTEST_GAP_MS;

  constructor(steps: readonly DrawingStep[]) {
    this.#steps = steps;
  }

  /** Draws soon. A request during a redraw is answered by another one after it. */
  request(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    if (this.#next === null) this.#plan();
  }

  /** Draws everything now: a person waits for it. */
  now(): void {
    this.#isPlanned = false;
    this.#next = null;
    for (const step of this.#steps) step();
    this.#last = performance.now();
  }

  #plan(): void {
    const wait = Math.max(0, this.#last + this.#gap - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#begin()), wait);
  }

  #begin(): void {
    if (!this.#isPlanned || this.#next !== null) return;
    this.#isPlanned = false;
    this.#next = 0;
    this.#spent = 0;
    this.#step();
  }

  #step(): void {
    if (this.#next === null) return;
    const started = performance.now();
    let hasDrawn = false;
    while (!hasDrawn && this.#next < this.#steps.length) hasDrawn = (this.#steps[this.#next++] as DrawingStep)();
    this.#spent += performance.now() - started;
    if (this.#next < this.#steps.length) {
      requestAnimationFrame(() => this.#step());
      return;
    }
    this.#next = null;
    this.#last = performance.now();
    this.#gap = Math.min(LONGEST_GAP_MS, Math.max(SHORTEST_GAP_MS, this.#spent / DUTY));
    if (this.#isPlanned) this.#plan();
  }
}

/** Time that work in slices may take of one frame. */
const SLICE_MS = 8;
/** How often what it came to is drawn before it is done. */
const DRAWN_MS = 300;

export interface SlicedWork {
  /** Goes on until it is done or late. */
  readonly advance: (isLate: () => boolean) => void;
  readonly isUnfinished: () => boolean;
  /** Draws what it came to; returns false where nobody sees it, and the work rests until it is asked for again. */
  readonly draw: () => boolean;
}

/** Work that is too long for one frame: it goes on frame by frame, and is drawn now and then, and when it is done. */
export class Slices {
  readonly #work: SlicedWork;
  #isPlanned = false;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(work: SlicedWork) {
    this.#work = work;
  }

  /** To be called before a drawing that shows the work. */
  advance(): void {
    const late = performance.now() + SLICE_MS;
    this.#work.advance(() => performance.now() > late);
    this.#drawn = performance.now();
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned || !this.#work.isUnfinished()) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      const late = performance.now() + SLICE_MS;
      this.#work.advance(() => performance.now() > late);
      if (this.#work.isUnfinished() && performance.now() - this.#drawn < DRAWN_MS) this.#plan();
      else if (this.#work.draw()) this.#drawn = performance.now();
    });
  }
}
