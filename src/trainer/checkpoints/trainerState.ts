import { TuneboardError } from '../../core/errors.ts';
import type { Params } from '../../core/space/distributions.ts';
import { camelCase, snakeCase } from '../../core/text/letterCase.ts';
import { dumpJson, jsonFloat, jsonString, parseJson } from '../../core/text/pythonJson.ts';
import { addPythonNames, type WithPythonNames } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { CallbackState } from '../callbacks/trainerCallback.ts';
import type { TrainingPlan } from '../training/trainingPlan.ts';

/** Where a training run is: Hugging Face's TrainerState, which `trainer_state.json` keeps in snake_case. */
export type TrainerState = WithPythonNames<StateFields>;

interface StateFields {
  /** Epochs done, with the part of the one that runs. */
  epoch: number;
  /** Updates done. */
  globalStep: number;
  maxSteps: number;
  /** In updates, where the argument is a share of them. */
  loggingSteps: number;
  evalSteps: number;
  saveSteps: number;
  trainBatchSize: number | null;
  numTrainEpochs: number;
  numInputTokensSeen: number;
  totalFlos: number;
  /** All that was logged, with its step. */
  logHistory: Record<string, number>[];
  bestMetric: number | null;
  bestGlobalStep: number | null;
  /** The folder. */
  bestModelCheckpoint: string | null;
  isLocalProcessZero: boolean;
  isWorldProcessZero: boolean;
  isHyperParamSearch: boolean;
  /** What `hpName` gives; null without it. */
  trialName: string | null;
  trialParams: Params | null;
  statefulCallbacks: Record<string, CallbackState | readonly CallbackState[]>;
}

export function newState(): TrainerState {
  return addPythonNames(newFields());
}

function newFields(): StateFields {
  return {
    epoch: 0,
    globalStep: 0,
    maxSteps: 0,
    loggingSteps: 500,
    evalSteps: 500,
    saveSteps: 500,
    trainBatchSize: null,
    numTrainEpochs: 0,
    numInputTokensSeen: 0,
    totalFlos: 0,
    logHistory: [],
    bestMetric: null,
    bestGlobalStep: null,
    bestModelCheckpoint: null,
    isLocalProcessZero: true,
    isWorldProcessZero: true,
    isHyperParamSearch: false,
    trialName: null,
    trialParams: null,
    statefulCallbacks: {},
  };
}

/** The state of a run that begins, or that goes on from a checkpoint's with what is planned now. */
export function beginState(
  args: TrainingArgumentValues,
  { maxSteps, epochs }: TrainingPlan,
  saved: TrainerState | null,
): TrainerState {
  const state = saved ?? newState();
  if (!saved) {
    // Below 1 a share of all updates, rounded up.
    const updates = (steps: number) => (steps < 1 ? Math.ceil(maxSteps * steps) : steps);
    state.loggingSteps = updates(args.logging_steps);
    state.evalSteps = updates(args.eval_steps ?? state.evalSteps);
    state.saveSteps = updates(args.save_steps);
    state.trainBatchSize = args.per_device_train_batch_size;
  }
  state.maxSteps = maxSteps;
  state.numTrainEpochs = epochs;
  return state;
}

/** Python's `json.dumps(…, indent=2, sort_keys=True)` of Hugging Face's class. */
export function stateText(state: TrainerState): string {
  const entries = Object.entries(state).map(([key, value]) => [snakeCase(key), value]);
  return `${pretty(Object.fromEntries(entries), '', '')}\n`;
}

/** Floats of Python, which would be written as `1` here. */
const FLOATS =
  /^(epoch|total_flos|best_metric|learning_rate|grad_norm|loss|train_loss|.*_runtime|.*_per_second|eval_.*)$/;

function pretty(value: unknown, key: string, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === 'number') return FLOATS.test(key) && key !== 'eval_steps' ? jsonFloat(value) : dumpJson(value);
  if (typeof value !== 'object' || value === null) return dumpJson(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((one) => inner + pretty(one, key, inner)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return '{}';
  const lines = entries.map(([name, one]) => `${inner}${jsonString(name)}: ${pretty(one, name, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** Reads `trainer_state.json`, Python's too. Throws `checkpoint`. */
export function parseState(text: string, path: string): TrainerState {
  let read: unknown;
  try {
    read = parseJson(text);
  } catch {
    read = undefined;
  }
  const isState =
    typeof read === 'object' && read !== null && 'global_step' in read && Number.isInteger(read.global_step);
  if (!isState) {
    throw new TuneboardError('checkpoint', `${path} is no trainer state: resume from another checkpoint.`);
  }
  const fields = newFields();
  const stored = Object.fromEntries(Object.entries(read as object).map(([key, value]) => [camelCase(key), value]));
  for (const [key, usual] of Object.entries(fields)) {
    const isOther = typeof stored[key] !== typeof usual || Array.isArray(stored[key]) !== Array.isArray(usual);
    if (usual === null || stored[key] === undefined || !isOther) continue;
    throw new TuneboardError(
      'checkpoint',
      `${path} has ${snakeCase(key)} as ${shown(stored[key])}: resume from another checkpoint.`,
    );
  }
  return addPythonNames<StateFields>({ ...fields, ...stored });
}
