/** What a run record that this user's tuners did not write may make the command line do: nothing, before the person agrees. */
import { createInterface } from 'node:readline/promises';
import { TuneboardError } from '../../core/errors.ts';
import { isOwnRecord, recordedStorage, studyFolderOf } from '../../runs/recordTrust.ts';
import type { FoundRun } from '../../runs/runRecords.ts';

/** How a recorded storage is opened: as if the person had named it, or only as a file `within` the study's folder. */
export interface AllowedStorage {
  readonly location: string;
  readonly within?: string;
}

export interface RefusedStorage {
  /** Where it is and what opens it, in few words. */
  readonly refused: string;
}

/** Null: the run did not know its storage. `isTrusted`: the person has agreed, or the run's own tuner has said it. */
export function accessTo({ folder, record }: FoundRun, isTrusted: boolean): AllowedStorage | RefusedStorage | null {
  const storage = recordedStorage(record, folder);
  if (storage === null) return null;
  if (isTrusted || isOwnRecord(record, folder)) return { location: record.storage as string };
  if (storage.place === 'inside') return { location: storage.path, within: studyFolderOf(folder) };
  return { refused: storage.place === 'server' ? 'on a server: --trust opens it' : 'elsewhere: --trust opens it' };
}

/** Throws `needs-trust` unless the record is this user's own, `--trust` was given, or the person at the terminal agrees. */
export async function requireTrust(run: FoundRun, trust: boolean, what: string): Promise<void> {
  if (trust || isOwnRecord(run.record, run.folder)) return;
  const sentence = `The record of study "${run.record.studyName}" was not written by you here, and ${what}`;
  if (await agrees(`${sentence}.`)) return;
  throw new TuneboardError('needs-trust', `${sentence}: add --trust if you trust ${run.folder.path}.`);
}

/** Asks the person at the terminal. False where there is none. */
export async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // What a record says is printed: no control character of it reaches the terminal.
    const shown = question.replace(/[^\P{C}\n]/gu, ' ');
    return /^y(es)?$/i.test((await terminal.question(`${shown}\nGo on? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
