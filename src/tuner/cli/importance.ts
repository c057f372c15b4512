import { assessImportance, type ImportanceReport } from '../../core/importance/assess.ts';
import { print, printJson } from '../render/print.ts';
import { Terminal } from '../render/studyRenderer.ts';
import { countText, table } from '../render/text.ts';
import { type ExitCode, UsageError } from './exitCodes.ts';
import { chooseStudy, withLog } from './storages.ts';
import type { StudyPlace } from './studyPlace.ts';

export interface ImportanceCommandOptions {
  readonly evaluator: 'ped-anova' | 'fanova';
  /** From 0. */
  readonly objective?: number;
  readonly json?: boolean;
}

/** `tuneboard importance STORAGE`. */
export async function importanceCommand(place: StudyPlace, options: ImportanceCommandOptions): Promise<ExitCode> {
  const { evaluator, objective, json = false } = options;
  return withLog(place, (log) => {
    const study = chooseStudy(log, place.study);
    const count = study.directions.length;
    if (objective !== undefined && objective >= count) {
      throw new UsageError(`Study "${study.name}" has no objective ${objective}: they count from 0 to ${count - 1}.`);
    }
    if (evaluator === 'fanova' && count > 1 && objective === undefined) {
      throw new UsageError(`Study "${study.name}" has ${count} objectives: choose one with --objective.`);
    }
    const report = assessImportance(study.history, {
      evaluator: evaluator === 'fanova' ? 'fanova' : 'pedAnova',
      objective: objective ?? (count === 1 ? 0 : undefined),
      onProgress: progressLine(),
    });
    if (json) printJson(JSON.stringify(jsonOf(report), null, 2));
    else print(textOf(report));
  });
}

/** Writes how far a measurement of more than a second is to the terminal, and takes the line away at its end. */
function progressLine(): (done: number) => void {
  const terminal = new Terminal(process.stderr);
  const began = performance.now();
  return (done) => {
    if (done >= 1) terminal.live([]);
    else if (performance.now() - began > 1000) terminal.live([`Measuring importance: ${Math.floor(100 * done)} %`]);
  };
}

/** The shares by name, and under `$details` how far to trust them. */
function jsonOf({ parameters, ...trials }: ImportanceReport): Record<string, unknown> {
  const shares = parameters
    .filter(({ isApart }) => !isApart)
    .map(({ name, importance }) => [name, importance] as const);
  const details = parameters.map(({ name, ...rest }) => [name, rest] as const);
  const isTooFew = parameters.every(({ isNoise }) => isNoise);
  return Object.fromEntries<unknown>([
    ...shares,
    ['$details', { ...trials, tooFewTrials: isTooFew, parameters: Object.fromEntries(details) }],
  ]);
}

function textOf(report: ImportanceReport): string[] {
  const { parameters, complete, pruned, sample, leftOut } = report;
  const all = complete + pruned;
  const rows = parameters.map(({ name, importance, low, high, isNoise, trials, isApart }) => [
    name,
    importance.toFixed(3),
    `${low.toFixed(2)}–${high.toFixed(2)}`,
    '█'.repeat(Math.round(40 * importance)),
    [
      ...(isNoise ? ['noise?'] : []),
      ...(isApart
        ? [`apart, in ${countText(trials, 'trial')}`]
        : trials < all && sample === null
          ? [`in ${trials}`]
          : []),
    ].join(', '),
  ]);
  const used = `${complete} complete${pruned > 0 ? ` and ${pruned} pruned` : ''} trials`;
  const from = sample === null ? `Of ${used}` : `From a sample of ${sample} of ${used}`;
  const left = [
    ...(leftOut.pruned > 0 ? [`${leftOut.pruned} pruned`] : []),
    ...(leftOut.failed > 0 ? [`${leftOut.failed} failed`] : []),
    ...(leftOut.notFinite > 0 ? [`${leftOut.notFinite} without a finite value`] : []),
  ];
  const isTooFew = parameters.length > 0 && parameters.every(({ isNoise }) => isNoise);
  return [
    ...table([['parameter', 'importance', '5–95 %', '', ''], ...rows], [1]),
    `${from}${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}.`,
    ...(isTooFew ? ['Too few trials: no parameter can be told from noise.'] : []),
    ...(!isTooFew && parameters.some(({ isNoise }) => isNoise)
      ? ['noise?: not to be told from noise with so many trials.']
      : []),
  ];
}
