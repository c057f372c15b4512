/** The orders of control clients: what they may say (anything else is refused with a sentence), and what a session does. */
import { TuneboardError } from '../../core/errors.ts';
import { choiceIndex, contains } from '../../core/space/distributionRules.ts';
import type { Distribution, ParamValue } from '../../core/space/distributions.ts';
import type { JsonValue } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import type { Study } from '../../core/study/study.ts';
import { shown } from '../../core/text/shown.ts';
import type { ControlStatus, StopMode } from '../../protocol/control.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import type { RunHost, Steerable } from './runHost.ts';
import type { Session } from './session.ts';

/** More processes, or workers of a cluster, no order may ask for. */
const MOST_PARALLEL = 10_000;

export function invalidOrder(message: Message): TuneboardError {
  return new TuneboardError('invalid-order', message);
}

export function checkedStopMode(mode: unknown): StopMode {
  if (mode === 'afterCurrent' || mode === 'now') return mode;
  throw invalidOrder(tunerMessage('orderMode'));
}

/** The parameters of a trial to enqueue: some or all of the study's own. */
export function checkedParams(params: unknown, study: Study): Record<string, ParamValue> {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw invalidOrder(tunerMessage('orderParameters'));
  }
  const known = study.space?.parameters.map((parameter) => parameter.name) ?? [];
  const unknown = Object.keys(params).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalidOrder(tunerMessage('orderUnknownParameter', { name: unknown, known: known.join(', ') }));
  }
  for (const { name, distribution } of study.space?.parameters ?? []) {
    if (Object.hasOwn(params, name)) checkValue(name, (params as Record<string, unknown>)[name], distribution);
  }
  return params as Record<string, ParamValue>;
}

function checkValue(name: string, value: unknown, distribution: Distribution): void {
  if (distribution.type === 'categorical') {
    if (choiceIndex(distribution.choices, value) >= 0) return;
    throw invalidOrder(
      tunerMessage('orderChoices', { name, value: shown(value), choices: distribution.choices.map(shown).join(', ') }),
    );
  }
  const { low, high, step, type } = distribution;
  const isKind = typeof value === 'number' && (type === 'float' || Number.isInteger(value));
  if (isKind && contains(distribution, value)) return;
  const range = { name, value: shown(value), low, high };
  if (step === null) throw invalidOrder(tunerMessage('orderNumber', range));
  if (type === 'int' && step === 1) throw invalidOrder(tunerMessage('orderWhole', range));
  throw invalidOrder(tunerMessage('orderSteps', { ...range, step }));
}

/** The same for a script, whose space shows in the trials that it has made: what none has had yet may be anything. */
export function checkedFixed(params: unknown, history: History): JsonValue {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw invalidOrder(tunerMessage('orderParameters'));
  }
  for (const [name, value] of Object.entries(params)) {
    const distribution = history.parameters.get(name)?.newest;
    if (distribution) checkValue(name, value, distribution);
  }
  return params as JsonValue;
}

/** The number of the trial to end. */
function checkedNumber(given: unknown): number {
  if (Number.isSafeInteger(given) && (given as number) >= 0) return given as number;
  throw invalidOrder(tunerMessage('orderTrial'));
}

/** The new limits: what is left out stays, null lifts a limit. */
function checkedBudget(now: RunBudget, change: { trials?: unknown; timeoutMs?: unknown }): RunBudget {
  const trials = limitOf(change.trials, now.trials);
  if (trials !== null && !Number.isSafeInteger(trials)) throw invalidOrder(tunerMessage('orderTrials'));
  return { ...now, trials, timeoutMs: limitOf(change.timeoutMs, now.timeoutMs) };
}

function limitOf(given: unknown, now: number | null): number | null {
  if (given === undefined) return now;
  if (given === null) return null;
  if (typeof given !== 'number' || !(given > 0) || given === Number.POSITIVE_INFINITY) {
    throw invalidOrder(tunerMessage('orderBudget'));
  }
  return given;
}

export function checkedParallel(given: unknown): number {
  if (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= MOST_PARALLEL) return given as number;
  throw invalidOrder(tunerMessage('orderParallel', { most: MOST_PARALLEL }));
}

/** The control protocol's orders, checked and answered with the status. */
export function steeringOf(session: Session, host: Pick<RunHost, 'status'>): Steerable {
  const answered = (): ControlStatus => host.status();
  const handlers: Steerable['handlers'] = {
    stop: ({ mode }) => {
      session.stop(checkedStopMode(mode));
      return answered();
    },
    pause: () => {
      session.setPaused(true);
      return answered();
    },
    resume: () => {
      session.setPaused(false);
      return answered();
    },
    setBudget: (change) => {
      session.setBudget(checkedBudget(session.limits, change));
      return answered();
    },
    setParallel: ({ parallel }) => {
      session.setParallel(checkedParallel(parallel));
      return answered();
    },
    enqueue: async ({ params }) => ({ number: await session.enqueue(params) }),
    killTrial: async ({ number }) => {
      await session.killTrial(checkedNumber(number));
      return answered();
    },
    reload: async () => {
      await session.reload();
      return answered();
    },
    chooseMetric: () => {
      throw invalidOrder(tunerMessage('metricKnown'));
    },
  };
  return { handlers, running: () => session.running(), finished: () => session.finished() };
}
