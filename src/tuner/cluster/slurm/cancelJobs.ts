import { TuneboardError } from '../../../core/errors.ts';
import { clusterMessage } from '../../../words/en/cluster.ts';
import { lastLine, NO_ANSWER, type SlurmShell } from './slurmShell.ts';

/** What `scancel` says of a job that needs no end any more. */
const HAS_ENDED = /invalid job id|already completing|already completed/i;

/** Ends jobs, by number or by an option of `scancel`. Those that have ended are passed over. */
export async function cancelJobs(shell: SlurmShell, which: readonly string[]): Promise<void> {
  const answer = await shell.run('scancel', which);
  if (answer.code === 0) return;
  const refusals = answer.stderr.split('\n').filter((line) => /^scancel: error/.test(line) && !HAS_ENDED.test(line));
  if (refusals.length === 0 && HAS_ENDED.test(answer.stderr)) return;
  const why = lastLine(refusals.join('\n') || answer.stderr).replace(/^scancel: error: /, '');
  const code = NO_ANSWER.test(why) ? 'no-cluster' : 'cluster-refused';
  throw new TuneboardError(code, clusterMessage('slurmDidNotEndWorkers', { why }));
}
