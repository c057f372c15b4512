/** Which trials have which colour, when a person colours them by a parameter or by their number. */
import { formatCount, formatSignificant } from '../ui/format.ts';
import type { TrialModel } from './model.ts';

/** Colours from the least to the most. */
export const COLOURS = 5;
/** In place of a parameter: by the number of the trial. */
export const BY_NUMBER = '#';
/** Characters of a choice at the end of the scale. */
const LONGEST = 12;

export interface Colouring {
  /** The name of what they are coloured by; `BY_NUMBER`. */
  readonly name: string;
  /** From 0; null for a trial without a value. */
  readonly colourOf: (number: number) => number | null;
  /** What the ends of the scale stand for. */
  readonly least: string;
  readonly most: string;
}

/** Null where the study has nothing of that name. A parameter on a log scale has equal ratios in each colour. */
export function colouringBy(model: TrialModel, name: string | null): Colouring | null {
  if (name === null) return null;
  const inRange = (share: number) => Math.max(0, Math.min(COLOURS - 1, Math.floor(COLOURS * share)));
  if (name === BY_NUMBER) {
    const last = Math.max(model.length - 1, 1);
    return { name, colourOf: (number) => inRange(number / last), least: '0', most: formatCount(last) };
  }
  const parameter = model.parameters.get(name);
  if (!parameter) return null;
  const { values, choices, log } = parameter;
  const scaled = (value: number) => (log ? Math.log(value) : value);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values.subarray(0, model.length)) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (choices) [low, high] = [0, choices.length - 1];
  const span = scaled(high) - scaled(low);
  const endOf = (value: number) => {
    const text = choices ? String(choices[value]) : formatSignificant(value, 3);
    return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  };
  return {
    name,
    colourOf: (number) => {
      const place = scaled(values[number] ?? Number.NaN);
      if (Number.isNaN(place)) return null;
      return span > 0 ? inRange((place - scaled(low)) / span) : 0;
    },
    least: low <= high ? endOf(low) : '',
    most: low <= high ? endOf(high) : '',
  };
}
