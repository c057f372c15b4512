import type { Finding, FindingFix } from './findings.ts';
import type { Argument, CodeFile, SuggestCall } from './insertion/sites.ts';
import type { Say } from './say.ts';
import { TextIndex } from './textIndex.ts';

/**
 * What Optuna would refuse, or silently do otherwise than meant, in the `suggest_*` calls of a script: bounds, log and
 * step that do not go together, one name with two meanings. Only what is spelled out is judged.
 */
export function spaceFindings(file: CodeFile, say: Say): Finding[] {
  const findings = file.suggestCalls.flatMap((call) => callFindings(call, file.text, say));
  return [...findings, ...repeatedNames(file, say)].sort((a, b) => a.start - b.start);
}

function callFindings(call: SuggestCall, text: string, say: Say): Finding[] {
  if (call.method === 'categorical') {
    const choices = call.choices?.literal;
    if (!call.choices || choices?.type !== 'list' || (choices.value as readonly unknown[]).length > 0) return [];
    return [finding('no-choices', say('noChoices'), call.choices)];
  }
  const [low, high, step] = [numberOf(call.low), numberOf(call.high), numberOf(call.step)];
  const isLog = call.log?.literal?.value === true;
  const findings: Finding[] = [];
  if (call.low && call.high && low !== undefined && high !== undefined && low > high) {
    const fix = swap(call.low, call.high, say('swapBounds'));
    const place = { start: call.low.start, end: call.high.end };
    findings.push(
      finding('low-above-high', say('lowAboveHigh', { low: call.low.text, high: call.high.text }), place, fix),
    );
  } else if (isLog && call.low && low !== undefined && low < (call.method === 'int' ? 1 : Number.MIN_VALUE)) {
    findings.push(logFinding(call, call.low, high, say));
  }
  if (isLog && call.step && step !== undefined && !(call.method === 'int' && step === 1)) {
    const fix = removal(call.step, text, say('removeStep'));
    findings.push(finding('step-with-log', say('stepWithLog'), { start: call.step.from, end: call.step.end }, fix));
  } else if (call.step && step !== undefined && step <= 0) {
    findings.push(finding('step-not-positive', say('stepNotPositive', { step: call.step.text }), call.step));
  }
  return findings;
}

/** The range needs a lower bound above 0: a thousandth of the upper one where that is known. */
function logFinding(call: SuggestCall, low: Argument, high: number | undefined, say: Say): Finding {
  if (call.method === 'int') {
    const fix = { title: say('useSmallest', { value: 1 }), edits: [{ start: low.start, end: low.end, newText: '1' }] };
    return finding(
      'log-not-positive',
      say('logNeedsOne', { low: low.text }),
      low,
      high === undefined || high >= 1 ? fix : undefined,
    );
  }
  const message = say('logNeedsPositive', { low: low.text });
  if (high === undefined || high <= 0) return finding('log-not-positive', message, low);
  const newText = String(Number((high / 1000).toPrecision(3)));
  const fix = { title: say('useSmallest', { value: newText }), edits: [{ start: low.start, end: low.end, newText }] };
  return finding('log-not-positive', message, low, fix);
}

/** Calls of one name in one function whose meaning differs from the first one's. */
function repeatedNames(file: CodeFile, say: Say): Finding[] {
  const first = new Map<string, SuggestCall>();
  const findings: Finding[] = [];
  const index = new TextIndex(file.text);
  for (const call of file.suggestCalls) {
    const key = `${call.scope}\n${call.name}`;
    const earlier = first.get(key);
    if (!earlier) {
      first.set(key, call);
      continue;
    }
    const line = index.lineAt(earlier.start) + 1;
    const place = { start: call.nameStart, end: call.nameEnd };
    if (earlier.method !== call.method) {
      const message = say('otherKind', { name: call.name, kind: call.method, otherKind: earlier.method, line });
      findings.push({ ...finding('suggested-twice', message, place), severity: 'error' });
    } else if (call.method === 'categorical') {
      if (differs(call.choices, earlier.choices)) {
        const message = say('otherChoices', { name: call.name, line });
        findings.push({ ...finding('suggested-twice', message, place), severity: 'error' });
      }
    } else if (differs(call.low, earlier.low) || differs(call.high, earlier.high) || differs(call.log, earlier.log)) {
      findings.push({
        ...finding('suggested-twice', say('suggestedTwice', { name: call.name, line }), place),
        severity: 'warning',
      });
    }
  }
  return findings;
}

/** Whether two arguments are both known and not the same. */
function differs(a: Argument | null, b: Argument | null): boolean {
  if (!a || !b) return a !== b && [a, b].some((one) => one?.literal?.value === true);
  if (!a.literal || !b.literal) return false;
  return JSON.stringify(a.literal.value) !== JSON.stringify(b.literal.value);
}

function numberOf(argument: Argument | null): number | undefined {
  return argument?.literal?.type === 'number' ? (argument.literal.value as number) : undefined;
}

function finding(
  code: string,
  message: string,
  place: { readonly start: number; readonly end: number },
  fix?: FindingFix,
): Finding {
  return { code, severity: 'error', message, start: place.start, end: place.end, ...(fix ? { fix } : {}) };
}

function swap(a: Argument, b: Argument, title: string): FindingFix {
  const edits = [
    { start: a.start, end: a.end, newText: b.text },
    { start: b.start, end: b.end, newText: a.text },
  ];
  return { title, edits };
}

/** Removes an argument with the comma before it. */
function removal(argument: Argument, text: string, title: string): FindingFix {
  const comma = /,\s*$/.exec(text.slice(0, argument.from));
  const start = comma ? comma.index : argument.from;
  const following = comma ? '' : (/^\s*,\s*/.exec(text.slice(argument.end))?.[0] ?? '');
  return { title, edits: [{ start, end: argument.end + following.length, newText: '' }] };
}
