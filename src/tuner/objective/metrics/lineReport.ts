import { parseJson } from '../../../core/text/pythonJson.ts';
import { parseMetricLine } from '../../../storage/log/metricLines.ts';
import { ColumnTables } from './columnTables.ts';
import { WordedMetrics } from './wordedMetrics.ts';

/** What a line that a program of a trial printed reports. */
export interface LineReport extends MetricsAtStep {
  readonly gradient: Record<string, number> | undefined;
}

/** What makes reports of printed lines. */
export interface LineSource {
  /** Undefined for a line that reports nothing. */
  read(line: string): LineReport | undefined;
}

const NOTHING: LineReport = { metrics: {}, step: null, gradient: undefined };

/**
 * Turns a printed line into metrics, the only way there is for a trial's program: pairs and objects (`parseMetricLine`,
 * which logs of whole studies are read with too) whatever their names, the study's own metrics also in words and in columns.
 */
export class LineReports implements LineSource {
  readonly #metrics: readonly string[];
  readonly #wanted: readonly string[];
  readonly #worded: WordedMetrics | undefined;
  readonly #tables = new ColumnTables();

  /** `isExact`: nothing is read in words. */
  constructor({ metrics, constraints, isExact }: ReadMetrics) {
    this.#metrics = metrics;
    this.#wanted = [...metrics, ...constraints];
    this.#worded = isExact ? undefined : new WordedMetrics(this.#wanted);
  }

  /** Undefined for a line that reports nothing. */
  read(line: string): LineReport | undefined {
    if (line === '') return undefined;
    const gradient = gradientInLine(line);
    const found = parseMetricLine(line);
    const said = found ? splitStep(found, this.#metrics) : NOTHING;
    const isNamed = found && this.#wanted.some((name) => Object.hasOwn(found, name));
    const worded = isNamed ? undefined : (this.#worded?.read(line) ?? this.#inColumns(line));
    if (!worded) return found || gradient ? { ...said, gradient } : undefined;
    return { metrics: { ...said.metrics, ...worded.metrics }, step: said.step ?? worded.step, gradient };
  }

  #inColumns(line: string): MetricsAtStep | undefined {
    const row = this.#worded && this.#tables.read(line);
    if (!row) return undefined;
    const names = Object.keys(row);
    const found = this.#wanted.flatMap((wanted) => {
      const name = names.find((one) => one.toLowerCase() === wanted.toLowerCase());
      return name === undefined ? [] : [[wanted, row[name] as number] as const];
    });
    const lower = Object.fromEntries(names.map((name) => [name.toLowerCase(), row[name] as number]));
    return found.length === 0
      ? undefined
      : { metrics: Object.fromEntries(found), step: splitStep(lower, this.#metrics).step };
  }
}

export interface ReadMetrics {
  readonly metrics: readonly string[];
  readonly constraints: readonly string[];
  readonly isExact: boolean;
}

/** Names under which programs print how far they are, the most precise first. */
const STEP_NAMES = ['step', 'global_step', 'iteration', 'iter', 'round', 'epoch'];

interface MetricsAtStep {
  readonly metrics: Readonly<Record<string, number>>;
  /** As printed (an epoch may be 1.5); null when the line does not say. */
  readonly step: number | null;
}

/** What Optuna's databases can hold. */
const LARGEST_STEP = 2 ** 31 - 1;

/** Tells the step of a printed line from its metrics. A name that is an objective is never the step. */
export function splitStep(line: Readonly<Record<string, number>>, objectives: readonly string[]): MetricsAtStep {
  const names = STEP_NAMES.filter((name) => Object.hasOwn(line, name) && !objectives.includes(name));
  const metrics = Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)));
  return { metrics, step: names.length > 0 ? (line[names[0] as string] as number) : null };
}

/**
 * Turns what a program says about its progress into the integer steps of a trial's curve. Whole numbers are taken as
 * they are. Where the first report has none, or one has epoch 1.5, the trial's reports are counted instead, so that two of
 * them never fall on one step. A report without a step after some with one is the trial's result: no step of its curve.
 */
export class StepCounter {
  #last: number;
  #isCounting = false;
  #isNamed = false;

  /** `last`: the last step of an earlier part of the trial. */
  constructor(last = -1) {
    this.#last = last;
  }

  /** Null for the trial's result. */
  next(step: number | null): number | null {
    if (step === null && this.#isNamed) return null;
    if (step === null || !Number.isInteger(step) || step < 0 || step > LARGEST_STEP) this.#isCounting = true;
    this.#isNamed = !this.#isCounting;
    this.#last = this.#isCounting ? this.#last + 1 : (step as number);
    return this.#last;
  }
}

/** The gradient that a printed line `{"gradient": {"lr": 0.2, …}}` reports; undefined for any other line. */
export function gradientInLine(line: string): Record<string, number> | undefined {
  if (!line.includes('"gradient"') || !line.trimStart().startsWith('{')) return undefined;
  try {
    return gradientOf(parseJson(line));
  } catch {
    return undefined;
  }
}

/** Undefined unless `value` has a `gradient` of numbers. */
export function gradientOf(value: unknown): Record<string, number> | undefined {
  const gradient = (value as { gradient?: unknown } | null)?.gradient;
  if (typeof gradient !== 'object' || gradient === null || Array.isArray(gradient)) return undefined;
  const entries = Object.entries(gradient);
  const isUsable = entries.length > 0 && entries.every(([, slope]) => typeof slope === 'number');
  return isUsable ? (gradient as Record<string, number>) : undefined;
}

/** The end of a stack trace of Node, which says nothing by itself. */
const TRACE_END = /^\s*(at .*|\d+: 0x[\da-f]+ .*|[})\]];?|[})\]]{2};?|Node\.js v.*)$/;
/** What went wrong, as Node writes it: before a stack trace, or where V8 gives up (out of memory). */
const ERROR = /^(?:Uncaught )?(?:(?:[A-Z]\w*)?(?:Error|Exception)\b[^:]*: |FATAL ERROR: )/;

/** Advice that Hydra, PyTorch and Rust end with, which is not what went wrong. */
const ADVICE = /^(?:Set the environment variable \w+=|note: run with `)/;

/** The line that says best why a program ended: the last, or the error that a stack trace at the end is of. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const last = (lines.findLast((line) => !ADVICE.test(line)) ?? lines.at(-1))?.trim();
  if (last === undefined || !TRACE_END.test(last)) return last;
  return lines.findLast((line) => ERROR.test(line))?.trim() ?? last;
}
