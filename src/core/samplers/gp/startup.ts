import type { Random } from '../../random.ts';
import { DimensionKind, type Encoding } from '../encoding.ts';
import { Candidates, type Region } from './candidates.ts';
import type { TrialRows } from './model/trialRows.ts';
import type { Found } from './search.ts';

/** Sobol points of which the farthest from all trials is taken. */
const DRAWS = 32;

/**
 * Before there is a model: first the middle of every range (choices at random), then the draw whose nearest trial, finished
 * or running, is farthest (maximin).
 */
export function proposeSpread(rows: TrialRows, region: Region, except: number, random: Random): Found {
  const { encoding } = rows;
  const candidates = new Candidates(encoding, DRAWS, region);
  candidates.addSpread(DRAWS, random);
  candidates.keepAllowed([], random);
  const seen = rows.running(except);
  for (let row = 0; row < rows.count; row++) seen.push(rows.point(row));
  if (seen.length === 0) centre(candidates, region);
  let best = 0;
  let farthest = -1;
  for (let place = 0; place < (seen.length === 0 ? 1 : candidates.count); place++) {
    const [point, active] = [candidates.point(place), candidates.mask(place)];
    let nearest = Number.POSITIVE_INFINITY;
    for (const other of seen) nearest = Math.min(nearest, distance(encoding, point, active, other));
    if (rows.wasTried(point, active, except)) nearest = -0.5;
    if (!candidates.isAllowed(place)) nearest = -0.75;
    if (nearest > farthest) {
      farthest = nearest;
      best = place;
    }
  }
  return { point: candidates.point(best), active: candidates.mask(best), score: farthest };
}

function centre(candidates: Candidates, { isFixed }: Region): void {
  const { encoding } = candidates;
  const point = candidates.point(0);
  for (const [j, { kind }] of encoding.dimensions.entries()) {
    if (kind === DimensionKind.numeric && !isFixed[j]) point[j] = encoding.spread(j, 0.5);
  }
  encoding.activate(point, candidates.mask(0));
}

/** Squared distance: a numeric dimension's squared difference, 1 between choices and between present and absent. */
function distance({ dimensions }: Encoding, point: Float64Array, active: Uint8Array, other: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < dimensions.length; j++) {
    const place = other[j];
    const isAbsent = Number.isNaN(place);
    if (isAbsent !== (active[j] === 0)) sum += 1;
    else if (isAbsent) continue;
    else if (dimensions[j]?.kind === DimensionKind.numeric) sum += (point[j] - place) ** 2;
    else if (point[j] !== place) sum += 1;
  }
  return sum;
}
