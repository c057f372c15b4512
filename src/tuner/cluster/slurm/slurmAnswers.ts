import type { WorkerReport, WorkerState } from '../executor.ts';

/** What Slurm's commands answer, read in their plain forms: their JSON differs from version to version, and lies about exit codes in 22.05. */

/** Format of `squeue -h -r`: id, long state, node list or reason. */
export const QUEUE_FORMAT = '%i|%T|%N|%r';
/** Format of `sacct -n -P -X`. */
export const ACCOUNT_FORMAT = 'JobID,State,ExitCode,NodeList';

const QUEUED = new Set([
  'PENDING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESV_DEL_HOLD',
  'SPECIAL_EXIT',
]);
const RUNNING = new Set(['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING']);
/** What a job that could not be launched has for a signal: its node could not open its log. */
const LAUNCH_FAILED = 53;
const UNSEEN =
  "its node could not open the job's log: the study's folder must be on a disk that all nodes share, or name a login node with `ssh` and such a folder with `chdir` under `executor`";
/** More workers than any run has. */
const MOST_ELEMENTS = 10_000;
/** Its worker was told to end, and has given its trial back. */
const TOLD_TO_END = 130;

/** Workers that wait, run or are just ending, by id. */
export function readQueue(text: string): Map<string, WorkerReport> {
  const reports = new Map<string, WorkerReport>();
  for (const line of text.split('\n')) {
    const [id = '', state = '', nodes = '', reason = ''] = line.trim().split('|');
    if (id === '') continue;
    const report = reportOf(state, nodes, '0:0', reason);
    for (const one of expandIds(id)) reports.set(one, report);
  }
  return reports;
}

/** Workers that have ended, from `sacct`. */
export function readAccounts(text: string): Map<string, WorkerReport> {
  const reports = new Map<string, WorkerReport>();
  for (const line of text.split('\n')) {
    const [id = '', state = '', exit = '', nodes = ''] = line.trim().split('|');
    // Steps of a job (`1_2.batch`) repeat it.
    if (id === '' || id.includes('.')) continue;
    for (const one of expandIds(id)) reports.set(one, reportOf(state, nodes, exit, ''));
  }
  return reports;
}

/** Workers that ended in the last minutes, from `scontrol show job -o`: a cluster without accounting keeps no others. */
export function readJobs(text: string): Map<string, WorkerReport> {
  const reports = new Map<string, WorkerReport>();
  for (const line of text.split('\n')) {
    const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(line)?.[1] ?? '';
    const array = field('ArrayJobId');
    const id = array === '' ? field('JobId') : `${array}_${field('ArrayTaskId')}`;
    if (id === '') continue;
    const report = reportOf(field('JobState'), field('NodeList'), field('ExitCode'), field('Reason'));
    for (const one of expandIds(id)) reports.set(one, report);
  }
  return reports;
}

function reportOf(written: string, nodes: string, exit: string, waits: string): WorkerReport {
  // `CANCELLED by 1000`, `CANCELLED+`, `RUNNING` with flags behind a comma.
  const state = (/^[A-Z_]+/.exec(written)?.[0] ?? '').trim();
  const where = nodes === '' || nodes === '(null)' || nodes === 'None assigned' ? null : nodes;
  if (QUEUED.has(state))
    return { state: 'queued', where: null, reason: waits === 'None' || waits === '' ? null : waits };
  if (RUNNING.has(state)) return { state: 'running', where, reason: state === 'SUSPENDED' ? 'suspended' : null };
  const [code = 0, signal = 0] = exit.split(':').map(Number);
  const how = code ? ` with exit code ${code}` : state === 'FAILED' && signal ? `, killed by signal ${signal}` : '';
  if (state === 'FAILED' && signal === LAUNCH_FAILED) return { state: 'failed', where, reason: UNSEEN };
  const advice = state === 'OUT_OF_MEMORY' ? ': raise `mem` under `executor`' : '';
  const reason = `${state.toLowerCase().replaceAll('_', ' ')}${how}${advice}`;
  return { state: endOf(state, code, signal), where, reason: state === 'COMPLETED' ? null : reason };
}

function endOf(state: string, code: number, signal: number): WorkerState {
  if (state === 'COMPLETED') return 'ended';
  return state === 'FAILED' && signal === 0 && code > 0 && code < 128 && code !== TOLD_TO_END ? 'failed' : 'lost';
}

/** `7_[2-3,5%2]` names the elements 7_2, 7_3 and 7_5. Slurm numbers jobs in 32 bits; what has more digits stays as it is. */
export function expandIds(id: string): string[] {
  const array = /^(\d{1,10})_\[?([\d,:-]+)(?:%\d+)?\]?$/.exec(id);
  if (!array) return [id];
  const [, job, list = ''] = array;
  const ids: string[] = [];
  for (const part of list.split(',')) {
    const [first = 0, last = first, step = 1] = part.split(/[-:]/).map(Number);
    // Beyond what a double tells apart, adding the step would go on for ever.
    if (!Number.isSafeInteger(first) || ids.length >= MOST_ELEMENTS) break;
    const end = Math.min(last, first + MOST_ELEMENTS - ids.length);
    for (let index = first; index <= end; index += step || 1) ids.push(`${job}_${index}`);
  }
  return ids;
}

/** `sbatch: error: Batch job submission failed: Invalid partition name specified` → its last part. */
export function refusalOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .flatMap((line) => /^sbatch: error: (?:Batch job submission failed: )?(.*)/.exec(line)?.[1]?.trim() || [])
    .map((line) => line.replace(/\.$/, ''));
  const reason = lines.at(-1) ?? (stderr.trim().split('\n').at(-1) || 'no reason was given');
  // It says no more where there are too many.
  if (/invalid job array/i.test(reason)) return `${reason}: set \`parallel\` below its MaxArraySize`;
  if (!/violates accounting\/QOS policy/i.test(reason)) return reason;
  // Which limit it is stands in the line before.
  const limit = lines.at(-2);
  return `${limit === undefined ? '' : `${limit}, `}${reason}: ask for less under \`executor\`, lower \`parallel\`, or name another \`qos\` or \`account\``;
}
