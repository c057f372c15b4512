import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { toInternal } from '../../core/space/distributionRules.ts';
import type { Distribution } from '../../core/space/distributions.ts';
import type { StoredParam, TrialTemplate } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import { JournalLog } from '../../storage/journal/journalLog.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { countText } from '../render/text.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

/** `tuneboard import LOG`: rebuilds the trials of a printed log (or any storage) as a journal that Optuna can open. */
export async function importCommand(location: string, to: string | undefined): Promise<ExitCode> {
  const target = resolve(to ?? `${location}.journal.log`);
  if (existsSync(target)) {
    throw new TuneboardError('exists', `${target} exists already: name another file with --to.`);
  }
  const log = await openTrialLog(location);
  try {
    for (const warning of log.warnings) process.stderr.write(`tuneboard: ${warning}\n`);
    const studies = log.studies();
    if (studies.length === 0) throw new TuneboardError('no-study', `${location} has no study in it.`);
    const journal = await JournalLog.open(target, { create: true });
    for (const study of studies) await copyStudy(study, journal);
    await journal.close();
    const trials = studies.reduce((sum, { history }) => sum + history.length, 0);
    const counts = `${countText(studies.length, 'study').replace('studys', 'studies')}, ${countText(trials, 'trial')}`;
    process.stdout.write(`${counts} written to ${target}\n`);
  } finally {
    await log.close();
  }
  return EXIT.done;
}

async function copyStudy(study: StudyRecord, journal: JournalLog): Promise<void> {
  const copy = await journal.createStudy({ name: study.name, directions: study.directions });
  const attrs = [
    ...Object.entries(study.systemAttrs).map((entry) => ['system', ...entry] as const),
    ...Object.entries(study.userAttrs).map((entry) => ['user', ...entry] as const),
  ];
  await Promise.all(attrs.map(([kind, key, value]) => journal.setStudyAttr(copy, kind, key, value)));
  // Created together they are written together, in order.
  const trials = Array.from({ length: study.history.length }, (_, number) => templateOf(study.history, number));
  await Promise.all(trials.map((template) => journal.createTrial(copy, template)));
}

function templateOf(history: History, number: number): TrialTemplate {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  const { steps, values: reported } = history.curve(number);
  return {
    state: history.state(number),
    params: history.paramNames(number).map((name) => storedParam(history, number, name)),
    values: values.some(Number.isNaN) ? null : values,
    intermediate: steps.map((step, index) => [step, reported[index] as number] as const),
    userAttrs: history.userAttrs(number),
    systemAttrs: history.systemAttrs(number),
    startedAt: history.startedAt[number] as number,
    completedAt: history.completedAt[number] as number,
  };
}

function storedParam(history: History, number: number, name: string): StoredParam {
  const distribution = history.distribution(number, name) as Distribution;
  const internal =
    history.parameters.get(name)?.internal[number] ?? toInternal(distribution, history.param(number, name));
  return { name, distribution, internal };
}
