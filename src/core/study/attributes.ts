/**
 * Every attribute that Tuneboard reads or writes in a storage, one key each: of a trial or a study, a system attribute unless
 * it says "user". Keys without `tuneboard:` are Optuna's. `src/tuner/python/_tuneboard_attributes.py` has those that Python
 * uses. A key is never renamed: older studies have it.
 */

/** Every key of Tuneboard's own begins with it. */
export const OWN_PREFIX = 'tuneboard:';

// Studies

/** `string[]`, a name an objective. Optuna's `set_metric_names`; written by tuner and launcher, read for every label. */
export const METRIC_NAMES = 'study:metric_names';
/** `number`: the seed that all runs of the study share. Written and read by the tuner. */
export const SEED = 'tuneboard:seed';
/** User, `string`: absolute path of the study file. Written by the tuner, read by workers without `--study-file`. */
export const SOURCE = 'tuneboard:source';
/** User, `string`: absolute path of the script that the command runs. Written by the tuner. */
export const SCRIPT = 'tuneboard:script';
/** `{ run, stop, isPaused, trials }` (StudyOrders). Written by the tuner of a cluster, read by its workers. */
export const ORDERS = 'tuneboard:orders';
/** `{ id, index }`: the run of a script that made the study, and its place among that run's studies. Launcher only. */
export const SCRIPT_RUN = 'tuneboard:run';
/** User, `{ run_id, hyperparameters }`: the BestRun that a log of `transformers` ends with. Of studies read from a log. */
export const BEST_RUN = 'tuneboard:best_run';
/** `{ star, tags }`: what a person marked the study with; of trial N with `:N` behind. Written and read by windows. */
export const MARKS = 'tuneboard:marks';
/** `number`: how often the note of the study was saved. optuna-dashboard's; of a trial it is `dashboard:ID:note_ver`, by its id. */
export const NOTE_VERSION = 'note_ver';
/** Prefix; `string`, then `0`, `1`, …: the note in chunks. As above. */
export const NOTE_TEXT = 'note_str:';
/** Every key of optuna-dashboard begins with it. */
export const DASHBOARD_PREFIX = 'dashboard:';

// The life of a trial

/** `Owner`: which tuner or worker runs it. Written at the start; read to tell a live trial from an orphan. */
export const OWNER = 'tuneboard:owner';
/** `{ pid, start }`: the process of its objective. Written by its worker, read by repair, which ends it. */
export const PROCESS = 'tuneboard:process';
/** `number` that grows: the heartbeat in a storage without a table for it. Written by the worker, read by the others. */
export const HEARTBEAT = 'tuneboard:heartbeat';
/** `string` (random): a store that made the trial without an owner. Written and read by it after a lost acknowledgement. */
export const WRITER = 'tuneboard:writer';
/**
 * Begins the key of `{ internal, distribution }`: a parameter of the trial whose kind, scale or choices Optuna would refuse in
 * this study. Written and read with the trial's parameters.
 */
export const HELD_PARAM = 'tuneboard:param:';
/** `true`: its worker shall end it. Written by the tuner of a cluster. */
export const KILL = 'tuneboard:kill';
/** User, `string`: why it failed, one sentence, maybe followed by the last lines of its output. Written with every failure. */
export const FAIL_REASON = 'tuneboard:error';
/** `{ key, values }`: the message that FAIL_REASON begins with, for a reader in another language. Written with it. */
export const FAIL_WORDS = 'tuneboard:error_words';
/** `string`: the same as Optuna writes it for a worker without heartbeat. Read only. */
export const OPTUNA_FAIL_REASON = 'fail_reason';
/**
 * Why a failed trial is not an outcome of its parameters: `tuner-died`, `script-died`, `server-lost`, `stopped`, `start` or
 * `not-recorded`. It does not count in a budget.
 */
export const INTERRUPTED = 'tuneboard:interrupted';
/**
 * `{ times, step }`: how often the worker of the trial was lost without any progress, and the steps it had done. It stays when
 * the trial runs again. Written and read by repair.
 */
export const CUT_OFF = 'tuneboard:cut-off';
/** User, `string`: why its output could not be kept. Written by the worker. */
export const OUTPUT_FAILURE = 'tuneboard:output';
/** Prefix; user, `string`: absolute path of a file that the trial wrote, by its name. Written by `tuneboard.artifact`. */
export const ARTIFACT = 'tuneboard:artifact:';
/** Prefix; `string`, JSON of `{ artifact_id, filename, mimetype, encoding }`. Optuna's `upload_artifact`. Read only. */
export const OPTUNA_ARTIFACT = 'artifacts:';
/** `string`: what Optuna printed when it was pruned. Of studies read from a log. */
export const PRUNE_MESSAGE = 'tuneboard:message';
/** `{ name: number }`: the last printed value of every metric. Written by the launcher. */
export const METRICS = 'tuneboard:metrics';
/** `{ name: value }`: parameters that an enqueued trial was given, maybe not all. Optuna's `enqueue_trial`. */
export const FIXED_PARAMS = 'fixed_params';
/** `number`: the first trial of a chain of retries. Optuna's `RetryFailedTrialCallback`; the launcher writes it. */
export const FAILED_TRIAL = 'failed_trial';
/** `number[]`: the trials that this one runs again, oldest first. As above. */
export const RETRY_HISTORY = 'retry_history';

// Values

/** `number[]`, feasible when all are ≤ 0. Optuna up to 4. */
export const CONSTRAINTS = 'constraints';
/** Prefix; `number` for each name. Optuna from 5 on; written by the tuner. */
export const CONSTRAINT = 'constraints:';
/**
 * `{ name: number }`: derivatives of the first objective by parameter, at the trial's parameters and in their own units. A
 * program that can only set user attributes may use one of this name.
 */
export const GRADIENT = 'tuneboard:gradient';

// Schedulers and pruners

/**
 * `{ step }`, the steps done by a trial that waits for its promotion. It stays when the trial runs again; only a waiting
 * trial with it is paused. Optuna treats such a trial as an enqueued one and runs it anew.
 */
export const PAUSED = 'tuneboard:paused';
/** `Rung`: what the trial is trained to now. Written and read by schedulers. */
export const RUNG = 'tuneboard:rung';
/** `number[]`: the steps that it was promoted to, oldest first. */
export const PROMOTED = 'tuneboard:promoted';
/** `Breeding`: where it stands in a population. */
export const POPULATION = 'tuneboard:pbt';
/** Prefix; `number`, the value at the end of a rung. Optuna's successive halving; written and read by pruners and schedulers. */
export const COMPLETED_RUNG = 'completed_rung_';

export function completedRung(rung: number): string {
  return `${COMPLETED_RUNG}${rung}`;
}

// Samplers: each writes and reads its own

/** `string`: the member of `auto` that proposed the trial. */
export const MEMBER = 'tuneboard:member';
/** `true`: the trial was drawn from the beliefs of the study file. */
export const BELIEF = 'tuneboard:belief';
/** `number`: place in the unshuffled product of Optuna's GridSampler. */
export const GRID_ID = 'grid_id';
/** Prefix, then `:0`, `:1`, …: JSON of the parameters that a trial is about to try, for other workers, in chunks. Optuna 5. */
export const RELATIVE_PARAMS = 'tpe:relative_params';
/** Generation `number`, as Optuna 5 writes it and as 4.1 did; `number[]`, the trials that a generation was derived from. */
export const NSGA2_TAGS = {
  generation: ['NSGAIISampler:generation', 'nsga2:generation'],
  parents: 'NSGAIISampler:parents',
} as const;
export const NSGA3_TAGS = {
  generation: ['NSGAIIISampler:generation', 'nsga3:generation'],
  parents: 'NSGAIIISampler:parents',
} as const;
export const CMA_TAGS = { generation: ['cma:generation'], parents: 'cma:parents' } as const;
/** `number[]`: coordinates on grid axes before they were rounded, in the order of the axes. */
export const UNROUNDED = 'cma:x';
/** `number`: the descent that a trial belongs to, its step there (0: the start), and its side of a probe (1 or −1). */
export const DESCENT_RUN = 'gradient:run';
export const DESCENT_STEP = 'gradient:step';
export const DESCENT_SIDE = 'gradient:side';
/** `number`: the trial whose gradient is followed, and how far, in sides of the unit cube. */
export const GRADIENT_FROM = 'hypergradient:from';
export const GRADIENT_LENGTH = 'hypergradient:length';
/** `number`: the member of the population that a trial may replace, the factors it was made with, and the collapses before. */
export const DE_SLOT = 'de:slot';
export const DE_FACTOR = 'de:f';
export const DE_CROSSOVER = 'de:cr';
export const DE_EPOCH = 'de:epoch';
