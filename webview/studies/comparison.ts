/** Studies beside each other: which of them are repeats of one, and how good each was after so many trials or so long. */
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { ComparedStudy } from '../../src/protocol/panel.ts';
import { HypervolumeHistory, MOST_OBJECTIVES } from '../model/hypervolumeHistory.ts';

/** Steps of the best so far: from x[i] on it is y[i]. The last x is where the study stands, with the y before. */
export interface Steps {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Steps with a band around them. */
export interface LineSteps extends Steps {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** One line of a chart: a study, or several that repeat each other. */
export interface StudyLine {
  readonly name: string;
  readonly studies: readonly ComparedStudy[];
}

/** From so many repeats on a band is the middle half of them; of fewer it is all. */
export const QUARTILES_FROM = 5;

/** Words before a number that say that it counts repeats. */
const REPEAT_WORDS = ['seed', 'run', 'rep', 'repeat', 'fold', 'try'];
const SEPARATORS = ' -_.=:#/';

export class Comparison {
  #ids: readonly string[] = [];
  readonly #studies = new Map<string, ComparedStudy>();
  readonly #volumes = new Map<ComparedStudy, HypervolumeHistory>();
  #worst: Float64Array = new Float64Array(0);
  /** The studies that `#worst` is of. */
  #measured: readonly ComparedStudy[] = [];

  /** The panel's own study comes first. */
  get all(): readonly ComparedStudy[] {
    return this.#ids.flatMap((id) => this.#studies.get(id) ?? []);
  }

  /** Those that can be compared. */
  get usable(): readonly ComparedStudy[] {
    return this.all.filter(({ problem, places }) => problem === null && places.length > 0);
  }

  /** Takes in studies that are new or have changed; those that `ids` leaves out are forgotten. */
  take(ids: readonly string[], studies: readonly ComparedStudy[]): void {
    this.#ids = ids;
    for (const study of studies) this.#studies.set(study.id, study);
    for (const id of this.#studies.keys()) if (!ids.includes(id)) this.#studies.delete(id);
  }

  /** Hypervolume by finished trials, up to one reference point for all of them; null until it is known. */
  volumeSteps(study: ComparedStudy, byTime: boolean): Steps | null {
    const volumes = this.#volumes.get(study);
    if (!volumes || volumes.isUnfinished) return null;
    const steps = volumes.steps.map(({ number, volume }) => ({ at: number, y: volume }));
    return stepsOf(study, steps, byTime);
  }

  get isUnfinished(): boolean {
    return [...this.#volumes.values()].some(({ isUnfinished }) => isUnfinished);
  }

  /** Goes on with the hypervolumes until `isLate` says that it took long enough; false where nothing was left to do. */
  advance(isLate: () => boolean): boolean {
    const studies = this.usable.filter(({ directions }) => isVolume(directions.length));
    if (studies.length !== this.#measured.length || studies.some((study, at) => study !== this.#measured[at])) {
      this.#measured = studies;
      const worst = worstOf(studies);
      // Another reference point is another volume.
      if (`${worst}` !== `${this.#worst}`) this.#volumes.clear();
      this.#worst = worst;
    }
    for (const study of this.#volumes.keys()) if (!studies.includes(study)) this.#volumes.delete(study);
    let hasAdvanced = false;
    for (const study of studies) {
      const volumes = this.#volumes.get(study) ?? new HypervolumeHistory(this.#worst);
      if (!this.#volumes.has(study)) this.#volumes.set(study, volumes);
      else if (!volumes.isUnfinished) continue;
      volumes.advance(trialsOf(study), isLate);
      hasAdvanced = true;
    }
    return hasAdvanced;
  }
}

/** Whether so many objectives are compared by the hypervolume. */
export function isVolume(objectives: number): boolean {
  return objectives > 1 && objectives <= MOST_OBJECTIVES;
}

/**
 * The lines of these studies. `repeats`: whether studies whose names differ only in the number at the end are one line;
 * null: where a word before the number says that it counts repeats, as in `gp-seed3`.
 */
export function linesOf(studies: readonly ComparedStudy[], repeats: boolean | null): StudyLine[] {
  const lines = new Map<string, { readonly stem: string; readonly studies: ComparedStudy[] }>();
  for (const study of studies) {
    const stem = repeats === false ? null : stemOf(study.name, repeats === true);
    const key = stem === null ? `study ${study.id}` : `stem ${stem}`;
    const line = lines.get(key) ?? { stem: stem ?? study.name, studies: [] };
    lines.set(key, line);
    line.studies.push(study);
  }
  return [...lines.values()].map(({ stem, studies: members }) => {
    return { name: members.length > 1 ? stem : (members[0] as ComparedStudy).name, studies: members };
  });
}

/** The name without the number of the repeat; null where it has none. `isAny`: any number at the end is one. */
export function stemOf(name: string, isAny: boolean): string | null {
  let end = name.length;
  while (end > 0 && isDigit(name.charCodeAt(end - 1))) end--;
  if (end === name.length) return null;
  const stem = withoutSeparators(name.slice(0, end));
  const lower = stem.toLowerCase();
  const word = REPEAT_WORDS.find((one) => {
    const before = lower.charAt(lower.length - one.length - 1);
    return lower.endsWith(one) && (before === '' || SEPARATORS.includes(before));
  });
  if (word !== undefined) return withoutSeparators(stem.slice(0, stem.length - word.length)) || stem;
  return isAny && stem !== '' ? stem : null;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function withoutSeparators(text: string): string {
  let end = text.length;
  while (end > 0 && SEPARATORS.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The best value of an objective by finished trials, or by milliseconds since the start; null where nothing is known. */
export function bestSteps(study: ComparedStudy, objective: number, byTime: boolean): Steps | null {
  const sign = study.directions[objective] === Direction.maximize ? -1 : 1;
  const width = study.directions.length;
  const found: { at: number; y: number }[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at < study.places.length; at++) {
    const cost = sign * (study.values[at * width + objective] as number);
    if (!(cost < best)) continue;
    best = cost;
    found.push({ at, y: sign * cost });
  }
  return stepsOf(study, found, byTime);
}

/** Finished trials until a study was at least as good as `value`; null where it never was. */
export function reachedAfter(study: ComparedStudy, value: number): number | null {
  const sign = study.directions[0] === Direction.maximize ? -1 : 1;
  const at = study.values.findIndex((one) => sign * one <= sign * value);
  return at < 0 ? null : (study.places[at] as number);
}

function stepsOf(study: ComparedStudy, steps: readonly { at: number; y: number }[], byTime: boolean): Steps | null {
  if (steps.length === 0) return null;
  const place = (at: number) => (byTime ? study.elapsed[at] : study.places[at]) as number;
  const last = byTime ? lastTime(study) : study.finished;
  const x = [...steps.map(({ at }) => place(at)), last];
  if (x.some((one) => Number.isNaN(one))) return null;
  return { x, y: [...steps.map(({ y }) => y), (steps.at(-1) as { y: number }).y] };
}

/** Milliseconds until its last complete trial ended; NaN where that is unknown. */
export function lastTime({ elapsed }: ComparedStudy): number {
  return elapsed.at(-1) ?? Number.NaN;
}

/**
 * The median of several repeats and how far they differ, from where all of them have a value to where the first of them
 * ends. The band is the middle half of them, or all while they are few.
 */
export function joinSteps(repeats: readonly Steps[]): LineSteps | null {
  const [first] = repeats;
  if (!first) return null;
  if (repeats.length === 1) return { ...first, low: first.y, high: first.y };
  const from = Math.max(...repeats.map(({ x }) => x[0] as number));
  const to = Math.min(...repeats.map(({ x }) => x.at(-1) as number));
  if (from > to) return null;
  const inside = repeats.flatMap(({ x }) => x.filter((one) => one > from && one < to));
  const x = [...new Set([from, ...inside, to])].sort((one, other) => one - other);
  const places = repeats.map(() => 0);
  const share = repeats.length >= QUARTILES_FROM ? 0.25 : 0;
  const columns = x.map((at) => {
    const values = repeats.map((steps, index) => {
      let place = places[index] as number;
      while (place + 1 < steps.x.length && (steps.x[place + 1] as number) <= at) place++;
      places[index] = place;
      return steps.y[place] as number;
    });
    return values.sort((one, other) => one - other);
  });
  return {
    x,
    y: columns.map((sorted) => quantile(sorted, 0.5)),
    low: columns.map((sorted) => quantile(sorted, share)),
    high: columns.map((sorted) => quantile(sorted, 1 - share)),
  };
}

/** Between neighbours by a straight line, as numpy's default. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return below === above ? below : below + (above - below) * (at - Math.floor(at));
}

/** The worst loss of each objective over all studies. */
function worstOf(studies: readonly ComparedStudy[]): Float64Array {
  const worst = new Float64Array(studies[0]?.directions.length ?? 0).fill(Number.NEGATIVE_INFINITY);
  for (const study of studies) {
    const trials = trialsOf(study);
    for (let at = 0; at < trials.length; at++) {
      const losses = worst.map(
        (_, objective) => (trials.isMinimized(objective) ? 1 : -1) * trials.value(at, objective),
      );
      if (!losses.every(Number.isFinite)) continue;
      for (const [objective, loss] of losses.entries()) {
        worst[objective] = Math.max(worst[objective] as number, loss);
      }
    }
  }
  return worst;
}

/** The complete trials of a study as `HypervolumeHistory` reads them. */
function trialsOf({ directions, places, values }: ComparedStudy) {
  return {
    length: places.length,
    directions,
    state: () => TrialState.complete,
    isFeasible: () => true,
    value: (at: number, objective: number) => values[at * directions.length + objective] as number,
    isMinimized: (objective: number) => directions[objective] !== Direction.maximize,
  };
}
