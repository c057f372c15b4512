import { repeatNoise } from '../../core/importance/goodRegion.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { StudyEntry } from './studyEntry.ts';
import { valueFormat } from './studyInsight.ts';

/** `digits, trial 36, 0.9444 ± 0.006, 2026-12-03`: the noise where repeated trials show it. */
export function noteOf({ name, history }: StudyEntry, { number, value }: BestTrial): string {
  const format = history ? valueFormat(history) : undefined;
  const noise = history ? repeatNoise(history) : null;
  const spread = noise === null ? '' : ` ± ${Number(noise.toPrecision(2))}`;
  const ended = history?.completedAt[number] ?? Number.NaN;
  const day = Number.isFinite(ended) ? `, ${new Date(ended).toISOString().slice(0, 10)}` : '';
  return `${inLine(name)}, trial ${number}, ${format?.format(value) ?? value}${spread}${day}`;
}

/** What `noteOf` wrote behind `tuneboard:` in a line of code; null where there is no such comment. */
export function readNote(line: string): { readonly name: string; readonly number: number } | null {
  const [, name, number] = /\btuneboard: (.{1,300}), trial (\d{1,9}), /.exec(line) ?? [];
  return name === undefined ? null : { name, number: Number(number) };
}

/** `Tune digits: 0.9444 (trial 36)`, and what it changes against trial 0. */
export function commitMessage({ name, history }: StudyEntry, { number, value, params }: BestTrial): string {
  const format = history ? valueFormat(history) : undefined;
  const said = (one: number) => format?.format(one) ?? String(one);
  const plain = inLine(name);
  const lines = [`Tune ${plain}: ${said(value)} (trial ${number})`];
  if (!history || number === 0) return `${lines[0]}\n`;
  const start = history.value(0);
  if (Number.isFinite(start)) lines.push('', `Trial 0 had ${said(start)}.`);
  const changes = params.flatMap((param) => {
    const before = history.param(0, param.name);
    const [was, is] = [JSON.stringify(before), JSON.stringify(param.value)];
    return was === is ? [] : [`${inLine(param.name)}: ${was === undefined ? is : `${was} → ${is}`}`];
  });
  if (changes.length > 0) lines.push('', ...changes);
  return `${lines.join('\n')}\n`;
}

/** `tuneboard/digits-trial-36`: a branch for the values of a trial, in the letters that every system takes. */
export function branchOf({ name }: Pick<StudyEntry, 'name'>, { number }: Pick<BestTrial, 'number'>): string {
  const plain = name
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `tuneboard/${plain || 'study'}-trial-${number}`;
}

/** A name that somebody else chose, as part of one line; its blanks stay. */
function inLine(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}
