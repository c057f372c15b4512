import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandObjective, TrainerObjective } from '../../studyfile/studyFile.ts';

/** The trainer's program: beside the bundle, or in its folder when run from source. */
export const trainerProgram = [
  new URL('./trainer.mjs', import.meta.url),
  new URL('../../trainer/main.ts', import.meta.url),
]
  .map((url) => fileURLToPath(url))
  .find((path, index, paths) => existsSync(path) || index === paths.length - 1) as string;

/** The trainer as a command: a process of its own a trial, in this Node, which is VS Code's own in a window. */
export function trainerCommand({ settings, trialTimeoutMs }: TrainerObjective): CommandObjective {
  const plain = (word: string) => word.replace(/[{}]/g, '$&$&');
  return {
    kind: 'command',
    argv: [process.execPath, trainerProgram].map(plain),
    shell: false,
    cwd: '.',
    env: {
      TUNEBOARD_TRAINER: JSON.stringify(settings),
      ...(process.versions['electron'] ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
    },
    configTemplate: null,
    trialTimeoutMs,
  };
}
