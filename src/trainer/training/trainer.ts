import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { Trial } from '../../core/study/trial.ts';
import { addPythonNames, type EitherCase } from '../../core/text/pythonNames.ts';
import { TrainingArguments } from '../arguments/trainingArguments.ts';
import { CallbackHandler } from '../callbacks/callbackHandler.ts';
import { DefaultFlowCallback } from '../callbacks/defaultFlowCallback.ts';
import { PrinterCallback } from '../callbacks/printerCallback.ts';
import type { CallbackClass, TrainerCallback, TrainerEvent } from '../callbacks/trainerCallback.ts';
import { removeRemains } from '../checkpoints/checkpointFolders.ts';
import { CheckpointKeeper } from '../checkpoints/checkpointKeeper.ts';
import { checkpointToResume, loadCheckpoint, type SavedRun } from '../checkpoints/readCheckpoint.ts';
import { beginState, newState, type TrainerState } from '../checkpoints/trainerState.ts';
import { makeFolder, writeArguments } from '../checkpoints/writeCheckpoint.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { defaultTf } from '../defaultTf.ts';
import { removeParts } from '../io/writeAside.ts';
import type { SearchHooks } from '../search/searchHooks.ts';
import type { Tf } from '../tf.ts';
import { type Evaluation, type EvaluationOutput, runEvaluation } from './evaluationLoop.ts';
import { type EvaluateOptions, evaluationsOf, requireDataset } from './evaluationsOf.ts';
import { ModelHolder } from './modelHolder.ts';
import { partOfBatch } from './rowsAtOnce.ts';
import { Termination, TrainingInterrupted, turnOfTheLoop } from './termination.ts';
import type { TrainableModel } from './trainableModel.ts';
import {
  collatorOf,
  dataWarnings,
  type GivenTrainerOptions,
  hasLabels,
  type Metrics,
  requireEvaluation,
  type TrainerOptions,
  tokenizerOf,
  trainerOptions,
  validationRows,
} from './trainerOptions.ts';
import { planTraining, type TrainingPlan } from './trainingPlan.ts';
import { TrainingRun } from './trainingRun.ts';
import { type TrainOptions, type TrainOutput, trainOptions } from './trainOptions.ts';

/** Ctrl-C too: a study that is kept would have the trial for running ever after. */
const SEARCH_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Fine-tuning in the terms of Hugging Face's Trainer: the same defaults, counts, order of events, lines and files. Runs on the
 * thread it is called on, and lets others have their turn after every update.
 */
export class Trainer {
  readonly options: TrainerOptions;
  /** A search changes them, and they stay changed. */
  readonly args: TrainingArguments;
  declare readonly add_callback: Trainer['addCallback'];
  declare readonly pop_callback: Trainer['popCallback'];
  declare readonly remove_callback: Trainer['removeCallback'];
  declare readonly save_model: Trainer['saveModel'];
  readonly #models: ModelHolder;
  #hypergradient: Readonly<Record<string, number>> | null = null;
  #state: TrainerState = newState();
  readonly #callbacks = new CallbackHandler();
  readonly #termination = new Termination();
  #search: SearchHooks | null = null;
  #isTraining = false;
  #isSearching = false;

  /** Throws `invalid-option` and `training-arguments`. */
  constructor(given: GivenTrainerOptions) {
    const { options, warnings } = trainerOptions(given);
    this.options = options;
    this.args = options.args ?? new TrainingArguments();
    this.#models = new ModelHolder(options);
    requireEvaluation(this.args, options);
    this.addCallback(new DefaultFlowCallback());
    for (const callback of options.callbacks ?? []) this.addCallback(callback);
    this.addCallback(
      new PrinterCallback({ print: (line) => this.print(line), isExact: options.printsExactly ?? false }),
    );
    for (const warning of [...warnings, ...this.args.warnings, ...dataWarnings(this.args, options)])
      this.print(warning);
    void this.#call('onInitEnd');
  }

  /** The model of the last training; null before, and after a search. */
  get model(): TrainableModel | null {
    return this.#models.model;
  }

  /** The derivatives of the validation loss after the last training by what `differentiate` names; null where there are none. */
  get hypergradient(): Readonly<Record<string, number>> | null {
    return this.#hypergradient;
  }

  get state(): TrainerState {
    return this.#state;
  }

  addCallback(callback: TrainerCallback | CallbackClass): void {
    this.#callbacks.add(callback);
  }

  /** Takes out a callback, or the first of a class, and returns it. */
  popCallback(callback: TrainerCallback | CallbackClass): TrainerCallback | undefined {
    return this.#callbacks.pop(callback);
  }

  removeCallback(callback: TrainerCallback | CallbackClass): void {
    this.#callbacks.pop(callback);
  }

  /** Prints a line where the Trainer was told to. */
  print(line: string): void {
    const { print = console.log } = this.options;
    print(line);
  }

  /**
   * Trains a new model of `modelInit`, or the given one further. SIGTERM lets the update that runs end, saves a checkpoint
   * (unless `save_strategy` is `no` and `enable_jit_checkpoint` is not set) and then ends the process as it would have.
   * Throws `dataset`, `checkpoint`, `no-space`, `out-of-memory`, `busy`.
   */
  async train(given: EitherCase<TrainOptions> = {}): Promise<TrainOutput> {
    const { resumeFromCheckpoint, trial = null } = trainOptions(given);
    if (this.#isTraining)
      throw new TuneboardError('busy', 'The Trainer is training already: wait for the end of that.');
    const hooks = trial ? this.#search : null;
    this.#isTraining = true;
    this.#termination.listen('SIGTERM');
    try {
      return await this.#train(trial, hooks, resumeFromCheckpoint);
    } finally {
      this.#isTraining = false;
      this.#termination.close('SIGTERM', { passOn: hooks === null });
    }
  }

  /**
   * Scores the model: `{prefix}_loss`, then what `computeMetrics` gives, then speeds, and the epoch; of several data sets each
   * under its name. Throws `invalid-option` and `dataset`.
   */
  async evaluate(
    given?: Dataset | Readonly<Record<string, Dataset>> | EitherCase<EvaluateOptions>,
    prefix?: string,
  ): Promise<Metrics> {
    const evaluations = evaluationsOf(given, prefix, this.options.evalDataset);
    const all: Metrics = {};
    for (const { dataset, prefix: own } of evaluations) {
      const { metrics } = await this.#score(dataset, own);
      await this.#log(metrics);
      await this.#call('onEvaluate', { metrics });
      if (evaluations.length === 1) return metrics;
      Object.assign(all, metrics);
    }
    return all;
  }

  /** The logits of a data set, and its scores under `test_` where it has labels: a column `labels` or `label`. */
  async predict(dataset: Dataset, prefix = 'test'): Promise<EvaluationOutput> {
    requireDataset(dataset, 'predict');
    const output = await this.#score(dataset, prefix, hasLabels(dataset, this.options) ? undefined : 'logits');
    await this.#call('onPredict', { metrics: output.metrics });
    return output;
  }

  /**
   * For a search: while `run` runs, trainings with a trial ask the hooks that it has handed over last. Afterwards there is no
   * model. SIGTERM and Ctrl-C fail the trial that runs, saved as by `train`, and then end the process.
   */
  protected async whileSearching<T>(run: (use: (hooks: SearchHooks) => void) => Promise<T>): Promise<T> {
    if (this.#isSearching || this.#isTraining)
      throw new TuneboardError('busy', 'The Trainer is at work already: wait for the end of that.');
    this.#isSearching = true;
    for (const signal of SEARCH_SIGNALS) this.#termination.listen(signal);
    try {
      return await run((hooks) => {
        this.#search = hooks;
      });
    } finally {
      this.#search = null;
      this.#isSearching = false;
      this.#models.release();
      for (const signal of SEARCH_SIGNALS) this.#termination.close(signal, { passOn: true });
    }
  }

  /** Writes the model, the tokenizer and the arguments into a folder, `output_dir` by default. */
  async saveModel(folder: string = this.args.output_dir): Promise<void> {
    const model = await this.#models.ready(this.args.seed);
    await makeFolder(folder);
    await model.savePretrained(folder);
    await tokenizerOf(this.options)?.savePretrained(folder);
    await writeArguments(folder, this.args.values);
    await removeParts(folder);
  }

  /** Frees the model's memory, but not that of a model that the Trainer was given. */
  dispose(): void {
    this.#models.dispose();
  }

  async #train(
    trial: Trial | null,
    hooks: SearchHooks | null,
    resume: string | boolean | undefined,
  ): Promise<TrainOutput> {
    const { trainDataset, differentiate = [] } = this.options;
    if (!trainDataset) throw new TuneboardError('invalid-option', 'Trainer: training requires a train_dataset.');
    const tf = await this.#tf();
    // Before the seed is set, so that the weights of a trial depend on its own seed.
    if (trial) hooks?.setUp(trial);
    const plan = planTraining(trainDataset.rows.length, this.args);
    const folder = this.#runFolder(trial, hooks);
    const model = await this.#models.renew(this.args.seed, trial);
    // The newest may have lost its name in a kill.
    await removeRemains(folder);
    const from = checkpointToResume(resume, this.args.output_dir);
    const saved = await loadCheckpoint(model, from, this.args, (line) => this.print(line));
    this.#begin(plan, saved, trial, hooks);
    const tokenizer = tokenizerOf(this.options);
    const keeper = new CheckpointKeeper({ folder, args: this.args, model, tokenizer, state: this.#state });
    const run = new TrainingRun(
      {
        args: this.args,
        state: this.#state,
        callbacks: this.#callbacks,
        keeper,
        termination: this.#termination,
        trial,
        hooks,
        call: (event) => this.#call(event),
        log: (metrics, more) => this.#log(metrics, more),
        evaluate: () => this.evaluate(),
        print: (line) => this.print(line),
      },
      {
        tf,
        model,
        rows: trainDataset.rows,
        collator: collatorOf(this.options),
        plan,
        microBatchSize: partOfBatch(tf, model, trainDataset.rows, this.args, this.options),
        differentiate,
        saved,
      },
    );
    const { trainingLoss, metrics } = await run.run();
    const isWanted = differentiate.length > 0 && this.#isPromising();
    this.#hypergradient = isWanted ? run.derivatives(validationRows(this.options)) : null;
    await this.#log(metrics);
    await keeper.finish((line) => this.print(line));
    await this.#call('onTrainEnd');
    return addPythonNames({ globalStep: this.#state.globalStep, trainingLoss, metrics });
  }

  /** Whether the training is worth its derivatives, by its last evaluation where that was at the end. */
  #isPromising(): boolean {
    const { differentiateBelow: least = Number.POSITIVE_INFINITY } = this.options;
    const last = this.#state.logHistory.findLast((line) => line['eval_loss'] !== undefined);
    return last?.['step'] !== this.#state.globalStep || !((last['eval_loss'] as number) >= least);
  }

  /** The folder of the checkpoints. */
  #runFolder(trial: Trial | null, hooks: SearchHooks | null): string {
    const { output_dir: folder } = this.args;
    return trial && hooks ? join(folder, hooks.runName(trial)) : folder;
  }

  /** Where the run begins: at the checkpoint's state, or at the start. */
  #begin(plan: TrainingPlan, saved: SavedRun | null, trial: Trial | null, hooks: SearchHooks | null): void {
    this.#state = beginState(this.args, plan, saved?.state ?? null);
    const { statefulCallbacks } = this.#state;
    if (saved && this.args.restore_callback_states_from_checkpoint) {
      const missing = this.#callbacks.restoreStates(statefulCallbacks).join(', ');
      const text = 'Checkpoint included callbacks not included in current configuration. Ignoring.';
      if (missing !== '') this.print(`${text} (${missing})`);
    }
    this.#state.isHyperParamSearch = trial !== null;
    this.#state.trialParams = trial ? { ...trial.params } : null;
    if (trial && hooks) this.#state.trialName = hooks.trialName(trial);
  }

  async #tf(): Promise<Tf> {
    return this.options.tf ?? defaultTf();
  }

  async #score(dataset: Dataset, prefix: string, gives?: 'logits'): Promise<EvaluationOutput> {
    const evaluation: Evaluation = {
      tf: await this.#tf(),
      model: await this.#models.ready(this.args.seed),
      collator: collatorOf(this.options),
      batchSize: this.args.per_device_eval_batch_size,
      dropsLast: this.args.dataloader_drop_last,
      labelSmoothing: this.args.label_smoothing_factor,
      filtersLosses: this.args.logging_nan_inf_filter,
      computeMetrics: this.options.computeMetrics,
      gives: gives ?? (this.args.prediction_loss_only ? 'loss' : 'all'),
      onBatch: async () => {
        await this.#call('onPredictionStep');
        await turnOfTheLoop();
        const { asked } = this.#termination;
        if (asked !== null) throw new TrainingInterrupted(asked, null);
      },
    };
    return runEvaluation(evaluation, dataset, prefix);
  }

  async #log(metrics: Metrics, more: Metrics = {}): Promise<void> {
    metrics['epoch'] = this.#state.epoch;
    if (this.args.include_num_input_tokens_seen !== 'no') {
      metrics['num_input_tokens_seen'] = this.#state.numInputTokensSeen;
    }
    Object.assign(metrics, more);
    this.#state.logHistory.push({ ...metrics, step: this.#state.globalStep });
    await this.#call('onLog', { logs: metrics });
  }

  #call(event: TrainerEvent, more: { logs?: Metrics; metrics?: Metrics } = {}): Promise<void> {
    return this.#callbacks.call(event, { args: this.args, state: this.#state, model: this.model, ...more });
  }
}

addPythonNames(Trainer.prototype);
