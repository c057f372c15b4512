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

const when = z.record(z.string(), z.union([choice, z.array(choice).min(1)])).describe('parameterExistsOnlyWhile');

const earlier = choice.describe('earlierTrialsCountAs');

const at = z.string().min(1).describe('whereValueStandsCode').optional();

const prior = z
  .strictObject({
    about: choice.describe('believedValue'),
    within: z
      .union([z.number().positive(), z.string().regex(/^\d{1,9}(?:\.\d{1,9})?x$/)])
      .describe('howFarBeliefReaches')
      .optional(),
  })
  .describe('whatPersonBelieves');

const low = z.number().describe('smallestValueIncluded');
const high = z.number().describe('largestValueIncluded');
const log = z.boolean().describe('searchLogarithmicScaleRight');

export const floatParameter = z.strictObject({
  type: z.literal('float').describe('realNumberBetweenLow'),
  low,
  high,
  log: log.optional(),
  step: z.number().positive().describe('onlyValuesLowK').optional(),
  at,
  prior: prior.optional(),
  when: when.optional(),
  default: earlier.optional(),
});

export const intParameter = z.strictObject({
  type: z.literal('int').describe('wholeNumberBetweenLow'),
  low: low.int(),
  high: high.int(),
  log: log.optional(),
  step: z.int().positive().describe('onlyValuesLowKStep').optional(),
  at,
  prior: prior.optional(),
  when: when.optional(),
  default: earlier.optional(),
});

export const categoricalParameter = z.strictObject({
  type: z.literal('categorical').describe('oneListChoicesNo'),
  choices: z.array(choice).min(1).describe('valuesChooseNumbersStrings'),
  at,
  prior: prior.optional(),
  when: when.optional(),
});

export const ordinalParameter = z.strictObject({
  type: z.literal('ordinal').describe('valuesInOrder'),
  values: z.array(choice).min(1).describe('valuesFromFirstToLast'),
  at,
  prior: prior.optional(),
  when: when.optional(),
  default: earlier.optional(),
});

export const parameter = z
  .discriminatedUnion('type', [floatParameter, intParameter, categoricalParameter, ordinalParameter])
  .describe('parameterSearchSpaceType');

const objective = z
  .strictObject({
    command: z
      .union([z.string().min(1), z.array(z.union([z.string(), z.number()])).min(1)])
      .describe('programArgumentsRunOnce')
      .optional(),
    optuna: z.string().min(1).describe('pythonScriptNotebookUses').optional(),
    module: z.string().min(1).describe('moduleToRun').optional(),
    trainer: trainer.optional(),
    shell: z.boolean().describe('runCommandThroughShell').optional(),
    cwd: z.string().describe('commandsWorkingFolderRelative').optional(),
    env: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('furtherEnvironmentVariablesCommand')
      .optional(),
    config: z.string().min(1).describe('templateFileRelativeStudy').optional(),
    timeout: duration.describe('longestTimeOneTrial').optional(),
    args: z
      .array(z.union([z.string(), z.number()]))
      .describe('furtherArguments')
      .optional(),
    attach: z.enum(['hook', 'log']).describe('howOptunaScriptWatched').optional(),
    python: z.string().min(1).describe('pythonInterpreter').optional(),
    search: z.enum(['scikit-learn', 'hyperopt', 'ray', 'keras-tuner']).describe('ownSearch').optional(),
    wandb: z
      .union([z.literal(true), z.record(z.string(), z.unknown())])
      .describe('configOfWandb')
      .optional(),
  })
  .describe('whatTrialRunsExactly');

const override = z.boolean().describe('alsoWhereScriptNames');

const direction = z.enum(['minimize', 'maximize']);

export const studyFileSchema = z
  .strictObject({
    name: z.string().min(1).describe('studysNameFilesName').optional(),
    direction: direction.describe('whetherMetricMinimisedMaximised').optional(),
    directions: z.array(direction).min(1).describe('oneDirectionObjectiveMetrics').optional(),
    metric: z.string().min(1).describe('printedValueObjectiveE').optional(),
    metrics: z.array(z.string().min(1)).min(1).describe('reportedValuesObjectivesDirections').optional(),
    objective,
    space: z.record(z.string(), parameter).describe('searchSpaceNameRange').optional(),
    where: z.array(z.string().min(1)).min(1).describe('conditionsOnParameters').optional(),
    start: z.array(z.record(z.string(), choice)).min(1).describe('valuesFirstTrials').optional(),
    learn_from: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('studiesToLearnFrom')
      .optional(),
    sampler: sampler.optional(),
    pruner: pruner.optional(),
    scheduler: scheduler.optional(),
    constraints: z.array(z.string().min(1)).min(1).describe('reportedValuesMust0').optional(),
    optuna: z
      .strictObject({ sampler: sampler.optional(), pruner: pruner.optional(), override: override.optional() })
      .describe('givesOptunaScriptSampler')
      .optional(),
    budget: z
      .strictObject({
        trials: z.int().positive().describe('finishedTrialsReach100').optional(),
        timeout: duration.describe('runningTimeAfterWhich').optional(),
      })
      .describe('whenStudyEndsWhichever')
      .optional(),
    stop_when: z
      .strictObject({
        target: z.number().describe('valueThatIsEnough').optional(),
        plateau: z.int().positive().describe('trialsWithoutImprovement').optional(),
      })
      .describe('whenStudyHasFoundEnough')
      .optional(),
    parallel: z.int().positive().describe('trialsTime1Default').optional(),
    gpus: z.array(z.int().nonnegative()).min(1).describe('gpuIdsEachRunning').optional(),
    storage: z.string().min(1).describe('whereTrialsKeptJournal').optional(),
    executor: executor.optional(),
  })
  .describe('hyperparameterStudy');

export type RawStudyFile = z.infer<typeof studyFileSchema>;

/** The study file's JSON Schema (draft 2020-12). */
export function studyFileJsonSchema(): object {
  return z.toJSONSchema(studyFileSchema, { io: 'input' });
}
