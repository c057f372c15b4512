import * as z from 'zod';
import { duration } from './durationSchema.ts';
import { executor } from './executorSchema.ts';
import { pruner, sampler, scheduler } from './methodSchema.ts';
import { trainer } from './trainerSchema.ts';

/**
 * The study file as it is written, in one schema: the TypeScript type of the raw file, the JSON Schema, hover texts and
 * completions, and the diagnostics all come from here. Rules that span several keys are in checks.ts.
 */

const choice = z.union([z.null(), z.boolean(), z.number(), z.string()]);

const when = z
  .record(z.string(), z.union([choice, z.array(choice).min(1)]))
  .describe(
    'The parameter exists only while every named parameter has the value, or one of the values, given here. Example: `when: { optim: sgd }`.',
  );

const low = z.number().describe('The smallest value, included.');
const high = z.number().describe('The largest value, included.');
const log = z
  .boolean()
  .describe(
    'Search on a logarithmic scale: right for learning rates and anything that spans decades. `low` must be above 0.',
  );

export const floatParameter = z.strictObject({
  type: z.literal('float').describe('A real number between `low` and `high`.'),
  low,
  high,
  log: log.optional(),
  step: z.number().positive().describe('Only values `low + k * step`. Not together with `log`.').optional(),
  when: when.optional(),
});

export const intParameter = z.strictObject({
  type: z.literal('int').describe('A whole number between `low` and `high`.'),
  low: low.int(),
  high: high.int(),
  log: log.optional(),
  step: z.int().positive().describe('Only values `low + k * step`; 1 by default. Not together with `log`.').optional(),
  when: when.optional(),
});

export const categoricalParameter = z.strictObject({
  type: z.literal('categorical').describe('One of a list of choices, in no order.'),
  choices: z.array(choice).min(1).describe('The values to choose from: numbers, strings, true, false or null.'),
  when: when.optional(),
});

export const parameter = z
  .discriminatedUnion('type', [floatParameter, intParameter, categoricalParameter])
  .describe('A parameter of the search space: `type` is float, int or categorical.');

const objective = z
  .strictObject({
    command: z
      .union([z.string().min(1), z.array(z.union([z.string(), z.number()])).min(1)])
      .describe(
        'A program with arguments, run once a trial. `{name}` stands for a parameter; `{{` and `}}` for braces. No shell is involved: quote as usual, pipes and `$VAR` need `shell: true`. Parameters are also in the environment variable TUNEBOARD_PARAMS, as JSON.',
      )
      .optional(),
    optuna: z
      .string()
      .min(1)
      .describe('A Python script or notebook that uses Optuna, run as it is; it brings its own search space.')
      .optional(),
    module: z.string().describe('Not available yet: run the module with `command: node objective.js`.').optional(),
    trainer: trainer.optional(),
    shell: z.boolean().describe('Run `command` through the shell. Parameters are quoted for it.').optional(),
    cwd: z
      .string()
      .describe("The command's working folder, relative to the study file; the study file's folder by default.")
      .optional(),
    env: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('Further environment variables of the command.')
      .optional(),
    config: z
      .string()
      .min(1)
      .describe(
        'A template file, relative to the study file: its `{name}` placeholders are filled into a file of the trial, whose path is `{config}` in the command.',
      )
      .optional(),
    timeout: duration
      .describe('Longest time one trial may take; after it the trial is ended and recorded as failed.')
      .optional(),
    args: z
      .array(z.union([z.string(), z.number()]))
      .describe('Arguments of the Optuna script.')
      .optional(),
    attach: z
      .enum(['hook', 'log'])
      .describe(
        'How an Optuna script is watched: `hook` gives its in-memory study a trial log, `log` only reads what it prints.',
      )
      .optional(),
    python: z
      .string()
      .min(1)
      .describe('The Python interpreter of the Optuna script; found by itself by default.')
      .optional(),
  })
  .describe('What a trial runs: exactly one of `command`, `optuna` and `trainer`.');

const override = z.boolean().describe('Also where the script names a sampler or pruner of its own; false by default.');

const direction = z.enum(['minimize', 'maximize']);

export const studyFileSchema = z
  .strictObject({
    name: z.string().min(1).describe("The study's name; the file's name by default.").optional(),
    direction: direction
      .describe('Whether the metric is to be minimised or maximised; minimize by default.')
      .optional(),
    directions: z.array(direction).min(1).describe('One direction an objective, with `metrics`.').optional(),
    metric: z
      .string()
      .min(1)
      .describe(
        'The printed value that is the objective, e.g. `eval_f1`: `eval_f1=0.9`, as JSON, or in words (`Eval F1: 0.9`).',
      )
      .optional(),
    metrics: z
      .array(z.string().min(1))
      .min(1)
      .describe('The reported values that are the objectives, with `directions`.')
      .optional(),
    objective,
    space: z.record(z.string(), parameter).describe('The search space: a name and a range each.').optional(),
    sampler: sampler.optional(),
    pruner: pruner.optional(),
    scheduler: scheduler.optional(),
    constraints: z
      .array(z.string().min(1))
      .min(1)
      .describe('Reported values that must be 0 or less at the end of a trial; others make it infeasible.')
      .optional(),
    optuna: z
      .strictObject({ sampler: sampler.optional(), pruner: pruner.optional(), override: override.optional() })
      .describe('Gives an Optuna script a sampler and pruner of Tuneboard where it names none of its own.')
      .optional(),
    budget: z
      .strictObject({
        trials: z
          .int()
          .positive()
          .describe('Finished trials to reach; 100 by default when no timeout is given.')
          .optional(),
        timeout: duration.describe('Running time after which no new trial starts.').optional(),
      })
      .describe('When the study ends: whichever comes first.')
      .optional(),
    parallel: z.int().positive().describe('Trials at a time; 1 by default.').optional(),
    gpus: z
      .array(z.int().nonnegative())
      .min(1)
      .describe('GPU ids; each running trial gets one of its own as CUDA_VISIBLE_DEVICES.')
      .optional(),
    storage: z
      .string()
      .min(1)
      .describe(
        'Where the trials are kept: `journal` (default: a file in `.tuneboard` beside the study file), the path of a journal file or a SQLite database such as `sqlite:///study.db`, relative to the study file, or a database on a server, `postgresql://user@host/database`, `mysql://user@host/database` or `redis://host/0?prefix=name`, or what is behind a storage proxy of Optuna, `grpc://host:13000`. A password comes from the environment variable TUNEBOARD_STORAGE_PASSWORD.',
      )
      .optional(),
    executor: executor.optional(),
  })
  .describe('A hyperparameter study.');

export type RawStudyFile = z.infer<typeof studyFileSchema>;

/** The study file's JSON Schema (draft 2020-12). */
export function studyFileJsonSchema(): object {
  return z.toJSONSchema(studyFileSchema, { io: 'input' });
}
