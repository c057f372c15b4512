import * as z from 'zod';
import { type ArgumentValue, TRAINER_ARGUMENTS } from './trainerArguments.ts';

/** What a trial of the trainer can report. */
export const TRAINER_METRICS = [
  'eval_loss',
  'eval_accuracy',
  'eval_f1',
  'eval_precision',
  'eval_recall',
  'eval_matthews_correlation',
] as const;

const size = z.int().positive();
const rate = z.number().min(0).lt(1);

const sizes = z
  .strictObject({
    hidden_size: size.describe('Width of the model; 64 by default. A multiple of `num_attention_heads`.').optional(),
    num_hidden_layers: size.describe('Layers; 2 by default.').optional(),
    num_attention_heads: size.describe('Attention heads a layer; 4 by default.').optional(),
    intermediate_size: size.describe('Width inside a layer; 256 by default.').optional(),
    hidden_dropout_prob: rate.describe('Dropout of the layers; 0.1 by default.').optional(),
    attention_probs_dropout_prob: rate.describe('Dropout of the attention; 0.1 by default.').optional(),
  })
  .describe('The size of the BERT that is trained from scratch, one token a character. It is not pretrained.');

const model = z
  .union([z.string().min(1), sizes])
  .describe(
    'A folder with a BERT as Hugging Face saves it (`config.json`, `vocab.txt` or `tokenizer.json`, `model.safetensors` or `pytorch_model.bin`), relative to the study file; or the size of one that is trained from scratch, one token a character.',
  );

const args = z
  .object(
    Object.fromEntries(
      Object.entries(TRAINER_ARGUMENTS).map(([name, { schema, english }]) => [
        name,
        (schema as z.ZodType<ArgumentValue>).nullable().describe(english).optional(),
      ]),
    ),
  )
  // Names that are none have a sentence of their own, and names of older versions only a warning: see trainerChecks.ts.
  .catchall(z.union([z.null(), z.boolean(), z.number(), z.string()]))
  .describe("Training arguments that are the same in every trial, named as Hugging Face's.");

export const trainer = z
  .strictObject({
    model: model.optional(),
    dataset: z
      .string()
      .min(1)
      .describe('A CSV, JSON lines or Parquet file with a text and a label a row, relative to the study file.'),
    text: z.string().min(1).describe('The column with the texts.'),
    text_pair: z.string().min(1).describe('The column with a second text that belongs to each first one.').optional(),
    label: z
      .string()
      .min(1)
      .describe('The column with the classes: whole numbers from 0 on, or names, which are numbered in sorted order.'),
    test_size: z
      .number()
      .positive()
      .describe('Share of the rows (or their number) that is evaluated on, stratified by label; 0.25 by default.')
      .optional(),
    split_seed: z.int().nonnegative().describe('Seed of the split, the same in every trial; 42 by default.').optional(),
    max_length: z.int().min(3).describe('Longest text in tokens; what is longer is cut. 128 by default.').optional(),
    objective_from: z
      .enum(['last', 'best'])
      .describe(
        "Which evaluation is a trial's value: the `last`, as in Hugging Face's Trainer (default), or the `best`.",
      )
      .optional(),
    checkpoints: z
      .enum(['best', 'all', 'none'])
      .describe(
        'Whose checkpoints stay when a trial has ended: those of the `best` trial (default), of `all`, or of `none`.',
      )
      .optional(),
    backend: z
      .enum(['auto', 'tensorflow', 'wasm', 'cpu'])
      .describe(
        'What it computes with; `auto` by default: TensorFlow where it is installed, else WebAssembly, else plain JavaScript.',
      )
      .optional(),
    args: args.optional(),
  })
  .describe('Fine-tunes a text classifier, with the parameters of `space` as training arguments.');
