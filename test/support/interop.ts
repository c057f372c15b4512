/** Optuna's processes and ours on one study: what the interop tests of every kind of storage do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pedAnova } from '../../src/core/importance/pedAnova.ts';
import { trialsOutside } from '../../src/core/importance/usedTrials.ts';
import type { History } from '../../src/core/study/history.ts';
import { Direction, isFinished, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const worker = here('studyWorker.ts');
export const cli = here('../../src/tuner/main.ts');
/** Fills and dumps storages with Optuna. */
export const fixtureScript = here('../fixtures/optuna/make_fixtures.py');

export const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
/** Numbers of the trials that workers have run, ascending. */
export const numbersOf = (outputs: readonly { stdout: string }[]) =>
  outputs.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number)).sort((a, b) => a - b);

/** Begins the study `s`, with some trials enqueued: the first one has `x` = `waiting` / 4, each next one 1 / 4 less. */
export async function beginStudy(url: string, waiting = 0): Promise<void> {
  const log = await openWritableStorage(storagePlace(url, '.'));
  const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  for (let left = waiting; left > 0; left--) {
    await log.createTrial(study, { state: TrialState.waiting, systemAttrs: { fixed_params: { x: left / 4 } } });
  }
  await log.close();
}

/** A process of ours runs trials of it. */
export const ours = (url: string, trials: number, seed: number) =>
  run(process.execPath, [worker, url, 's', `${trials}`, `${seed}`]);

/** Four processes of ours have run 12 trials each, four of Optuna's 8, and the enqueued ones first. */
export function requireEightWriters(history: History, waiting: number): void {
  const writers = upTo(80).map((number) => String(history.userAttrs(number)['writer']));
  assert.equal(new Set(writers).size, 8);
  assert.equal(writers.filter((writer) => writer.startsWith('node-')).length, 48);
  for (const number of upTo(waiting)) assert.equal(history.param(number, 'x'), (waiting - number) / 4);
}

/** A trial in a dump. */
type Dumped = Record<string, object> & { params_repr: readonly string[] };

interface Dump {
  optuna: unknown;
  readonly studies: readonly { readonly trials: Dumped[] }[];
}

/**
 * What Optuna reads from a storage, to the last digit, and what we read; their trials may be made alike before they are
 * compared. `program` takes the storage as Optuna names it, a path and the fixture script. Returns our history of `s`.
 */
export async function requireSame(
  t: TestContext,
  { python, program, url, named = url, alike = () => {} }: SameOptions,
): Promise<History> {
  const path = join(temporaryFolder(t), 'dump');
  await run(python, ['-c', program, named, path, fixtureScript]);
  // Optuna 4 shows times of a journal with their offset.
  const dumped = readFileSync(join(path, '..', 'expected_dump.json'), 'utf8').replaceAll('+00:00"', '"');
  const log = await openTrialLog(url);
  t.after(() => log.close());
  assert.deepEqual(log.warnings, []);
  const [expected, actual] = [dumped, trialsJson(log)].map((text) => JSON.parse(text)) as [Dump, Dump];
  expected.optuna = actual.optuna;
  for (const { trials } of [...expected.studies, ...actual.studies]) trials.forEach(alike);
  assert.deepEqual(actual, expected);
  const study = log.studies().find(({ name }) => name === 's') ?? log.studies()[0];
  assert.ok(study);
  return study.history;
}

export interface SameOptions {
  readonly python: string;
  readonly program: string;
  readonly url: string;
  /** As Optuna names it. */
  readonly named?: string;
  readonly alike?: (trial: Dumped) => void;
}

/** So many trials, all of which have ended. */
export function requireEnded(history: History, count: number): History {
  assert.equal(history.length, count);
  for (const number of upTo(count)) assert.ok(isFinished(history.state(number)), `trial ${number}`);
  return history;
}

type Shares = Readonly<Record<string, number>>;

interface Judgement {
  readonly best: number;
  readonly complete: Shares;
  readonly withOutside: Shares;
}

/**
 * The best trial of the study `s` and its importances by Optuna's PED-ANOVA, for Python's `-c`: URL NUMBERS. `complete` is of
 * the complete trials alone; for `withOutside` those of NUMBERS have a value worse than all others. `storage` as in `optunaWorker`.
 */
export function optunaJudge(storage: string): string {
  return `
import copy, json, sys, warnings
warnings.simplefilter("ignore")
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name="s", storage=${storage})
evaluator = optuna.importance.PedAnovaImportanceEvaluator()
outside = json.loads(sys.argv[2])
worst = 1 + max(trial.value for trial in study.trials if trial.state.name == "COMPLETE")
other = optuna.create_study()
for trial in copy.deepcopy(study.trials):
    if trial.number in outside:
        trial.state, trial.value = optuna.trial.TrialState.COMPLETE, worst
    other.add_trial(trial)
shares = lambda of: optuna.importance.get_param_importances(of, evaluator=evaluator)
print(json.dumps({"best": study.best_trial.number, "complete": shares(study), "withOutside": shares(other)}))
`;
}

/**
 * The best trial and the importances are Optuna's: those of complete trials, and those that the command prints, for which
 * pruned trials far behind count as not among the best. `program` is one of `optunaJudge`.
 */
export async function requireSameJudgement({ python, program, url, named = url }: SameOptions, history: History) {
  const outside = trialsOutside(history, 0);
  const answer = await run(python, ['-c', program, named, JSON.stringify(outside)]);
  const { best, complete, withOutside } = JSON.parse(answer.stdout) as Judgement;
  assert.equal(history.best, best);
  const { $details, ...printed } = JSON.parse((await run(process.execPath, [cli, 'importance', url, '--json'])).stdout);
  assert.equal($details.pruned, outside.length);
  const all: Shares = Object.fromEntries(pedAnova(history).map(({ name, importance }) => [name, importance]));
  for (const [own, theirs] of [
    [all, complete],
    [printed as Shares, withOutside],
  ] as const) {
    assert.deepEqual(Object.keys(own).sort(), Object.keys(theirs).sort());
    for (const [name, share] of Object.entries(theirs))
      assert.ok(Math.abs((own[name] as number) - share) < 1e-6, `${name}: ${own[name]} and ${share}`);
  }
}
