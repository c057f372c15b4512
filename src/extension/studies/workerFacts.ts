import { hostname } from 'node:os';
import type { History } from '../../core/study/history.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import type { WorkerRecord } from '../../protocol/workers.ts';
import { type Owner, ownerOf } from '../../runs/trialOwner.ts';
import type { Translate } from '../window/words.ts';

/** So many workers are listed one by one, those that need a look first. */
const LISTED = 8;

/** Where a trial runs or ran: on which machine, as which job of a cluster. Null where that is this machine, and no job. */
export function placeOf(history: History, number: number): string | null {
  const owner = ownerElsewhere(history, number);
  if (!owner) return null;
  const job = [owner.engine, owner.job].filter(Boolean).join(' ');
  return job === '' ? owner.host : `${owner.host} (${job})`;
}

/** The machine of it alone, which is what a row has room for. */
export function hostOf(history: History, number: number): string | null {
  return ownerElsewhere(history, number)?.host ?? null;
}

function ownerElsewhere(history: History, number: number): Owner | undefined {
  const owner = ownerOf(history.systemAttrs(number));
  const isHere = owner?.engine === undefined && owner?.job === undefined && owner?.host === hostname();
  return isHere ? undefined : owner;
}

/** `4 workers, 2 queued, 1 lost`; nothing where trials run here. */
export function workersLine(record: RunRecord | undefined, t: Translate): string {
  const workers = record?.workers ?? [];
  const count = (...states: WorkerRecord['state'][]) => workers.filter(({ state }) => states.includes(state)).length;
  const [running, queued, lost] = [count('running'), count('queued'), count('lost', 'failed')];
  return [
    running > 0 ? t('countWorkers', { running }) : '',
    queued > 0 ? t('countQueued', { queued }) : '',
    lost > 0 ? t('countLost', { lost }) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

const ORDER: Readonly<Record<WorkerRecord['state'], number>> = { failed: 0, lost: 1, queued: 2, running: 3, ended: 4 };

/** Workers one by one, as lines: those that failed first, then those that wait, each with the engine's reason. */
export function workerLines(record: RunRecord | undefined, t: Translate): string[] {
  const words: Readonly<Record<WorkerRecord['state'], string>> = {
    failed: t('failed'),
    lost: t('lost'),
    queued: t('queued'),
    running: t('running'),
    ended: t('ended'),
  };
  return [...(record?.workers ?? [])]
    .filter(({ state }) => state !== 'ended')
    .sort((a, b) => ORDER[a.state] - ORDER[b.state])
    .slice(0, LISTED)
    .map(({ id, state, where, reason }) => [id, words[state], where, reason].filter(Boolean).join(' · '));
}
