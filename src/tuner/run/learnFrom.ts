import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { unbeatenTrials } from '../../core/fronts/paretoFront.ts';
import { choiceIndex, nearestValid } from '../../core/space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../core/space/distributions.ts';
import type { SearchSpace } from '../../core/space/searchSpace.ts';
import { toUnit } from '../../core/space/unitInterval.ts';
import { violatedClause } from '../../core/space/where/clauses.ts';
import type { History } from '../../core/study/history.ts';
import { Direction, TrialState } from '../../core/study/states.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import { findStudy } from '../../storage/findStudy.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import { loadStudyFile, storagePlaceOf } from './openStudy.ts';

/** Points that are taken over at most, and of a small budget: unrelated studies must not cost much. */
const MOST_POINTS = 4;
const LARGEST_SHARE = 0.1;
/** Two points closer than this in every parameter, as a share of its range, are one. */
const ALIKE = 0.1;
/** Trials of one study that are looked at, the best first. */
const MOST_CANDIDATES = 200;

export interface LearntPoints {
  readonly points: readonly Params[];
  /** What was taken over, or why nothing was. */
  readonly notes: readonly Message[];
}

/**
 * The best trials of earlier studies as first points of a new one, at most four and a tenth of the budget: their values
 * where the spaces share a name, moved into the present range. Ranked best points of related tasks are a strong start, and
 * cost little where the tasks are unrelated (Feurer, Springenberg and Hutter, "Initializing Bayesian Hyperparameter
 * Optimization via Meta-Learning", AAAI 2015).
 *
 * @param names A study file, the name of a study that was run in this folder, or a storage, with `#study` where it has
 *   several; relative to the study file.
 * @throws TuneboardError `learn-from` with the entry that cannot be read.
 */
export async function learntPoints(
  names: readonly string[],
  source: string,
  space: SearchSpace,
  trials: number | null,
): Promise<LearntPoints> {
  const notes: Message[] = [];
  const ranked: Params[][] = [];
  for (const name of names) {
    const best = bestPoints(await historyOf(name, source), space);
    if (best.length === 0) notes.push(tunerMessage('learnsNothing', { name }));
    ranked.push(best);
  }
  const points = choosePoints(ranked, space, trials);
  if (points.length > 0) notes.push(tunerMessage('learnsFrom', { count: points.length, names: names.join(', ') }));
  return { points, notes };
}

/** Of ranked points of several studies the best that differ, in turns. `trials`: the budget, null without one. */
export function choosePoints(ranked: readonly Params[][], space: SearchSpace, trials: number | null): Params[] {
  const most = Math.min(MOST_POINTS, trials === null ? MOST_POINTS : Math.ceil(trials * LARGEST_SHARE));
  const points: Params[] = [];
  for (let rank = 0; rank < MOST_CANDIDATES && points.length < most; rank++) {
    for (const best of ranked) {
      const point = best[rank];
      if (!point || points.length === most || violatedClause(space, point)) continue;
      if (!points.some((other) => isAlike(space, point, other))) points.push(point);
    }
  }
  return points;
}

async function historyOf(name: string, source: string): Promise<History> {
  const { location, study } = placeOf(name, source);
  try {
    const log = await openTrialLog(location);
    try {
      return findStudy(log, study).history;
    } finally {
      await log.close();
    }
  } catch (error) {
    const reason = error instanceof TuneboardError ? error.words : String(error);
    throw new TuneboardError('learn-from', tunerMessage('cannotLearnFrom', { name, reason }), { cause: error });
  }
}

function placeOf(name: string, source: string): { readonly location: string; readonly study?: string } {
  const base = dirname(source);
  if (/\.ya?ml$/i.test(name)) {
    const path = resolve(base, name);
    const file = loadStudyFile(path);
    const place = storagePlaceOf(file.storage, path, runFolderOf(path, file.name));
    return { location: 'url' in place ? file.storage : place.path, study: file.name };
  }
  const { journal } = runFolderOf(source, name);
  if (existsSync(journal)) return { location: journal };
  const [, storage = name, study] = /^(.+)#([^#]+)$/.exec(name) ?? [];
  const location = /^[a-z][a-z0-9+]*:\/\//i.test(storage) ? storage : resolve(base, storage);
  return study === undefined ? { location } : { location, study };
}

/** The points of complete trials, the best first; of several objectives the Pareto front's, the newest first. */
export function bestPoints(history: History, space: SearchSpace): Params[] {
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const numbers = history.directions.length > 1 ? [...unbeatenTrials(history)].reverse() : completeTrials(history);
  if (history.directions.length === 1) numbers.sort((a, b) => sign * (history.value(a) - history.value(b)) || a - b);
  const points: Params[] = [];
  for (const number of numbers.slice(0, MOST_CANDIDATES)) {
    const point = movedInto(space, history, number);
    if (point) points.push(point);
  }
  return points;
}

function completeTrials(history: History): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < history.length; number++)
    if (history.state(number) === TrialState.complete && !Number.isNaN(history.value(number))) numbers.push(number);
  return numbers;
}

/** Undefined where the trial has less than half of the parameters that every trial of the space has. */
function movedInto(space: SearchSpace, history: History, number: number): Params | undefined {
  const point: Record<string, ParamValue> = {};
  let [shared, always] = [0, 0];
  for (const { name, distribution, when } of space.parameters) {
    const value = valueIn(distribution, history.param(number, name));
    if (value !== undefined) point[name] = value;
    if (when) continue;
    always++;
    if (value !== undefined) shared++;
  }
  return shared > 0 && shared * 2 >= always ? point : undefined;
}

function valueIn(distribution: Distribution, value: ParamValue | undefined): ParamValue | undefined {
  if (value === undefined) return undefined;
  if (distribution.type === 'categorical') return choiceIndex(distribution.choices, value) >= 0 ? value : undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return nearestValid(distribution, distribution.type === 'int' ? Math.round(value) : value);
}

function isAlike(space: SearchSpace, one: Params, other: Params): boolean {
  return space.parameters.every(({ name, distribution }) => {
    const [a, b] = [one[name], other[name]];
    if (distribution.type === 'categorical' || typeof a !== 'number' || typeof b !== 'number') return a === b;
    return Math.abs(toUnit(distribution, a) - toUnit(distribution, b)) < ALIKE;
  });
}
