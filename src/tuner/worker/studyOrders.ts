/**
 * Orders to workers, which nothing connects with the tuner that started them but the storage. A tuner writes them into the
 * study; a worker reads them with everything else, and heeds those of the run that it belongs to.
 */
import { KILL, ORDERS } from '../../core/study/attributes.ts';
import type { JsonValue, TrialChange } from '../../core/study/changes.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import type { StopMode } from '../objective/optuna/optunaRun.ts';

export interface StudyOrders {
  /** Which run of the study gives them. */
  readonly run: string;
  readonly stop: StopMode | null;
  readonly isPaused: boolean;
  /** Finished trials to reach; null: no limit. */
  readonly trials: number | null;
}

/** The orders of a run, undefined when there are none. */
export function ordersOf(study: StudyRecord, run: string | undefined): StudyOrders | undefined {
  const orders = study.systemAttrs[ORDERS] as Partial<Record<keyof StudyOrders, unknown>> | null | undefined;
  if (typeof orders !== 'object' || orders === null || orders.run !== run || run === undefined) return undefined;
  const { stop, isPaused, trials } = orders;
  return {
    run,
    stop: stop === 'now' || stop === 'afterCurrent' ? stop : null,
    isPaused: isPaused === true,
    trials: typeof trials === 'number' ? trials : null,
  };
}

export function ordersAttr(orders: StudyOrders): JsonValue {
  return { ...orders };
}

export function killOrder(number: number): TrialChange {
  return { type: 'systemAttr', number, key: KILL, value: true };
}

export function isToBeKilled({ history }: StudyRecord, number: number): boolean {
  return history.systemAttrs(number)[KILL] === true;
}
