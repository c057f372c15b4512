import { TuneboardError } from '../../core/errors.ts';
import { lrFactorGroup, lrFactorsLike } from '../../core/samplers/gradient/hyperparameters.ts';
import { closest } from '../../core/text/closest.ts';
import { snakeCase } from '../../core/text/letterCase.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import { shown } from '../../core/text/shown.ts';
import { OLD_NAMES, todaysValue } from '../../core/trainerWords.ts';
import { scheduleWarnings } from '../optimizers/scheduleOptions.ts';
import {
  ARGUMENT_NAMES,
  type ArgumentName,
  DEFAULTS,
  isArgumentName,
  kindOf,
  rangeOf,
  type TrainingArgumentValues,
  type Words,
} from './argumentFields.ts';
import { fillIn, requireSense } from './argumentRules.ts';
import { EVERYDAY_NAMES, hasNoEffect, OTHER_OPTIMIZERS, WITHOUT_EFFECT } from './otherNames.ts';

export { ARGUMENT_NAMES, type TrainingArgumentValues } from './argumentFields.ts';

/** Gives the class below its fields without listing them again. */
const Values = class {} as new () => TrainingArgumentValues;

/**
 * The settings of a training run, in Hugging Face's names (transformers 5): every argument is a property. Older names are
 * taken with a warning, and arguments that mean nothing here too. Throws `training-arguments`, one sentence for a name or
 * value that there is not.
 */
export class TrainingArguments extends Values {
  /** A sentence for each name that is out of date or without effect. */
  readonly warnings: readonly string[];

  constructor(given: Readonly<Record<string, unknown>> = {}) {
    super();
    const warnings: string[] = [];
    Object.assign(this, DEFAULTS);
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined || lrFactorGroup(key) !== null) continue;
      const name = resolve(key, value, warnings);
      // Today's name wins where both are given.
      if (name !== undefined && name !== key && (given[name] ?? null) !== null) continue;
      if (name !== undefined) assign(this, name, checked(name, translated(name, value, warnings)));
    }
    setLrFactors(this, given);
    fillIn(this);
    requireSense(this);
    this.warnings = [...warnings, ...scheduleWarnings(this)];
  }

  /** The arguments alone, as `training_args.json` has them. */
  get values(): TrainingArgumentValues {
    return Object.fromEntries(ARGUMENT_NAMES.map((name) => [name, this[name]])) as TrainingArgumentValues;
  }

  /**
   * Sets arguments as Hugging Face's search sets what `hp_space` returns: each value takes the type of the old one, as
   * Python's `int`, `float`, `bool` and `str` would do it, and nothing that followed from old ones changes. Returns the
   * sentences to warn with; an unknown name is one of them. Throws `training-arguments` for a value that cannot be.
   */
  setFromSearch(params: Readonly<Record<string, unknown>>): readonly string[] {
    const warnings: string[] = [];
    for (const [key, value] of Object.entries(params)) {
      if (lrFactorGroup(key) !== null) continue;
      const name = OLD_NAMES.get(key) ?? key;
      if (isArgumentName(name)) {
        if (name !== key) warnings.push(renamed(key, name));
        const wanted = translated(name, value, warnings);
        assign(this, name, checked(name, this[name] === null ? wanted : cast(name, wanted)));
      } else {
        const why = WITHOUT_EFFECT[key];
        warnings.push(
          why === undefined
            ? `Trying to set ${key} in the hyperparameter search but there is no corresponding field in \`TrainingArguments\`.`
            : `${key} has no effect: ${why}.`,
        );
      }
    }
    setLrFactors(this, params);
    requireSense(this);
    return warnings;
  }
}

function assign(values: TrainingArgumentValues, name: ArgumentName, value: unknown): void {
  (values as Record<string, unknown>)[name] = value;
}

/** Puts what is given by flat names, such as `lr_factor_layer_0`, into `lr_factors`, where it goes before what is there. */
function setLrFactors(values: TrainingArgumentValues, given: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(given)) {
    const group = lrFactorGroup(key);
    if (group === null || value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new TuneboardError('training-arguments', `${key} is ${shown(value)}: use a number from 0 on.`);
    }
    values.lr_factors = { ...values.lr_factors, [group]: value };
  }
}

function renamed(key: string, today: string): string {
  return `${key} is called ${today} today.`;
}

/** The argument that a name means; undefined for one without effect. */
function resolve(key: string, value: unknown, warnings: string[]): ArgumentName | undefined {
  const today = OLD_NAMES.get(key) ?? key;
  if (today !== key) warnings.push(renamed(key, today));
  if (isArgumentName(today)) return today;
  const why = WITHOUT_EFFECT[key];
  if (why === undefined) {
    throw new TuneboardError('training-arguments', `There is no training argument ${key} here: use ${meantBy(key)}.`);
  }
  if (!hasNoEffect(key, value)) warnings.push(`${key} has no effect: ${why}.`);
  return undefined;
}

/** What a person may have meant: a word of everyday, a name spelt otherwise, or one that holds the words that are given. */
function meantBy(key: string): string {
  const plain = snakeCase(key);
  const words = plain.split('_');
  const holding = ARGUMENT_NAMES.filter((name) => words.every((word) => name.split('_').includes(word)));
  const near = EVERYDAY_NAMES[plain] ?? closest(plain, [...ARGUMENT_NAMES, ...lrFactorsLike(key)]);
  return near ?? (holding.length > 0 ? holding.join(' or ') : `some of ${ARGUMENT_NAMES.join(', ')}`);
}

function translated(name: ArgumentName, value: unknown, warnings: string[]): unknown {
  if (kindOf(name) === 'dict' && typeof value === 'string') return fromJson(value);
  if (name === 'include_num_input_tokens_seen' && typeof value === 'boolean') return value ? 'all' : 'no';
  const today = todaysValue(name, value);
  // The name of a switch is old too, and has been told of.
  if (today !== undefined && typeof value === 'string') warnings.push(renamed(`${name} ${value}`, today));
  return today ?? value;
}

/** As transformers takes dicts; what is no JSON stays text, for the sentence that refuses it. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value if it can be one of this argument. */
function checked(name: ArgumentName, value: unknown): unknown {
  if (value === null && DEFAULTS[name] === null) return null;
  const kind = kindOf(name);
  if (typeof kind === 'object') return checkedWord(name, value, kind);
  const wanted = wrongness(name, kind, value);
  if (wanted === undefined) return value;
  throw new TuneboardError('training-arguments', `${name} is ${shown(value)}: use ${wanted}.`);
}

/** Throws in the words of Hugging Face's enumerations. */
function checkedWord(name: ArgumentName, value: unknown, { enumeration, words }: Words): string {
  if (typeof value === 'string' && words.includes(value)) return value;
  const word = typeof value === 'string' ? value : pythonRepr(value);
  const isElsewhere = name === 'optim' && typeof value === 'string' && OTHER_OPTIMIZERS.test(value);
  throw new TuneboardError(
    'training-arguments',
    isElsewhere
      ? `The optimiser ${word} of transformers is not there: use ${words.join(', ')}.`
      : word === 'batch_rebalance'
        ? `${name} ${word} of transformers is for several devices, and there is one: use ${words.join(', ')}.`
        : `${name}: ${word} is not a valid ${enumeration}, please select one of ${pythonRepr([...words])}.`,
  );
}

/** What should stand there instead; undefined when the value is fine. */
function wrongness(name: ArgumentName, kind: string, value: unknown): string | undefined {
  if (kind === 'bool') return typeof value === 'boolean' ? undefined : 'true or false';
  if (kind === 'text') return typeof value === 'string' ? undefined : 'text';
  if (kind === 'dict') {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object of options';
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'a number';
  if (kind === 'int' && !Number.isSafeInteger(value)) return 'a whole number';
  const { isIn, wanted } = rangeOf(name);
  return isIn(value) ? undefined : wanted;
}

/** Python's `type(old)(value)`, but for what Python would refuse: that is refused by `checked`. */
function cast(name: ArgumentName, value: unknown): unknown {
  const kind = kindOf(name);
  if (kind === 'bool') return Boolean(value);
  if (kind === 'text') return typeof value === 'string' ? value : pythonRepr(value);
  if (kind !== 'int' && kind !== 'float') return value;
  const isText = typeof value === 'string' && value.trim() !== '';
  const number = typeof value === 'boolean' || isText ? Number(value) : value;
  if (typeof number !== 'number') return value;
  // What is no number stays the text that it was, for the sentence that refuses it.
  if (Number.isNaN(number)) return value;
  return kind === 'int' && !isText ? Math.trunc(number) : number;
}
