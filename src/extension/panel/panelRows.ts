import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { populationProgress } from '../../core/schedulers/progress.ts';
import { ARTIFACT, FAIL_REASON, OWNER } from '../../core/study/attributes.ts';
import type { ParameterColumn } from '../../core/study/columns/parameterColumn.ts';
import { isFeasible } from '../../core/study/constraints.ts';
import { failReasonOf } from '../../core/study/failReason.ts';
import type { History } from '../../core/study/history.ts';
import { compareWithStart, sameValues, startWords } from '../../core/study/startComparison.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import type {
  ComparedStudy,
  MetricCurve,
  PanelArtifact,
  PanelAttribute,
  PanelDetail,
  PanelHeader,
  PanelParameter,
  PanelRows,
  PanelSchedule,
  PanelText,
} from '../../protocol/panel.ts';
import { recordMessage } from '../../protocol/runRecord.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { trialFacts } from '../studies/trialFacts.ts';
import { scheduleOf, type TrialSchedule } from '../studies/trialSchedule.ts';
import { placeOf } from '../studies/workerFacts.ts';
import type { Translate } from '../window/words.ts';

/** Rows of the trials named by `numbers`, as typed arrays that the webview gets by structured clone. */
export function panelRows(history: History, numbers: Uint32Array): PanelRows {
  const width = history.directions.length;
  const values = new Float64Array(numbers.length * width);
  const { states, startedAt, completedAt, values: all } = history;
  const feasible = new Uint8Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] as number;
    for (let objective = 0; objective < width; objective++) {
      values[row * width + objective] = all[number * width + objective] as number;
    }
    feasible[row] = isFeasible(history.systemAttrs(number)) ? 1 : 0;
  }
  return {
    numbers,
    states: Uint8Array.from(numbers, (number) => states[number] as number),
    feasible,
    values,
    startedAt: Float64Array.from(numbers, (number) => startedAt[number] as number),
    completedAt: Float64Array.from(numbers, (number) => completedAt[number] as number),
    parameters: [...history.parameters.values()].map((column) => panelParameter(column, numbers)),
    attributes: panelAttributes(history, numbers),
    ...panelCurves(history, numbers),
    schedule: panelSchedule(history, numbers),
  };
}

/** What the finished trials of a study reached, in the order in which they ended; without times, in that of their numbers. */
export function reached(history: History): Pick<ComparedStudy, 'finished' | 'places' | 'elapsed' | 'values'> {
  const { startedAt, completedAt, values: all, length, directions } = history;
  const ended: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (let number = 0; number < length; number++) {
    const start = startedAt[number] as number;
    if (start < first) first = start;
    if (isFinished(history.state(number))) ended.push(number);
  }
  const end = (number: number) => completedAt[number] as number;
  if (ended.every((number) => !Number.isNaN(end(number)))) ended.sort((a, b) => end(a) - end(b) || a - b);
  const kept = [...ended.keys()].filter((at) => {
    const number = ended[at] as number;
    return history.state(number) === TrialState.complete && isFeasible(history.systemAttrs(number));
  });
  const width = directions.length;
  const values = new Float64Array(kept.length * width);
  for (const [row, at] of kept.entries()) {
    const number = ended[at] as number;
    for (let objective = 0; objective < width; objective++) {
      values[row * width + objective] = all[number * width + objective] as number;
    }
  }
  return {
    finished: ended.length,
    places: Uint32Array.from(kept, (at) => at + 1),
    elapsed: Float64Array.from(kept, (at) => end(ended[at] as number) - first),
    values,
  };
}

/** The numbers 0 … n − 1. */
export function allNumbers(history: History): Uint32Array {
  return Uint32Array.from({ length: history.length }, (_, number) => number);
}

function panelParameter(column: ParameterColumn, numbers: Uint32Array): PanelParameter {
  const distribution = column.shown;
  const isCategorical = distribution.type === 'categorical';
  return {
    name: column.name,
    kind: distribution.type,
    log: !isCategorical && distribution.log,
    low: isCategorical ? 0 : distribution.low,
    high: isCategorical ? distribution.choices.length - 1 : distribution.high,
    choices: isCategorical ? distribution.choices : null,
    step: isCategorical ? null : distribution.step,
    values: column.shownOf(numbers),
  };
}

/** Attributes that the panel gets a column of at most; of more, those that were seen first. */
const MOST_ATTRIBUTES = 200;
/** Characters of a text: a table has no room for more. */
const LONGEST_TEXT = 200;

function panelAttributes(history: History, numbers: Uint32Array): PanelAttribute[] {
  const found = new Map<string, { kind: PanelAttribute['kind']; name: string; rows: number[]; values: unknown[] }>();
  const add = (kind: PanelAttribute['kind'], name: string, row: number, value: unknown) => {
    const key = `${kind} ${name}`;
    let column = found.get(key);
    if (!column) {
      if (found.size >= MOST_ATTRIBUTES) return;
      column = { kind, name, rows: [], values: [] };
      found.set(key, column);
    }
    column.rows.push(row);
    column.values.push(value);
  };
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] as number;
    // Most trials have neither: nothing is made for them.
    const place = OWNER in history.systemAttrs(number) ? placeOf(history, number) : null;
    if (place !== null) add('worker', 'worker', row, place);
    const attrs = history.userAttrs(number);
    for (const name in attrs) if (isListed(name, attrs[name])) add('attribute', name, row, attrs[name]);
  }
  return [...found.values()].map(({ kind, name, rows, values }) => ({
    kind,
    name,
    rows: Uint32Array.from(rows),
    values: values.every((value) => typeof value === 'number')
      ? Float64Array.from(values)
      : values.map((value) => attributeText(value).slice(0, LONGEST_TEXT)),
  }));
}

function panelCurves(
  history: History,
  numbers: Uint32Array,
): Pick<PanelRows, 'curveOffsets' | 'curveSteps' | 'curveValues'> {
  const curveOffsets = new Uint32Array(numbers.length + 1);
  for (const [row, number] of numbers.entries()) {
    curveOffsets[row + 1] = (curveOffsets[row] as number) + history.curve(number).steps.length;
  }
  const length = curveOffsets.at(-1) ?? 0;
  const curveSteps = new Float64Array(length);
  const curveValues = new Float64Array(length);
  for (const [row, number] of numbers.entries()) {
    const { steps, values } = history.curve(number);
    if (steps.length === 0) continue;
    curveSteps.set(steps, curveOffsets[row]);
    curveValues.set(values, curveOffsets[row]);
  }
  return { curveOffsets, curveSteps, curveValues };
}

function panelSchedule(history: History, numbers: Uint32Array): PanelSchedule | null {
  const noted = Array.from(numbers, (number) => scheduleOf(history, number));
  if (noted.every((schedule) => schedule === null)) return null;
  const rungs: number[] = [];
  const rungOffsets = new Uint32Array(numbers.length + 1);
  for (const [row, schedule] of noted.entries()) {
    rungs.push(...(schedule?.rungs ?? []));
    rungOffsets[row + 1] = rungs.length;
  }
  const column = (of: (schedule: TrialSchedule) => number | null) =>
    Int32Array.from(noted, (schedule) => (schedule && of(schedule)) ?? -1);
  return {
    paused: Uint8Array.from(noted, (schedule) => Number((schedule?.pausedAt ?? null) !== null)),
    rungOffsets,
    rungs: Float64Array.from(rungs),
    areRungsSteps: noted.some((schedule) => schedule?.areRungsSteps),
    brackets: column(({ bracket }) => bracket),
    generations: column(({ generation }) => generation),
    members: column(({ breeding }) => breeding?.member ?? null),
    parents: column(({ breeding }) => breeding?.parent ?? null),
    trainedFrom: Float64Array.from(noted, (schedule) => schedule?.breeding?.from ?? Number.NaN),
    trainedTo: Float64Array.from(noted, (schedule) => schedule?.breeding?.to ?? Number.NaN),
  };
}

/** Orders that the panel has a button for. */
const STEERING = ['pause', 'setBudget', 'setParallel', 'enqueue', 'killTrial'] as const;

export interface PanelRights {
  /** Whether this window may run anything. */
  readonly isTrusted: boolean;
  readonly now: number;
}

/** The line on top of the panel. */
export function panelHeader(study: StudyEntry, t: Translate, { isTrusted, now }: PanelRights): PanelHeader {
  const { history, run, state, record } = study;
  const directions = record?.directions ?? [];
  const isGone = state === 'interrupted';
  return {
    studyId: study.place,
    studyName: study.name,
    run: isGone ? 'failed' : state,
    message: headerMessage(study, t),
    directions,
    metricNames: directions.map((_, objective) => study.metricName(objective)),
    finished: study.tried,
    total: study.goal,
    population: history && populationProgress(history),
    startedAt: run?.record.startedAt ?? null,
    etaMs: study.etaMs(now),
    elsewhere: study.atWorkElsewhere,
    best: history?.best ?? null,
    ahead: aheadText(history, t),
    front: Uint32Array.from(history ? paretoFront(history) : []),
    interrupted: history ? interruptedTrials(study, history) : [],
    canStart: isTrusted && run !== null && !study.isLive && !study.isExhausted,
    canStop: isTrusted && study.isLive,
    steering: isTrusted ? STEERING.filter((order) => study.canSteer(order)) : [],
    budget: study.total,
    parallel: run?.record.parallel ?? null,
    runningHere: study.isLive ? study.runningHere : 0,
    canRunMore: isTrusted && !study.isLive && study.isUsedUp,
    canInsert: study.hasBest,
  };
}

function interruptedTrials(study: StudyEntry, history: History): number[] {
  return [...history.running].filter((number) => study.isInterrupted(number)).sort((a, b) => a - b);
}

/** Why the study does not go on, or why what is shown may be old: one sentence. */
function headerMessage({ state, run, storageProblem, history }: StudyEntry, t: Translate): string | null {
  if (state === 'interrupted') return t('interruptedGone');
  const message = run && recordMessage(run.record);
  if (message) return t.say(message);
  if (storageProblem) return storageProblem;
  const same = history && sameValues(history);
  return same ? t.say(same) : null;
}

function aheadText(history: History | null, t: Translate): string | null {
  const comparison = history && !sameValues(history) && compareWithStart(history);
  return comparison ? t.say(startWords(comparison)) : null;
}

/** What the side column says beside the columns; `output` is the caller's to know, since it is on the disk. */
export function panelDetail(
  history: History,
  number: number,
  output: {
    readonly exists: boolean;
    readonly curves: readonly MetricCurve[];
    readonly canDebug?: boolean;
    readonly log?: PanelText | null;
    readonly traceback?: PanelText | null;
    readonly artifacts?: readonly PanelArtifact[];
  },
  t: Translate,
): PanelDetail {
  const attrs = listedAttrs(history, number).filter(([name]) => name !== FAIL_REASON || !output.traceback);
  return {
    number,
    reason: reasonOf(history, number, t),
    hasOutput: output.exists,
    canDebug: output.canDebug === true,
    curves: output.curves,
    facts: trialFacts(history, number, t).map(({ name, text }) => ({ name, text })),
    attributes: attrs.map(([name, value]) => ({ name, text: attributeText(value) })),
    log: output.log ?? null,
    traceback: output.traceback ?? null,
    artifacts: output.artifacts ?? [],
  };
}

/** What a failed trial left beside the sentence that says why it failed; empty where that is all. */
export function tracebackOf(history: History, number: number): string {
  const reason = history.userAttrs(number)[FAIL_REASON];
  if (typeof reason !== 'string') return '';
  const end = reason.indexOf('\n');
  return end < 0 ? '' : reason.slice(end + 1);
}

/** Why a trial failed, in one sentence: what the tuner recorded, or Optuna for a worker that it lost. */
export function reasonOf(history: History, number: number, t: Translate): string | null {
  const reason = failReasonOf(history, number);
  return reason ? t.say(reason) : null;
}

/** A trial's attributes as they are listed: the sentence that says why it failed has a place of its own. */
export function listedAttrs(history: History, number: number): [name: string, value: unknown][] {
  return Object.entries(history.userAttrs(number)).filter(([name, value]) => isListed(name, value));
}

function isListed(name: string, value: unknown): boolean {
  if (name.startsWith(ARTIFACT)) return false;
  return name !== FAIL_REASON || String(value).includes('\n');
}

export function attributeText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
