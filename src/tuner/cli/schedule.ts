import { readFileSync } from 'node:fs';
import { TuneboardError } from '../../core/errors.ts';
import { parseSchedule } from '../../core/schedulers/replay.ts';
import { type ScheduleSegment, scheduleOf } from '../../core/schedulers/schedule.ts';
import type { History } from '../../core/study/history.ts';
import { print, printJson } from '../render/print.ts';
import { paramText, shortNumber, table } from '../render/text.ts';
import { type ExitCode, UsageError } from './exitCodes.ts';
import { chooseStudy, withLog } from './storages.ts';
import type { StudyPlace } from './studyPlace.ts';

/** `tuneboard schedule STORAGE`. */
export async function scheduleCommand(
  place: StudyPlace,
  { trial, json = false }: { trial?: number; json?: boolean },
): Promise<ExitCode> {
  return withLog({ ...place, study: undefined }, (log) => {
    const study = chooseStudy(log, place.study);
    const { history } = study;
    const number = trial ?? history.best;
    if (number === undefined) throw new TuneboardError('no-best', `Study "${study.name}" has no complete trial yet.`);
    if (number >= history.length) throw new UsageError(`Study "${study.name}" has no trial ${number}.`);
    const schedule = scheduleOf(history, number);
    if (json) printJson(JSON.stringify(schedule, null, 2));
    else print(scheduleTable(history, number, schedule));
  });
}

function scheduleTable(history: History, number: number, schedule: readonly ScheduleSegment[]): string[] {
  const names = [...new Set(schedule.flatMap(({ params }) => Object.keys(params)))];
  const rows = schedule.map(({ from, to, params }) => [
    `${from}–${to}`,
    ...names.map((name) => (params[name] === undefined ? '' : paramText(params[name]))),
  ]);
  return [`${shortNumber(history.value(number))} (trial ${number})`, ...table([['steps', ...names], ...rows])];
}

/** Reads a schedule for `run --replay`. Throws UsageError and `invalid-schedule`. */
export function readSchedule(path: string): ScheduleSegment[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return parseSchedule(undefined);
    throw new UsageError(`There is no file ${path} to replay.`);
  }
  return parseSchedule(value);
}
