import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { JournalLog } from '../../storage/journal/journalLog.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { print, printError } from '../render/print.ts';
import { copyStudies } from './copyStudies.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

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
    const journal = await JournalLog.open(target, { create: true });
    const counts = await copyStudies(log, studies, journal);
    await journal.close();
    print(`${counts} written to ${target}`);
  } finally {
    await log.close();
  }
  return EXIT.done;
}
