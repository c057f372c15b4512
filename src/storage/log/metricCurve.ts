/** Which of the metrics printed during a trial is its objective, and at which steps it was reported. */

type Metrics = Readonly<Record<string, number>>;

const STEP_NAMES = ['step', 'global_step', 'epoch', 'eval_step', 'iteration', 'iter'];
/** What trainers print beside their metrics: speeds, times and the learning rate. */
const INCIDENTAL = /(?:_runtime|_per_second|_time|^total_flos|^grad_norm|^learning_rate|^lr)$/i;

export type Points = readonly (readonly [step: number, value: number])[];

/**
 * The metric whose last printed value is the trial's value (a printed number may be rounded to four significant
 * digits); else undefined.
 */
export function objectiveMetric(lines: readonly Metrics[], value: number): string | undefined {
  const last = new Map<string, number>();
  for (const metrics of lines) for (const name of namesOf(metrics)) last.set(name, metrics[name] as number);
  const exact = [...last].findLast(([, printed]) => printed === value);
  if (exact) return exact[0];
  const near = [...last].findLast(([, printed]) => isRounded(printed, value));
  if (near) return near[0];
  // The best of several epochs may be the value that the trial returns.
  for (const metrics of lines)
    for (const name of namesOf(metrics)) if (isRounded(metrics[name] as number, value)) return name;
  return undefined;
}

/** A metric to show when none matches a value: an evaluation's before a training's. */
export function likelyMetric(lines: readonly Metrics[]): string | undefined {
  const names = lines.flatMap(namesOf).filter((name) => !INCIDENTAL.test(name));
  return names.find((name) => /^(?:eval|val|test)/i.test(name)) ?? names[0];
}

/** The metric's values by step: from a step or epoch printed beside it where that is a rising whole number, else counted. */
export function pointsOf(lines: readonly Metrics[], name: string): Points {
  const own = lines.filter((metrics) => name in metrics);
  const stepName = STEP_NAMES.find((step) => isRising(own.map((metrics) => metrics[step])));
  return own.map((metrics, index) => [stepName ? (metrics[stepName] as number) : index, metrics[name] as number]);
}

function namesOf(metrics: Metrics): string[] {
  return Object.keys(metrics).filter((name) => !STEP_NAMES.includes(name));
}

function isRising(steps: readonly (number | undefined)[]): boolean {
  return steps.every((step, index) => {
    const before = steps[index - 1];
    return step !== undefined && Number.isSafeInteger(step) && step >= 0 && (before === undefined || step > before);
  });
}

function isRounded(printed: number, value: number): boolean {
  return Math.abs(printed - value) <= 5e-4 * Math.abs(value);
}
