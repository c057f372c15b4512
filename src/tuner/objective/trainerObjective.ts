import { dirname, join } from 'node:path';
import { type Hyperparameter, isHyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import { Direction } from '../../core/study/states.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import type { CommandObjective, StudyFile, TrainerObjective } from '../../studyfile/studyFile.ts';
import { nodeEnvironment, trainerProgram } from '../../trainer/backend/tensorflow.ts';
import type { StudySettings } from '../../trainer/study/studySettings.ts';
import type { CommandStudyFile } from '../trials/commandSession.ts';
import { moduleCommand } from './moduleObjective.ts';

/** A study file whose objective is the trainer. */
export type TrainerStudy = StudyFile & { readonly objective: TrainerObjective };

export function isTrainerStudy(file: StudyFile): file is TrainerStudy {
  return file.objective.kind === 'trainer';
}

/** The study file with its objective as the command that a trial runs; null for a script that owns its studies. */
export function asCommandStudy(file: StudyFile, source: string): CommandStudyFile | null {
  const { objective } = file;
  switch (objective.kind) {
    case 'command':
      return { ...file, objective };
    case 'module':
      return { ...file, objective: moduleCommand(file, objective, dirname(source)) };
    case 'trainer':
      return { ...file, objective: trainerCommand({ ...file, objective }, source) };
    case 'optuna':
      return null;
  }
}

/** Where the trainer finds its backend: handed on, since a trial's environment has nothing of the tuner's. */
const HANDED_ON = ['TUNEBOARD_BACKENDS', 'TUNEBOARD_TENSORFLOW', 'TUNEBOARD_BACKEND', 'ELECTRON_RUN_AS_NODE'];

/** Parameters that move continuously, and that a training can be differentiated by. */
function differentiated({ space }: StudyFile): Hyperparameter[] {
  return space.parameters.flatMap(({ name, distribution }) =>
    isHyperparameter(name) && distribution.type === 'float' && distribution.step === null ? [name] : [],
  );
}

/** Epochs of a full training where a scheduler says so: what the learning rate is planned for, in each part. */
function fullEpochs({ scheduler }: StudyFile): number | null {
  const most = scheduler?.options['maxResource'] ?? null;
  return typeof most === 'number' ? most : null;
}

/**
 * The trainer as a command: a process of its own a trial, in this Node, which is VS Code's own in a window. `source`: path
 * of the study file. `epochs`: of a full training that is done in parts; the scheduler's by default.
 */
export function trainerCommand(
  file: TrainerStudy,
  source: string,
  epochs: number | null = fullEpochs(file),
): CommandObjective {
  const { settings, trialTimeoutMs } = file.objective;
  const plain = (word: string) => word.replace(/[{}]/g, '$&$&');
  const complete: StudySettings = {
    ...settings,
    args: epochs === null ? settings.args : { ...settings.args, num_train_epochs: epochs },
    objectives: file.metrics.map((metric, index) => ({
      metric,
      isMinimised: file.directions[index] === Direction.minimize,
    })),
    differentiate: file.sampler.type === 'hypergradient' ? differentiated(file) : [],
    output: join(runFolderOf(source, file.name).path, 'models'),
  };
  return {
    kind: 'command',
    argv: [process.execPath, trainerProgram()].map(plain),
    shell: false,
    cwd: '.',
    env: {
      TUNEBOARD_TRAINER: JSON.stringify(complete),
      ...Object.fromEntries(
        Object.entries(nodeEnvironment()).filter((entry): entry is [string, string] => HANDED_ON.includes(entry[0])),
      ),
    },
    configTemplate: null,
    trialTimeoutMs,
    isExact: true,
  };
}
