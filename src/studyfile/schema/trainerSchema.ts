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
    hidden_size: size.describe('widthModel64Default').optional(),
    num_hidden_layers: size.describe('layers2Default').optional(),
    num_attention_heads: size.describe('attentionHeadsLayer4').optional(),
    intermediate_size: size.describe('widthInsideLayer256').optional(),
    hidden_dropout_prob: rate.describe('dropoutLayers01').optional(),
    attention_probs_dropout_prob: rate.describe('dropoutAttention01').optional(),
  })
  .describe('sizeBertTrainedScratch');

const model = z.union([z.string().min(1), sizes]).describe('folderBertHuggingFace');

const args = z
  .object(
    Object.fromEntries(
      Object.entries(TRAINER_ARGUMENTS).map(([name, { schema, about }]) => [
        name,
        (schema as z.ZodType<ArgumentValue>).nullable().describe(about).optional(),
      ]),
    ),
  )
  // Names that are none have a sentence of their own, and names of older versions only a warning: see trainerChecks.ts.
  .catchall(z.union([z.null(), z.boolean(), z.number(), z.string()]))
  .describe('trainingArgumentsSameEvery');

export const trainer = z
  .strictObject({
    model: model.optional(),
    dataset: z.string().min(1).describe('csvJsonLinesParquet'),
    text: z.string().min(1).describe('columnTexts'),
    text_pair: z.string().min(1).describe('columnSecondTextBelongs').optional(),
    label: z.string().min(1).describe('columnClassesWholeNumbers'),
    test_size: z.number().positive().describe('shareRowsTheirNumber').optional(),
    split_seed: z.int().nonnegative().describe('seedSplitSameEvery').optional(),
    max_length: z.int().min(3).describe('longestTextTokensWhat').optional(),
    objective_from: z.enum(['last', 'best']).describe('whichEvaluationTrialsValue').optional(),
    checkpoints: z.enum(['best', 'all', 'none']).describe('whoseCheckpointsStayWhen').optional(),
    backend: z.enum(['auto', 'tensorflow', 'wasm', 'cpu']).describe('whatComputesAutoDefault').optional(),
    args: args.optional(),
  })
  .describe('fineTunesTextClassifier');
