import type { CallbackContext, TrainerCallback } from './trainerCallback.ts';

/** Asks for logs, evaluations and checkpoints as the strategies of the arguments have them, as Hugging Face's class of this name. */
export class DefaultFlowCallback implements TrainerCallback {
  onStepEnd({ args, state, control }: CallbackContext): void {
    const { globalStep } = state;
    const isDue = (every: number) => every > 0 && globalStep % every === 0;
    const isEvaluating = args.eval_strategy === 'steps' && args.eval_delay <= globalStep;
    if (globalStep === 1 && args.logging_first_step) control.shouldLog = true;
    if (args.logging_strategy === 'steps' && isDue(state.loggingSteps)) control.shouldLog = true;
    if (isEvaluating && isDue(state.evalSteps)) control.shouldEvaluate = true;
    if (args.save_strategy === 'steps' && isDue(state.saveSteps)) control.shouldSave = true;
    if (globalStep < state.maxSteps) return;
    control.shouldTrainingStop = true;
    if (isEvaluating) control.shouldEvaluate = true;
    if (args.save_strategy === 'steps') control.shouldSave = true;
  }

  onEpochEnd({ args, state, control }: CallbackContext): void {
    if (args.logging_strategy === 'epoch') control.shouldLog = true;
    if (args.eval_strategy === 'epoch' && args.eval_delay <= state.epoch) control.shouldEvaluate = true;
    if (args.save_strategy === 'epoch') control.shouldSave = true;
  }
}
