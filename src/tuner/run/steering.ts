import type { ParamValue } from '../../core/space/distributions.ts';
import type { Study } from '../../core/study/study.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import type { StopMode } from '../objective/optuna/optunaRun.ts';
import { checkedBudget, checkedNumber, checkedParallel, checkedParams, checkedStopMode } from './orders.ts';
import type { Steerable } from './runHost.ts';
import type { SessionHost } from './sessionHost.ts';

/** What can be ordered of whoever runs a study's trials, here or on a cluster. */
export interface Steered {
  stop(mode: StopMode): void;
  /** Throws `invalid-order` while it stops. */
  setPaused(isPaused: boolean): void;
  setBudget(limits: RunBudget): void;
  setParallel(parallel: number): void;
  /** Throws `not-running`. */
  killTrial(number: number): void | Promise<void>;
  /** Something was enqueued. */
  wake(): void;
  readonly limits: RunBudget;
}

interface StatusHost extends SessionHost {
  /** What control clients are told. */
  status(): ControlStatus;
}

/** The control protocol's orders, checked and answered with the status. */
export function steeringOf(steered: Steered, host: StatusHost, study: Study): Steerable['handlers'] {
  const told = (): ControlStatus => host.status();
  return {
    stop: ({ mode }) => {
      steered.stop(checkedStopMode(mode));
      return told();
    },
    pause: () => {
      steered.setPaused(true);
      return told();
    },
    resume: () => {
      steered.setPaused(false);
      return told();
    },
    setBudget: (change) => {
      const limits = checkedBudget(steered.limits, change);
      steered.setBudget(limits);
      host.update({ budget: limits });
      steered.wake();
      return told();
    },
    setParallel: ({ parallel }) => {
      steered.setParallel(checkedParallel(parallel));
      host.update({ parallel });
      steered.wake();
      return told();
    },
    enqueue: async ({ params }) => {
      const checked: Record<string, ParamValue> = checkedParams(params, study);
      const number = await study.enqueue(checked);
      steered.wake();
      return { number };
    },
    killTrial: async ({ number }) => {
      await steered.killTrial(checkedNumber(number));
      return told();
    },
  };
}
