import { dirname } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { nearestValid } from '../../core/space/distributionRules.ts';
import type { Choice, Distribution, Params } from '../../core/space/distributions.ts';
import { isActive, type SearchSpace } from '../../core/space/searchSpace.ts';
import type { StudyEstimate } from '../../protocol/estimate.ts';
import { runProgram } from '../../trainer/install/runProgram.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { commandEnvironment } from './command/arguments.ts';
import { type TrainerStudy, trainerCommand } from './trainerObjective.ts';

/** What the trainer prints for `--estimate`: a trial with the given parameters. */
export interface TrialEstimate {
  readonly epochs: number;
  readonly seconds: number;
  readonly backend: string;
  readonly why: string;
}

/**
 * What a study of the trainer will take: the trainer times a few steps of a trial in the middle of the space. `source`:
 * path of the study file. Throws `estimate` with the trainer's own sentence when it cannot train (no such column …).
 */
export async function estimateStudy(file: TrainerStudy, source: string, signal?: AbortSignal): Promise<StudyEstimate> {
  const { argv, env } = trainerCommand(file, source);
  const [program, ...args] = argv.map((word) => word.replace(/\{\{|\}\}/g, ([brace]) => brace as string));
  const { code, stdout, stderr } = await runProgram(program as string, [...args, '--estimate'], {
    cwd: dirname(source),
    env: { ...commandEnvironment(process.env), ...env, TUNEBOARD_PARAMS: JSON.stringify(middleOf(file.space)) },
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  if (code !== 0)
    throw new TuneboardError('estimate', stderr.trim().split('\n').at(-1) || tunerMessage('trainerEndedOnce'));
  const trial = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as TrialEstimate;
  const { trials } = file.budget;
  return {
    trials,
    epochs: trial.epochs,
    secondsPerTrial: trial.seconds,
    seconds: trials === null ? null : (trials * trial.seconds) / Math.min(trials, file.parallel),
    backend: trial.backend,
    why: trial.why,
  };
}

/** A value for each parameter that is active there: the middle of a range (on its own scale) or of numbers to choose from. */
export function middleOf({ parameters }: SearchSpace): Params {
  const params: Record<string, Choice> = {};
  for (const parameter of parameters) {
    if (isActive(parameter, params)) params[parameter.name] = middleValue(parameter.distribution);
  }
  return params;
}

function middleValue(distribution: Distribution): Choice {
  if (distribution.type === 'categorical') {
    const { choices } = distribution;
    const areNumbers = choices.every((choice) => typeof choice === 'number');
    const sorted = areNumbers ? choices.toSorted((a, b) => (a as number) - (b as number)) : choices;
    return sorted[Math.floor((areNumbers ? sorted.length - 1 : 0) / 2)] as Choice;
  }
  const { low, high, log } = distribution;
  return nearestValid(distribution, log ? Math.sqrt(low * high) : (low + high) / 2);
}
