import { exactNumber } from '../../core/text/numbers.ts';
import type { Finding, FindingFix } from '../findings.ts';
import type { Argument, CodeFile, SuggestCall } from '../insertion/sites.ts';
import { PythonFile } from '../python/pythonFile.ts';
import { childrenOf, stringValue } from '../python/tree.ts';
import type { Say } from '../say.ts';

/** A range this many times as wide as its lower bound is searched evenly in its highest decade alone. */
const WIDE = 1e5;
const NEARLY = 1e-9;

/** What works, but hardly as meant, in the ranges and choices of `suggest_*` calls. Only what is spelled out is judged. */
export function rangeFindings(file: CodeFile, say: Say): Finding[] {
  const isPython = file instanceof PythonFile;
  return file.suggestCalls.flatMap((call) =>
    call.method === 'categorical' ? choiceFindings(file, call, say) : numberFindings(file.text, call, isPython, say),
  );
}

function numberFindings(text: string, call: SuggestCall, isPython: boolean, say: Say): Finding[] {
  const { low, high, step } = call;
  const [from, to, by] = [numberOf(low), numberOf(high), numberOf(step)];
  const findings: Finding[] = [];
  // JavaScript has one kind of number.
  if (call.method === 'int' && isPython) {
    for (const bound of [low, high]) if (bound) findings.push(...fractionFindings(bound, say));
  }
  if (!low || !high || from === undefined || to === undefined) return findings;
  const place = { start: low.start, end: high.end };
  const isLog =
    call.log?.literal?.value === true || /^[\w.\s]{0,200}loguniform/.test(text.slice(call.start, call.nameStart));
  if (from === to) findings.push({ ...warning('one-value', say('oneValue', { name: call.name }), place) });
  else if (step && by !== undefined && by > 0 && from < to && !isLog) {
    const steps = (to - from) / by;
    if (Math.abs(steps - Math.round(steps)) > NEARLY * Math.max(1, steps)) {
      const last = exactNumber(Number((from + Math.floor(steps) * by).toPrecision(12)));
      const fix = {
        title: say('useUpper', { last }),
        edits: [{ start: high.start, end: high.end, newText: last }],
      };
      findings.push(
        warning('step-not-dividing', say('stepNotDividing', { step: step.text, high: high.text, last }), step, fix),
      );
    }
  } else if (!isLog && !call.log && !step && from > 0 && to / from >= WIDE * (1 - NEARLY)) {
    const fix = isPython ? logFix(text, call, say) : undefined;
    findings.push(warning('wide-without-log', say('wideWithoutLog', { low: low.text, high: high.text }), place, fix));
  }
  return findings;
}

function fractionFindings(bound: Argument, say: Say): Finding[] {
  const { literal } = bound;
  if (literal?.type !== 'number' || literal.integer !== false || /[*/]/.test(bound.text)) return [];
  const value = literal.value as number;
  const newText = String(Math.round(value));
  const fix = { title: say('useWhole', { value: newText }), edits: [{ start: bound.start, end: bound.end, newText }] };
  return [warning('float-bounds', say('floatBounds', { value: bound.text }), bound, fix)];
}

function logFix(text: string, { end, start }: SuggestCall, say: Say): FindingFix | undefined {
  if (text[end - 1] !== ')') return undefined;
  const inside = text.slice(start, end - 1).trimEnd();
  const newText = inside.endsWith(',') ? ' log=True' : ', log=True';
  const at = start + inside.length;
  return { title: say('addLog'), edits: [{ start: at, end: at, newText }] };
}

function choiceFindings(file: CodeFile, call: SuggestCall, say: Say): Finding[] {
  const { choices } = call;
  if (!choices) return [];
  return file instanceof PythonFile ? pythonChoices(file, choices, say) : listedTwice(choices, say);
}

function pythonChoices(file: PythonFile, choices: Argument, say: Say): Finding[] {
  let list = file.tree.resolveInner(choices.start, 1);
  while (list.to < choices.end && list.parent) list = list.parent;
  if (!/^(Array|Tuple)Expression$/.test(list.name)) return [];
  const elements = childrenOf(list).filter(({ name }) => !['[', ']', '(', ')', ',', 'Comment'].includes(name));
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const element of elements) {
    const place = { start: element.from, end: element.to };
    const text = file.text.slice(element.from, element.to);
    if (/^(Array|Tuple|Dictionary|Set)Expression$/.test(element.name)) {
      findings.push(warning('nested-choice', say('nestedChoice', { choice: text.slice(0, 40) }), place));
      break;
    }
    const isPlain = /^(String|Number|Boolean|None|UnaryExpression)$/.test(element.name);
    const key = element.name === 'String' ? JSON.stringify(stringValue(element, file.text) ?? text) : text;
    if (!isPlain) continue;
    if (seen.has(key)) {
      const before = element.prevSibling;
      const start = before?.name === ',' ? before.from : element.from;
      const fix = { title: say('removeDuplicate'), edits: [{ start, end: element.to, newText: '' }] };
      findings.push(warning('duplicate-choice', say('duplicateChoice', { choice: text.slice(0, 40) }), place, fix));
    }
    seen.add(key);
  }
  return findings;
}

function listedTwice(choices: Argument, say: Say): Finding[] {
  const values = choices.literal?.type === 'list' ? (choices.literal.value as readonly unknown[]) : [];
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.find((text, at) => texts.indexOf(text) < at);
  return twice === undefined
    ? []
    : [warning('duplicate-choice', say('duplicateChoice', { choice: twice.slice(0, 40) }), choices)];
}

function numberOf(argument: Argument | null): number | undefined {
  return argument?.literal?.type === 'number' ? (argument.literal.value as number) : undefined;
}

export function warning(
  code: string,
  message: string,
  { start, end }: { readonly start: number; readonly end: number },
  fix?: FindingFix,
): Finding {
  return { code, severity: 'warning', message, start, end, ...(fix && { fix }) };
}
