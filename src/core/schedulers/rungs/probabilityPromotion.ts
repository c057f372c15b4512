import { type Example, type Forecast, forecast, type LossCurve } from '../../pruners/curveForecast.ts';
import { studentCdf } from '../../stats/studentT.ts';
import type { History } from '../../study/history.ts';
import { valueAt } from '../trialAttrs.ts';
import { type Promotion, RankPromotion } from './promotion.ts';
import { type Entrant, lossAt, lossOf, type RungBook } from './rungBook.ts';

/** Curves that must reach a step before anything is forecast there. */
const ENOUGH = 5;
/** So many curves, the newest, are what a forecast is made from. */
const MOST_EXAMPLES = 64;
/** Only so many trials, the best by rank, are forecast. */
const MOST_FORECASTS = 32;

/** What is compared: the loss at `step`, which `examples` have reached, against the best of them. */
interface Goal {
  readonly step: number;
  readonly examples: readonly Example[];
  readonly best: number;
}

interface Scored {
  readonly entrant: Entrant;
  readonly chance: number;
  readonly mean: number;
}

/**
 * By P(loss at the goal < the best one there): the goal is the highest step that enough trials have reached, the forecast
 * what their curves teach about curves that end here (see `forecast`). A trial that has come to the goal is known; a slow
 * starter that may still win goes before one whose curve is flat. While nobody is ahead of the rung, by rank.
 */
export class ProbabilityPromotion implements Promotion {
  readonly countsPromoted = true;
  readonly #rank = new RankPromotion();

  order(book: RungBook, entrants: readonly Entrant[], rung: number): Entrant[] {
    const byRank = this.#rank.order(book, entrants, rung);
    const goal = goalOf(book, byRank);
    if (!goal) return byRank;
    const scored = byRank.slice(0, MOST_FORECASTS).map((entrant) => score(book.history, entrant, goal, rung));
    scored.sort((a, b) => (a.chance === b.chance ? difference(a.mean, b.mean) : b.chance - a.chance));
    return [...scored.map(({ entrant }) => entrant), ...byRank.slice(MOST_FORECASTS)];
  }
}

/** The highest step with enough curves, if one of the candidates has not reached it. */
function goalOf(book: RungBook, candidates: readonly Entrant[]): Goal | undefined {
  const { history } = book;
  const all = book.entrants();
  const steps = Float64Array.from(all, (entrant) => entrant.steps).sort();
  const step = steps.at(-ENOUGH);
  if (step === undefined || !candidates.some((entrant) => entrant.steps < step)) return undefined;
  const examples: Example[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const entrant of all.filter((one) => one.steps >= step)) {
    const result = lossOf(history, valueAt(history, entrant.number, step));
    best = Math.min(best, result);
    if (Number.isFinite(result)) examples.push({ curve: curveOf(history, entrant.number), result });
  }
  return examples.length < ENOUGH ? undefined : { step, examples: examples.slice(-MOST_EXAMPLES), best };
}

function score(history: History, entrant: Entrant, { step, examples, best }: Goal, rung: number): Scored {
  const own = lossAt(entrant, rung) ?? Number.POSITIVE_INFINITY;
  if (entrant.steps >= step) {
    const mean = lossOf(history, valueAt(history, entrant.number, step));
    return { entrant, chance: Number(mean <= best), mean };
  }
  const curve = curveOf(history, entrant.number);
  const last = curve.steps.at(-1);
  const found: Forecast | undefined = last === undefined ? undefined : forecast(curve, last, examples);
  if (!found || !Number.isFinite(own)) return { entrant, chance: 0, mean: own };
  const { mean, scale, degrees } = found;
  const chance = scale > 0 ? studentCdf((best - mean) / scale, degrees) : Number(mean <= best);
  return { entrant, chance, mean };
}

function curveOf(history: History, number: number): LossCurve {
  const { steps, values } = history.curve(number);
  const order = [...steps.keys()].filter((index) => Number.isFinite(values[index]));
  order.sort((a, b) => steps[a] - steps[b]);
  return {
    steps: Float64Array.from(order, (index) => steps[index]),
    losses: Float64Array.from(order, (index) => lossOf(history, values[index])),
  };
}

/** Infinities are equal. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
