/** A Trainer over a BERT of a few hundred weights and rows that are like those of fixtures/trainer/huggingface.py. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainingArguments } from '../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { DataCollatorWithPadding } from '../../src/trainer/datasets/collator.ts';
import { Dataset } from '../../src/trainer/datasets/dataset.ts';
import { BertForSequenceClassification } from '../../src/trainer/models/bert.ts';
import { bertConfig } from '../../src/trainer/models/bertConfig.ts';
import { TrainerWithSearch } from '../../src/trainer/search/trainerWithSearch.ts';
import type { Tf } from '../../src/trainer/tf.ts';
import { drawSeed } from '../../src/trainer/training/seed.ts';
import type { TrainerOptions } from '../../src/trainer/training/trainerOptions.ts';

export const tinyConfig = bertConfig({
  vocab_size: 20,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 16,
  max_position_embeddings: 6,
  initializer_range: 0.2,
});

/** The label is whether the row's number is odd; so is the second token's. */
export function tinyRows(count: number): Dataset {
  const rows = Array.from({ length: count }, (_, index) => {
    const ids = [2, 5 + (index % 2) + 2 * (index % 3), 6 + (index % 7), 3];
    return { input_ids: ids, attention_mask: ids.map(() => 1), labels: index % 2 };
  });
  return new Dataset(['input_ids', 'attention_mask', 'labels'], rows);
}

let backend: Promise<Tf> | undefined;

/** Plain JavaScript unless another backend is named first: nothing to load, and fast enough for so few weights. */
export function tinyTf(name = 'cpu'): Promise<Tf> {
  backend ??= chooseBackend(name).then(({ tf }) => tf);
  return backend;
}

export interface TinyTrainer {
  readonly trainer: TrainerWithSearch;
  readonly lines: string[];
  readonly folder: string;
}

const folders: string[] = [];

/** Saves nothing unless told; its folder is there until `removeFolders`. */
export async function tinyTrainer(
  args: Readonly<Record<string, unknown>> = {},
  more: Partial<TrainerOptions> = {},
): Promise<TinyTrainer> {
  const lines: string[] = [];
  const folder = String(args['output_dir'] ?? mkdtempSync(join(tmpdir(), 'tuneboard-trainer-')));
  folders.push(folder);
  const tf = await tinyTf();
  const { model, ...rest } = more;
  const trainer = new TrainerWithSearch({
    tf,
    ...(model ? { model } : { modelInit: () => BertForSequenceClassification.fromConfig(tf, tinyConfig, drawSeed()) }),
    args: new TrainingArguments({ save_strategy: 'no', ...args, output_dir: folder }),
    trainDataset: tinyRows(20),
    evalDataset: tinyRows(6),
    dataCollator: new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } }),
    print: (line) => lines.push(line),
    ...rest,
  });
  return { trainer, lines, folder };
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Every weight of the trainer's model, by name. */
export function weightsOf({ trainer }: TinyTrainer): Record<string, readonly number[]> {
  const parameters = trainer.model?.parameters ?? new Map();
  return Object.fromEntries([...parameters].map(([name, variable]) => [name, [...variable.dataSync()]]));
}

/** What fixtures/trainer/huggingface.py found out about transformers. */
export interface HuggingFaceFacts {
  readonly learningRate: number;
  readonly schedules: readonly {
    readonly name: string;
    readonly warmup: number;
    readonly total: number;
    readonly kwargs: Readonly<Record<string, number>>;
    readonly rates: readonly number[];
  }[];
  readonly start: readonly (readonly number[])[];
  readonly gradients: readonly (readonly (readonly number[])[])[];
  readonly optimizers: readonly {
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly after: readonly (readonly (readonly number[])[])[];
  }[];
  readonly runs: readonly HuggingFaceRun[];
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly curves: readonly {
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly loss: readonly number[];
    readonly grad_norm: readonly number[];
    readonly learning_rate: readonly number[];
    readonly evalLoss: number;
  }[];
}

export interface HuggingFaceRun {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly scores: readonly number[];
  readonly early: Readonly<Record<string, number>> | null;
  readonly events: readonly string[];
  readonly logs: readonly { readonly keys: readonly string[]; readonly step: number; readonly epoch: number }[];
  readonly folders: readonly string[];
  readonly best: string | null;
  readonly bestMetric: number | null;
  readonly globalStep: number;
  readonly flos: number;
  readonly stateKeys: readonly string[];
  readonly callbacks: unknown;
}
