import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { distributionToJson } from '../../../src/core/space/distributionJson.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { LinePartner } from '../linePartner.ts';
import { directionsOf, type Problem } from '../problems/problem.ts';
import type { Contestant } from './contestant.ts';

/** One side of a study: answers the values of a trial (with NaN in them it failed) with the parameters of the next one. */
export interface Player {
  first(): Promise<Params>;
  next(values: readonly number[]): Promise<Params>;
}

export async function ourPlayer({ type, options }: Contestant, problem: Problem, seed: number): Promise<Player> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: type, directions: directionsOf(problem) });
  const sampler = createSampler({ type, seed, options: options as Record<string, number | boolean> });
  const study = new Study(log, record, { space: problem.space, sampler, pruner: null });
  const first = async (): Promise<Params> => (await study.ask()).params;
  return {
    first,
    async next(values) {
      const failed = values.some(Number.isNaN);
      await study.tell(study.history.length - 1, failed ? { state: TrialState.fail } : { values: [...values] });
      return first();
    },
  };
}

/** Optuna or its port, whose side is quality.py. */
export function pythonPlayer(contestant: Contestant, problem: Problem, seed: number, partner: LinePartner): Player {
  const { maker, type, options } = contestant;
  const parameters = problem.space.parameters.map(({ name, distribution, when = {} }) => ({
    name,
    distribution: distributionToJson(distribution),
    when,
  }));
  const directions = directionsOf(problem).map((one) => (one === Direction.maximize ? 'maximize' : 'minimize'));
  const ask = async (message: unknown): Promise<Params> =>
    JSON.parse(await partner.ask(JSON.stringify(message))) as Params;
  return {
    first: () => ask({ library: maker, type, options, seed, directions, parameters }),
    next: (values) => ask(values.some(Number.isNaN) ? null : values),
  };
}
