import { benchPython } from './benchPython.ts';
import { LinePartner } from './linePartner.ts';
import { catalogue } from './problems/catalogue.ts';
import { fingerprint } from './problems/knownLowest.ts';
import type { Problem } from './problems/problem.ts';
import type { Contestant } from './quality/contestant.ts';
import { ourPlayer, pythonPlayer } from './quality/players.ts';
import { dependsOnCode, type RunKey, readResult, writeResult } from './quality/results.ts';
import { runOne } from './quality/runOne.ts';

/** A process of the quality bench: takes one run after the other from its parent and writes their results. */

export interface Task extends RunKey {
  readonly trials: number;
  readonly folder: string;
  readonly code: string;
}

/** What became of a task: measured anew, there already, or impossible for a reason. */
export type TaskEnd = { readonly done: 'measured' | 'known' } | { readonly error: string };

const problems = new Map<string, { problem: Problem; print: string }>();
/** One process a library: they need environments of their own. */
const partners = new Map<string, LinePartner>();

process.on('message', async (task: Task) => {
  let end: TaskEnd;
  try {
    end = { done: await done(task) };
  } catch (error) {
    partners.get(task.contestant.maker)?.close();
    partners.delete(task.contestant.maker);
    end = { error: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(end);
});
process.on('disconnect', () => process.exit());

async function done(task: Task): Promise<'measured' | 'known'> {
  const { folder, seed, trials, contestant, code } = task;
  const { problem, print } = problemOf(task.problem);
  const known = readResult(folder, task);
  const own = dependsOnCode(contestant) ? code : null;
  if (known && known.problem === print && known.best.length >= trials && (own === null || known.code === own)) {
    return 'known';
  }
  const player =
    contestant.maker === 'ours'
      ? await ourPlayer(contestant, problem, seed)
      : pythonPlayer(contestant, problem, seed, partnerOf(contestant));
  const { best, ms } = await runOne(problem, player, seed, trials);
  writeResult(folder, task, { best, ms: Math.round(ms), problem: print, code: own });
  return 'measured';
}

function problemOf(name: string): { problem: Problem; print: string } {
  let found = problems.get(name);
  if (!found) {
    const problem = catalogue()
      .find((entry) => entry.name === name)
      ?.make();
    if (!problem) throw new Error(`There is no problem ${name} here.`);
    found = { problem, print: fingerprint(problem.space, problem.truth) };
    problems.set(name, found);
  }
  return found;
}

function partnerOf({ maker }: Contestant): LinePartner {
  let partner = partners.get(maker);
  if (!partner) {
    const python = benchPython(maker);
    if (python === null) {
      throw new Error(`No Python here imports ${maker}: set TUNEBOARD_PYTHON_BENCH to one that does.`);
    }
    partner = new LinePartner(python, 'quality.py');
    partners.set(maker, partner);
  }
  return partner;
}
