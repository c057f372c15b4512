/** Names under which programs print how far they are, the most precise first. */
const STEP_NAMES = ['step', 'global_step', 'iteration', 'iter', 'round', 'epoch'];

export interface MetricsAtStep {
  readonly metrics: Readonly<Record<string, number>>;
  /** As printed (an epoch may be 1.5); null when the line does not say. */
  readonly step: number | null;
}

/** What Optuna's databases can hold. */
const LARGEST_STEP = 2 ** 31 - 1;

/** Tells the step of a printed line from its metrics. A name that is an objective is never the step. */
export function splitStep(line: Readonly<Record<string, number>>, objectives: readonly string[]): MetricsAtStep {
  const names = STEP_NAMES.filter((name) => Object.hasOwn(line, name) && !objectives.includes(name));
  const metrics = Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)));
  return { metrics, step: names.length > 0 ? (line[names[0] as string] as number) : null };
}

/**
 * Turns what a program says about its progress into the integer steps of a trial's curve. Whole numbers are taken as
 * they are; from the first report without one (none, or epoch 1.5) the trial's reports are counted instead, so that two
 * of them never fall on one step.
 */
export class StepCounter {
  #last: number;
  #isCounting = false;

  /** `last`: the last step of an earlier part of the trial. */
  constructor(last = -1) {
    this.#last = last;
  }

  next(step: number | null): number {
    if (step === null || !Number.isInteger(step) || step < 0 || step > LARGEST_STEP) this.#isCounting = true;
    this.#last = this.#isCounting ? this.#last + 1 : (step as number);
    return this.#last;
  }
}
