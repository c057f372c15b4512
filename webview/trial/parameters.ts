/** The parameters of a trial, each with where its value lies in its range, beside trial 0's and the best's. */
import type { ModelParameter, TrialModel } from '../model/model.ts';
import { element, svgElement } from '../ui/dom.ts';
import { formatParameter } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import { rangeText } from './enqueueForm.ts';

export interface ParameterPlace {
  readonly name: string;
  readonly text: string;
  readonly range: string;
  /** From 0 to 1, of the trial, of trial 0 and of the best; null where there is none. */
  readonly at: number | null;
  readonly first: number | null;
  readonly best: number | null;
  /** Places of the choices; empty for a range of numbers. */
  readonly choices: readonly number[];
}

/** More choices are a line like any other. */
const MOST_DOTS = 16;

/** From 0 to 1 where a value lies between low and high, on the parameter's own scale; null outside and without a value. */
export function placeIn({ low, high, log, choices }: ModelParameter, value: number): number | null {
  if (Number.isNaN(value)) return null;
  if (!(high > low)) return 0.5;
  const share = log && !choices ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return share >= 0 && share <= 1 ? share : null;
}

export function parameterPlaces(
  model: TrialModel,
  number: number,
  best: number | null,
  t: Translate,
): ParameterPlace[] {
  const places: ParameterPlace[] = [];
  for (const parameter of model.parameters.values()) {
    const { name, choices, values } = parameter;
    const value = values[number] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const of = (other: number | null) =>
      other === null || other === number ? null : placeIn(parameter, values[other] ?? Number.NaN);
    const dots = choices && choices.length > 1 && choices.length <= MOST_DOTS ? choices : [];
    places.push({
      name,
      text: formatParameter(parameter, value, 6),
      range: rangeText(parameter, t),
      at: placeIn(parameter, value),
      first: of(0),
      best: of(best),
      choices: dots.map((_, at) => at / (dots.length - 1)),
    });
  }
  return places;
}

export function parameterList(places: readonly ParameterPlace[], t: Translate): HTMLElement {
  const rows = places.map((place) => {
    const { name, text, range } = place;
    const title = `${name}: ${text}\n${range}\n${t('placeLegend')}`;
    return element(
      'div',
      { class: 'parameter-row', title },
      element('dt', {}, name),
      element('dd', {}, text),
      element('span', { class: 'track', 'aria-hidden': 'true' }, track(place)),
    );
  });
  return element('dl', { class: 'parameter-list' }, ...rows);
}

/** Marks stand at shares of the width, so that they keep their shape in a column of any width. */
function track({ at, first, best, choices }: ParameterPlace): SVGElement {
  const drawing = svgElement('svg', {});
  drawing.append(svgElement('line', { x1: 0, x2: '100%', y1: 6, y2: 6, class: 'track-line' }));
  const dot = (share: number, radius: number, look: string) =>
    drawing.append(svgElement('circle', { cx: `${100 * share}%`, cy: 6, r: radius, class: look }));
  for (const choice of choices) dot(choice, 1.5, 'track-choice');
  if (first !== null) {
    const diamond = svgElement('path', { d: 'M0 1.5L4.5 6 0 10.5-4.5 6z', class: 'track-first' });
    drawing.append(svgElement('svg', { x: `${100 * first}%`, overflow: 'visible' }, diamond));
  }
  if (best !== null) dot(best, 4.5, 'track-best');
  if (at !== null) dot(at, 2.7, 'track-value');
  return drawing;
}
