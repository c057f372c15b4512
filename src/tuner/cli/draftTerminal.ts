import { relative } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import type { LaunchPlace } from '../../language/launching/rawLaunch.ts';
import type { DraftStudyFileParams } from '../../protocol/editor.ts';
import type { TerminalCommand } from '../../protocol/launch.ts';
import type { MetricCandidate } from '../../protocol/runRecord.ts';
import { readerInside } from '../../runs/readInside.ts';
import { shellCommands } from '../../studyfile/launching/shellLine.ts';
import { PrintedCandidates } from '../objective/metrics/printedCandidates.ts';
import { withinTime } from '../objective/metrics/printedLines.ts';
import { UsageError } from './exitCodes.ts';

export interface TerminalDraft {
  readonly params: Partial<DraftStudyFileParams>;
  /** What it printed, the likeliest metric first. */
  readonly candidates: readonly MetricCandidate[];
  readonly isClear: boolean;
  readonly locale: string;
}

/** Reads from the standard input how a script ran in a terminal. Throws UsageError where the line does not run it. */
export async function terminalDraft(script: string): Promise<TerminalDraft> {
  const { matching, platformName, shellLaunch } = await import('../../language/door.ts');
  const seen = JSON.parse(await readAll(process.stdin)) as TerminalCommand;
  const slashed = (path: string) => path.replaceAll('\\', '/');
  const place: LaunchPlace = {
    script: slashed(relative(seen.root, script)),
    root: slashed(seen.root),
    read: readerInside(seen.root),
    platform: platformName(process.platform),
  };
  const named = { by: 'terminal', name: '', file: '' } as const;
  const launches = (shellCommands(seen.line) ?? []).flatMap((command) => {
    const here = {
      ...command,
      env: { ...seen.env, ...command.env },
      activated: command.activated ?? seen.activated,
    };
    const raw = shellLaunch(here, slashed(seen.folder), named);
    const launch = raw && matching(raw, place);
    return launch ? [launch] : [];
  });
  const launch = launches.at(-1);
  if (!launch) throw new UsageError(`The command does not run ${place.script}.`);
  const { candidates, isClear } = printedBy(seen.printed);
  const [top] = candidates;
  const clear = isClear && top ? { name: top.name, direction: top.direction } : null;
  const printed = { metric: seen.metric ?? clear, names: candidates.map(({ name }) => name) };
  return { params: { launch, printed }, candidates, isClear: isClear || seen.metric !== null, locale: seen.locale };
}

/** The metric candidates in the output of a terminal. */
function printedBy(output: string): ReturnType<PrintedCandidates['ranked']> {
  const printed = new PrintedCandidates();
  // A progress bar writes over its line again and again: each time is a line.
  const lines = stripVTControlCharacters(output).split(/\r\n|[\r\n]/);
  let at = 0;
  withinTime(() => {
    while (at < lines.length) printed.read(lines[at++] as string);
  });
  return printed.ranked();
}
