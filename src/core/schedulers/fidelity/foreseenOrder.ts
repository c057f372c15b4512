import type { Entrant } from '../rungBook.ts';
import type { TrainingModel } from './trainingModel.ts';

/** Trials that must reach a step before anything is foreseen there, as for forecasts of single curves. */
const ENOUGH = 5;

/**
 * The order of trials by the mean of two ranks: that in `ranked`, by what each curve promises by itself, and that by the
 * model's P(loss at the goal < the lowest mean there), which knows how others with similar parameters went on. The curve
 * alone stops slow starters, the model alone those whose own curve it smooths over: see test/bench/NOTES.md. The model must
 * follow the history.
 */
export function foreseenOrder(model: TrainingModel, ranked: readonly Entrant[]): Entrant[] {
  const { expected, best } = model.goal(ENOUGH);
  const chances = new Map(expected.map(({ number, mean, deviation }) => [number, (best - mean) / deviation]));
  const chance = ({ number }: Entrant) => chances.get(number) ?? Number.NEGATIVE_INFINITY;
  const places = new Map(ranked.map((entrant, place) => [entrant, place]));
  const place = (entrant: Entrant) => places.get(entrant) as number;
  const foreseen = [...ranked].sort((a, b) => compare(chance(b), chance(a)) || place(a) - place(b));
  const sums = new Map(foreseen.map((entrant, rank) => [entrant, rank + place(entrant)]));
  const sum = (entrant: Entrant) => sums.get(entrant) as number;
  return foreseen.sort((a, b) => sum(a) - sum(b) || place(a) - place(b));
}

/** Infinities are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
