import { TuneboardError } from '../../core/errors.ts';
import { noiseFindings } from '../../core/samplers/gp/noiseFindings.ts';
import type { Distribution, ParamValue } from '../../core/space/distributions.ts';
import { isPaused } from '../../core/study/paused.ts';
import { findingsOf } from '../../core/study/startComparison.ts';
import { Direction } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { escapeSpecial } from '../../core/text/printable.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import { shownShellWord } from '../../core/text/shellWord.ts';
import { isOrphaned } from '../../runs/trialOwner.ts';
import { findStudy } from '../../storage/findStudy.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { trialsJson } from '../../storage/trialsJson.ts';
import { argumentText } from '../objective/command/arguments.ts';
import { print, printError, printJson } from '../render/print.ts';
import { paramText, STATE_NAMES, shortNumber, stateCounts, table } from '../render/text.ts';
import { EXIT, type ExitCode, UsageError } from './exitCodes.ts';
import type { StudyPlace } from './studyPlace.ts';

export type BestForm = 'text' | 'python' | 'json' | 'yaml' | 'args';

/** `tuneboard studies STORAGE`. */
export async function studiesCommand(place: StudyPlace): Promise<ExitCode> {
  return withLog({ ...place, study: undefined }, (log) => {
    const rows = log
      .studies()
      .map((study) => [study.name, directionsText(study), stateCounts(study.history), bestText(study)]);
    if (rows.length === 0) throw new TuneboardError('no-study', `${log.location} has no study in it yet.`);
    print(table([['study', 'direction', 'trials', 'best'], ...rows]));
  });
}

/** `tuneboard trials STORAGE`. */
export async function trialsCommand(place: StudyPlace, json: boolean): Promise<ExitCode> {
  return withLog(place, (log) => {
    if (json) {
      printJson(trialsJson(log, place.study));
      return;
    }
    const { history } = chooseStudy(log, place.study);
    const names = [...history.parameters.keys()];
    const rows = Array.from({ length: history.length }, (_, number) => [
      String(number),
      stateText(history, number),
      valuesText(history, number),
      ...names.map((name) => {
        const value = history.param(number, name);
        return value === undefined ? '' : paramText(value);
      }),
    ]);
    print(table([['trial', 'state', 'value', ...names], ...rows], [0]));
  });
}

function stateText(history: StudyRecord['history'], number: number): string {
  if (isPaused(history, number)) return 'paused';
  return isOrphaned(history, number) ? 'interrupted' : STATE_NAMES[history.state(number)];
}

/** `tuneboard best STORAGE`. */
export async function bestCommand(place: StudyPlace, form: BestForm): Promise<ExitCode> {
  return withLog(place, (log) => {
    const study = chooseStudy(log, place.study);
    if (study.directions.length > 1) {
      throw new TuneboardError(
        'several-objectives',
        `Study "${study.name}" has ${study.directions.length} objectives and so no single best trial: look at "tuneboard trials".`,
      );
    }
    const { best } = study.history;
    if (best === undefined) throw new TuneboardError('no-best', `Study "${study.name}" has no complete trial yet.`);
    printBest(study, best, form);
  });
}

interface Named {
  readonly name: string;
  readonly value: ParamValue;
  readonly distribution: Distribution;
}

function printBest({ history }: StudyRecord, best: number, form: BestForm): void {
  const params: Named[] = history.paramNames(best).map((name) => ({
    name,
    value: history.param(best, name) as ParamValue,
    distribution: history.distribution(best, name) as Distribution,
  }));
  if (form === 'json')
    printJson(JSON.stringify(Object.fromEntries(params.map(({ name, value }) => [name, value])), null, 2));
  else {
    const lines = linesAs(form, params, `${shortNumber(history.value(best))} (trial ${best})`);
    const findings = form === 'text' ? [...findingsOf(history), ...noiseFindings(history)] : [];
    print([...lines, ...findings.map(({ text }) => text)]);
  }
}

function linesAs(form: Exclude<BestForm, 'json'>, params: readonly Named[], title: string): string[] {
  switch (form) {
    case 'python':
      return ['{', ...params.map((param) => longEscapes(`    ${pythonRepr(param.name)}: ${pythonText(param)},`)), '}'];
    case 'yaml':
      return params.map((param) => longEscapes(`${yamlText(param.name)}: ${yamlValue(param)}`));
    case 'args':
      return [
        params
          .map(({ name, value }) => `${shownShellWord(`--${name}`)} ${shownShellWord(argumentText(value))}`)
          .join(' '),
      ];
    case 'text':
      return [
        title,
        ...table(
          params.map(({ name, value }) => [`  ${name}`, typeof value === 'number' ? String(value) : paramText(value)]),
        ),
      ];
    default:
      return form satisfies never;
  }
}

/** In a string of Python, or of YAML in double quotes, `\\u` takes four digits and `\\U` eight. */
function longEscapes(line: string): string {
  return escapeSpecial(line, (code) =>
    code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`,
  );
}

function pythonText({ value, distribution }: Named): string {
  return distribution.type === 'categorical' ? pythonRepr(value) : pythonRepr(value, distribution.type);
}

/** YAML 1.1 readers treat `1e-05` as a word: a float always gets its point. */
function yamlValue({ value, distribution }: Named): string {
  if (typeof value === 'string') return yamlText(value);
  if (distribution.type !== 'float') return JSON.stringify(value);
  const text = pythonRepr(value, 'float');
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text;
}

function yamlText(text: string): string {
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** The study by name; without a name the only one. Throws UsageError when there are several. */
export function chooseStudy(log: TrialLog, name: string | undefined): StudyRecord {
  if (name !== undefined) return findStudy(log, name);
  const studies = log.studies();
  if (studies.length === 1) return studies[0] as StudyRecord;
  if (studies.length === 0) throw new TuneboardError('no-study', `${log.location} has no study in it yet.`);
  const names = studies.map((study) => `"${study.name}"`).join(', ');
  throw new UsageError(`${log.location} has several studies: choose one with --study, of ${names}.`);
}

export async function withLog(place: StudyPlace, action: (log: TrialLog) => void): Promise<ExitCode> {
  const log = await openFor(place);
  try {
    for (const warning of log.warnings) printError(`tuneboard: ${warning}`);
    action(log);
  } finally {
    await log.close();
  }
  return EXIT.done;
}

/** A database on a server may hold years of a team: only the study that is wanted is read, unless it is not there. */
export async function openFor({ location, within, study }: StudyPlace): Promise<TrialLog> {
  const log = await openTrialLog(location, { within, studyName: study });
  if (study === undefined || log.studies().some(({ name }) => name === study)) return log;
  await log.close();
  return openTrialLog(location, { within });
}

function directionsText({ directions }: StudyRecord): string {
  return directions.map((direction) => (direction === Direction.maximize ? 'maximize' : 'minimize')).join(', ');
}

function valuesText(history: StudyRecord['history'], number: number): string {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  return values.every(Number.isNaN) ? '' : values.map(shortNumber).join(', ');
}

function bestText({ history }: StudyRecord): string {
  return history.best === undefined ? '' : `${shortNumber(history.value(history.best))} (trial ${history.best})`;
}
