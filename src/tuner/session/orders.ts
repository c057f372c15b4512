/** What the orders of a control client may say; anything else is refused with a sentence. */
import { TuneboardError } from '../../core/errors.ts';
import type { ParamValue } from '../../core/space/distributions.ts';
import type { Study } from '../../core/study/study.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import type { StopMode } from '../objectives/optunaRun.ts';

export function invalidOrder(message: string): TuneboardError {
  return new TuneboardError('invalid-order', message);
}

export function checkedStopMode(mode: unknown): StopMode {
  if (mode === 'afterCurrent' || mode === 'now') return mode;
  throw invalidOrder('The mode of a stop is "afterCurrent" or "now".');
}

/** The parameters of a trial to enqueue: some or all of the study's own. */
export function checkedParams(params: unknown, study: Study): Record<string, ParamValue> {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw invalidOrder('Parameters must be an object.');
  }
  const known = study.space?.parameters.map((parameter) => parameter.name) ?? [];
  const unknown = Object.keys(params).find((name) => !known.includes(name));
  if (unknown === undefined) return params as Record<string, ParamValue>;
  throw invalidOrder(`"${unknown}" is not a parameter of this study: it has ${known.join(', ')}.`);
}

/** The new limits: what is left out stays, null lifts a limit. */
export function checkedBudget(now: RunBudget, change: { trials?: unknown; timeoutMs?: unknown }): RunBudget {
  return { trials: limitOf(change.trials, now.trials), timeoutMs: limitOf(change.timeoutMs, now.timeoutMs) };
}

function limitOf(given: unknown, now: number | null): number | null {
  if (given === undefined) return now;
  if (given === null) return null;
  if (typeof given !== 'number' || !(given > 0) || given === Number.POSITIVE_INFINITY) {
    throw invalidOrder('A budget must be a positive number.');
  }
  return given;
}

export function checkedParallel(given: unknown): number {
  if (Number.isInteger(given) && (given as number) >= 1) return given as number;
  throw invalidOrder('The number of parallel trials must be 1 or more.');
}
