import type { OutputWarp } from '../../../stats/outputWarp.ts';
import { gradientOf } from '../../../study/gradient.ts';
import type { History } from '../../../study/history.ts';
import { Direction, TrialState } from '../../../study/states.ts';
import { DimensionKind, type Encoding } from '../../encoding.ts';
import { alongAxes } from '../../gradient/axes.ts';
import type { Gradient } from './slopeRows.ts';

/** Slopes that a model takes at most: those of the best trials. */
const MOST_SLOPES = 96;

/** A longer one, in units of z a side of the cube, says nothing: the training is chaotic there. */
const LONGEST = 1e3;

/**
 * What trials reported of the objective's gradient, in the dimensions that are continuous and always there, in units of the
 * warped loss. From the best trial on.
 */
export function reportedGradients(
  history: History,
  numbers: Int32Array,
  encoding: Encoding,
  warp: OutputWarp,
): Gradient[] {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const axes = encoding.dimensions.flatMap(({ name, distribution, kind, isConditional, levels }, dimension) => {
    const isOne = kind === DimensionKind.numeric && !isConditional && levels === Number.POSITIVE_INFINITY;
    return isOne && distribution.type !== 'categorical' ? [{ name, distribution, dimension }] : [];
  });
  const found: Gradient[] = [];
  let left = MOST_SLOPES;
  for (const number of ranked(history, numbers, sign)) {
    const gradient = gradientOf(history, number);
    if (!gradient) continue;
    const own = axes.filter(({ name }) => Object.hasOwn(gradient, name));
    const point = new Float64Array(encoding.size);
    if (own.length === 0 || own.length > left || !encoding.read(history, number, point, 0)) continue;
    const places = Float64Array.from(own, ({ dimension }) => point[dimension] as number);
    const scale = sign * Math.exp(warp.logSlope(sign * history.value(number)));
    const slopes = [...alongAxes(gradient, own, places)].map((slope) => slope * scale);
    if (!(Math.hypot(...slopes) < LONGEST)) continue;
    found.push({ point, dimensions: own.map(({ dimension }) => dimension), slopes });
    left -= own.length;
  }
  return found;
}

/** Complete trials that a finite value was told of, from the best on. */
function ranked(history: History, numbers: Int32Array, sign: number): number[] {
  const complete = [...numbers].filter(
    (number) => history.state(number) === TrialState.complete && Number.isFinite(history.value(number)),
  );
  return complete.sort((a, b) => sign * (history.value(a) - history.value(b)) || a - b);
}
