import { type Example, type Forecast, forecast, type LossCurve } from '../pruners/curveForecast.ts';
import { studentCdf } from '../stats/studentT.ts';
import type { History } from '../study/history.ts';
import { type Promotion, RankPromotion } from './promotion.ts';
import { type Entrant, lossAt, lossOf, type RungBook } from './rungBook.ts';
import { stepsDone, valueAt } from './trialAttrs.ts';

/** Curves that must reach a step before anything is forecast there. */
const ENOUGH = 5;
/** So many curves, the newest, are what a forecast is made from. */
const MOST_EXAMPLES = 200;

interface Known {
  readonly entrant: Entrant;
  readonly curve: LossCurve;
  readonly steps: number;
}

/** What is compared: the loss at `step`, which `examples` have reached, against the best of them. */
interface Goal {
  readonly step: number;
  readonly examples: readonly Example[];
  readonly best: number;
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
    const { history } = book;
    const byRank = this.#rank.order(book, entrants, rung);
    const known = byRank.map((entrant) => knownOf(history, entrant));
    const goal = goalOf(
      history,
      book.entrants().map((entrant) => knownOf(history, entrant)),
    );
    if (!goal) return byRank;
    const scored = known.map((one) => ({ ...one, ...chanceOf(history, one, goal, rung) }));
    return scored
      .sort((a, b) => (a.chance === b.chance ? difference(a.mean, b.mean) : b.chance - a.chance))
      .map(({ entrant }) => entrant);
  }
}

/** The highest step with enough curves, above that of the shortest. */
function goalOf(history: History, known: readonly Known[]): Goal | undefined {
  const steps = known.map((one) => one.steps).sort((a, b) => b - a);
  const step = steps[ENOUGH - 1];
  if (step === undefined || step <= (steps.at(-1) as number)) return undefined;
  const reached = known.filter((one) => one.steps >= step).sort((a, b) => a.entrant.number - b.entrant.number);
  const examples: Example[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const { entrant, curve } of reached) {
    const result = lossOf(history, valueAt(history, entrant.number, step));
    best = Math.min(best, result);
    if (Number.isFinite(result)) examples.push({ curve, result });
  }
  return examples.length < ENOUGH ? undefined : { step, examples: examples.slice(-MOST_EXAMPLES), best };
}

function chanceOf(history: History, one: Known, { step, examples, best }: Goal, rung: number) {
  const own = lossAt(one.entrant, rung) ?? Number.POSITIVE_INFINITY;
  if (one.steps >= step) {
    const mean = lossOf(history, valueAt(history, one.entrant.number, step));
    return { chance: Number(mean <= best), mean };
  }
  const last = one.curve.steps.at(-1);
  const found: Forecast | undefined = last === undefined ? undefined : forecast(one.curve, last, examples);
  if (!found || !Number.isFinite(own)) return { chance: 0, mean: own };
  const { mean, scale, degrees } = found;
  return { chance: scale > 0 ? studentCdf((best - mean) / scale, degrees) : Number(mean <= best), mean };
}

function knownOf(history: History, entrant: Entrant): Known {
  return { entrant, curve: curveOf(history, entrant.number), steps: stepsDone(history, entrant.number) };
}

function curveOf(history: History, number: number): LossCurve {
  const { steps, values } = history.curve(number);
  const order = [...steps.keys()].filter((index) => Number.isFinite(values[index]));
  order.sort((a, b) => (steps[a] as number) - (steps[b] as number));
  return {
    steps: Float64Array.from(order, (index) => steps[index] as number),
    losses: Float64Array.from(order, (index) => lossOf(history, values[index] as number)),
  };
}

/** Infinities are equal. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
