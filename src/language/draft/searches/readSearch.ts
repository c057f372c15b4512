import type { Range } from '../../../studyfile/sweep/ranges.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { numberOf, type PythonCall, type PythonValue, PythonValues, plainOf, textOf } from './pythonValues.ts';
import { hyperoptRange, kerasRange, rayRange, scikitRange } from './ranges.ts';

/** Whose search a script runs itself. */
export type SearchKind = 'scikit-learn' | 'hyperopt' | 'ray' | 'keras-tuner';

/** A search that a script defines for another tuner. */
export interface ScriptSearch {
  readonly kind: SearchKind;
  readonly space: ReadonlyMap<string, SearchRange>;
  /** Parameters whose range only a run of the script would tell. */
  readonly unread: readonly string[];
  readonly metric: string | null;
  readonly direction: 'minimize' | 'maximize';
  readonly trials: number | null;
}

export interface SearchRange {
  readonly range: Range;
  /** The choice of another parameter, with which it exists only. */
  readonly when?: { readonly parent: string; readonly choice: unknown };
}

/** The search of another tuner that a script runs; null where it runs none, or none with a range that can be read. */
export function readSearch(file: PythonFile): ScriptSearch | null {
  const { text } = file;
  const readers: readonly [module: RegExp, (values: PythonValues) => ScriptSearch | null][] = [
    [/\b(keras_tuner|kerastuner)\b/, kerasSearch],
    [/\bray\b/, raySearch],
    [/\bhyperopt\b/, hyperoptSearch],
    [/\bsklearn\b/, scikitSearch],
  ];
  let values: PythonValues | undefined;
  for (const [module, read] of readers) {
    if (!module.test(text)) continue;
    values ??= new PythonValues(file);
    const found = read(values);
    if (found && found.space.size > 0) return found;
  }
  return null;
}

/** More than any space has; each is looked up with what is around it. */
const MOST_LABELS = 300;

/** Parameters as they are found. */
class Space {
  readonly ranges = new Map<string, SearchRange>();
  readonly unread: string[] = [];

  add(name: string, range: Range | undefined, when?: SearchRange['when']): void {
    if (!range) this.unread.push(name);
    else if (!this.ranges.has(name)) this.ranges.set(name, { range, ...(when && { when }) });
  }
}

function scikitSearch(values: PythonValues): ScriptSearch | null {
  const [call] = values.calls(/^(Halving)?(Grid|Random|Randomized)SearchCV$/);
  if (!call) return null;
  const given = call.argument('param_grid') ?? call.argument('param_distributions') ?? call.argument('', 1);
  const space = new Space();
  // Of several grids, which a study has no word for, the first is searched.
  const [first, ...others] = given?.kind === 'list' ? given.items : given ? [given] : [];
  for (const [name, value] of first?.kind === 'dict' ? first.entries : []) {
    if (value.kind !== 'list' || value.items.length > 1) space.add(name, scikitRange(value));
  }
  for (const other of others) {
    for (const [name] of other.kind === 'dict' ? other.entries : [])
      if (!space.ranges.has(name)) space.unread.push(name);
  }
  return {
    kind: 'scikit-learn',
    space: space.ranges,
    unread: [...new Set(space.unread)],
    metric: 'mean_test_score',
    direction: 'maximize',
    trials: call.name === 'RandomizedSearchCV' ? (numberOf(call.argument('n_iter', 2)) ?? 10) : null,
  };
}

function hyperoptSearch(values: PythonValues): ScriptSearch | null {
  const [run] = values.calls(/^fmin$/);
  if (!run) return null;
  const space = new Space();
  const labels = values
    .calls(/^(q?(log)?(uniform|normal)|uniformint|randint|p?choice)$/)
    .filter(isHyperopt)
    .slice(0, MOST_LABELS);
  const byPlace = new Map(labels.map((call) => [call.node.from, call]));
  for (const call of labels) {
    const label = textOf(call.argument('label', 0));
    if (label === undefined) space.unread.push(call.node.name);
    else space.add(label, hyperoptRange(call), enclosing(call, byPlace));
  }
  const trials = numberOf(run.argument('max_evals', 3));
  return {
    kind: 'hyperopt',
    space: space.ranges,
    unread: space.unread.filter((name) => name !== 'CallExpression'),
    metric: 'loss',
    direction: 'minimize',
    trials: trials ?? null,
  };
}

function isHyperopt({ callee }: PythonCall): boolean {
  return /(^|\.)hp\./.test(callee) || !callee.includes('.');
}

/** The option of the `hp.choice` around a parameter. */
function enclosing(call: PythonCall, calls: ReadonlyMap<number, PythonCall>): SearchRange['when'] {
  for (let node = call.node.parent; node; node = node.parent) {
    const outer = node.name === 'CallExpression' ? calls.get(node.from) : undefined;
    if (outer?.name !== 'choice') continue;
    const parent = textOf(outer.argument('label', 0));
    const range = hyperoptRange(outer);
    const options = node.getChild('ArgList')?.getChild('ArrayExpression');
    if (parent === undefined || !options || range?.type !== 'categorical') return undefined;
    let place = 0;
    for (let child = options.firstChild; child && child.to < call.node.from; child = child.nextSibling) {
      if (child.name === ',') place++;
    }
    return { parent, choice: range.choices[place] };
  }
  return undefined;
}

function raySearch(values: PythonValues): ScriptSearch | null {
  const [run] = values
    .calls(/^(Tuner|run)$/)
    .filter(({ callee }) => /^(tune\.|ray\.tune\.)?Tuner$|\btune\.run$/.test(callee));
  const config = run && (run.argument('param_space') ?? run.argument('config'));
  if (!run || config?.kind !== 'dict') return null;
  const space = new Space();
  addRay(space, config, '');
  const settings = run.argument('tune_config');
  const said = settings?.kind === 'call' ? settings.call : run;
  const samples = numberOf(said.argument('num_samples'));
  const metric = textOf(said.argument('metric')) ?? textOf(run.argument('metric')) ?? null;
  const mode = textOf(said.argument('mode')) ?? textOf(run.argument('mode'));
  return {
    kind: 'ray',
    space: space.ranges,
    unread: space.unread,
    metric,
    direction: mode === 'max' ? 'maximize' : 'minimize',
    trials: samples !== undefined && samples > 1 ? samples : null,
  };
}

const RAY = /^(q?(log)?(uniform|randint)|randn|choice|grid_search|sample_from)$/;

function addRay(space: Space, config: Extract<PythonValue, { kind: 'dict' }>, prefix: string): void {
  for (const [key, value] of config.entries) {
    const name = prefix + key;
    if (value.kind === 'dict') addRay(space, value, `${name}.`);
    else if (value.kind === 'call' && RAY.test(value.call.name)) space.add(name, rayRange(value.call));
  }
}

function kerasSearch(values: PythonValues): ScriptSearch | null {
  const space = new Space();
  for (const call of values.calls(/^(Int|Float|Choice|Boolean)$/)) {
    const given = call.argument('name', 0);
    if (!/(^|\.)(hp|hyperparameters|hps|self\.hp)\./i.test(call.callee)) continue;
    const name = textOf(given);
    if (name !== undefined) space.add(name, kerasRange(call));
    else if (given?.kind === 'unknown') space.unread.push(given.text);
  }
  const [tuner] = values.calls(/^(RandomSearch|Hyperband|BayesianOptimization|GridSearch|Sklearn)$/);
  const objective = tuner?.argument('objective', 1);
  const [given, mode] =
    objective?.kind === 'call'
      ? [textOf(objective.call.argument('name', 0)), textOf(objective.call.argument('direction', 1))]
      : [textOf(objective), undefined];
  const metric = given ?? (space.ranges.size > 0 ? 'val_loss' : null);
  const isMore = mode === undefined ? /acc|auc|f1|precision|recall/i.test(metric ?? '') : mode === 'max';
  return {
    kind: 'keras-tuner',
    space: space.ranges,
    unread: space.unread,
    metric,
    direction: isMore ? 'maximize' : 'minimize',
    trials: (tuner && numberOf(tuner.argument('max_trials'))) ?? null,
  };
}

/** The dict of a W&B sweep that a script starts itself with `wandb.sweep(…)`, as plain data. */
export function readWandbSweep(file: PythonFile): Readonly<Record<string, unknown>> | null {
  if (!/\bwandb\.sweep\(/.test(file.text) || !/\bwandb\.agent\(/.test(file.text)) return null;
  const values = new PythonValues(file);
  const [call] = values.calls(/^sweep$/).filter(({ callee }) => callee === 'wandb.sweep');
  const given = call?.argument('sweep', 0);
  const plain = given?.kind === 'dict' ? plainOf(given) : undefined;
  return plain === undefined ? null : (plain as Readonly<Record<string, unknown>>);
}
