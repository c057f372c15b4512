/** Redraws at most ten times a second, and less often when one redraw is expensive, always in an animation frame. */
const SHORTEST_GAP_MS = 100;
/** A redraw may take at most this share of the time. */
const DUTY = 0.3;

export class Redraw {
  readonly #draw: () => void;
  #isPlanned = false;
  #last = Number.NEGATIVE_INFINITY;
  #gap = SHORTEST_GAP_MS;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** `isUrgent`: a person waits for it, so the next frame does it. */
  request(isUrgent = false): void {
    if (this.#isPlanned && !isUrgent) return;
    this.#isPlanned = true;
    const wait = isUrgent ? 0 : this.#last + this.#gap - performance.now();
    if (wait > 0) setTimeout(() => requestAnimationFrame(() => this.#run()), wait);
    else requestAnimationFrame(() => this.#run());
  }

  #run(): void {
    if (!this.#isPlanned) return;
    this.#isPlanned = false;
    const started = performance.now();
    this.#draw();
    this.#last = performance.now();
    this.#gap = Math.max(SHORTEST_GAP_MS, (this.#last - started) / DUTY);
  }
}
