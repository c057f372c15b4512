import { SAMPLERS } from '../../src/core/samplers/samplerMethods.ts';
import { benchOptions } from './benchOptions.ts';
import { benchPython } from './benchPython.ts';
import { LinePartner } from './linePartner.ts';
import { OurSide, type Side, TheirSide } from './overheadSides.ts';
import { median } from './quality/statistics.ts';

const DEFAULTS = { samplers: 'random,tpe,cmaes,nsgaii,gp', spaces: 'mixed8,float10,float40', sizes: '', all: false };

/** Turns that the sides take one after the other; the median of each counts. */
const TURNS = 5;
/** Turns with a short history, which are short themselves where asks are cheap. */
const SHORT_TURNS = 15;
const CHEAP_MICROSECONDS = 2_000;
/** A turn lasts about so many microseconds at most. */
const TURN_MICROSECONDS = 300_000;
const SHORT = 300;

interface Method {
  /** Our names for it, the first that there is. */
  readonly ours: readonly string[];
  readonly libraries: readonly ('optuna' | 'rustuna')[];
  readonly sizes: readonly number[];
  /** Whether its own earlier trials are its state (a population), so that a history cannot be made up. */
  readonly runs: boolean;
}

const BOTH = ['optuna', 'rustuna'] as const;
const SIZES = [100, 1_000, 10_000];
const METHODS: Readonly<Record<string, Method>> = {
  random: { ours: ['random'], libraries: BOTH, sizes: SIZES, runs: false },
  tpe: { ours: ['tpe'], libraries: BOTH, sizes: SIZES, runs: false },
  cmaes: { ours: ['cmaes'], libraries: BOTH, sizes: SIZES, runs: true },
  nsgaii: { ours: ['nsgaii', 'nsga2'], libraries: BOTH, sizes: SIZES, runs: true },
  gp: { ours: ['gp'], libraries: ['optuna'], sizes: [100, 300], runs: false },
  forest: { ours: ['forest'], libraries: [], sizes: [100, 1_000], runs: false },
  auto: { ours: ['auto'], libraries: [], sizes: [100, 300, 1_000], runs: false },
};

/**
 * CPU microseconds of one ask + tell after n trials, ours, Rustuna's and Optuna's in turns on the same machine. Arguments:
 * `--samplers`, `--spaces` (mixed8, floatN), `--sizes`, `--all` (samplers of ours alone too).
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const names = options.all ? Object.keys(METHODS) : options.samplers.split(',');
  const python = benchPython();
  if (python === null)
    console.log('Optuna and Rustuna are left out: set TUNEBOARD_PYTHON_BENCH to a Python that has them.');
  const partners = new Map(
    python === null ? [] : BOTH.map((library) => [library, new LinePartner(python, 'overhead.py')]),
  );
  console.log('CPU µs of one ask + tell after n trials; in brackets how many times ours');
  console.log(row(['sampler', 'space', 'n', 'ours', 'Rustuna', 'Optuna']));
  try {
    for (const name of names) {
      const method = METHODS[name];
      if (!method)
        throw new Error(`There is no sampler ${name} in this bench: use ${Object.keys(METHODS).join(', ')}.`);
      const type = method.ours.find((one) => Object.hasOwn(SAMPLERS, one));
      if (type === undefined) continue;
      for (const space of options.spaces.split(',')) {
        const sizes = options.sizes === '' ? method.sizes : options.sizes.split(',').map(Number);
        for (const size of sizes) await compare({ name, method, type, space, size }, partners);
      }
    }
  } finally {
    for (const partner of partners.values()) partner.close();
  }
}

interface Case {
  readonly name: string;
  readonly method: Method;
  readonly type: string;
  readonly space: string;
  readonly size: number;
}

async function compare(
  { name, method, type, space, size }: Case,
  partners: ReadonlyMap<string, LinePartner>,
): Promise<void> {
  const starts = new Map<string, () => Promise<Side>>([['ours', () => OurSide.start(type, space)]]);
  for (const library of method.libraries) {
    const partner = partners.get(library);
    if (partner) starts.set(library, () => TheirSide.start(partner, library, name, space));
  }
  const filled = async (label: string): Promise<Side> => {
    const side = await (starts.get(label) as () => Promise<Side>)();
    await (method.runs ? side.run(size) : side.add(size));
    return side;
  };
  const measured = new Map<string, number[]>();
  const sides = new Map<string, Side>();
  let turns = TURNS;
  for (let turn = 0; turn < turns; turn++) {
    for (const label of starts.keys()) {
      // Every round is one more trial, so a short history is made anew each turn.
      const side = (size > SHORT ? sides.get(label) : undefined) ?? (await filled(label));
      sides.set(label, side);
      const first = await side.measure(1);
      if (label === 'ours' && size <= SHORT && first < CHEAP_MICROSECONDS) turns = SHORT_TURNS;
      const rounds = Math.min(100, Math.max(2, Math.round(Math.min(size / 5, TURN_MICROSECONDS / first))));
      measured.set(label, [...(measured.get(label) ?? []), await side.measure(rounds)]);
    }
  }
  const figure = (label: string): number | undefined => {
    const times = measured.get(label);
    return times && median(times);
  };
  const ours = figure('ours') as number;
  const shown = (label: string): string => {
    const value = figure(label);
    return value === undefined ? '–' : `${value.toFixed(1)} (${(value / ours).toFixed(1)} ×)`;
  };
  console.log(row([name, space, String(size), ours.toFixed(1), shown('rustuna'), shown('optuna')]));
}

function row([sampler = '', space = '', size = '', ...figures]: readonly string[]): string {
  return [sampler.padEnd(8), space.padEnd(8), size.padStart(6), ...figures.map((one) => one.padStart(20))].join(' ');
}
