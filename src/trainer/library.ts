/** The trainer as a library in Node: `import { Trainer, TrainingArguments } from 'tuneboard/trainer'`. */
import { chooseBackend } from './backend/chooseBackend.ts';
import { provideTf } from './defaultTf.ts';

export { TuneboardError } from '../core/errors.ts';
export type { Trial } from '../core/study/trial.ts';
export { TrialPruned } from '../library/optimize.ts';
export { TrainingArguments, type TrainingArgumentValues } from './arguments/trainingArguments.ts';
export { type Backend, chooseBackend } from './backend/chooseBackend.ts';
export { DefaultFlowCallback } from './callbacks/defaultFlowCallback.ts';
export { EarlyStoppingCallback, type EarlyStoppingOptions } from './callbacks/earlyStoppingCallback.ts';
export { PrinterCallback } from './callbacks/printerCallback.ts';
export type { CallbackContext, TrainerCallback, TrainerControl } from './callbacks/trainerCallback.ts';
export type { TrainerState } from './checkpoints/trainerState.ts';
export { DataCollatorWithPadding } from './datasets/collator.ts';
export type { Cell, Columns, Row } from './datasets/columns.ts';
export { concatenateDatasets, concatenateDatasets as concatenate_datasets, Dataset } from './datasets/dataset.ts';
export { DatasetDict } from './datasets/datasetDict.ts';
export { loadDataset, loadDataset as load_dataset } from './datasets/loadDataset.ts';
export { argmax } from './metrics/argmax.ts';
export {
  accuracy,
  accuracyOf,
  f1,
  f1Of,
  matthews,
  matthewsOf,
  meanSquaredError,
  precision,
  precisionOf,
  recall,
  recallOf,
} from './metrics/scores.ts';
export { majorityBaseline, standardError } from './metrics/uncertainty.ts';
export {
  BertForSequenceClassification,
  BertForSequenceClassification as AutoModelForSequenceClassification,
  BertModel,
  BertModel as AutoModel,
} from './models/bert.ts';
export { type BertConfig, bertConfig } from './models/bertConfig.ts';
export { AutoConfig } from './models/configFile.ts';
export type { BestRun } from './search/bestRun.ts';
export { defaultComputeObjective, defaultHpSpace } from './search/searchDefaults.ts';
export type { SearchOptions } from './search/searchOptions.ts';
export { TrainerWithSearch as Trainer } from './search/trainerWithSearch.ts';
export { AutoTokenizer } from './tokenization/autoTokenizer.ts';
export { CharacterTokenizer } from './tokenization/characterTokenizer.ts';
export type { Tokenizer } from './tokenization/tokenizer.ts';
export { drawSeed, setSeed, setSeed as set_seed } from './training/seed.ts';
export type { TrainableModel } from './training/trainableModel.ts';
export type { EvalPrediction, Metrics, TrainerOptions } from './training/trainerOptions.ts';
export type { TrainOptions, TrainOutput } from './training/trainOptions.ts';

provideTf(async () => (await chooseBackend()).tf);
