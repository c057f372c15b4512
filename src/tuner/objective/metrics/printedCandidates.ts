import type { MetricCandidate } from '../../../protocol/runRecord.ts';
import { parseMetricLine, shownText } from '../../../storage/log/metricLines.ts';
import { ColumnTables } from './columnTables.ts';
import { LineReports } from './lineReport.ts';
import { meaningOf, type NameMeaning, phaseIn, wordsOf } from './metricWords.ts';
import { AFTER, BEFORE, evenBlanks, MARK, NUMBER, RATIO } from './wordedMetrics.ts';

/** What a program that was run as it is has printed, the best candidate for the metric first. */
export interface RankedCandidates {
  readonly candidates: readonly MetricCandidate[];
  /** Whether the first is the metric without a question. */
  readonly isClear: boolean;
}

/** Up to four words before a number. */
const WORD = String.raw`[\p{L}_](?:[\p{L}\p{N}_./@^-]|'(?=\p{L}))*`;
const WORDS = `${WORD}(?: (?!is |was |=|:)${WORD}){0,4}?`;
/** `mean squared error (MSE) on test set`, `loss (val)`. */
const NAMED = new RegExp(
  `${BEFORE}(${WORDS}(?: ?\\([^()]{1,12}\\)(?: (?:on|of|for|over|in) ${WORD}(?: ${WORD}){0,2}?)?)?)(?:${MARK}| )(?:${RATIO}|${NUMBER}${AFTER})`,
  'giu',
);
/** A line longer than this is data. */
const LONGEST_LINE = 4000;
/** More text of a program's output is not kept: of what is left out the oldest lines are. In characters. */
const MOST_TEXT = 32 * 1024 * 1024;
const MOST_NAMES = 500;
const MOST_CANDIDATES = 12;
/** A candidate this far behind the best does not compete with it. */
const MARGIN = 3;
/** Values that say which way they go. */
const LEAST_FOR_TREND = 4;

interface Found {
  readonly name: string;
  readonly order: number;
  phase: NameMeaning['phase'];
  /** Said by the program itself as a result, by the one-file client. */
  isReported: boolean;
}

/**
 * Collects what a program prints before anybody has said which of it is the metric. Names are those under which
 * `LineReports` reads the values again, so that trial 0 is read as all later trials are.
 */
export class PrintedCandidates {
  readonly #found = new Map<string, Found>();
  readonly #tables = new ColumnTables();
  #lines: string[] = [];
  #size = 0;
  readonly #reports: { readonly metrics: Readonly<Record<string, number>>; readonly step: number | null }[] = [];

  /** The lines that have numbers, in the order printed. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What the program reported by the client, in its order. */
  get reports(): readonly { readonly metrics: Readonly<Record<string, number>>; readonly step: number | null }[] {
    return this.#reports;
  }

  read(line: string): void {
    if (!/\d|nan|inf/i.test(line) && !/\S\s{2}/.test(line.trim())) return;
    const names = namesIn(line, this.#tables);
    // What fastai prints beside `valid_loss` in a row is of the same data.
    const isValidated =
      names.some((name) => phaseIn(wordsOf(name)) === 'validation') && !/\p{L}['"]? ?[:=]/u.test(line);
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size > MOST_TEXT) this.#shorten();
    for (const name of names)
      this.#add(name, phaseBefore(line, name) ?? (isValidated && !isOfTwo(name, names) ? 'validation' : null), false);
  }

  report(metrics: Readonly<Record<string, number>>, step: number | null): void {
    this.#reports.push({ metrics, step });
    for (const name of Object.keys(metrics)) this.#add(name, null, true);
  }

  /** Reads the values of the likeliest names again. `direction`: said by the study file, whatever the metric. */
  ranked(direction: 'minimize' | 'maximize' | null = null): RankedCandidates {
    const scored = [...this.#found.values()]
      .map((found) => ({ found, meaning: meaningOf(found.name), score: 0 }))
      .filter(({ found, meaning }) => meaning !== null || found.isReported)
      .map(({ found, meaning }) => ({ found, meaning, score: scoreOf(found, meaning) }))
      .sort((a, b) => b.score - a.score || inOrder(a.found, b.found))
      .slice(0, MOST_CANDIDATES)
      .flatMap(({ found, meaning, score }) => {
        const values = this.valuesOf(found.name).map(({ value }) => value);
        const finite = values.filter(Number.isFinite);
        const last = finite.at(-1);
        if (last === undefined) return [];
        const isConstant = values.length > 2 && finite.every((value) => value === last);
        // What is called a score and is no share may be an error.
        const isShare = meaning?.family !== 'score' || Math.abs(last) <= 1;
        const sure = direction ?? (isShare ? meaning?.direction : null) ?? trendOf(finite);
        const candidate: MetricCandidate = {
          name: found.name,
          last,
          count: values.length,
          direction: sure ?? 'minimize',
          isDirectionSure: sure !== null,
        };
        return [{ found, meaning, candidate, score: isConstant ? score - 20 : score }];
      })
      .sort((a, b) => b.score - a.score || inOrder(a.found, b.found));
    const preferred = scored.toSorted((a, b) => b.score - a.score || general(a.found.name, b.found.name));
    const [top] = preferred;
    const isClear =
      top?.candidate.isDirectionSure === true &&
      (top.meaning?.family !== null || top.found.isReported) &&
      !preferred.some((other) => other !== top && competes(top, other));
    return { candidates: preferred.map(({ candidate }) => candidate), isClear };
  }

  /** The values of a metric with the steps that were printed with them. */
  valuesOf(
    name: string,
    constraints: readonly string[] = [],
  ): { readonly value: number; readonly step: number | null }[] {
    return this.metricsOf([name], constraints).flatMap(({ metrics, step }) =>
      Object.hasOwn(metrics, name) ? [{ value: metrics[name] as number, step }] : [],
    );
  }

  /** All that a trial with these metrics would have reported. */
  metricsOf(metrics: readonly string[], constraints: readonly string[] = []) {
    const reader = new LineReports({ metrics, constraints, isExact: false });
    const printed = this.#lines.flatMap((line) => reader.read(line) ?? []);
    return [...printed, ...this.#reports];
  }

  #add(name: string, phase: NameMeaning['phase'], isReported: boolean): void {
    const key = wordsOf(name);
    const known = this.#found.get(key);
    if (known) {
      known.phase = phase ?? known.phase;
      known.isReported ||= isReported;
    } else if (this.#found.size < MOST_NAMES)
      this.#found.set(key, { name, order: this.#found.size, phase, isReported });
  }

  #shorten(): void {
    this.#lines = this.#lines.slice(this.#lines.length >> 2);
    this.#size = this.#lines.reduce((sum, { length }) => sum + length, 0);
  }
}

/** `accuracy` of a row with `dev/accuracy`. */
function isOfTwo(name: string, names: readonly string[]): boolean {
  const words = wordsOf(name);
  return names.some((other) => wordsOf(other).endsWith(` ${words}`));
}

/** The names that a line gives to numbers, where they may be results. */
function namesIn(line: string, tables: ColumnTables): string[] {
  const pairs = parseMetricLine(line);
  if (pairs) return Object.keys(pairs).filter((name) => meaningOf(name) !== null);
  const row = tables.read(line);
  const headings = row ? Object.keys(row).filter((name) => (meaningOf(name)?.family ?? null) !== null) : [];
  const text = evenBlanks(shownText(line));
  if (text.length > LONGEST_LINE) return headings;
  const names = [...text.matchAll(NAMED)].flatMap(([, words]) => plainName(words as string) ?? []);
  return [...headings, ...names];
}

/** `The RMSE of prediction` is called `RMSE of prediction`, `Epoch 3 val loss` `val loss`: the name begins where its meaning does. */
function plainName(words: string): string | undefined {
  const parts = words.split(' ');
  for (let start = parts.length - 1; start >= 0; start--) {
    const meaning = meaningOf(parts.slice(start).join(' '));
    if (meaning === null || meaning.family === null) continue;
    // Words before it that belong to it.
    while (start > 0 && BELONGS.test(wordsOf(parts[start - 1] as string))) start--;
    return parts.slice(start).join(' ');
  }
  // A word that is not known is a name where it stands alone: `valence: 0.3`.
  return parts.length === 1 && meaningOf(words) !== null ? words : undefined;
}

const BELONGS =
  /^(avg|average|mean|macro|micro|weighted|balanced|best|final|overall|top|roc|pr|log|cross|root|squared?|absolute|error|valid|val|validation|eval|evaluation|test|dev|train|training|set|learn|episode|total|cv|token|classification|binary|masked|\S+ \d)$/;

function phaseBefore(line: string, name: string): NameMeaning['phase'] {
  const own = phaseIn(wordsOf(name));
  if (own) return own;
  const text = shownText(line);
  return phaseIn(wordsOf(text.slice(0, Math.max(0, text.indexOf(name))).slice(-120)));
}

/** Held-out data before training data, a task's score before the loss that was trained on. */
function scoreOf(found: Found, meaning: NameMeaning | null): number {
  if (meaning === null) return found.isReported ? 50 : 0;
  const { family, isSecondary, isBest } = meaning;
  const phase = { validation: 30, test: 24, none: 14, train: 0 }[meaning.phase ?? found.phase ?? 'none'];
  const kind = family === null ? -8 : isSecondary ? 0 : 10;
  const isLoss = family === 'loss' || family === 'likelihood' || family === 'phase';
  const task = family === null || isLoss ? 0 : family === 'score' ? 2 : 4;
  return phase + kind + task - (isBest ? 8 : 0) + (found.isReported ? 20 : 0);
}

interface Scored {
  readonly candidate: MetricCandidate;
  readonly found: Found;
  readonly meaning: NameMeaning | null;
  readonly score: number;
}

/** Whether a person has to choose between the two. */
function competes(top: Scored, other: Scored): boolean {
  if (other.score <= top.score - MARGIN || other.meaning?.family === null) return false;
  const [a, b] = [top.found.name, other.found.name].map(wordsOf) as [string, string];
  // An error rate is an accuracy seen from the other side.
  if (top.meaning?.family === other.meaning?.family && top.candidate.direction !== other.candidate.direction)
    return false;
  if (top.meaning?.family !== other.meaning?.family) return !(isRegression(top) && isRegression(other));
  // `loss` and `loss box`, `auc` of one set and of the next.
  if (general(a, b) !== 0 || isNumbered(a, b)) return false;
  const [first, second] = [bare(a), bare(b)];
  return first !== second && top.meaning?.family !== 'rmse' && !isOneLoss(first, second);
}

/** RMSE, MSE and R² put models in the same order. */
function isRegression({ meaning }: Scored): boolean {
  return meaning?.family === 'rmse' || meaning?.family === 'r2';
}

function isOneLoss(a: string, b: string): boolean {
  const known = /^(loss|ppl|perplexity|nll|log ?loss|bpb|bpc)$/;
  return known.test(a) && known.test(b);
}

/** Of several sets of data the last, as XGBoost takes it for its early stopping; else what was printed first. */
function inOrder(a: Found, b: Found): number {
  return isNumbered(wordsOf(a.name), wordsOf(b.name)) ? b.order - a.order : a.order - b.order;
}

function isNumbered(a: string, b: string): boolean {
  return a.replace(/\d+/g, '#') === b.replace(/\d+/g, '#');
}

/** Without the words that say on which data. */
function bare(words: string): string {
  return words
    .replace(
      /\b(val|valid|validation|eval|evaluation|dev|test|train|training|set|avg|average|mean|final|overall|best)\b/g,
      ' ',
    )
    .replace(/\s+/g, ' ')
    .trim();
}

/** Below 0 where the first name has fewer words, all of them in the second: it is the more general one. */
function general(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => new Set(wordsOf(name).split(' '))) as [Set<string>, Set<string>];
  if (first.size < second.size && [...first].every((word) => second.has(word))) return -1;
  return second.size < first.size && [...second].every((word) => first.has(word)) ? 1 : 0;
}

/** Which way values go that get better by training; null where they do not say. */
function trendOf(values: readonly number[]): 'minimize' | 'maximize' | null {
  if (values.length < LEAST_FOR_TREND) return null;
  const third = Math.max(1, Math.floor(values.length / 3));
  const mean = (part: readonly number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
  const [begin, end] = [mean(values.slice(0, third)), mean(values.slice(-third))];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (Math.abs(end - begin) < 0.25 * (high - low)) return null;
  return end < begin ? 'minimize' : 'maximize';
}
