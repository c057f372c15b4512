import type { Random } from '../../random.ts';
import { type Acquisition, LogExpectedImprovement, LogFeasibility, type Merit, MeritSum } from './acquisition.ts';
import type { Region } from './candidates.ts';
import type { Encoding } from './encoding.ts';
import type { GpModel } from './gpModel.ts';
import { type Found, Search, type SearchOptions } from './search.ts';

/** Good points that a search looks around. */
const MOST_GOOD = 8;

/** The whole space but for the fixed coordinates. */
export function wholeRegion(encoding: Encoding, fixed: Float64Array, isFixed: Uint8Array): Region {
  return {
    fixed,
    isFixed,
    lower: new Float64Array(encoding.size),
    upper: new Float64Array(encoding.size).fill(1),
  };
}

/**
 * What a new trial is judged by: log EI below the best posterior mean of a feasible point (observed or running), or the
 * expected gain of hypervolume, plus the log probability of being feasible; the latter alone until something feasible was seen.
 */
export function acquisitionOf(model: GpModel): Acquisition {
  const merits: Merit[] = [];
  const threshold = lowest(model.means(0));
  const [surrogate] = model.objectives;
  if (surrogate && threshold) merits.push(new LogExpectedImprovement(surrogate, threshold.value));
  if (model.constraints.length > 0) merits.push(new LogFeasibility(model.constraints));
  return new MeritSum(merits, model.encoding.size);
}

/** The best point by posterior mean among the feasible observed and running ones, its mean (in the units of z); undefined without one. */
export function incumbentOf(model: GpModel): { point: Float64Array; mean: number } | undefined {
  const best = lowest(model.means(0));
  return best && { point: latent(model, pointOf(model, best.place)), mean: best.value };
}

/** The next trial by the acquisition over the whole region. */
export function proposeGlobally(model: GpModel, region: Region, except: number, random: Random): Found {
  const search = new Search(model.encoding, acquisitionOf(model), region, (point, active) =>
    model.rows.wasTried(point, active, except),
  );
  const { size } = model.encoding;
  return search.run(goodPoints(model), { ...GLOBAL, share: Math.max(0.25, 1.5 / size) }, random);
}

const GLOBAL: Omit<SearchOptions, 'share'> = { spread: 256, near: 160, ends: 32, starts: 5 };

/** Good points, the best first, with latent values where they have none. */
function goodPoints(model: GpModel): Float64Array[] {
  const means = model.means(0);
  const places = [...means.keys()]
    .filter((place) => !Number.isNaN(means[place]))
    .sort((a, b) => (means[a] as number) - (means[b] as number) || a - b);
  return places.slice(0, MOST_GOOD).map((place) => latent(model, pointOf(model, place)));
}

function pointOf(model: GpModel, place: number): Float64Array {
  const { chosen, rows, running } = model;
  const row = chosen[place];
  return row === undefined ? (running[place - chosen.length] as Float64Array) : rows.point(row);
}

/** The point with the value of the best trial that has it wherever it lacks one (the middle if none has). */
function latent(model: GpModel, point: Float64Array): Float64Array {
  const { encoding } = model;
  const full = point.slice();
  if (!encoding.isConditional) return full;
  const means = model.means(0);
  const places = [...means.keys()].filter((place) => !Number.isNaN(means[place]));
  for (let j = 0; j < full.length; j++) {
    if (!Number.isNaN(full[j])) continue;
    let lowestMean = Number.POSITIVE_INFINITY;
    full[j] = encoding.spread(j, 0.5);
    for (const place of places) {
      const value = pointOf(model, place)[j] as number;
      if (Number.isNaN(value) || !((means[place] as number) < lowestMean)) continue;
      lowestMean = means[place] as number;
      full[j] = value;
    }
  }
  return full;
}

function lowest(means: Float64Array): { place: number; value: number } | undefined {
  let best = -1;
  for (let place = 0; place < means.length; place++) {
    if (Number.isNaN(means[place])) continue;
    if (best < 0 || (means[place] as number) < (means[best] as number)) best = place;
  }
  return best < 0 ? undefined : { place: best, value: means[best] as number };
}
