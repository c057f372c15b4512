import * as z from 'zod';
import { duration } from './durationSchema.ts';

/** Where trials run. Options are named as each engine names them: Ray's job submission, and the long options of sbatch. */

/** One word or line: these end in a request or on a command line. */
const line = z
  .string()
  .min(1)
  .regex(/^[^\r\n\0]*$/);
const lineOrNumber = z.union([z.number(), line]);

const node = line
  .describe('The Node on the cluster that runs the workers: a program on its PATH, or a path; `node` by default.')
  .optional();
const heartbeat = duration
  .describe(
    'How often a worker shows that it lives; one that is silent for twice as long is dead, and its trial runs again. 30s by default.',
  )
  .optional();
const checkpoints = line
  .describe(
    'Absolute path of a folder that every worker sees, for the checkpoints of trials that a scheduler trains in parts.',
  )
  .optional();

const local = z.strictObject({ type: z.literal('local').describe('On this machine.') });

const runtimeEnv = z
  .looseObject({
    working_dir: line
      .describe(
        'The folder that is packed and uploaded, relative to the study file; its own folder by default. What .gitignore and .rayignore name stays at home, and so do secrets.',
      )
      .optional(),
    excludes: z.array(line).describe('Further patterns to leave out, as in .gitignore.').optional(),
    env_vars: z.record(z.string(), z.string()).describe('Environment variables of the workers.').optional(),
    pip: z.unknown().describe('Python packages that Ray installs for the workers: a list, or a file.').optional(),
    uv: z.unknown().describe('Python packages that Ray installs for the workers with uv.').optional(),
    conda: z.unknown().describe('A conda environment for the workers.').optional(),
    py_modules: z.unknown().describe('Python modules for the workers, by URI.').optional(),
    image_uri: line.describe('A container image that the workers run in.').optional(),
    config: z.unknown().describe('Settings of the environment, such as `setup_timeout_seconds`.').optional(),
  })
  .describe("Ray's runtime environment of the workers.");

const quantity = z.number().nonnegative();

const ray = z.strictObject({
  type: z.literal('ray').describe('Workers are jobs of a Ray cluster, submitted to its dashboard.'),
  address: line
    .describe(
      "The dashboard's address, such as http://head:8265; RAY_API_SERVER_ADDRESS or http://127.0.0.1:8265 by default. A token is read as Ray reads it: RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token.",
    )
    .optional(),
  verify: line
    .describe(
      'File with the authorities that may have signed the certificate of an https:// address, relative to the study file; those that Node knows and NODE_EXTRA_CA_CERTS names by default.',
    )
    .optional(),
  entrypoint_num_cpus: quantity.describe('CPUs that a worker, and so a trial, reserves; 1 by default.').optional(),
  entrypoint_num_gpus: quantity.describe('GPUs that a worker, and so a trial, reserves.').optional(),
  entrypoint_memory: z.int().nonnegative().describe('Memory that a worker reserves, in bytes.').optional(),
  entrypoint_resources: z
    .record(z.string(), quantity)
    .describe('Custom resources that a worker reserves, by name.')
    .optional(),
  entrypoint_label_selector: z
    .record(z.string(), z.string())
    .describe('Labels of the nodes that may run a worker.')
    .optional(),
  runtime_env: runtimeEnv.optional(),
  node,
  heartbeat,
  checkpoints,
});

const slurm = z.strictObject({
  type: z.literal('slurm').describe('Workers are a job array of a Slurm cluster.'),
  partition: line.describe('Partition of the workers.').optional(),
  account: line.describe('Account that is charged.').optional(),
  qos: line.describe('Quality of service.').optional(),
  time: lineOrNumber
    .describe('Time limit of a worker: minutes, hh:mm:ss or d-hh:mm:ss. A trial that it cuts off runs again.')
    .optional(),
  mem: lineOrNumber.describe('Memory of a worker, such as 8G; a number is in MB.').optional(),
  'mem-per-cpu': lineOrNumber.describe('Memory per CPU, such as 2G.').optional(),
  'cpus-per-task': z.int().positive().describe('CPUs of a worker, and so of a trial.').optional(),
  gres: line.describe('Generic resources of a worker, such as gpu:1.').optional(),
  gpus: lineOrNumber.describe('GPUs of a worker, such as 1 or a100:1.').optional(),
  constraint: line.describe('Features that a node must have.').optional(),
  nodelist: line.describe('Nodes to run on.').optional(),
  exclude: line.describe('Nodes not to run on.').optional(),
  reservation: line.describe('Reservation to run in.').optional(),
  licenses: line.describe('Licenses of a worker.').optional(),
  nice: z.int().describe('Lowers the priority by so much.').optional(),
  'array-limit': z
    .int()
    .positive()
    .describe('Workers of the array that Slurm may run at a time (the number after % in --array).')
    .optional(),
  ssh: z
    .string()
    .regex(/^[^-\s]\S*$/)
    .describe(
      'Login node on which sbatch, squeue and scancel run, as ssh takes it (`me@login`), without a password; here by default.',
    )
    .optional(),
  chdir: line
    .describe(
      'Absolute folder on the cluster that the working folder is copied to, with `ssh`; a folder in ~/.tuneboard by default.',
    )
    .optional(),
  setup: z
    .string()
    .min(1)
    .describe('Shell lines that a job runs before its worker, such as `module load nodejs`.')
    .optional(),
  node,
  heartbeat,
  checkpoints,
});

export const executor = z
  .union([z.enum(['local', 'ray', 'slurm']), z.discriminatedUnion('type', [local, ray, slurm])])
  .describe(
    'Where trials run: `local`, or as workers on a `ray` or `slurm` cluster, `parallel` of them, one trial at a time each.',
  );

export type RawExecutor = z.infer<typeof executor>;
