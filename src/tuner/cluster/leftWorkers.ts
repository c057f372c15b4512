import { shellWord } from '../../core/text/shellWord.ts';
import type { LeftWorkers } from '../../protocol/workers.ts';
import { clusterMessage } from '../../words/en/cluster.ts';
import type { Message } from '../../words/message.ts';

/** So many are named one by one. */
const MOST_NAMED = 5;

/** What a person types to end them. */
export function endingCommand({ engine, place, ids, jobName, verify }: LeftWorkers): string {
  if (engine === 'slurm') {
    const jobs = [...new Set(ids.map((id) => id.split('_')[0] as string))];
    const which = jobName === undefined ? jobs.join(' ') : `--name=${jobName}`;
    return `${place === null ? '' : `ssh ${quote(place)} `}scancel ${which}`;
  }
  const trusted = verify === undefined ? '' : ` --verify ${quote(verify)}`;
  const stop = `ray job stop${trusted} --address ${quote(place ?? '')}`;
  return ids.length === 1 ? `${stop} ${ids[0]}` : `for job in ${ids.join(' ')}; do ${stop} $job; done`;
}

/** One sentence after a stop: which workers may still run, what ends them, and the command that ends them by hand. */
export function leftSentence(left: LeftWorkers): Message {
  const { ids, jobName, engine, place } = left;
  const shown = ids.slice(0, MOST_NAMED).join(', ');
  const named =
    ids.length > MOST_NAMED ? clusterMessage('andMore', { named: shown, count: ids.length - MOST_NAMED }) : shown;
  const jobs = jobName === undefined ? '' : clusterMessage('jobsNamed', { name: jobName });
  const workers = ids.length > 0 && jobs !== '' ? clusterMessage('workersAndJobs', { named, jobs }) : jobs || named;
  const where =
    engine === 'ray'
      ? clusterMessage('rayAt', { place: String(place) })
      : place === null
        ? clusterMessage('slurmHere')
        : clusterMessage('slurmOn', { place });
  return clusterMessage('leftWorkers', { workers, where, command: endingCommand(left) });
}

function quote(word: string): string {
  return shellWord(word);
}
