import type { MetricCurve } from '../../protocol/panel.ts';
import { parseMetricLine } from '../../storage/log/metricLines.ts';
import { CurvePoints } from './curvePoints.ts';

const MOST_CURVES = 12;
/** Further names are not kept: a program that makes up a name a line would fill the memory. */
const MOST_NAMES = 200;
/** Names under which programs print how far they are, the most precise first. */
const STEPS = ['step', 'global_step', 'iteration', 'iter', 'round', 'epoch'];
/** What is printed beside metrics and moves no decision. */
const ASIDE = /_(runtime|per_second)$|^(grad_norm|learning_rate|lr|total_flos)$/;

/**
 * The curve of everything that a trial prints at two steps or more, of which its storage has the objective alone: losses,
 * scores. Takes the lines of the output one after the other, as programs print them, and keeps points only.
 */
export class MetricCurves {
  readonly #stepped = new Map<string, CurvePoints>();
  readonly #counted = new Map<string, CurvePoints>();
  #hasSteps = false;
  #count = 0;

  add(line: string): void {
    const metrics = parseMetricLine(line);
    if (!metrics) return;
    const stepName = STEPS.find((name) => Object.hasOwn(metrics, name));
    if (stepName !== undefined && !this.#hasSteps) {
      // Where some lines say the step, others are no reports: `Total optimization steps = 180`.
      this.#hasSteps = true;
      this.#counted.clear();
    }
    if (stepName !== undefined) addTo(this.#stepped, metrics, metrics[stepName] as number);
    else if (!this.#hasSteps) addTo(this.#counted, metrics, ++this.#count);
  }

  /** The curves so far, in the order in which their names were first printed. */
  get curves(): readonly MetricCurve[] {
    return [...(this.#hasSteps ? this.#stepped : this.#counted)]
      .filter(([, points]) => points.size > 1)
      .slice(0, MOST_CURVES)
      .map(([name, points]) => ({ name, points: points.thinned() }));
  }
}

function addTo(curves: Map<string, CurvePoints>, metrics: Readonly<Record<string, number>>, step: number): void {
  if (!Number.isFinite(step)) return;
  for (const [name, value] of Object.entries(metrics)) {
    if (STEPS.includes(name) || ASIDE.test(name) || !Number.isFinite(value)) continue;
    let points = curves.get(name);
    if (!points) {
      if (curves.size >= MOST_NAMES) continue;
      points = new CurvePoints();
      curves.set(name, points);
    }
    points.set(step, value);
  }
}
