import { CONSTRAINTS } from '../study/attributes.ts';
import { History } from '../study/history.ts';
import { isFinished, TrialState } from '../study/states.ts';
import { storedParamsOf } from '../study/trialParams.ts';
import type { Ladder } from './rungs/ladder.ts';
import { stepsDone, valueAt } from './trialAttrs.ts';

/** The trials under their own numbers, as they were when `step` steps were done. */
interface View {
  readonly step: number;
  readonly history: History;
  revision: number;
}

/**
 * What a model learns from: the values of one fidelity, the highest that enough trials have reached (Falkner, Klein,
 * Hutter: "BOHB", ICML 2018). In a view, a trial is complete once it has done the view's steps, running while it is on its
 * way there, waiting while it is paused below, and failed if it never got so far.
 */
export class FidelityViews {
  readonly #history: History;
  readonly #views = new Map<number, View>();

  constructor(history: History) {
    this.#history = history;
  }

  /** The view of the highest step with at least `enough` values, else of the lowest step. */
  at(ladder: Ladder, enough: number): History {
    for (let rung = ladder.length - 1; rung > 0; rung--) {
      const view = this.#view(ladder[rung]);
      if (view.count(TrialState.complete) >= enough) return view;
    }
    return this.#view(ladder[0]);
  }

  #view(step: number): History {
    let view = this.#views.get(step);
    if (!view) {
      view = { step, history: new History(this.#history.directions), revision: 0 };
      this.#views.set(step, view);
    }
    if (view.revision !== this.#history.revision) {
      for (const number of this.#history.changedSince(view.revision)) follow(this.#history, number, view);
      view.revision = this.#history.revision;
    }
    return view.history;
  }
}

function follow(source: History, number: number, { history, step }: View): void {
  while (history.length <= number) {
    const next = history.length;
    const systemAttrs = source.systemAttrs(next);
    const constraints = Object.entries(systemAttrs).filter(([key]) => key.startsWith(CONSTRAINTS));
    history.add({
      state: source.state(next) === TrialState.waiting ? TrialState.waiting : TrialState.running,
      params: storedParamsOf(source, next),
      systemAttrs: Object.fromEntries(constraints),
    });
  }
  if (isFinished(history.state(number))) return;
  for (const param of storedParamsOf(source, number)) {
    if (history.param(number, param.name) === undefined) history.apply({ type: 'param', number, param });
  }
  const value = valueIn(source, number, step);
  const state = source.state(number);
  if (value !== undefined) {
    // A pruned trial without a value counts as the worst.
    const isUsable = !Number.isNaN(value);
    const end = isUsable ? TrialState.complete : TrialState.pruned;
    history.apply({ type: 'state', number, state: end, values: isUsable ? [value] : null });
  } else if (isFinished(state)) history.apply({ type: 'state', number, state: TrialState.fail });
  else if (state !== history.state(number)) history.apply({ type: 'state', number, state });
}

/**
 * The value of a trial with `step` steps done; undefined when it has not come so far. One that was complete before them has
 * its own value there: it would not have taken more.
 */
function valueIn(source: History, number: number, step: number): number | undefined {
  if (stepsDone(source, number) >= step) return valueAt(source, number, step);
  return source.state(number) === TrialState.complete ? source.value(number) : undefined;
}
