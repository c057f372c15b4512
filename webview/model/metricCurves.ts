/** Small curves of what a trial prints beside its objective: one a metric, each on its own scale. */
import type { MetricCurve } from '../../src/protocol/panel.ts';
import { element, svgElement } from '../ui/dom.ts';
import { formatSignificant } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';

const WIDTH = 100;
const HEIGHT = 28;
const MARGIN = 2;

export function metricCurvesList(curves: readonly MetricCurve[], t: Translate): HTMLElement {
  const list = element('div', { class: 'metric-curves' });
  for (const { name, points } of curves) {
    const [first, last] = [points[0], points.at(-1)] as [MetricCurve['points'][number], MetricCurve['points'][number]];
    const values = points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const from = formatSignificant(first[1], 4);
    const to = formatSignificant(last[1], 4);
    const label = t('metricCurve', {
      name,
      from,
      first: first[0],
      to,
      last: last[0],
      low: formatSignificant(low, 4),
      high: formatSignificant(high, 4),
    });
    const picture = svgElement(
      'svg',
      {
        class: 'metric-curve',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': label,
      },
      svgElement('polyline', { points: polyline(points, low, high), 'vector-effect': 'non-scaling-stroke' }),
    );
    const figure = element('figure', { title: label });
    figure.append(
      element(
        'figcaption',
        {},
        element('span', { class: 'metric-name' }, name),
        element('span', { class: 'strong' }, to),
      ),
      picture,
    );
    list.append(figure);
  }
  return list;
}

/** A flat curve lies in the middle. */
function polyline(points: MetricCurve['points'], low: number, high: number): string {
  const [start, end] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1];
  return points
    .map(([step, value]) => {
      const x = MARGIN + ((WIDTH - 2 * MARGIN) * (step - start)) / (end - start || 1);
      const share = high > low ? (value - low) / (high - low) : 0.5;
      return `${x.toFixed(2)},${(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)).toFixed(2)}`;
    })
    .join(' ');
}
