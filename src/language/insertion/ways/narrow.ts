import type { GoodRange } from '../../../core/importance/goodRegion.ts';
import type { BestTrial } from '../../../protocol/editor.ts';
import type { LabelledEdit, PlannedEdits } from '../bestParamsEdits.ts';
import type { Argument, CodeFile, OpenNameCall, SuggestCall } from '../sites.ts';
import { namesOf, type OwnStudy, ownSuggestions } from './ownStudy.ts';

interface Ends {
  readonly low: number;
  readonly high: number;
}

/**
 * Moves the bounds of a study's suggest calls to the good region. A bound that is no number in the source is left, and its
 * parameter is `unmatched`; so is one whose best value the source does not offer any more. Choices stay: Optuna refuses a
 * study whose choices have changed.
 */
export function narrowEdits(
  file: CodeFile,
  best: BestTrial,
  own: OwnStudy,
  ranges: Readonly<Record<string, GoodRange>>,
): PlannedEdits {
  const names = best.params.map(({ name }) => name);
  const edits: LabelledEdit[] = [];
  const outcome = new Map<string, 'edited' | 'unchanged' | 'unmatched'>();
  for (const call of own.calls === null ? [] : ownSuggestions(file, own)) {
    const group = [...namesOf(call, names).keys()];
    if (group.length === 0) continue;
    const found = bounds(call, group, ranges, best);
    const made = found === 'unmatched' || found === 'unchanged' ? [] : boundEdits(file, call, group, found);
    edits.push(...made);
    const result = made.length > 0 ? 'edited' : found === 'unmatched' ? 'unmatched' : 'unchanged';
    for (const name of group) if (outcome.get(name) !== 'edited') outcome.set(name, result);
  }
  return {
    edits: edits.sort((a, b) => a.start - b.start),
    unmatched: names.filter((name) => (outcome.get(name) ?? 'unmatched') === 'unmatched'),
    unchanged: names.filter((name) => outcome.get(name) === 'unchanged'),
  };
}

/** The new bounds of a call: inside those of the source, on its grid, around all good ranges of its parameters. */
function bounds(
  call: SuggestCall | OpenNameCall,
  group: readonly string[],
  ranges: Readonly<Record<string, GoodRange>>,
  best: BestTrial,
): Ends | 'unchanged' | 'unmatched' {
  const isChoice = 'method' in call ? call.method === 'categorical' : call.low === null && call.high === null;
  const found = group.map((name) => (Object.hasOwn(ranges, name) ? ranges[name] : undefined));
  if (isChoice || found.some((range) => range === undefined || range.type === 'categorical')) return 'unchanged';
  const [low, high] = [numberOf(call.low), numberOf(call.high)];
  const step = call.step === null ? 0 : numberOf(call.step);
  if (low === null || high === null || step === null || low >= high) return 'unmatched';
  const values = best.params.filter(({ name }) => group.includes(name)).map(({ value }) => Number(value));
  if (!values.every((value) => low <= value && value <= high)) return 'unmatched';
  const wanted = found as readonly Extract<GoodRange, Ends>[];
  const inner = {
    low: Math.max(low, Math.min(...wanted.map((range) => range.low), ...values)),
    high: Math.min(high, Math.max(...wanted.map((range) => range.high), ...values)),
  };
  const fitted = step > 0 ? onGrid(inner, low, high, step) : inner;
  const isLess = fitted.low > low || fitted.high < high;
  return isLess && fitted.low < fitted.high ? fitted : 'unchanged';
}

/** Outwards to the grid of the source, which begins at its own lower bound. */
function onGrid({ low, high }: Ends, first: number, last: number, step: number): Ends {
  const place = (count: number) => Number((first + count * step).toPrecision(12));
  const below = Math.floor((low - first) / step + 1e-9);
  const above = Math.ceil((high - first) / step - 1e-9);
  return { low: Math.max(first, place(below)), high: Math.min(last, place(above)) };
}

function boundEdits(
  file: CodeFile,
  call: SuggestCall | OpenNameCall,
  group: readonly string[],
  ends: Ends,
): LabelledEdit[] {
  const isInt = 'method' in call ? call.method === 'int' : /suggest_?int/i.test(file.text.slice(call.start, call.end));
  const edit = (argument: Argument | null, value: number): LabelledEdit[] => {
    if (!argument || argument.literal?.value === value) return [];
    const newText = file.print({ name: '', value, kind: isInt ? 'int' : 'float' });
    const label = `${group.join(', ')}: ${argument.text} → ${newText}`;
    return [{ start: argument.start, end: argument.end, newText, label }];
  };
  return [...edit(call.low, ends.low), ...edit(call.high, ends.high)];
}

function numberOf(argument: Argument | null): number | null {
  const literal = argument?.literal;
  return literal?.type === 'number' ? (literal.value as number) : null;
}
