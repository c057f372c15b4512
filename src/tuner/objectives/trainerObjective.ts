import type { CommandObjective, TrainerObjective } from '../../studyfile/studyFile.ts';
import { nodeEnvironment, trainerProgram } from '../../trainer/backend/tensorflow.ts';

/** Where the trainer finds its backend: handed on, since a trial's environment has nothing of the tuner's. */
const HANDED_ON = ['TUNEBOARD_BACKENDS', 'TUNEBOARD_TENSORFLOW', 'TUNEBOARD_BACKEND', 'ELECTRON_RUN_AS_NODE'];

/** The trainer as a command: a process of its own a trial, in this Node, which is VS Code's own in a window. */
export function trainerCommand({ settings, trialTimeoutMs }: TrainerObjective): CommandObjective {
  const plain = (word: string) => word.replace(/[{}]/g, '$&$&');
  return {
    kind: 'command',
    argv: [process.execPath, trainerProgram()].map(plain),
    shell: false,
    cwd: '.',
    env: {
      TUNEBOARD_TRAINER: JSON.stringify(settings),
      ...Object.fromEntries(
        Object.entries(nodeEnvironment()).filter((entry): entry is [string, string] => HANDED_ON.includes(entry[0])),
      ),
    },
    configTemplate: null,
    trialTimeoutMs,
  };
}
