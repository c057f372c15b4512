import type { WorkerReport } from '../executor.ts';
import type { RayJob } from './rayClient.ts';

/** What Ray says of a job, as a worker. */
export function reportOf(job: RayJob): WorkerReport {
  const where = hostOf(job);
  const reason = reasonOf(job);
  switch (job.status) {
    case 'PENDING':
      return { state: 'queued', where: null, reason };
    case 'RUNNING':
      return { state: 'running', where, reason: null };
    case 'SUCCEEDED':
      return { state: 'ended', where, reason: null };
    case 'STOPPED':
      return { state: 'lost', where, reason: 'stopped' };
    case 'FAILED':
      return { state: isOwnFailure(job) ? 'failed' : 'lost', where, reason };
    default:
      return { state: 'running', where, reason: String(job.status satisfies never) };
  }
}

function hostOf({ driver_agent_http_address: agent }: RayJob): string | null {
  return agent && URL.canParse(agent) ? new URL(agent).hostname.replace(/^\[|\]$/g, '') : null;
}

const MOST_REASON = 300;
/** Ray's JobErrorType (dashboard/modules/job/common.py). */
const SETUP_FAILED = /^RUNTIME_ENV_SETUP_FAIL/;
/** What Ray's memory monitor leaves of a job that it has ended. */
const LOW_MEMORY = /killed due to the node running low on memory/;

/** Ray's message, of which a failed job's holds its whole log: that has a file of its own. */
function reasonOf({ message, error_type: type, driver_exit_code: code }: RayJob): string | null {
  if (typeof code === 'number' && code < 0) return `killed by signal ${-code}`;
  const text = message ?? '';
  if (SETUP_FAILED.test(type ?? '')) return shortened(`Ray could not set up \`runtime_env\`: ${lastLineOf(text)}`);
  if (LOW_MEMORY.test(text)) {
    return 'Ray ended it because the memory of its node was used up: raise `entrypoint_memory` under `executor`, so that fewer run on a node';
  }
  const [line = ''] = text.split(/,? last available logs|\n/);
  return shortened(line.replace(/^Job has not started yet\. /, '').trim()) || null;
}

/** A traceback, or what pip has said, ends with what is wrong. */
function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function shortened(text: string): string {
  return text.length > MOST_REASON ? `${text.slice(0, MOST_REASON)}…` : text;
}

/** The program ended by itself with an error; 130: it was told to end, negative: it was killed. */
function isOwnFailure({ driver_exit_code: code, error_type: type }: RayJob): boolean {
  if (typeof code === 'number') return code > 0 && code < 128;
  return SETUP_FAILED.test(type ?? '') || type === 'JOB_ENTRYPOINT_COMMAND_START_ERROR';
}
