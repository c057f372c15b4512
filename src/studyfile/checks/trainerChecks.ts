import { isLrGroup, lrFactorGroup, lrFactorsLike } from '../../core/samplers/gradient/hyperparameters.ts';
import { closest } from '../../core/text/closest.ts';
import { OLD_NAMES, todaysValue } from '../../core/trainerWords.ts';
import { LR_FACTOR, TRAINING_ARGUMENTS, trainerArgument } from '../schema/trainerArguments.ts';
import { TRAINER_METRICS } from '../schema/trainerSchema.ts';
import { layersOf } from '../schema/trainerSpace.ts';
import { asRecord, type Raw, type Report, typeOf } from './report.ts';

/** What the trainer can report, and what it lets a study set. */
export function checkTrainer(file: Raw, report: Report): void {
  const { trainer } = asRecord(file['objective']);
  if (trainer === undefined) return;
  checkMetrics(file, report);
  checkColumns(asRecord(trainer), report);
  if (file['scheduler'] !== undefined) checkParts(file, report);
  for (const [name, range] of Object.entries(asRecord(file['space']))) {
    const known = checkName(name, ['space', name], report);
    if (known !== undefined) checkRange(known, asRecord(range), ['space', name], report);
    checkLayer(file, lrFactorGroup(name), ['space', name], report);
  }
  const args = asRecord(asRecord(trainer)['args']);
  for (const [name, value] of Object.entries(args)) {
    const path = ['objective', 'trainer', 'args', name];
    if (checkName(name, path, report, value) === 'optim') checkOldValue('optim', value, path, report);
    const group = lrFactorGroup(name);
    checkLayer(file, group, path, report);
    if (group !== null && !LR_FACTOR.schema.safeParse(value).success) {
      report('argument-value', path, { name, value: JSON.stringify(value) });
    }
    for (const entry of name === 'lr_factors' ? Object.keys(asRecord(value)) : []) {
      if (isLrGroup(entry)) checkLayer(file, entry, [...path, entry], report);
      else report('unknown-lr-group', [...path, entry], { entry }, { part: 'key' });
    }
    if (Object.hasOwn(asRecord(file['space']), name)) {
      report('argument-twice', path, { name }, { part: 'key', severity: 'warning' });
    }
  }
}

/** The classes are what a model shall tell from the texts. */
function checkColumns({ text, text_pair: pair, label }: Raw, report: Report): void {
  const same =
    typeof label !== 'string' ? undefined : label === text ? 'text' : label === pair ? 'text_pair' : undefined;
  if (same !== undefined) report('same-column', ['objective', 'trainer', 'label'], { same, label: String(label) });
}

/** A model from scratch says how many layers it has. */
function checkLayer(file: Raw, group: string | null, path: string[], report: Report): void {
  const layers = layersOf(file);
  const layer = group?.startsWith('layer_') ? Number(group.slice('layer_'.length)) : -1;
  if (layers !== undefined && layer >= layers) {
    report('no-such-layer', path, { name: String(path.at(-1)), layers, last: layers - 1 }, { part: 'key' });
  }
}

function checkMetrics(file: Raw, report: Report): void {
  const { metric, metrics, direction, directions } = file;
  const known: readonly unknown[] = TRAINER_METRICS;
  const names: readonly unknown[] = Array.isArray(metrics) ? metrics : [metric];
  if (names.some((name) => !known.includes(name))) {
    const place = Array.isArray(metrics) ? 'metrics' : metric === undefined ? 'objective' : 'metric';
    report(
      'trainer-metric',
      [place],
      { known: TRAINER_METRICS.join(', ') },
      { part: metric === undefined ? 'key' : 'value' },
    );
    return;
  }
  const scores = names.filter((name) => name !== 'eval_loss');
  const { args } = asRecord(asRecord(file['objective'])['trainer']);
  if (scores.length > 0 && asRecord(args)['prediction_loss_only'] === true) {
    report(
      'loss-only',
      ['objective', 'trainer', 'args', 'prediction_loss_only'],
      { metrics: scores.join(', ') },
      { part: 'key' },
    );
  }
  const towards: readonly unknown[] = Array.isArray(directions) ? directions : [direction ?? 'minimize'];
  for (const [index, name] of names.entries()) {
    const wanted = name === 'eval_loss' ? 'minimize' : 'maximize';
    if (towards[index] === undefined || towards[index] === wanted) continue;
    const place = Array.isArray(metrics) ? 'metrics' : 'metric';
    report(`trainer-${wanted}`, [place], { metric: String(name) }, { severity: 'warning' });
  }
}

/** What cannot be where a scheduler pauses trials after an epoch, and says how many epochs there are. */
const WITHOUT_PARTS: Readonly<Record<string, unknown>> = {
  eval_strategy: 'epoch',
  save_strategy: 'epoch',
  save_only_model: false,
  load_best_model_at_end: false,
  max_steps: -1,
  eval_delay: 0,
};

function checkParts(file: Raw, report: Report): void {
  const trainer = asRecord(asRecord(file['objective'])['trainer']);
  const isFull = typeof asRecord(file['scheduler'])['max_resource'] === 'number';
  for (const [name, value] of Object.entries(asRecord(trainer['args']))) {
    const today = OLD_NAMES.get(name) ?? name;
    const isWrong = Object.hasOwn(WITHOUT_PARTS, today) && value !== WITHOUT_PARTS[today];
    if (!isWrong && !(isFull && today === 'num_train_epochs')) continue;
    report('trainer-parts', ['objective', 'trainer', 'args', name], { name }, { part: 'key' });
  }
  for (const name of Object.keys(asRecord(file['space']))) {
    const today = OLD_NAMES.get(name) ?? name;
    if (!Object.hasOwn(WITHOUT_PARTS, today) && today !== 'num_train_epochs') continue;
    report('trainer-parts', ['space', name], { name }, { part: 'key' });
  }
  if (trainer['objective_from'] === 'best') {
    report('trainer-parts', ['objective', 'trainer', 'objective_from'], { name: 'objective_from: best' });
  }
  if (typeOf(file['sampler']) === 'hypergradient') report('trainer-parts', ['sampler'], { name: 'hypergradient' });
}

/** Returns the name that the argument has today; undefined where it is none. `value`: its only one, if it has one. */
function checkName(name: string, path: string[], report: Report, value?: unknown): string | undefined {
  if (trainerArgument(name)) return name;
  const today = OLD_NAMES.get(name);
  if (today !== undefined) {
    const word = todaysValue(today, value);
    const [part, replaceBy] = word === undefined ? (['key', today] as const) : (['pair', `${today}: ${word}`] as const);
    report('old-argument', path, { name, today }, { part, severity: 'warning', replaceBy });
    return today;
  }
  const guess = closest(name, [...TRAINING_ARGUMENTS, ...lrFactorsLike(name)]);
  if (guess !== null) report('misspelt-argument', path, { name, guess }, { part: 'key', replaceBy: guess });
  else report('unknown-argument', path, { name, known: TRAINING_ARGUMENTS.join(', ') }, { part: 'key' });
  return undefined;
}

/** Every value that the space can draw must be one that the argument may have. */
function checkRange(name: string, range: Raw, path: string[], report: Report): void {
  const { schema } = trainerArgument(name) ?? LR_FACTOR;
  const { choices, low, high, type } = range;
  const drawn: readonly (readonly [unknown, (string | number)[]])[] =
    type === 'categorical' && Array.isArray(choices)
      ? choices.map((choice: unknown, index) => [choice, [...path, 'choices', index]])
      : [
          [low, [...path, 'low']],
          [high, [...path, 'high']],
        ];
  for (const [value, place] of drawn) {
    if (value === undefined) continue;
    if (checkOldValue(name, value, place, report)) continue;
    const isFraction = type === 'float' && !schema.safeParse(0.5).success && schema.safeParse(1).success;
    if (isFraction) report('argument-whole', [...path, 'type'], { name }, { replaceBy: 'int' });
    if (isFraction) return;
    if (schema.safeParse(value).success) continue;
    report('argument-value', place, { name, value: JSON.stringify(value) });
  }
}

/** Whether the value is one of older versions. */
function checkOldValue(name: string, value: unknown, path: (string | number)[], report: Report): boolean {
  const today = todaysValue(name, value);
  if (today === undefined) return false;
  report('old-argument', path, { name: String(value), today }, { severity: 'warning', replaceBy: today });
  return true;
}
