import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { HELD_PARAM } from '../../core/study/attributes.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import { uniformForm } from '../../core/study/living/uniformForm.ts';
import type { StudyRecord, TrialLog, WritableTrialLog } from '../../core/study/studyStore.ts';
import type { ExactAttrs } from '../../storage/exactAttrs.ts';
import { findStudy } from '../../storage/findStudy.ts';
import { kindNamed } from '../../storage/kinds.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { exactly, templateOf } from '../../storage/trialTemplate.ts';
import { openWritableStorage, storagePlace } from '../../storage/writableStorage.ts';
import { print, printError } from '../render/print.ts';
import { countText } from '../render/text.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import { openFor } from './storages.ts';
import type { StudyPlace } from './studyPlace.ts';

/** Trials that are written together at most. */
const TRIALS_A_BATCH = 2000;

/** `tuneboard copy FROM TO`: the studies of one storage, or one of them, into a journal or database, new or not. */
export async function copyCommand(source: StudyPlace, to: string): Promise<ExitCode> {
  const place = storagePlace(to, process.cwd());
  const studyName = source.study;
  const from = await openFor(source);
  try {
    for (const warning of from.warnings) printError(`tuneboard: ${warning}`);
    const studies = studyName === undefined ? from.studies() : [findStudy(from, studyName)];
    if (studies.length === 0) throw new TuneboardError('no-study', `${from.location} has no study in it.`);
    const target = await openWritableStorage(place);
    try {
      requireNew(studies, target);
      for (const loss of lossesIn(studies, target)) printError(`tuneboard: ${loss}`);
      print(`${await copyStudies(from, studies, target)} written to ${target.location}`);
    } finally {
      await target.close();
    }
  } finally {
    await from.close();
  }
  return EXIT.done;
}

/** Nothing is written when one of the studies is there already. */
function requireNew(studies: readonly StudyRecord[], target: TrialLog): void {
  const taken = studies.find(({ name }) => target.studies().some((other) => other.name === name));
  if (!taken) return;
  throw new TuneboardError(
    'duplicate-study',
    `${target.location} already has a study named "${taken.name}": copy to another file, or name another study with --study.`,
  );
}

/** What a copy will not have, as the database has no room for it: one sentence each. */
function lossesIn(studies: readonly StudyRecord[], target: TrialLog): string[] {
  const { label: name, loses } = kindNamed(target.kind);
  if (loses.length === 0) return [];
  let times = 0;
  let zeros = 0;
  for (const { history } of studies) {
    const hasFraction = (time: number | undefined) => time !== undefined && time % 1000 !== 0 && !Number.isNaN(time);
    for (let number = 0; number < history.length; number++) {
      if (hasFraction(history.startedAt[number]) || hasFraction(history.completedAt[number])) times++;
      zeros += history.curve(number).values.filter((value) => Object.is(value, -0)).length;
    }
    zeros += history.values.filter((value) => Object.is(value, -0)).length;
    for (const column of history.parameters.values()) {
      for (let number = 0; number < history.length; number++) if (Object.is(column.internalAt(number), -0)) zeros++;
    }
  }
  const losses: string[] = [];
  if (times > 0 && loses.includes('fractions'))
    losses.push(`${name} keeps whole seconds: the times of ${countText(times, 'trial')} lose their fractions.`);
  if (zeros > 0 && loses.includes('minus zero'))
    losses.push(`${name} has no minus zero: ${countText(zeros, 'number')} -0.0 become 0.0.`);
  return losses;
}

/** Copies studies with everything that they have, attributes in Python's spelling. Returns how many there were, in words. */
export async function copyStudies(
  from: TrialLog,
  studies: readonly StudyRecord[],
  target: WritableTrialLog,
): Promise<string> {
  const { exactAttrs } = from as { exactAttrs?: ExactAttrs };
  for (const study of studies) await copyStudy(study, target, exactAttrs);
  const trials = studies.reduce((sum, { history }) => sum + history.length, 0);
  return `${countText(studies.length, 'study')}, ${countText(trials, 'trial')}`;
}

async function copyStudy(study: StudyRecord, target: WritableTrialLog, exact: ExactAttrs | undefined): Promise<void> {
  const copy = await target.createStudy({ name: study.name, directions: study.directions });
  for (const kind of ['system', 'user'] as const) {
    const attrs = exactly(study[`${kind}Attrs`], exact, `study ${study.id} ${kind}`);
    await Promise.all(Object.entries(attrs).map(([key, value]) => target.setStudyAttr(copy, kind, key, value)));
  }
  const { length } = study.history;
  for (let start = 0; start < length; start += TRIALS_A_BATCH) {
    const numbers = Array.from({ length: Math.min(TRIALS_A_BATCH, length - start) }, (_, index) => start + index);
    // Created together they are written together, in order.
    await Promise.all(
      numbers.map((number) => target.createTrial(copy, uniform(study, number, templateOf(study, number, exact)))),
    );
  }
}

/** Where the space was edited, a trial in the last form of its parameters, so that Optuna goes on with the copy. */
function uniform({ history }: StudyRecord, number: number, template: TrialTemplate): TrialTemplate {
  const columns = [...history.parameters.values()].filter((column) => column.isMixed && column.has(number));
  if (columns.length === 0) return template;
  const uniform = new Map(columns.map((column) => [column.name, uniformForm(column, number)]));
  const attrs = Object.entries(template.systemAttrs ?? {}).filter(([key]) => !key.startsWith(HELD_PARAM));
  return {
    ...template,
    params: (template.params ?? []).map((param) => uniform.get(param.name) ?? param),
    systemAttrs: Object.fromEntries(attrs),
  };
}

/** `tuneboard import LOG`: rebuilds the trials of a printed log (or any storage) as a journal that Optuna can open. */
export async function importCommand(location: string, to: string | undefined): Promise<ExitCode> {
  const target = resolve(to ?? `${location}.journal.log`);
  if (existsSync(target)) {
    throw new TuneboardError('exists', `${target} exists already: name another file with --to.`);
  }
  const log = await openTrialLog(location);
  try {
    for (const warning of log.warnings) printError(`tuneboard: ${warning}`);
    const studies = log.studies();
    if (studies.length === 0) throw new TuneboardError('no-study', `${location} has no study in it.`);
    const journal = await openWritableStorage({ kind: 'journal', path: target });
    const counts = await copyStudies(log, studies, journal);
    await journal.close();
    print(`${counts} written to ${target}`);
  } finally {
    await log.close();
  }
  return EXIT.done;
}
