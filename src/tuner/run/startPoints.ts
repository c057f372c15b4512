import { TuneboardError } from '../../core/errors.ts';
import { choiceIndex, contains } from '../../core/space/distributionRules.ts';
import type { Params, ParamValue } from '../../core/space/distributions.ts';
import type { SearchSpace, SpaceParameter } from '../../core/space/searchSpace.ts';
import { requireWhere } from '../../core/space/where/feasible.ts';
import { FIXED_PARAMS } from '../../core/study/attributes.ts';
import type { JsonValue } from '../../core/study/changes.ts';
import { wasInterrupted } from '../../core/study/failReason.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { fixedParamsOf, newKinds } from '../../core/study/trialParams.ts';
import { shown } from '../../core/text/shown.ts';
import type { StudyFile } from '../../studyfile/studyFile.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import { resolveSites, valuesInCode } from '../objective/sites/resolveSites.ts';

export interface StartPoints {
  /** The values that stand in the code, where the study's parameters have places there. */
  readonly startParams: Params | null;
  /** The points that the study file lists. */
  readonly start: readonly Params[];
  /** The best points of earlier studies: for a study without trials, after the others. */
  readonly learnt?: readonly Params[];
  /** What the study searches now. */
  readonly space?: SearchSpace;
}

/**
 * What trial 0 can have of the values in the code, and a sentence for each that is not in its parameter's range. A number
 * outside of it is tried all the same: trial 0 is what the person has. A value of another type, or no choice, cannot be
 * stored and is drawn. Values that violate a condition of the space are no trial.
 */
export function codeStart(space: SearchSpace, params: Params): { readonly startParams: Params; notes: Message[] } {
  const startParams: Record<string, ParamValue> = {};
  const notes: Message[] = [];
  for (const { name, distribution } of space.parameters) {
    if (!Object.hasOwn(params, name)) continue;
    const given = params[name] as ParamValue;
    const value = shown(given);
    const isKind =
      distribution.type === 'categorical'
        ? choiceIndex(distribution.choices, given) >= 0
        : typeof given === 'number' && (distribution.type === 'float' || Number.isInteger(given));
    if (!isKind) notes.push(tunerMessage('startOfAnotherKind', { name, value }));
    else startParams[name] = given;
    if (!isKind || distribution.type === 'categorical' || contains(distribution, given as number)) continue;
    const { low, high } = distribution;
    notes.push(tunerMessage('startOutside', { name, value, low, high }));
  }
  try {
    requireWhere(space, startParams);
    return { startParams, notes };
  } catch (error) {
    if (!(error instanceof TuneboardError) || error.code !== 'violates-where') throw error;
    return { startParams: {}, notes: [...notes, tunerMessage('startViolates', { reason: error.words })] };
  }
}

/**
 * The space with what is known of earlier trials: a parameter that has no `default` of its own was what stands in its place in
 * the code, or else what the first point under `start` has it as.
 */
export async function spaceInCode({ space, sites, start }: StudyFile, base: string): Promise<SearchSpace> {
  const inCode = sites.size === 0 ? {} : valuesInCode(await resolveSites(sites, base));
  const known = [inCode, ...start];
  const parameters = space.parameters.map((parameter): SpaceParameter => {
    if (parameter.default !== undefined) return parameter;
    const { startParams } = codeStart(
      { parameters: [parameter] },
      known.find((one) => Object.hasOwn(one, parameter.name)) ?? {},
    );
    const value = startParams[parameter.name];
    return value === undefined ? parameter : { ...parameter, default: value };
  });
  return { ...space, parameters };
}

/**
 * The points of a study's first trials, trial 0 first. A point that has all values in the code, and those of arguments
 * beside them, is trial 0.
 */
export function startPoints({ startParams, start }: StartPoints): readonly Params[] {
  if (startParams === null) return start;
  const inCode = Object.entries(startParams);
  const listed = start.findIndex((point) => inCode.every(([name, value]) => point[name] === value));
  return [start[listed] ?? startParams, ...start.filter((_, at) => at !== listed)];
}

/**
 * Makes waiting trials of the points that the study has no trial of yet, as Optuna's `enqueue_trial` does. The values in
 * the code are trial 0 or none: once a study has trials, an edit of the code is no new point. A point that is listed twice
 * is tried twice; one whose trial could not begin is tried again.
 */
export async function enqueueStart(log: WritableTrialLog, study: StudyRecord, points: StartPoints): Promise<void> {
  const { history } = study;
  const tried = new Map<string, number>();
  let counted = 0;
  for (let number = 0; number < history.length; number++) {
    if (wasInterrupted(history, number)) continue;
    counted++;
    if (!Object.hasOwn(history.systemAttrs(number), FIXED_PARAMS)) continue;
    const text = textOf(fixedParamsOf(history, number));
    tried.set(text, (tried.get(text) ?? 0) + 1);
  }
  const learnt = counted <= 1 ? (points.learnt ?? []) : [];
  for (const point of [...(counted === 0 ? startPoints(points) : points.start), ...learnt]) {
    const text = textOf(point);
    const count = tried.get(text) ?? 0;
    if (count > 0) tried.set(text, count - 1);
    else
      await log.createTrial(study, {
        state: TrialState.waiting,
        ...(points.space && !log.numbersLate && { params: newKinds(points.space, point, history) }),
        systemAttrs: { [FIXED_PARAMS]: point as JsonValue },
      });
  }
}

/** The same for two points with the same values, in whatever order. */
function textOf(point: Params): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}
