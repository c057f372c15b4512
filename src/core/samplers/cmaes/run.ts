import { Random } from '../../random.ts';
import { type ChoiceState, uniformChoices } from './choices.ts';
import { defaultPopulation } from './constants.ts';
import { freshState, type SearchState } from './searchState.ts';

export type RestartRule = 'none' | 'ipop' | 'bipop';

export interface RunSettings {
  readonly restart: RestartRule;
  readonly isSeparable: boolean;
  /** Choices of each categorical parameter. */
  readonly counts: readonly number[];
  /** Null: 4 + ⌊3 ln d⌋, d with the categorical parameters. */
  readonly population: number | null;
  readonly sigma: number;
}

/** A search between two restarts, and what decides when the next one is due. Never changed. */
export interface Run {
  readonly state: SearchState;
  readonly choices: ChoiceState;
  /** Initial step size of this run. */
  readonly sigma: number;
  /** Restarts so far with a doubled population. */
  readonly doublings: number;
  /** Whether this run has a small population (BIPOP), and what each kind of run has used up. */
  readonly isSmall: boolean;
  readonly used: { readonly small: number; readonly large: number };
  /** Best losses of the latest generations, oldest first. */
  readonly recent: readonly number[];
  readonly best: number;
  /** Generations since `best` became better. */
  readonly idle: number;
}

export function firstRun(state: SearchState, choices: ChoiceState): Run {
  return {
    state,
    choices,
    sigma: state.sigma,
    doublings: 0,
    isSmall: false,
    used: { small: 0, large: 0 },
    recent: [],
    best: Number.POSITIVE_INFINITY,
    idle: 0,
  };
}

export function populationOf(settings: RunSettings, dimensions: number): number {
  return settings.population ?? defaultPopulation(dimensions + settings.counts.length);
}

/**
 * The run after a generation whose losses, the best first, are `losses` (empty when there are several objectives) and whose
 * members lay at `points`. Where it has converged, another run starts from a random place: with twice the population (IPOP:
 * Auger, Hansen 2005), or by turns with a small one and a short step (BIPOP: Hansen 2009).
 */
export function continued(
  run: Run,
  next: Pick<Run, 'state' | 'choices'>,
  losses: Float64Array,
  points: Float64Array,
  settings: RunSettings,
): Run {
  const { state } = next;
  const members = points.length / state.dimensions;
  const used = {
    small: run.used.small + (run.isSmall ? members : 0),
    large: run.used.large + (run.isSmall ? 0 : members),
  };
  const best = losses[0] ?? Number.NaN;
  const isBetter = best < run.best;
  const grown: Run = {
    ...run,
    ...next,
    used,
    recent: [...run.recent, best].slice(-memory(state)),
    best: isBetter ? best : run.best,
    idle: isBetter ? 0 : run.idle + 1,
  };
  if (settings.restart === 'none' || !hasEnded(grown, losses)) return grown;
  return restarted(grown, settings, new Random(fingerprint(points), 0, 'restart'));
}

/** A hundred times the first population is more than most budgets. */
const MOST_DOUBLINGS = 7;

/** Generations over which a standstill is judged. */
function memory({ dimensions, population }: SearchState): number {
  return 10 + Math.ceil((30 * dimensions) / population);
}

/** The usual criteria: the distribution shrank to a point, is too elongated, or the best loss stands still. */
function hasEnded(run: Run, losses: Float64Array): boolean {
  const { state, recent } = run;
  let longest = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (const axis of state.axes) {
    longest = Math.max(longest, axis);
    shortest = Math.min(shortest, axis);
  }
  if (state.sigma * longest < 1e-11 * run.sigma || longest / shortest > 1e7) return true;
  if (losses.length === 0 || recent.length < memory(state)) return false;
  const isFlat =
    spread(recent) <= 1e-12 * Math.max(Math.abs(run.best), 1e-300) && spread([...losses]) <= spread(recent);
  return isFlat || run.idle > 3 * memory(state);
}

/** Largest minus smallest; 0 when all are the same infinity. */
function spread(values: readonly number[]): number {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? 0 : high - low;
}

function restarted(run: Run, settings: RunSettings, random: Random): Run {
  const { dimensions, isSeparable } = run.state;
  const mean = Float64Array.from({ length: dimensions }, () => random.uniform());
  const base = populationOf(settings, dimensions);
  // The first restart is a large one: a small run has at least the first population.
  const isSmall = settings.restart === 'bipop' && run.doublings > 0 && run.used.small < run.used.large;
  const doublings = isSmall ? run.doublings : Math.min(run.doublings + 1, MOST_DOUBLINGS);
  const large = base * 2 ** doublings;
  const shrink = random.uniform();
  const population = isSmall ? Math.max(2, Math.floor(base * ((0.5 * large) / base) ** (shrink * shrink))) : large;
  const sigma = isSmall ? settings.sigma * 10 ** (-2 * random.uniform()) : settings.sigma;
  const state = freshState(isSeparable, { mean, sigma, population });
  return { ...firstRun(state, uniformChoices(settings.counts)), doublings, isSmall, used: run.used };
}

/** A seed from where trials lay: a restart is a function of the history, whatever the sampler's own seed is now. */
function fingerprint(points: Float64Array): number {
  let sum = 0;
  for (const [place, coordinate] of points.entries()) sum += coordinate * (1 + (place % 97));
  return Math.floor(Math.abs(sum % 1) * 4294967296);
}
