import { dirname } from 'node:path';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import type { Study } from '../../core/study/study.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { CommandRunner } from '../objective/command/commandObjective.ts';
import { commandContext } from '../objective/launch/launchContext.ts';
import { asCommandStudy } from '../objective/trainerObjective.ts';
import { loadStudyToRun } from '../run/openStudy.ts';
import { invalidOrder } from '../run/orders.ts';
import type { Session } from '../run/session.ts';
import { spaceInCode } from '../run/startPoints.ts';
import type { CommandStudyFile } from './commandSession.ts';

export interface Reloadable {
  /** Absolute path of the study file. */
  readonly source: string;
  /** The file as the run began with it. */
  readonly file: CommandStudyFile;
  readonly study: Study;
  readonly runner: CommandRunner;
  readonly seed: number;
  readonly python: string | null;
}

/** Keys whose change waits for the next start, as what they name is open now. */
const LATER = ['scheduler', 'storage', 'executor', 'constraints', 'gpus'] as const;

/**
 * Takes over what the study file of a running study says now: the space, the sampler, the pruner and the command from the next
 * trial on, the budget and the number of parallel trials at once. Running trials end as they began. An order over the budget
 * stays where the file's own did not change. `reload` resolves to a sentence; it throws StudyFileError, and `invalid-order`
 * where the file is another study's by now.
 */
export class StudyReload {
  readonly #parts: Reloadable;
  #file: CommandStudyFile;

  constructor(parts: Reloadable) {
    this.#parts = parts;
    this.#file = parts.file;
  }

  async reload(session: Session): Promise<string> {
    const { source, study, runner, seed, python } = this.#parts;
    const before = this.#file;
    const file = asCommandStudy(await loadStudyToRun(source), source);
    const metrics = file?.metrics.length === 0 ? before.metrics : file?.metrics;
    const isSame =
      file?.name === before.name &&
      isEqual(metrics, before.metrics) &&
      (file.directions.length === 0 || isEqual(file.directions, before.directions));
    if (!file || !isSame) throw invalidOrder(tunerMessage('reloadOtherStudy', { name: before.name }));
    const base = dirname(source);
    const launch = await commandContext({ objective: file.objective, base, python, env: process.env });
    const space = await spaceInCode(file, base);
    study.adopt({
      space,
      sampler: createSampler({
        type: file.sampler.type,
        seed: file.sampler.seed ?? seed,
        options: file.sampler.options,
      }),
      pruner: createPruner(file.pruner),
    });
    runner.adopt({ objective: file.objective, sites: file.sites, space, launch });
    this.#file = { ...file, metrics: before.metrics, directions: before.directions };
    if (!isEqual(file.budget, before.budget)) session.setBudget(file.budget);
    if (file.parallel !== before.parallel) session.setParallel(file.parallel);
    session.wake();
    const later = LATER.filter((key) => !isEqual(file[key], before[key]));
    return [RELOADED, ...(later.length > 0 ? [`Waiting for the next start: ${later.join(', ')}.`] : [])].join(' ');
  }
}

const RELOADED = 'The study file was read again: the next trials are of the space as it is now.';

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
