import { durationMs } from './duration.ts';
import type { RawExecutor } from './schema/executorSchema.ts';

/** Where trials run, every default filled in. */
export type ExecutorSettings = { readonly type: 'local' } | RaySettings | SlurmSettings;

export interface WorkerSettings {
  /** Program that is Node on the cluster. */
  readonly node: string;
  /** How often a worker shows that it lives, in milliseconds. */
  readonly heartbeatMs: number;
  /** Absolute folder that all workers see; null: each its own, unless they share the run folder. */
  readonly checkpoints: string | null;
}

/** Resources a worker, as the fields of Ray's job submission. */
export interface RaySettings extends WorkerSettings {
  readonly type: 'ray';
  /** Null: from the environment, else this machine's default. */
  readonly address: string | null;
  /** File of authorities that may have signed the dashboard's certificate, relative to the study file's folder; null: those that Node knows. */
  readonly verify: string | null;
  /** Fields of the submission whose names begin with `entrypoint_`. */
  readonly resources: Readonly<Record<string, unknown>>;
  /** Ray's runtime environment without the working folder and the exclusions. */
  readonly runtimeEnv: Readonly<Record<string, unknown>>;
  /** Relative to the study file's folder. */
  readonly workingDir: string;
  readonly excludes: readonly string[];
}

export interface SlurmSettings extends WorkerSettings {
  readonly type: 'slurm';
  /** Long options of sbatch and their values. */
  readonly options: Readonly<Record<string, string>>;
  readonly arrayLimit: number | null;
  /** Login node, null: this machine. */
  readonly ssh: string | null;
  /** Folder on the cluster for a copy of the working folder; null: one below the home. */
  readonly chdir: string | null;
  /** Shell lines before the worker. */
  readonly setup: string;
}

/** A valid block, or word, with every default filled in. */
export function normaliseExecutor(raw: RawExecutor | undefined): ExecutorSettings {
  const block = (typeof raw === 'string' ? { type: raw } : raw) as Exclude<RawExecutor, string> | undefined;
  if (block === undefined || block.type === 'local') return { type: 'local' };
  const common: WorkerSettings = {
    node: block.node ?? 'node',
    heartbeatMs: durationMs(block.heartbeat ?? 30),
    checkpoints: block.checkpoints ?? null,
  };
  if (block.type === 'ray') {
    const { address, verify, runtime_env: env = {}, ...rest } = block;
    const { working_dir: workingDir, excludes, ...runtimeEnv } = env;
    const resources = Object.entries(rest).filter(([name]) => name.startsWith('entrypoint_'));
    return {
      type: 'ray',
      ...common,
      address: address ?? null,
      verify: verify ?? null,
      resources: { entrypoint_num_cpus: 1, ...Object.fromEntries(resources) },
      runtimeEnv,
      workingDir: workingDir ?? '.',
      excludes: excludes ?? [],
    };
  }
  const { type, node, heartbeat, checkpoints, ssh, chdir, setup, 'array-limit': arrayLimit, ...options } = block;
  return {
    type,
    ...common,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
    arrayLimit: arrayLimit ?? null,
    ssh: ssh ?? null,
    chdir: chdir ?? null,
    setup: setup ?? '',
  };
}
