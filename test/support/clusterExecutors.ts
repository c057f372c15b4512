/** Executors for a study in a folder of a test, whatever answers where its cluster should be. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolderAt } from '../../src/runs/runFolder.ts';
import type { RaySettings, SlurmSettings } from '../../src/studyfile/executor.ts';
import type { WorkerOrder } from '../../src/tuner/cluster/executor.ts';
import { RayExecutor } from '../../src/tuner/cluster/ray/rayExecutor.ts';
import { SlurmExecutor } from '../../src/tuner/cluster/slurm/slurmExecutor.ts';

const COMMON = { node: 'node', heartbeatMs: 1000, checkpoints: null };

/** An empty study file in the folder `study`, and an empty program beside that. */
function orderIn(folder: string, order: Partial<WorkerOrder>): WorkerOrder {
  const [study, cli] = [join(folder, 'study'), join(folder, 'cli.mjs')];
  mkdirSync(study, { recursive: true });
  const source = join(study, 's.study.yaml');
  for (const path of [source, cli]) writeFileSync(path, '');
  const storage = { storage: 'x', password: undefined, env: {}, files: [] };
  return { ...COMMON, ...storage, source, cli, studyName: 's', run: 'r', python: null, ...order };
}

/** What a run in this folder keeps. */
export function runOf(folder: string) {
  return runFolderAt(join(folder, 'run'));
}

export function rayExecutorIn(folder: string, settings: Partial<RaySettings>): RayExecutor {
  const usual = { verify: null, resources: {}, runtimeEnv: {}, workingDir: '.', excludes: [] };
  const all: RaySettings = { type: 'ray', ...COMMON, ...usual, address: null, ...settings };
  return new RayExecutor(all, orderIn(folder, {}), runOf(folder));
}

export function slurmExecutorIn(
  folder: string,
  settings: Partial<SlurmSettings>,
  order: Partial<WorkerOrder> = {},
): SlurmExecutor {
  const usual = { options: {}, arrayLimit: null, ssh: null, chdir: null, setup: '' };
  return new SlurmExecutor({ type: 'slurm', ...COMMON, ...usual, ...settings }, orderIn(folder, order), runOf(folder));
}
