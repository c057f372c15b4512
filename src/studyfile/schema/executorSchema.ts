import * as z from 'zod';
import { duration } from './durationSchema.ts';

/** Where trials run. Options are named as each engine names them: Ray's job submission, and the long options of sbatch. */

/** One word or line: these end in a request or on a command line. */
const line = z
  .string()
  .min(1)
  .regex(/^[^\r\n\0]*$/);
const lineOrNumber = z.union([z.number(), line]);

const node = line.describe('nodeClusterRunsWorkers').optional();
const heartbeat = duration.describe('howOftenWorkerShows').optional();
const checkpoints = line.describe('absolutePathFolderEvery').optional();

const local = z.strictObject({ type: z.literal('local').describe('machine') });

const runtimeEnv = z
  .looseObject({
    working_dir: line.describe('folderPackedUploadedRelative').optional(),
    excludes: z.array(line).describe('furtherPatternsLeaveOut').optional(),
    env_vars: z.record(z.string(), z.string()).describe('environmentVariablesWorkers').optional(),
    pip: z.unknown().describe('pythonPackagesRayInstalls').optional(),
    uv: z.unknown().describe('pythonPackagesRayInstallsWorkers').optional(),
    conda: z.unknown().describe('condaEnvironmentWorkers').optional(),
    py_modules: z.unknown().describe('pythonModulesWorkersUri').optional(),
    image_uri: line.describe('containerImageWorkersRun').optional(),
    config: z.unknown().describe('settingsEnvironmentSuchSetup').optional(),
  })
  .describe('raysRuntimeEnvironmentWorkers');

const quantity = z.number().nonnegative();

const ray = z.strictObject({
  type: z.literal('ray').describe('workersJobsRayCluster'),
  address: line.describe('dashboardsAddressSuchHttp').optional(),
  verify: line.describe('fileAuthoritiesMaySigned').optional(),
  entrypoint_num_cpus: quantity.describe('cpusWorkerSoTrial').optional(),
  entrypoint_num_gpus: quantity.describe('gpusWorkerSoTrial').optional(),
  entrypoint_memory: z.int().nonnegative().describe('memoryWorkerReservesBytes').optional(),
  entrypoint_resources: z.record(z.string(), quantity).describe('customResourcesWorkerReserves').optional(),
  entrypoint_label_selector: z.record(z.string(), z.string()).describe('labelsNodesMayRun').optional(),
  runtime_env: runtimeEnv.optional(),
  node,
  heartbeat,
  checkpoints,
});

const slurm = z.strictObject({
  type: z.literal('slurm').describe('workersJobArraySlurm'),
  partition: line.describe('partitionWorkers').optional(),
  account: line.describe('accountCharged').optional(),
  qos: line.describe('qualityService').optional(),
  time: lineOrNumber.describe('timeLimitWorkerMinutes').optional(),
  mem: lineOrNumber.describe('memoryWorkerSuch8g').optional(),
  'mem-per-cpu': lineOrNumber.describe('memoryPerCpuSuch').optional(),
  'cpus-per-task': z.int().positive().describe('cpusWorkerSoTrialTitle').optional(),
  gres: line.describe('genericResourcesWorkerSuch').optional(),
  gpus: lineOrNumber.describe('gpusWorkerSuch1').optional(),
  constraint: line.describe('featuresNodeMust').optional(),
  nodelist: line.describe('nodesRun').optional(),
  exclude: line.describe('nodesNotRun').optional(),
  reservation: line.describe('reservationRun').optional(),
  licenses: line.describe('licensesWorker').optional(),
  nice: z.int().describe('lowersPrioritySoMuch').optional(),
  'array-limit': z.int().positive().describe('workersArraySlurmMay').optional(),
  ssh: z
    .string()
    .regex(/^[^-\s]\S*$/)
    .describe('loginNodeWhichSbatch')
    .optional(),
  chdir: line.describe('absoluteFolderClusterWorking').optional(),
  setup: z.string().min(1).describe('shellLinesJobRuns').optional(),
  node,
  heartbeat,
  checkpoints,
});

export const executor = z
  .union([z.enum(['local', 'ray', 'slurm']), z.discriminatedUnion('type', [local, ray, slurm])])
  .describe('whereTrialsRunLocal');

export type RawExecutor = z.infer<typeof executor>;
