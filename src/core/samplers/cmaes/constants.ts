/** The strategy's constants for one dimension and population size. */
export interface Constants {
  /** Recombination weights from the best to the worst: positive ones sum to 1, negative ones follow. */
  readonly weights: Float64Array;
  /** How many weights are positive. */
  readonly parents: number;
  /** Sum of all weights. */
  readonly weightSum: number;
  readonly effective: number;
  readonly sigmaRate: number;
  readonly sigmaDamping: number;
  readonly pathRate: number;
  readonly rankOneRate: number;
  readonly rankManyRate: number;
  /** E‖N(0, I)‖. */
  readonly expectedNorm: number;
}

const cache = new Map<string, Constants>();

export function defaultPopulation(dimensions: number): number {
  return 4 + Math.floor(3 * Math.log(dimensions));
}

/**
 * Defaults of Hansen ("The CMA evolution strategy: a tutorial", 2016, equations 48 to 58), negative weights included; a separable
 * covariance learns (d + 2)/3 times as fast (Ros, Hansen 2008).
 */
export function constantsFor(dimensions: number, population: number, isSeparable: boolean): Constants {
  const key = `${dimensions} ${population} ${isSeparable}`;
  let constants = cache.get(key);
  if (!constants) {
    constants = compute(dimensions, population, isSeparable);
    cache.set(key, constants);
  }
  return constants;
}

function compute(d: number, population: number, isSeparable: boolean): Constants {
  const raw = Float64Array.from(
    { length: population },
    (_, place) => Math.log((population + 1) / 2) - Math.log(place + 1),
  );
  const parents = Math.max(1, Math.floor(population / 2));
  const effective = effectiveSize(raw.subarray(0, parents));
  const negativeEffective = effectiveSize(raw.subarray(parents));
  const faster = isSeparable ? (d + 2) / 3 : 1;
  const rankOneRate = Math.min(1, (faster * 2) / ((d + 1.3) ** 2 + effective));
  const rankManyRate = Math.min(
    1 - rankOneRate - 1e-8,
    (faster * 2 * (effective - 2 + 1 / effective)) / ((d + 2) ** 2 + effective),
  );
  const sigmaRate = (effective + 2) / (d + effective + 5);
  const weights = normalised(raw, parents, {
    first: 1 + rankOneRate / rankManyRate,
    second: 1 + (2 * negativeEffective) / (effective + 2),
    third: (1 - rankOneRate - rankManyRate) / (d * rankManyRate),
  });
  return {
    weights,
    parents,
    weightSum: weights.reduce((sum, weight) => sum + weight, 0),
    effective,
    sigmaRate,
    sigmaDamping: 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (d + 1)) - 1) + sigmaRate,
    pathRate: (4 + effective / d) / (d + 4 + (2 * effective) / d),
    rankOneRate,
    rankManyRate,
    expectedNorm: Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d)),
  };
}

function effectiveSize(weights: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}

/** Equations 49 to 53: positive weights sum to 1, negative ones to minus the smallest of three bounds. */
function normalised(
  raw: Float64Array,
  parents: number,
  bounds: { first: number; second: number; third: number },
): Float64Array {
  let positive = 0;
  let negative = 0;
  for (const weight of raw) {
    if (weight > 0) positive += weight;
    else negative -= weight;
  }
  const least = Math.max(0, Math.min(bounds.first, bounds.second, bounds.third));
  return raw.map((weight, place) => {
    if (place < parents) return positive > 0 ? weight / positive : 1;
    return negative > 0 && Number.isFinite(least) ? (Math.min(weight, 0) * least) / negative : 0;
  });
}
