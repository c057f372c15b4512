import { OutputWarp } from '../../stats/outputWarp.ts';
import type { TrainedTrial } from './trainedTrials.ts';

/** One row a trial and step that it has reached, in the order of trials, then steps. */
export interface LossRows {
  readonly trials: readonly TrainedTrial[];
  /** Steps of the ladder. */
  readonly length: number;
  /** Index of each row's trial in `trials`, and the place of its step in the ladder. */
  readonly owners: Int32Array;
  readonly rungs: Int32Array;
  /** Infinity for a training that diverged. */
  readonly losses: Float64Array;
}

/** The losses of all trials at all steps of a ladder of so many. */
export function lossRows(trials: readonly TrainedTrial[], length: number): LossRows {
  const count = trials.reduce((sum, { losses }) => sum + losses.length, 0);
  const rows = { owners: new Int32Array(count), rungs: new Int32Array(count), losses: new Float64Array(count) };
  let row = 0;
  for (const [owner, { losses }] of trials.entries()) {
    for (const [rung, loss] of losses.entries()) {
      rows.owners[row] = owner;
      rows.rungs[row] = rung;
      rows.losses[row++] = loss;
    }
  }
  return { trials, length, ...rows };
}

/**
 * Values that a process can take for normal (see `OutputWarp`): each loss is moved by what trials gain from its step to the
 * last one, in the median of those that came from one step to the next. A diverged training counts as the worst of all.
 */
export function normalised(rows: LossRows): Float64Array {
  const ahead = gainsAhead(rows);
  const moved = rows.losses.map((loss, row) => loss + ahead[rows.rungs[row]]);
  const warp = new OutputWarp(moved);
  return moved.map((loss) => warp.apply(loss));
}

/** By step of the ladder, how much a loss changes from there to the last one. */
function gainsAhead({ trials, length }: LossRows): Float64Array {
  const ahead = new Float64Array(length);
  for (let rung = length - 2; rung >= 0; rung--) {
    const gains: number[] = [];
    for (const { losses } of trials) {
      const gain = (losses[rung + 1] ?? Number.NaN) - losses[rung];
      if (Number.isFinite(gain)) gains.push(gain);
    }
    gains.sort((a, b) => a - b);
    ahead[rung] = ahead[rung + 1] + (gains[gains.length >> 1] ?? 0);
  }
  return ahead;
}

/**
 * Which of many rows a model is conditioned on, ascending: a share of each step, larger for the higher ones, of which half are
 * the lowest values and half are spread over the others.
 */
export function chooseRows({ rungs, length }: LossRows, values: Float64Array, limit: number): Int32Array {
  if (values.length <= limit) return Int32Array.from(values.keys());
  const chosen: number[] = [];
  for (let rung = length - 1; rung >= 0; rung--) {
    const left = limit - chosen.length;
    const share = rung === 0 ? left : Math.ceil((1.5 * left) / (rung + 1));
    const places = [...values.keys()].filter((row) => rungs[row] === rung);
    places.sort((a, b) => values[a] - values[b] || a - b);
    const count = Math.min(share, left, places.length);
    const best = Math.ceil(count / 2);
    const others = places.slice(best);
    chosen.push(...places.slice(0, best));
    for (let one = 0; one < count - best; one++) {
      chosen.push(others[Math.floor(((one + 0.5) * others.length) / (count - best))]);
    }
  }
  return Int32Array.from(chosen).sort();
}
