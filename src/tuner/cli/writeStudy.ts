import { existsSync, readFileSync } from 'node:fs';
import { TuneboardError } from '../../core/errors.ts';
import { FIXED_PARAMS } from '../../core/study/attributes.ts';
import { LONGEST_NOTE, marksAttr, marksOf, noteAttrs, noteOf } from '../../core/study/notes.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { StorageError } from '../../storage/storageError.ts';
import { openWritableStorage, storagePlace } from '../../storage/writableStorage.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { print } from '../render/print.ts';
import { countText } from '../render/text.ts';
import { checkedFixed } from '../run/orders.ts';
import { EXIT, type ExitCode, UsageError } from './exitCodes.ts';
import { chooseStudy } from './storages.ts';
import { agrees, type StudyPlace } from './studyPlace.ts';

export interface NoteCommandOptions {
  /** Left out: the study itself. */
  readonly trial?: number;
  /** Replaces the note; `-`: what is read from the standard input. */
  readonly text?: string;
  /** The version that the text was written from: another one now, and nothing is saved. */
  readonly since?: number;
  readonly star?: boolean;
  /** Replace the tags. */
  readonly tags?: readonly string[];
}

/** `tuneboard note STORAGE`: writes what is given, then prints what is there. */
export async function noteCommand(place: StudyPlace, options: NoteCommandOptions): Promise<ExitCode> {
  const { trial = null, star, tags } = options;
  const text = options.text === '-' ? readFileSync(0, 'utf8') : options.text;
  return withStudy(place, async (log, study) => {
    const id = trial === null ? null : study.trialIds?.[trial];
    if (trial !== null && trial >= study.history.length) {
      throw new UsageError(
        `Study "${study.name}" has no trial ${trial}: they count from 0 to ${study.history.length - 1}.`,
      );
    }
    if (id === undefined || id === -1)
      throw new UsageError(`A note on trial ${trial} cannot be kept in ${log.location}.`);
    if (text !== undefined) await saveNote(log, study, id, text, options.since);
    if (star !== undefined || tags !== undefined) {
      const now = marksOf(study.systemAttrs, trial);
      await log.setStudyAttr(study, 'system', ...marksAttr(trial, { star: star ?? now.star, tags: tags ?? now.tags }));
    }
    const marks = marksOf(study.systemAttrs, trial);
    print([
      ...(marks.star ? ['★'] : []),
      ...(marks.tags.length > 0 ? [`tags: ${marks.tags.join(', ')}`] : []),
      ...noteOf(study.systemAttrs, id).text.split('\n'),
    ]);
  });
}

async function saveNote(
  log: WritableTrialLog,
  study: StudyRecord,
  id: number | null,
  text: string,
  since: number | undefined,
): Promise<void> {
  if (text.length > LONGEST_NOTE) throw new UsageError(`A note has at most ${LONGEST_NOTE} characters.`);
  const now = noteOf(study.systemAttrs, id);
  if (since !== undefined && since !== now.version) {
    throw new TuneboardError(
      'changed-meanwhile',
      'Somebody else has changed this note meanwhile: copy yours, and look at it first.',
    );
  }
  if (text === now.text) return;
  for (const [key, value] of noteAttrs(study.systemAttrs, id, text))
    await log.setStudyAttr(study, 'system', key, value);
}

/**
 * `tuneboard enqueue STORAGE --params JSON`: waiting trials that any worker of the study runs. `given`:
 * an object, or an array of them; `-`: read from the standard input. All are checked before the first is written.
 */
export async function enqueueCommand(place: StudyPlace, given: string): Promise<ExitCode> {
  const asked = parsed(given === '-' ? readFileSync(0, 'utf8') : given);
  return withStudy(place, async (log, study) => {
    const trials = (Array.isArray(asked) ? asked : [asked]).map((params) => checkedFixed(params, study.history));
    for (const params of trials) {
      const systemAttrs = { [FIXED_PARAMS]: params };
      const number = await log.createTrial(study, { state: TrialState.waiting, systemAttrs });
      print(`Trial ${number} waits for the next run of study "${study.name}".`);
    }
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('The parameters are no JSON: write them as {"lr": 0.1, "optimizer": "adamw"}.');
  }
}

/** `tuneboard delete STORAGE`: the study and its trials are gone for ever; files that trials wrote stay. */
export async function deleteCommand(place: StudyPlace, isSure: boolean): Promise<ExitCode> {
  return withStudy(place, async (log, study) => {
    const { name, history } = study;
    if (!log.deleteStudy) {
      throw new UsageError(`${log.location} is a server: delete study "${name}" with "optuna delete-study".`);
    }
    const what = `Study "${name}" and its ${countText(history.length, 'trial')} in ${log.location}`;
    if (!isSure && !(await agrees(`${what} will be deleted for ever.`))) {
      throw new UsageError(`${what} will be deleted for ever: add --yes.`);
    }
    await log.deleteStudy(study);
    print(`${what} are deleted.`);
  });
}

/** Opens a storage that is there for writing, and the study that is meant. */
export async function withStudy(
  { location, within, study: name }: StudyPlace,
  action: (log: WritableTrialLog, study: StudyRecord) => Promise<void>,
): Promise<ExitCode> {
  if (within !== undefined) {
    throw new TuneboardError('needs-trust', `Somebody else may have named ${location}: add --trust to write to it.`);
  }
  const place = storagePlace(location, process.cwd());
  // A slip of the pen makes no storage.
  if (!place.url && !existsSync(place.path))
    throw new StorageError('not-found', storageMessage('cannotThereNoSuchFile', { verb: 'write', path: place.path }));
  const log = await openWritableStorage(place, { studyName: name });
  try {
    await action(log, chooseStudy(log, name));
  } finally {
    await log.close();
  }
  return EXIT.done;
}
