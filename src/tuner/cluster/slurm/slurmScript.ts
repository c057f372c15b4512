import { shellWord } from '../../../core/text/shellWord.ts';
import { ENGINE_VARIABLE, RUN_VARIABLE } from '../../../protocol/workers.ts';
import type { SlurmSettings } from '../../../studyfile/executor.ts';
import { type WorkerOrder, workerArguments } from '../executor.ts';
import { nodeCheck } from '../nodeCheck.ts';

/** Where a job finds things on the cluster; absolute. */
export interface SlurmPlace {
  /** The study file's folder. */
  readonly folder: string;
  readonly studyFile: string;
  /** The program that is a worker. */
  readonly program: string;
  /** For the logs of the jobs. */
  readonly logs: string;
}

/** Seconds before the time limit at which a worker is told to give its trial back. */
const WARNING_SECONDS = 60;

/** Arguments of `sbatch` for so many workers, which are found by `mark` again. The script is its input. */
export function sbatchArguments(
  settings: SlurmSettings,
  { jobName, count, mark }: { readonly jobName: string; readonly count: number; readonly mark: string },
  place: SlurmPlace,
): string[] {
  const { options, arrayLimit } = settings;
  const limit = arrayLimit === null ? '' : `%${arrayLimit}`;
  return [
    '--parsable',
    `--job-name=${jobName}`,
    `--comment=${mark}`,
    `--array=0-${count - 1}${limit}`,
    `--output=${place.logs}/%A_%a.log`,
    '--open-mode=append',
    `--chdir=${place.folder}`,
    // The storage's password is in the environment of sbatch, and only there.
    '--export=ALL',
    `--signal=B:TERM@${WARNING_SECONDS}`,
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
  ];
}

/** The job's script: what is to be there is looked for first, each with its sentence. */
export function jobScript(settings: SlurmSettings, order: WorkerOrder, place: SlurmPlace, isApart: boolean): string {
  const quote = (word: string) => shellWord(word);
  const command = [order.node, place.program, ...workerArguments(order, place.studyFile, isApart)];
  const unseen = `tuneboard: $(hostname) does not see ${place.program.replace(/["\\`$]/g, '_')}: the study's folder must be on a disk that all nodes share, or name a login node with "ssh:" under "executor:".`;
  return [
    '#!/bin/sh',
    // Before the setup, which may know better.
    ...Object.entries(order.env).map(([name, value]) => `export ${name}=${quote(value)}`),
    settings.setup.trimEnd(),
    `export ${RUN_VARIABLE}=${quote(order.run)} ${ENGINE_VARIABLE}=slurm`,
    nodeCheck(order.node),
    `[ -r ${quote(place.program)} ] || { echo "${unseen}" >&2; exit 125; }`,
    `exec ${command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}
