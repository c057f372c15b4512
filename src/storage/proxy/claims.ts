import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '../../core/study/changes.ts';
import { TrialState } from '../../core/study/states.ts';
import { dumpJson, parseJson } from '../../core/text/pythonJson.ts';
import { TOKEN } from '../retry.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import type { TrialMessage } from './messages.ts';
import { Status } from './proxyFailure.ts';
import { hasStatus, type TrialWriter, type WriterParts } from './trialWriter.ts';

/** A worker signs a trial within this time after its claim, in milliseconds. */
const SIGNED_MS = 1500;
/** Two who were let have the same trial have both signed it by then, in milliseconds. */
const SETTLED_MS = 150;

/**
 * Makes a waiting trial running and signs it. False where another process was faster. Two calls, as the service has none for
 * both. A server's storage may let two have the same trial (Optuna on SQLite does): the one that signs later keeps it, which
 * both see a moment later.
 */
export async function claimTrial(
  { client, reader, retry }: WriterParts,
  writer: TrialWriter,
  study: RdbStudy,
  number: number,
  systemAttrs: Readonly<Record<string, JsonValue>>,
): Promise<boolean> {
  const trialId = study.trialIds[number] as number;
  const before = reader.waitingToken(trialId);
  const isOurs = await retry.run(async (isAgain) => {
    if (isAgain) {
      const taken = await takenByLost(writer, trialId, study, number, before);
      if (taken !== undefined) return taken;
    }
    try {
      return (await client.call('SetTrialStateValues', { trialId, state: TrialState.running, values: [] }))
        .trialUpdated;
    } catch (error) {
      if (hasStatus(error, Status.failedPrecondition)) return false;
      throw error;
    }
  });
  if (isOurs) await writer.sign(trialId, systemAttrs);
  const trial = await writer.get(trialId);
  reader.update(study, trial);
  if (!isOurs || !isSigned(trial, systemAttrs)) return false;
  await sleep(SETTLED_MS);
  const settled = await writer.get(trialId);
  reader.update(study, settled);
  return settled.datetimeStart === trial.datetimeStart && isSigned(settled, systemAttrs);
}

/** After an answer was lost: whether the trial is ours, or another's; undefined where it still waits. */
async function takenByLost(
  writer: TrialWriter,
  trialId: number,
  { history }: RdbStudy,
  number: number,
  before: string | undefined,
): Promise<boolean | undefined> {
  if ((await writer.get(trialId)).state === TrialState.waiting) return undefined;
  await sleep(SIGNED_MS);
  const now = await writer.get(trialId);
  const known = history.systemAttrs(number);
  const isUntouched = Object.keys(now.systemAttributes).every((key) => key === TOKEN || Object.hasOwn(known, key));
  const hasSameParams = Object.keys(now.params).length === history.paramNames(number).length;
  const hasSameToken = now.systemAttributes[TOKEN] === before;
  return now.state === TrialState.running && isUntouched && hasSameParams && hasSameToken;
}

function isSigned(trial: TrialMessage, systemAttrs: Readonly<Record<string, JsonValue>>): boolean {
  if (trial.state !== TrialState.running) return false;
  return Object.entries(systemAttrs).every(
    ([key, value]) => dumpJson(parseJson(trial.systemAttributes[key] ?? 'null')) === dumpJson(value),
  );
}
