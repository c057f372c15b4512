import { Random } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { uniformInternal } from '../../src/core/samplers/randomSampler.ts';
import { categoricalDistribution, floatDistribution, intDistribution } from '../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../src/core/space/searchSpace.ts';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { findPython } from '../support/python.ts';
import { LinePartner } from './linePartner.ts';

const KINDS = ['mixed8', 'float10', 'float40'] as const;
/** Turns that the two sides take one after the other; the fastest of each counts. */
const TURNS = 3;
/** Rounds before ours is measured at a size, so that compiled code is compared with compiled code. */
const WARM_UP_ROUNDS = 60;

/**
 * Microseconds of one ask + tell of TPE after n trials, ours and Optuna 5's in turns on the same machine.
 * Arguments: the n to measure (100 1000 10000).
 */
export async function run(args: readonly string[]): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : [100, 1_000, 10_000];
  const python = findPython('optuna');
  if (!python)
    console.log('Optuna 5 is left out: no Python here imports it (set TUNEBOARD_PYTHON_OPTUNA5 to one that does).');
  const optuna = python ? new LinePartner(python, 'overhead.py') : null;
  console.log(
    `${'space'.padEnd(8)} ${'trials'.padStart(7)} ${'ours µs'.padStart(9)} ${'Optuna µs'.padStart(10)} ${'ratio'.padStart(7)}`,
  );
  try {
    for (const kind of KINDS) for (const size of sizes) await compare(kind, size, optuna);
  } finally {
    optuna?.close();
  }
}

async function compare(kind: string, size: number, optuna: LinePartner | null): Promise<void> {
  const ask = await prepared(kind, size);
  await ask(WARM_UP_ROUNDS);
  let ours = Number.POSITIVE_INFINITY;
  let theirs = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TURNS; turn++) {
    for (let block = 0; block < 5; block++) ours = Math.min(ours, await ask(20));
    if (optuna) theirs = Math.min(theirs, Number(await optuna.ask(`${kind} ${size} ${size > 3_000 ? 4 : 15}`)));
  }
  const others = optuna ? `${theirs.toFixed(0).padStart(10)} ${`${(theirs / ours).toFixed(0)} ×`.padStart(7)}` : '';
  console.log(`${kind.padEnd(8)} ${String(size).padStart(7)} ${ours.toFixed(0).padStart(9)} ${others}`);
}

/** A study with `size` random complete trials; the function measures some rounds of ask + tell on it. */
async function prepared(kind: string, size: number): Promise<(rounds: number) => Promise<number>> {
  const space = spaceOf(kind);
  const log = new MemoryLog();
  const record = await log.createStudy({ name: kind, directions: [1] });
  for (let number = 0; number < size; number++) {
    const random = new Random(1, number);
    await log.createTrial(record, {
      state: TrialState.complete,
      params: space.parameters.map(({ name, distribution }) => ({
        name,
        distribution,
        internal: uniformInternal(distribution, random.uniform()),
      })),
      values: [random.uniform()],
    });
  }
  const study = new Study(log, record, { space, sampler: createSampler({ type: 'tpe', seed: 1 }), pruner: null });
  return async (rounds) => {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) await study.tell(await study.ask(), { values: 0.5 });
    return ((performance.now() - start) / rounds) * 1000;
  };
}

/** The same spaces as in overhead.py. */
function spaceOf(kind: string): SearchSpace {
  if (kind !== 'mixed8') {
    const distribution = floatDistribution(-5, 5);
    return searchSpace(
      Array.from({ length: Number(kind.slice(5)) }, (_, index) => ({ name: `x${index}`, distribution })),
    );
  }
  return searchSpace([
    { name: 'f1', distribution: floatDistribution(0, 1) },
    { name: 'f2', distribution: floatDistribution(-5, 5) },
    { name: 'flog', distribution: floatDistribution(1e-5, 1e-1, { log: true }) },
    { name: 'fstep', distribution: floatDistribution(0, 1, { step: 0.05 }) },
    { name: 'i1', distribution: intDistribution(1, 100) },
    { name: 'ilog', distribution: intDistribution(1, 1024, { log: true }) },
    { name: 'c1', distribution: categoricalDistribution(['a', 'b', 'c']) },
    { name: 'c2', distribution: categoricalDistribution([true, false]) },
  ]);
}
