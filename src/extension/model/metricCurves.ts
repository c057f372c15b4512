import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { MetricCurve } from '../../protocol/panel.ts';
import { parseMetricLine } from '../../storage/text/metricLines.ts';

/** More of an output is not read: its end tells how training goes. */
const LONGEST_OUTPUT = 1024 * 1024;
const MOST_CURVES = 12;
const MOST_POINTS = 200;
/** Names under which programs print how far they are, the most precise first. */
const STEPS = ['step', 'global_step', 'iteration', 'iter', 'round', 'epoch'];
/** What is printed beside metrics and moves no decision. */
const ASIDE = /_(runtime|per_second)$|^(grad_norm|learning_rate|lr|total_flos)$/;

/**
 * The curve of everything that a trial prints at two steps or more, of which its storage has the objective alone: losses,
 * scores. From the end of its output file; nothing where there is none.
 */
export function metricCurves(outputPath: string): readonly MetricCurve[] {
  return curvesOf(endOf(outputPath));
}

/** The same of a text: lines as programs print them. */
export function curvesOf(output: string): readonly MetricCurve[] {
  const curves = new Map<string, Map<number, number>>();
  const reports = output.split('\n').flatMap((line) => {
    const metrics = parseMetricLine(line);
    return metrics ? [{ metrics, stepName: STEPS.find((name) => Object.hasOwn(metrics, name)) }] : [];
  });
  // Where some lines say the step, others are no reports: `Total optimization steps = 180`.
  const hasSteps = reports.some(({ stepName }) => stepName !== undefined);
  let count = 0;
  for (const { metrics, stepName } of reports) {
    if (hasSteps && stepName === undefined) continue;
    count++;
    const step = stepName === undefined ? count : (metrics[stepName] as number);
    for (const [name, value] of Object.entries(metrics)) {
      if (STEPS.includes(name) || ASIDE.test(name) || !Number.isFinite(value) || !Number.isFinite(step)) continue;
      if (!curves.has(name)) curves.set(name, new Map());
      curves.get(name)?.set(step, value);
    }
  }
  return [...curves]
    .filter(([, points]) => points.size > 1)
    .slice(0, MOST_CURVES)
    .map(([name, points]) => ({ name, points: thinned([...points].sort(([a], [b]) => a - b)) }));
}

/** Every n-th point, and the last. */
function thinned(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

function endOf(path: string): string {
  let file: number | undefined;
  try {
    const { size } = statSync(path);
    const length = Math.min(size, LONGEST_OUTPUT);
    const bytes = Buffer.alloc(length);
    file = openSync(path, 'r');
    const read = readSync(file, bytes, 0, length, size - length);
    const text = bytes.toString('utf8', 0, read);
    // The first line may be cut.
    return length < size ? text.slice(text.indexOf('\n') + 1) : text;
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
