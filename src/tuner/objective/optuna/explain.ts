import { basename } from 'node:path';
import { knownScriptProblems, type ScriptFix } from '../../../protocol/scriptProblems.ts';
import { SCRIPT } from '../../../words/en/script.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import { type Message, messagesOf, verbatim } from '../../../words/message.ts';

const scriptMessage = messagesOf('script', SCRIPT);

export interface ScriptEnd {
  /** Absolute path of the script or notebook. */
  readonly script: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** The last part of what it printed, both streams together. */
  readonly output: string;
  /** Whether it made or loaded a study. */
  readonly hadStudy: boolean;
}

export interface Explanation {
  readonly message: Message;
  /** What the editor can offer as a quick fix. */
  readonly fix?: ScriptFix;
  /** Where in the script, when the traceback tells. Lines count from 1; `cell` is set in a notebook. */
  readonly line?: number;
  readonly cell?: number;
}

const ANSI_COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
/** What Optuna says of its trials is no reason for an end. */
const OPTUNA_LINE = /^\[[DIW] \d{4}-\d\d-\d\d /;
/** Longest part of an exception's own text that is shown, in characters. */
const LONGEST_REASON = 300;

/** Says in one sentence why a script ended badly; undefined when it ended well. */
export function explainScriptEnd(end: ScriptEnd): Explanation | undefined {
  const { code, signal, hadStudy } = end;
  const name = basename(end.script);
  const text = end.output.replace(ANSI_COLOUR, '');
  if (signal) return explainSignal(name, signal);
  if (code === 0) {
    if (hadStudy) return undefined;
    return { message: tunerMessage('endedWithoutMakingOptunaStudy', { name }) };
  }
  const traceback = lastTraceback(text);
  const place = traceback === undefined ? undefined : placeIn(traceback, end.script);
  const syntax = explainSyntaxError(text, name, place);
  if (syntax) return syntax;
  for (const problem of knownScriptProblems) {
    const match = traceback && problem.error.exec(lastException(traceback));
    if (!match) continue;
    const reason = scriptMessage(problem.id as 'missing-module', { what: match[1] ?? '' });
    return { message: placed(end.script, place, reason), ...(problem.fix && { fix: problem.fix }), ...place };
  }
  if (!traceback) {
    const last = text
      .split('\n')
      .findLast((line) => line.trim() !== '' && !OPTUNA_LINE.test(line))
      ?.trim();
    const told = last && shortened(last);
    return {
      message: told
        ? tunerMessage('endedExitCode', { name, code: code ?? -1, told })
        : tunerMessage('endedExitCodeWord', { name, code: code ?? -1 }),
    };
  }
  const exception = verbatim(shortened(lastException(traceback).split('\n')[0] as string));
  if (!place) return { message: tunerMessage('scriptFailed', { name, reason: exception }) };
  return { message: tunerMessage('exceptionAt', { reason: exception, place: placeText(name, place) }), ...place };
}

type Place = Pick<Explanation, 'line' | 'cell'>;

function explainSignal(name: string, signal: string): Explanation {
  if (signal !== 'SIGKILL') return { message: tunerMessage('ended', { name, signal }) };
  return { message: tunerMessage('killedSigkillIfNobodyDid', { name }) };
}

/** The last traceback of the text, or what Python prints for a syntax error (which has no "Traceback" line). */
function lastTraceback(text: string): string | undefined {
  const start = text.lastIndexOf('Traceback (most recent call last)');
  if (start >= 0) return text.slice(start);
  const syntax = text.search(/^ {2}File ".+", line \d+$/m);
  return syntax >= 0 && /^(?:Syntax|Indentation|Tab)Error:/m.test(text) ? text.slice(syntax) : undefined;
}

/** The exception's own text: from its name to the end. */
function lastException(traceback: string): string {
  const lines = traceback.trimEnd().split('\n');
  const index = lines.findIndex(
    (line, at) => at > 0 && /^[\w.]+(?:Error|Exception|Interrupt|Exit|Warning|Pruned|\b)(?::|$)/.test(line),
  );
  return (index < 0 ? lines.slice(-1) : lines.slice(index)).join('\n');
}

/** The innermost frame of the traceback that is in the script itself. */
function placeIn(traceback: string, script: string): Place | undefined {
  let place: Place | undefined;
  for (const match of traceback.matchAll(/^[ \t]*File "(.+?)(?:, cell (\d+))?", line (\d+)/gm)) {
    if (match[1] === script) place = { line: Number(match[3]), ...(match[2] && { cell: Number(match[2]) }) };
  }
  return place;
}

function explainSyntaxError(text: string, name: string, place: Place | undefined): Explanation | undefined {
  const match = /^(?:Syntax|Indentation|Tab)Error: (.+)$/m.exec(text);
  if (!match || !place) return undefined;
  const reason = shortened(match[1] as string);
  return { message: tunerMessage('syntaxErrorAt', { place: placeText(name, place), reason }), ...place };
}

/** A reason with its place in the script, where that is known. */
export function placed(script: string, place: Place | undefined, reason: Message): Message {
  if (place?.line === undefined) return reason;
  return tunerMessage('placed', { place: placeText(basename(script), place), reason });
}

function placeText(name: string, { cell, line }: Place): Message | string {
  return cell === undefined ? `${name}:${line}` : tunerMessage('inCell', { name, cell, line: line ?? 0 });
}

function shortened(text: string): string {
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text.replace(/\.$/, '');
}
