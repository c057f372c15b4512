import { LINE_LIMIT } from '../../../core/text/lines.ts';
import { shownText } from '../../../storage/log/metricLines.ts';

export const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|nan)`;
// All patterns but SETTINGS are for text whose blanks `evenBlanks` has joined: a blank may then be at most one, and time
// stays in proportion to a line's length.

/** `: `, ` is: `, ` = `, the wall of a table, or a blank; the name may be quoted, as a key of JSON within a line of a log. */
export const MARK = String.raw`["'\x60]?(?: is| was)? ?[:：=|│┃] ?["']?`;
/** Within a sentence, a whole number is followed by a word that has no number of its own: `3 of 10`, `3 times`, not `13 length 200`. */
const IN_SENTENCE = String.raw`[+-]?\d+ (?:(?:of|out|in|at|to|from|over|on|after|with|for) |\p{L}+(?!\p{L}| ?[:=]? ?[+-]?\.?\d))`;
/** Only a blank. */
const BLANK = String.raw`["'\x60]? (?:is )?["']?(?!${IN_SENTENCE})`;
/** Not the beginning of something longer: `12:30`, `3/10`, `1.2.3`, `1,024`, `2026-01-02`, `4abc`, tqdm's `100%|███| 9/9`, `0.5 --> 0.4`. */
export const AFTER = String.raw`(?![\p{L}\p{N}_]|[.,:/-]\d|%\|[^|]*\| ?\d| ?(?:-+>|→))`;
/** A part of a whole with its percentage, `322/360 (89%)`: the value is the part, 0.894, which is more exact. */
export const RATIO = String.raw`\d+ ?/ ?\d+ ?[([]? ?\d+(?:\.\d+)? ?%`;
export const BEFORE = String.raw`(?<![\p{L}\p{N}_./@%-])`;
const STEP =
  /(?<![\p{L}\p{N}_./@%-]|best[ _])(?:global[ _]step|step|iteration|iter|round|epoch) ?[:=#]? ?[[(]? ?(\d+)(?![\p{L}\p{N}_]|[.,:]\d)/iu;
/** How XGBoost and LightGBM begin a line. */
const BRACKETED_STEP = /^\[(\d+)\](?= )/;

/** Of a batch, each value of which is followed by its average so far: `[ 78/79]  Loss: 0.9 (0.8)` of timm and PyTorch's examples. */
const BATCH = /(?<!(?:epoch|fold|round|run|trial|cv) ?:? ?)\[ ?\d+\/\d+/i;
const AVERAGE = String.raw`(?: ?\( ?(${NUMBER}) ?\))?`;
/** Settings (`Namespace(loss=1)`) are no report, nor is what Python warns of. */
const SETTINGS = /(?<![\w.])[A-Za-z_][\w.]*\([^()=]*=[^()]*\)/g;
const WARNING = /\b[A-Z]\w*Warning: /;
/** How much of a line before a name is looked at, in characters. */
const LOOK_BACK = 40;
/** A line that has a name more often than this is data and no report. */
const MOST_PLACES = 200;
/** Before a number that is wished for, or was. */
const NOT_MEASURED = /(?<![\p{L}\p{N}_])(?:target|goal|required|expected|previous|baseline) (?:best )?$/iu;

/** What stands before a number as its name: `Val Loss: 0.3`, `eval-auc:0.98`. */
const NAMED = new RegExp(`${BEFORE}([\\p{L}_][\\p{L}\\p{N}_.'/ -]{0,40}?) ?[:：] ?${NUMBER}${AFTER}`, 'giu');

interface Wanted {
  readonly name: string;
  readonly firstWord: string;
  readonly pattern: RegExp;
}

/** What a line says in words. */
export interface WordedReport {
  readonly metrics: Readonly<Record<string, number>>;
  /** `Epoch 3/10`, `step 200`, `[20]`; null when the line does not say. */
  readonly step: number | null;
}

/**
 * Finds the metrics of a study in lines that are written for people: `Test Accuracy: 91.2%`, `loss: 0.31 - val_loss: 0.42`
 * (Keras), `[20]  valid_0's auc: 0.95` (LightGBM), `accuracy   0.97` (scikit-learn), `│ val_acc │ 0.9 │` (Lightning). Only
 * names that somebody has asked for are looked for, so that no other number becomes a report, and where a line may mean
 * something else (a sentence, a warning, a target, settings) nothing is taken: none is better than a wrong one. Capitals do not count, nor
 * whether words are parted by blanks, `_` or `-`; the number of a percentage is taken as it stands. Reading takes time in
 * proportion to the line.
 */
export class WordedMetrics {
  readonly #wanted: readonly Wanted[];

  constructor(names: readonly string[]) {
    this.#wanted = names.map((name) => {
      const parts = name.trim().split(/[\s_-]+/);
      const words = parts.map(escaped);
      return {
        name,
        firstWord: (parts[0] as string).toLowerCase(),
        pattern: new RegExp(
          `${BEFORE}(${words.join('[ _-]+')})(?:${MARK}|${BLANK})(?:(${RATIO})|(${NUMBER})${AFTER}${AVERAGE})`,
          'giu',
        ),
      };
    });
  }

  /** Undefined where the line has none of the names with a number. */
  read(line: string): WordedReport | undefined {
    if (line.length > LINE_LIMIT) return undefined;
    const shown = shownText(line);
    const lower = shown.toLowerCase();
    const wanted = this.#wanted.filter(({ firstWord }) => lower.includes(firstWord));
    if (wanted.length === 0) return undefined;
    const text = evenBlanks(shown.replace(SETTINGS, ' '));
    if (WARNING.test(text)) return undefined;
    const isBatch = BATCH.test(text);
    const found = wanted.flatMap(({ name, pattern }) => {
      const value = valueIn(text, name, pattern, isBatch);
      return value === undefined ? [] : [[name, value] as const];
    });
    if (found.length === 0) return undefined;
    const step = (BRACKETED_STEP.exec(text) ?? STEP.exec(text))?.[1];
    return { metrics: Object.fromEntries(found), step: step === undefined ? null : Number(step) };
  }
}

/**
 * Of several places one that no other word qualifies (`train loss`), then one with the very name, then the last. Keys of
 * objects have no such order: where they differ (`{"val": {"loss": 0.3}, "train": {"loss": 0.1}}`) there is none.
 */
function valueIn(text: string, name: string, pattern: RegExp, isBatch: boolean): number | undefined {
  let places = 0;
  let best: { readonly value: number; readonly rank: number; readonly isKey: boolean } | undefined;
  for (const { 1: words, 2: ratio, 3: number, 4: average, index } of text.matchAll(pattern)) {
    if (++places > MOST_PLACES) return undefined;
    const before = text.slice(Math.max(0, index - LOOK_BACK), index);
    if (NOT_MEASURED.test(before)) continue;
    const isKey = /["']$/.test(before);
    const rank = (/\p{L} $/u.test(before) ? 0 : 2) + (words === name ? 1 : 0);
    const value = ratio === undefined ? numberOf(((isBatch && average) || number) as string) : ratioOf(ratio);
    if (value === undefined) continue;
    if (isKey && best?.isKey && !Object.is(best.value, value)) return undefined;
    if (!best || rank >= best.rank) best = { value, rank, isKey };
  }
  return best?.value;
}

/** Undefined where the percentage is another one: then the numbers are something else. */
function ratioOf(text: string): number | undefined {
  const [part = 0, whole = 0, percent = 0] = (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return Math.abs((100 * part) / whole - percent) <= 1 ? part / whole : undefined;
}

function numberOf(text: string): number {
  const word = /^([+-]?)(inf|nan)/i.exec(text);
  if (!word) return Number(text);
  if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function evenBlanks(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** The names that lines give to numbers in words, in their order: to suggest them where the wanted name is missing. */
export function wordedNames(lines: readonly string[]): string[] {
  const names = lines.flatMap((line) =>
    [...evenBlanks(shownText(line)).matchAll(NAMED)].map(([, name]) => (name as string).trim()),
  );
  return [...new Set(names)];
}
