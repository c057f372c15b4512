import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FAIL_REASON, INTERRUPTED } from '../../../core/study/attributes.ts';
import type { TrialChange } from '../../../core/study/changes.ts';
import { TrialState } from '../../../core/study/states.ts';
import type { StudyRecord } from '../../../core/study/studyStore.ts';
import { PASSWORD_VARIABLE } from '../../../protocol/workers.ts';
import { type Owner, ownerOf, TrialRuns } from '../../../runs/trialOwner.ts';
import { pythonFolder } from '../../pythonFolder.ts';
import { childEnvironment } from '../command/arguments.ts';
import type { Interpreter } from '../launch/findInterpreter.ts';
import type { OptunaRunOptions } from './optunaRun.ts';
import type { RunningTrial } from './scriptStudies.ts';

const execute = promisify(execFile);
/** As the launcher says it. */
const LOST = 'The trial could not be recorded when it ran.';
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
  const cause = reason === 'stopped' ? 'stopped' : 'script-died';
  const ours = left.filter((trial) => trial.location === options.log.location);
  const others = left.filter((trial) => trial.location !== options.log.location);
  await options.log.refresh();
  for (const study of options.log.studies()) {
    const told = ours.filter((trial) => trial.study === study.name).map(({ number }) => number);
    const changes = runningTrials(study)
      .filter((number) => told.includes(number) || isSignedBy(options.owner, study, number))
      .flatMap((number): TrialChange[] => [
        { type: 'systemAttr', number, key: INTERRUPTED, value: told.includes(number) ? cause : 'not-recorded' },
        {
          type: 'userAttr',
          number,
          key: FAIL_REASON,
          value: told.includes(number) ? `The trial was cut off: ${reason}.` : LOST,
        },
        { type: 'state', number, state: TrialState.fail },
      ]);
    const runs = new TrialRuns(study.history);
    const onlyIf = () => changes.every(({ number }) => runs.isSame(number));
    if (changes.length > 0) await options.log.commit(study, changes, { onlyIf });
  }
  if (others.length === 0) return;
  const work = { TUNEBOARD_REPAIR: JSON.stringify({ trials: others, reason }) };
  const password = options.launch.env[PASSWORD_VARIABLE];
  await execute(python.command, [join(pythonFolder, '_tuneboard_repair.py')], {
    cwd: options.launch.cwd,
    env: { ...childEnvironment(options.launch.env), ...work, ...(password ? { [PASSWORD_VARIABLE]: password } : {}) },
    timeout: REPAIR_TIMEOUT_MS,
    windowsHide: true,
  });
}

function runningTrials({ history }: StudyRecord): number[] {
  if (history.count(TrialState.running) === 0) return [];
  return Array.from(history.states.keys()).filter((number) => history.state(number) === TrialState.running);
}

/** The end of a trial may have been told to us but not have got into the journal, on a full disk. */
function isSignedBy(owner: Owner | undefined, { history }: StudyRecord, number: number): boolean {
  return owner !== undefined && ownerOf(history.systemAttrs(number))?.session === owner.session;
}
