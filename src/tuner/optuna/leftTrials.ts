import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TrialChange } from '../../core/study/changes.ts';
import { TrialState } from '../../core/study/states.ts';
import { INTERRUPTED } from '../../runs/trialOwner.ts';
import { childEnvironment } from '../objectives/environment.ts';
import type { OptunaRunOptions } from '../objectives/optunaRun.ts';
import { pythonFolder } from '../pythonFolder.ts';
import type { Interpreter } from './findInterpreter.ts';
import type { RunningTrial } from './scriptStudies.ts';

const execute = promisify(execFile);
const REPAIR_TIMEOUT_MS = 60_000;

/**
 * Records trials that a script's process left running as failed: in our journal directly, in a storage of the script's
 * own with its own Optuna (which knows every kind of storage).
 */
export async function failLeftTrials(
  options: OptunaRunOptions,
  python: Interpreter,
  left: readonly RunningTrial[],
  reason: string,
): Promise<void> {
  const ours = left.filter((trial) => trial.location === options.log.location);
  const others = left.filter((trial) => trial.location !== options.log.location);
  await options.log.refresh();
  for (const study of options.log.studies()) {
    const changes = ours
      .filter((trial) => trial.study === study.name && study.history.state(trial.number) === TrialState.running)
      .flatMap(({ number }): TrialChange[] => [
        { type: 'systemAttr', number, key: INTERRUPTED, value: reason === 'stopped' ? 'stopped' : 'script-died' },
        { type: 'userAttr', number, key: 'tuneboard:error', value: `The trial was cut off: ${reason}.` },
        { type: 'state', number, state: TrialState.fail },
      ]);
    if (changes.length > 0) await options.log.commit(study, changes);
  }
  if (others.length === 0) return;
  await execute(python.command, [join(pythonFolder, '_tuneboard_repair.py')], {
    cwd: options.cwd,
    env: { ...childEnvironment(options.env), TUNEBOARD_REPAIR: JSON.stringify({ trials: others, reason }) },
    timeout: REPAIR_TIMEOUT_MS,
    windowsHide: true,
  });
}
