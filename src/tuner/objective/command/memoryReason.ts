import { ENGINE_VARIABLE } from '../../../protocol/workers.ts';

/** Why a program was killed whose memory was used up, and what to do about it where it ran. */
export function memoryReason(env: NodeJS.ProcessEnv): string {
  const advice =
    env[ENGINE_VARIABLE] === 'slurm'
      ? 'raise `mem` under `executor`'
      : 'let it take less, run fewer trials at a time, or give it more';
  return `The program was killed because it needed more memory than there was for it: ${advice}.`;
}
