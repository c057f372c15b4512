import { camelCase, type SnakeCase, snakeCase } from '../../core/text/letterCase.ts';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import type {
  CallbackClass,
  CallbackContext,
  CallbackState,
  TrainerCallback,
  TrainerControl,
  TrainerEvent,
} from './trainerCallback.ts';

/** The callbacks of a trainer in their order, and what they wish for. */
export class CallbackHandler {
  readonly control = addPythonNames<TrainerControl>({
    shouldTrainingStop: false,
    shouldEpochStop: false,
    shouldSave: false,
    shouldEvaluate: false,
    shouldLog: false,
  });
  readonly #callbacks: TrainerCallback[] = [];

  add(callback: TrainerCallback | CallbackClass): void {
    this.#callbacks.push(typeof callback === 'function' ? new callback() : callback);
  }

  /** Takes out a callback, or the first one of a class; returns it if it was there. */
  pop(callback: TrainerCallback | CallbackClass): TrainerCallback | undefined {
    const at = this.#callbacks.findIndex((one) =>
      typeof callback === 'function' ? one instanceof callback : one === callback,
    );
    return at < 0 ? undefined : this.#callbacks.splice(at, 1)[0];
  }

  get callbacks(): readonly TrainerCallback[] {
    return this.#callbacks;
  }

  /** Takes back the wishes that this event meets, then tells every callback of it. */
  async call(event: TrainerEvent, context: Omit<CallbackContext, 'control'>): Promise<void> {
    this.#takeBack(event);
    const full = { ...context, control: this.control };
    const pythonEvent = snakeCase(event) as SnakeCase<TrainerEvent>;
    for (const callback of this.#callbacks) {
      const answer = callback[callback[event] ? event : pythonEvent]?.(full);
      if (answer) await answer;
    }
  }

  /** As `stateful_callbacks` of `trainer_state.json`: several of one name as a list. */
  exportStates(): Record<string, CallbackState | CallbackState[]> {
    const states: Record<string, CallbackState | CallbackState[]> = {};
    for (const { stateName, state } of this.#stateful()) {
      const before = states[stateName];
      states[stateName] = before === undefined ? state() : [before, state()].flat();
    }
    return states;
  }

  /** Gives callbacks that are there their states back; returns the names of those that are not. */
  restoreStates(states: Readonly<Record<string, CallbackState | readonly CallbackState[]>>): string[] {
    const missing: string[] = [];
    for (const [name, stored] of Object.entries(states)) {
      if (name === CONTROL) {
        Object.assign(this.control, fromSnakeCase((stored as CallbackState).args));
        continue;
      }
      const own = this.#callbacks.filter(({ stateName }) => stateName === name);
      if (own.length === 0) missing.push(name);
      for (const [index, state] of [stored].flat().entries()) own[index]?.restoreState?.(state as CallbackState);
    }
    return missing;
  }

  *#stateful() {
    for (const callback of this.#callbacks) {
      const { stateName } = callback;
      if (stateName === undefined || !callback.exportState) continue;
      yield { stateName, state: () => (callback.exportState as () => CallbackState)() };
    }
    yield { stateName: CONTROL, state: () => this.#controlState() };
  }

  #controlState(): CallbackState {
    const { shouldTrainingStop, shouldEpochStop, shouldSave, shouldEvaluate, shouldLog } = this.control;
    return {
      args: {
        should_training_stop: shouldTrainingStop,
        should_epoch_stop: shouldEpochStop,
        should_save: shouldSave,
        should_evaluate: shouldEvaluate,
        should_log: shouldLog,
      },
      attributes: {},
    };
  }

  #takeBack(event: TrainerEvent): void {
    const { control } = this;
    if (event === 'onTrainBegin') control.shouldTrainingStop = false;
    if (event === 'onEpochBegin') control.shouldEpochStop = false;
    const isNewStep = event === 'onStepBegin';
    if (isNewStep || event === 'onSave') control.shouldSave = false;
    if (isNewStep || event === 'onEvaluate') control.shouldEvaluate = false;
    if (isNewStep || event === 'onLog') control.shouldLog = false;
  }
}

const CONTROL = 'TrainerControl';

function fromSnakeCase(args: Readonly<Record<string, unknown>>): Partial<TrainerControl> {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [camelCase(key), value]));
}
