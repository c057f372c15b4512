import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Direction } from '../../core/study/states.ts';
import type { CommandObjective, ModuleObjective, StudyFile } from '../../studyfile/studyFile.ts';
import { nodeEnvironment } from '../../trainer/backend/tensorflow.ts';

/** The program that runs an exported function as a trial: beside the bundle, or its source. */
function moduleProgram(): string {
  const paths = ['./moduleTrial.mjs', '../../library/moduleTrial.ts'];
  const found = paths.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return found.find((path) => existsSync(path)) ?? (found[1] as string);
}

/** A module's exported function as a command: a process of its own a trial, in this Node. `base`: the study file's folder. */
export function moduleCommand(
  { metrics, directions }: StudyFile,
  { path, args, cwd, env, trialTimeoutMs }: ModuleObjective,
  base: string,
): CommandObjective {
  const plain = (word: string) => word.replace(/[{}]/g, '$&$&');
  const { ELECTRON_RUN_AS_NODE: runAsNode } = nodeEnvironment();
  return {
    kind: 'command',
    argv: [...[process.execPath, moduleProgram(), resolve(base, path)].map(plain), ...args],
    shell: false,
    cwd,
    env: {
      ...env,
      TUNEBOARD_OBJECTIVES: JSON.stringify(
        metrics.map((metric, index) => ({
          metric,
          direction: directions[index] === Direction.maximize ? 'maximize' : 'minimize',
        })),
      ),
      ...(runAsNode === undefined ? {} : { ELECTRON_RUN_AS_NODE: runAsNode }),
    },
    configTemplate: null,
    trialTimeoutMs,
    isExact: true,
  };
}
