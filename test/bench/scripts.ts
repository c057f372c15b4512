import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Direction } from '../../src/core/study/states.ts';
import type { ScriptSuggestions } from '../../src/tuner/objective/optuna/optunaRun.ts';
import { repository } from '../support/cache.ts';
import { findPython, type PythonPart } from '../support/python.ts';
import { ScriptFolder } from '../support/scriptRun.ts';
import { benchOptions, numberRange } from './benchOptions.ts';

interface Script {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly needs: PythonPart;
  /** Trials that the script runs. */
  readonly trials: number;
  /** The script with Optuna's default sampler at a seed; without one it leaves the choice to Optuna. */
  text(source: string, seed: number | null): string;
}

/** Every trial runs to its end on both sides: what is compared is who proposes it. */
const SCRIPTS: readonly Script[] = [
  {
    name: 'digits',
    folder: 'optuna',
    file: 'digits.py',
    needs: 'optuna',
    trials: 20,
    text: (source, seed) =>
      source
        .replace(/ *sampler=optuna\.samplers\.TPESampler\(seed=7\),\n/, seed === null ? '' : `sampler=${tpe(seed)},\n`)
        .replace(/pruner=.*\n/, 'pruner=optuna.pruners.NopPruner(),\n'),
  },
  {
    name: 'hyperparameter_search',
    folder: 'transformers',
    file: 'hyp_tune.py',
    needs: 'transformers',
    trials: 10,
    text: (source, seed) =>
      seed === null
        ? source
        : source.replace(
            'backend="optuna",',
            `backend="optuna", sampler=__import__("optuna").samplers.TPESampler(seed=${seed}),`,
          ),
  },
];

function tpe(seed: number): string {
  return `optuna.samplers.TPESampler(seed=${seed})`;
}

/**
 * Unchanged Optuna scripts with Optuna's default sampler and with ours, seed by seed in turns. Regret: what a run's best
 * value is short of the best that any run found. Arguments: `--seeds N` (5), `--sampler TYPE` (auto), `--scripts a,b`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { seeds: '5', sampler: 'auto', scripts: 'digits,hyperparameter_search' });
  const seeds = numberRange(options.seeds, 'seeds');
  for (const script of SCRIPTS.filter(({ name }) => options.scripts.split(',').includes(name))) {
    const python = findPython(script.needs);
    if (python) await compare(script, python, seeds, options.sampler);
    else console.log(`${script.name} is left out: no Python here has "${script.needs}".`);
  }
}

async function compare(script: Script, python: string, seeds: readonly number[], sampler: string): Promise<void> {
  const ours: number[][] = [];
  const theirs: number[][] = [];
  for (const seed of seeds) {
    ours.push(await bestSoFar(script, python, seed, { sampler: { type: sampler, seed, options: {} } }));
    theirs.push(await bestSoFar(script, python, seed, null));
  }
  const highest = Math.max(...[...ours, ...theirs].map((curve) => curve.at(-1) ?? Number.NaN));
  console.log(`${script.name}: best of all runs ${highest.toFixed(4)}, ${seeds.length} seeds`);
  console.log(`  trials  regret with ${sampler.padEnd(8)}  with Optuna   won/lost`);
  for (const trials of [Math.ceil(script.trials / 2), script.trials]) {
    const at = (curves: readonly number[][]) => curves.map((curve) => highest - (curve[trials - 1] as number));
    const [own, other] = [at(ours), at(theirs)];
    const won = own.filter((regret, index) => regret < (other[index] as number)).length;
    const lost = own.filter((regret, index) => regret > (other[index] as number)).length;
    const shown = (regrets: readonly number[]) => mean(regrets).toFixed(4).padStart(12);
    console.log(`  ${String(trials).padStart(6)}  ${shown(own).padStart(20)}  ${shown(other)}  ${won}/${lost}`);
  }
}

/** The best value after each trial of one run. */
async function bestSoFar(
  script: Script,
  python: string,
  seed: number,
  suggest: ScriptSuggestions | null,
): Promise<number[]> {
  const folder = new ScriptFolder();
  try {
    const example = join(repository, 'examples', script.folder);
    cpSync(example, folder.path, { recursive: true, filter: (path) => !/checkpoints|\.tuneboard/.test(path) });
    const source = readFileSync(join(example, script.file), 'utf8');
    const path = folder.write(script.file, script.text(source, suggest ? null : seed));
    const env = { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' };
    const outcome = await folder.run(path, python, { env, ...(suggest && { suggest }) });
    if (outcome.state !== 'finished') throw new Error(outcome.message?.text ?? outcome.state);
    const [study] = await folder.studies(path);
    if (!study || study.directions[0] !== Direction.maximize) throw new Error(`${script.file} left no study.`);
    let best = Number.NEGATIVE_INFINITY;
    return Array.from({ length: study.history.length }, (_, number) => {
      best = Math.max(best, study.history.value(number) || Number.NEGATIVE_INFINITY);
      return best;
    });
  } finally {
    folder.remove();
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
