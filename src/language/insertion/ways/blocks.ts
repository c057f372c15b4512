import type { BestTrial } from '../../../protocol/editor.ts';
import { PythonFile } from '../../python/pythonFile.ts';
import type { LabelledEdit, PlannedEdits } from '../bestParamsEdits.ts';
import type { CodeFile } from '../sites.ts';
import type { OwnStudy } from './ownStudy.ts';

/** How a comment about where values come from begins. */
const MARK = 'tuneboard: ';
/** A dict up to this many columns stays on one line. */
const LONGEST_LINE = 100;

const NOTHING: PlannedEdits = { edits: [], unmatched: [], unchanged: [] };

/**
 * `best_params = {…}` under a comment that says where it comes from: in place of an earlier one, else before the first
 * study of the module. Only Python; elsewhere nothing.
 */
export function dictEdits(file: CodeFile, best: BestTrial, own: OwnStudy, note: string): PlannedEdits {
  if (!(file instanceof PythonFile)) return unmatched(best);
  const { text, index, search } = file;
  const old = earlierDict(text);
  // `best_params = study.best_params` further down would replace it.
  const name = old?.name ?? (search.assigned.has('best_params') ? 'tuned_params' : 'best_params');
  const { lineBreak } = index;
  const block = `# ${MARK}${note}${lineBreak}${name} = ${dict(file, best, '', true)}`;
  if (old) {
    if (sameParams(text.slice(old.start, old.end), block)) return { ...NOTHING, unchanged: namesIn(best) };
    return only({ start: old.start, end: old.end, newText: block, label: `${name}: trial ${best.number}` });
  }
  const first = own.calls?.[0] ?? search.studies[0];
  const objective = first?.objectives.map((one) => search.functions.get(one)?.from ?? Number.NaN).find((at) => at >= 0);
  const anchor = Math.min(objective ?? Number.POSITIVE_INFINITY, first?.start ?? text.length);
  const at = file.statementStart(anchor);
  const needsBreak = at === text.length && text !== '' && !/[\r\n]$/.test(text) ? lineBreak : '';
  const gap = at === text.length ? '' : lineBreak.repeat(2);
  const newText = `${needsBreak}${block}${lineBreak}${gap}`;
  return only({ start: at, end: at, newText, label: `${name}: trial ${best.number}` });
}

/** `study.enqueue_trial({…})` on the line before the study is run: its next run starts there. */
export function enqueueEdits(file: CodeFile, best: BestTrial, own: OwnStudy, note: string): PlannedEdits {
  const call = own.calls?.find(({ canPrecede }) => canPrecede);
  if (!(file instanceof PythonFile) || !call) return unmatched(best);
  const { index, text } = file;
  const { receiver, indent, lineStart } = call;
  const oneLine = dict(file, best, indent, false);
  const isLong = indent.length + receiver.length + oneLine.length > LONGEST_LINE - 40;
  const params = isLong ? dict(file, best, indent, true) : oneLine;
  const statement = `${receiver}.enqueue_trial(${params}, skip_if_exists=True)`;
  const block = `${indent}# ${MARK}${note}${index.lineBreak}${indent}${statement}${index.lineBreak}`;
  const start = earlierEnqueue(file, receiver, lineStart);
  const old = text.slice(start, lineStart);
  if (sameParams(old, block)) return { ...NOTHING, unchanged: namesIn(best) };
  return only({ start, end: lineStart, newText: block, label: `${receiver}.enqueue_trial: trial ${best.number}` });
}

function only(edit: LabelledEdit): PlannedEdits {
  return { ...NOTHING, edits: [edit] };
}

function unmatched(best: BestTrial): PlannedEdits {
  return { ...NOTHING, unmatched: namesIn(best) };
}

function namesIn(best: BestTrial): string[] {
  return best.params.map(({ name }) => name);
}

/** Whether two blocks are the same but for the comment above. */
function sameParams(a: string, b: string): boolean {
  const plain = (block: string) => block.replace(/^\s*#.*/, '').replace(/\s+/g, '');
  return plain(a) === plain(b);
}

/** A dict that an earlier insertion left. */
function earlierDict(text: string): { name: string; start: number; end: number } | null {
  const found = /^# tuneboard:[^\n]*\n(best_params|tuned_params) = \{\r?\n(?:[ \t][^\n]*\n)*\}/m.exec(text);
  return found && { name: found[1] as string, start: found.index, end: found.index + found[0].length };
}

/** The start of the lines that an earlier insertion left right above `lineStart`; `lineStart` where there are none. */
function earlierEnqueue({ text, index }: PythonFile, receiver: string, lineStart: number): number {
  let line = index.lineAt(lineStart) - 1;
  const lineText = (at: number) => text.slice(index.lineStart(at), index.lineEnd(at)).trim();
  while (line >= 0 && lineText(line) !== '' && !lineText(line).startsWith('#')) {
    if (lineText(line).startsWith(`${receiver}.enqueue_trial(`)) {
      return line > 0 && lineText(line - 1).startsWith(`# ${MARK}`) ? index.lineStart(line - 1) : lineStart;
    }
    line--;
  }
  return lineStart;
}

function dict(file: PythonFile, best: BestTrial, indent: string, isTall: boolean): string {
  const { lineBreak } = file.index;
  const entries = best.params.map((param) => {
    return `${file.print({ name: '', value: param.name, kind: 'categorical' })}: ${file.print(param)}`;
  });
  if (!isTall) return `{${entries.join(', ')}}`;
  const unit = indent.includes('\t') ? '\t' : '    ';
  return `{${lineBreak}${entries.map((entry) => `${indent}${unit}${entry},${lineBreak}`).join('')}${indent}}`;
}
