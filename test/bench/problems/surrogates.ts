import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution, Params } from '../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { compileGraph, type Graph } from './graph.ts';
import { knownLowest } from './knownLowest.ts';
import { type Problem, type ProblemEntry, problemOf } from './problem.ts';
import { sharedFloats, sharedJson } from './shared.ts';

interface Hyperparameter {
  readonly name: string;
  readonly type: 'uniform_float' | 'uniform_int' | 'categorical';
  readonly lower: number;
  readonly upper: number;
  readonly log: boolean;
  readonly choices: readonly string[];
}

interface SurrogateFile extends Graph {
  readonly scen: {
    readonly y: readonly string[];
    readonly cont: readonly string[];
    readonly cat: readonly string[];
    readonly inst: string;
    readonly fid: Readonly<Record<string, number>>;
  };
  readonly space: { readonly hyperparameters: readonly Hyperparameter[] };
  readonly enc: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A scenario of YAHPO (Pfisterer et al. 2022): all targets of a configuration of an instance, by their names. */
export interface Scenario {
  readonly instances: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly distribution: Distribution }[];
  evaluate(instance: string, params: Params): Readonly<Record<string, number>>;
}

const scenarios = new Map<string, Scenario | null>();

/** Null where the public data are not there. A fidelity that `params` leaves out has its full value. */
export function scenarioOf(name: string): Scenario | null {
  let scenario = scenarios.get(name);
  if (scenario === undefined) {
    scenario = readScenario(name);
    scenarios.set(name, scenario);
  }
  return scenario;
}

function readScenario(name: string): Scenario | null {
  const file = sharedJson<SurrogateFile>(`${name}.graph.json`);
  const weights = sharedFloats(`${name}.f32`);
  if (!file || !weights) return null;
  const { scen, enc } = file;
  const run = compileGraph(file, weights);
  const searched = file.space.hyperparameters.filter((one) => one.name !== scen.inst && !(one.name in scen.fid));
  return {
    instances: file.space.hyperparameters.find((one) => one.name === scen.inst)?.choices ?? [],
    parameters: searched.map((one) => ({ name: one.name, distribution: distributionOf(one) })),
    evaluate(instance, params) {
      const all: Params = { ...scen.fid, ...params, [scen.inst]: instance };
      const code = (key: string): number => enc[key]?.[String(all[key] ?? '#na#')] as number;
      const output = run(
        Float64Array.from(scen.cat, code),
        Float64Array.from(scen.cont, (key) => Number(all[key] ?? 0)),
      );
      return Object.fromEntries(scen.y.map((key, index) => [key, output[index] as number]));
    },
  };
}

function distributionOf({ type, lower, upper, log, choices }: Hyperparameter): Distribution {
  if (type === 'categorical') return categoricalDistribution(choices);
  return type === 'uniform_int' ? intDistribution(lower, upper, { log }) : floatDistribution(lower, upper, { log });
}

/** Target and direction of each scenario, and the instances for a quick comparison. */
const TARGETS: readonly [scenario: string, target: string, direction: Direction, quick: readonly string[]][] = [
  ['lcbench', 'val_accuracy', Direction.maximize, ['167168', '189354']],
  ['rbv2_rpart', 'acc', Direction.maximize, ['14', '1040']],
  ['rbv2_rpart', 'logloss', Direction.minimize, ['12']],
];

export function surrogateEntries(): ProblemEntry[] {
  return TARGETS.flatMap(([name, target, direction, quick]) => {
    const scenario = scenarioOf(name);
    return (scenario?.instances ?? []).map((instance) => ({
      name: `surrogate/${name}_${instance}_${target}`,
      family: 'surrogate',
      held: false,
      quick: quick.includes(instance),
      make: () => surrogate(scenario as Scenario, instance, target, direction),
    }));
  });
}

function surrogate(scenario: Scenario, instance: string, target: string, direction: Direction): Problem {
  const space = searchSpace(scenario.parameters);
  const truth = (params: Params): number => scenario.evaluate(instance, params)[target] as number;
  const sign = direction === Direction.maximize ? -1 : 1;
  const best = sign * knownLowest(space, (params) => sign * truth(params));
  return problemOf({ space, direction, truth, best });
}
