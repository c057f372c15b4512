import { shellWord } from '../../core/text/shellWord.ts';
import type { LeftWorkers } from '../../protocol/workers.ts';

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
export function leftSentence(left: LeftWorkers): string {
  const { ids, jobName, engine, place } = left;
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const named = `${ids.slice(0, MOST_NAMED).join(', ')}${more}`;
  const unheard = jobName === undefined ? '' : `${ids.length > 0 ? ' and ' : ''}jobs named ${jobName}`;
  const where = engine === 'ray' ? `Ray at ${place}` : `Slurm on ${place ?? 'this machine'}`;
  return `Nothing is known of the end of these workers: ${named}${unheard}. They are ended as soon as ${where} can be reached, for a day from now; or by hand: ${endingCommand(left)}`;
}

function quote(word: string): string {
  return shellWord(word);
}
