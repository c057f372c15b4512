import { closest } from '../../core/text/closest.ts';
import type { StudyFileProblem } from '../../studyfile/checks/problems.ts';
import { asRecord } from '../../studyfile/checks/report.ts';
import { isModuleFile, splitCommandLine } from '../../studyfile/commandLine.ts';
import { commandTexts } from '../../studyfile/editing/commandText.ts';
import { readStudyDocument, toPlain } from '../../studyfile/editing/document.ts';
import { parameterNames } from '../../studyfile/editing/parameterUses.ts';
import type { Span } from '../../studyfile/editing/positions.ts';
import { spaceEdits } from '../../studyfile/editing/spaceEdits.ts';
import { programLine } from '../../studyfile/launching/programLine.ts';
import type { ReadBeside } from '../draft/arguments/hydraArguments.ts';
import type { ScriptArgument } from '../draft/arguments/scriptArgument.ts';
import { scriptArguments } from '../draft/arguments/scriptArguments.ts';
import { proposeArgument } from '../draft/proposeArgument.ts';
import { printDistribution, wordsOf } from '../draft/tunable.ts';
import type { Finding, FindingFix } from '../findings.ts';
import { type CodeFile, foldName } from '../insertion/sites.ts';
import type { Say } from '../say.ts';
import { declaredFlags, takesFlag } from './declaredFlags.ts';

/** The program that a study file starts: its name as the file has it, and its code. */
export interface Program {
  readonly name: string;
  readonly file: CodeFile;
  readonly readBeside: ReadBeside;
}

/** The program of a study file: files that it may be, relative to the study file's folder, the likeliest first. */
export function programFiles(text: string): string[] {
  const objective = asRecord(asRecord(toPlain(readStudyDocument(text)))['objective']);
  const { optuna, module } = objective;
  const cwd = typeof objective['cwd'] === 'string' ? objective['cwd'] : '.';
  if (typeof optuna === 'string') return [optuna];
  if (typeof module === 'string') return isModuleFile(module) ? [module] : moduleFiles(cwd, module);
  const line = programLine(commandWords(objective['command']));
  if (line?.script) return [joined(cwd, line.script)];
  return line?.module ? moduleFiles(cwd, line.module) : [];
}

/** The words of a command; none while a quote is open. */
function commandWords(command: unknown): string[] {
  if (Array.isArray(command)) return command.map(String);
  return typeof command === 'string' ? (splitCommandLine(command) ?? []) : [];
}

function moduleFiles(cwd: string, module: string): string[] {
  const path = joined(cwd, module.replaceAll('.', '/'));
  return [`${path}.py`, `${path}/__main__.py`];
}

function joined(cwd: string, path: string): string {
  return cwd === '.' || /^([\\/]|[A-Za-z]:)/.test(path) ? path : `${cwd}/${path}`;
}

/** A flag as it is written in a study file, `--lr` of `--lr={lr}`. */
interface WrittenFlag extends Span {
  readonly flag: string;
}

/** What a program may be given at a place of its command. */
export interface OfferedFlag {
  /** `--lr`, or `optim.lr=` where the program reads it so. */
  readonly label: string;
  /** With the placeholder of the parameter that it is for, where there is one. */
  readonly newText: string;
  readonly detail: string;
}

/** The flags of the program that its command does not have yet. `isWord`: a list has flag and value in words of their own. */
export function offeredFlags(text: string, { file, readBeside }: Program, isWord: boolean): OfferedFlag[] {
  const names = parameterNames(text);
  const written = writtenFlags(text).map(({ flag }) => flag);
  return scriptArguments(file, readBeside).arguments.flatMap((argument): OfferedFlag[] => {
    const { flag, isAssigned, name, aliases = [] } = argument;
    const label = isAssigned ? `${name}=` : flag;
    if (label === null || [label, ...aliases].some((one) => written.includes(one))) return [];
    const parameter = names.find((one) => foldName(one) === foldName(name));
    const placeholder = parameter === undefined ? '' : `{${parameter}}`;
    const newText =
      argument.switch || isWord ? label : isAssigned ? label + placeholder : `${label} ${placeholder}`.trimEnd();
    return [{ label, newText, detail: detailOf(argument) }];
  });
}

function detailOf({ type, initial, choices }: ScriptArgument): string {
  const values = choices?.map(({ value }) => String(value)).join(' | ');
  return [values ?? type, ...(initial?.value == null ? [] : [`= ${String(initial.value)}`])].join(' ');
}

/**
 * What the program calls a parameter that its command passes under another name: `units` of `--units {width}`. Insertion
 * finds a value by the program's own name.
 */
export function programNames(text: string): Map<string, string> {
  const names = new Map<string, string>();
  const passed =
    /(?:^|[\s"'])-{0,2}([\p{L}][\p{L}\p{N}_.-]{0,200})(?:=|[ \t]{1,20}|["']?,\s{0,20}["']?|["']?\s{1,20}-\s{1,20}["']?)\{([\p{L}_][\p{L}\p{N}_./-]{0,200})\}/gu;
  const [first] = commandTexts(text);
  const last = commandTexts(text).at(-1);
  const source = first && last ? text.slice(first.start, last.end) : '';
  for (const { 0: all, 1: flag = '', 2: name = '' } of source.matchAll(passed)) {
    const isFlag = /^[\s"']?--/.test(all) || all.includes('=');
    if (isFlag && foldName(flag) !== foldName(name)) names.set(name, flag.replaceAll('-', '_'));
  }
  return names;
}

/** Flags that the program certainly does not take, each with the one that was meant where there is one. */
export function unknownFlags(text: string, { name, file }: Program, say: Say): Finding[] {
  const flags = declaredFlags(file);
  if (!flags) return [];
  return writtenFlags(text, name)
    .filter(({ flag }) => !takesFlag(flags, flag))
    .map(({ flag, start, end }) => {
      const meant = closest(flag, flags);
      const message = say('unknownFlag', { flag, script: name, near: meant ?? flags.slice(0, 6).join(', ') });
      const fix = meant && { title: say('useFlag', { flag: meant }), edits: [{ start, end, newText: meant }] };
      return { code: 'unknown-flag', severity: 'warning', message, start, end, ...(fix && { fix }) };
    });
}

/** The flags behind the script, up to what is another program's or given as it is. */
function writtenFlags(text: string, script = ''): WrittenFlag[] {
  const found: WrittenFlag[] = [];
  let isBehind = false;
  for (const { key, start, end } of commandTexts(text)) {
    if (key === 'wandb') continue;
    const source = text.slice(start, end);
    const at = isBehind || key === 'args' ? 0 : source.indexOf(script.slice(script.lastIndexOf('/') + 1));
    if (at < 0) continue;
    isBehind = true;
    const rest = source.slice(at);
    const stop = /\s--(?=\s)|^["']?--["']?$|[|;]|&&/.exec(rest)?.index ?? rest.length;
    for (const match of rest.slice(0, stop).matchAll(/(?<![^\s"'])--[\p{L}\p{N}][\p{L}\p{N}_.-]{0,200}/gu)) {
      const from = start + at + match.index;
      found.push({ flag: match[0], start: from, end: from + match[0].length });
    }
    if (stop < rest.length) break;
  }
  return found;
}

/**
 * What mends a placeholder without parameter (a line of the space, with the range that the script's own argument suggests),
 * and a parameter that never reaches the program (its flag, at the end of the command); null for anything else.
 */
export function commandFix(
  text: string,
  { code, start, end }: StudyFileProblem,
  program: Program | undefined,
  say: Say,
): FindingFix | null {
  const argumentOf = (name: string) => {
    const found = program && scriptArguments(program.file, program.readBeside).arguments;
    return found?.find((one) => foldName(one.name) === foldName(name));
  };
  if (code === 'unknown-placeholder') {
    const name = /^\{([\p{L}_][\p{L}\p{N}_./-]{0,200})\}$/u.exec(text.slice(start, end))?.[1];
    if (name === undefined) return null;
    const edits = spaceEdits(text, [{ name, value: rangeFor(argumentOf(name) ?? unknownArgument(name)) }], []);
    return { title: say('addToSpace', { name }), edits };
  }
  if (code !== 'unused-parameter') return null;
  const name = text.slice(start, end).replace(/^["']|["']$/g, '');
  const argument = argumentOf(name);
  const flag = argument?.isAssigned ? `${argument.name}=` : (argument?.flag ?? `--${name}`);
  const word = argument?.isAssigned ? `${flag}{${name}}` : `${flag} {${name}}`;
  const last = commandTexts(text).findLast(({ key }) => key === 'command');
  const place = last && !last.isWord ? endOfCommand(text, last) : undefined;
  if (place === undefined) return null;
  return { title: say('passAs', { word }), edits: [{ start: place, end: place, newText: ` ${word}` }] };
}

/** Before the quote that closes a command; null where a block's last line may be something else. */
function endOfCommand(text: string, { start, end }: Span): number | undefined {
  const written = text.slice(start, end).trimEnd();
  if (/^[|>]/.test(written) && !written.includes('\n')) return undefined;
  const isQuoted = /^["']/.test(written);
  return start + written.length - (isQuoted ? 1 : 0);
}

/** A parameter of which nothing but the name is known. */
function unknownArgument(name: string): ScriptArgument {
  return { name, flag: null, type: 'unknown', initial: null, choices: null, required: false };
}

function rangeFor(argument: ScriptArgument): string {
  const proposal = proposeArgument(argument, new Set([wordsOf(argument.name)]));
  return proposal.type === 'parameter' ? printDistribution(proposal.distribution) : '{ type: float, low: 0, high: 1 }';
}
