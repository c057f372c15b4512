import * as z from 'zod';

/** What a trial of the trainer can report. */
export const TRAINER_METRICS = ['eval_loss', 'eval_accuracy', 'eval_f1'] as const;

/** Names of the training arguments that the trainer has; a test holds them equal to the trainer's own. */
export const TRAINING_ARGUMENTS = [
  'output_dir',
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'num_train_epochs',
  'max_steps',
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'optim',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'max_grad_norm',
  'gradient_accumulation_steps',
  'label_smoothing_factor',
  'logging_strategy',
  'logging_steps',
  'logging_first_step',
  'eval_strategy',
  'eval_steps',
  'save_strategy',
  'seed',
  'data_seed',
  'dataloader_drop_last',
] as const;

const size = z.int().positive();
const rate = z.number().min(0).lt(1);

const model = z
  .strictObject({
    hidden_size: size.describe('Width of the model; 64 by default. A multiple of `num_attention_heads`.').optional(),
    num_hidden_layers: size.describe('Layers; 2 by default.').optional(),
    num_attention_heads: size.describe('Attention heads a layer; 4 by default.').optional(),
    intermediate_size: size.describe('Width inside a layer; 256 by default.').optional(),
    hidden_dropout_prob: rate.describe('Dropout of the layers; 0.1 by default.').optional(),
    attention_probs_dropout_prob: rate.describe('Dropout of the attention; 0.1 by default.').optional(),
  })
  .describe('The size of the BERT that is trained from scratch, one token a character. It is not pretrained.');

export const trainer = z
  .strictObject({
    dataset: z.string().min(1).describe('A CSV file, relative to the study file.'),
    text: z.string().min(1).describe('The column with the texts.'),
    label: z.string().min(1).describe('The column with the classes: whole numbers from 0 on.'),
    test_size: z
      .number()
      .positive()
      .describe('Share of the rows (or their number) that is evaluated on, stratified by label; 0.25 by default.')
      .optional(),
    split_seed: z.int().nonnegative().describe('Seed of the split, the same in every trial; 42 by default.').optional(),
    max_length: z.int().min(3).describe('Longest text in tokens; what is longer is cut. 128 by default.').optional(),
    model: model.optional(),
    args: z
      .record(z.string(), z.union([z.null(), z.boolean(), z.number(), z.string()]))
      .describe("Training arguments that are the same in every trial, named as Hugging Face's.")
      .optional(),
  })
  .describe('Trains a small text classifier, with the parameters of `space` as training arguments.');
