import { coreMessage } from '../words/en/core.ts';
import type { METHODS } from '../words/en/methods.ts';
import { TuneboardError } from './errors.ts';
import { closest } from './text/closest.ts';
import { camelCase, snakeCase } from './text/letterCase.ts';
import { shown } from './text/shown.ts';

/** A setting of a sampler, pruner or scheduler, as the study file and the library know it. `about` is the key of one sentence. */
export type OptionSpec = NumberOption | FlagOption | ChoiceOption | NamesOption;

/** What a method or an option is, in the catalogue of messages. */
export type MethodText = keyof typeof METHODS;

export interface NumberOption {
  readonly kind: 'int' | 'number';
  /** Null: decided by the method. */
  readonly default: number | null;
  readonly min?: number;
  readonly max?: number;
  readonly about: MethodText;
}

export interface FlagOption {
  readonly kind: 'flag';
  readonly default: boolean | null;
  readonly about: MethodText;
}

export interface ChoiceOption {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
  readonly about: MethodText;
}

/** A list of parameters of the space. */
export interface NamesOption {
  readonly kind: 'names';
  /** Null: decided by the method. */
  readonly default: null;
  readonly about: MethodText;
}

export type OptionValue = number | boolean | string | readonly string[];

/** Options by name, as a person gave them, in camelCase or snake_case: what is left out has its default. */
export type GivenOptions = Readonly<Record<string, OptionValue>>;

export interface MethodSpec {
  /** The key of one sentence: what it does and when to choose it. */
  readonly about: MethodText;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

/** What is missing filled in. Throws `invalid-option` with a sentence that says what to write. */
export function completeOptions(owner: string, { options }: MethodSpec, given: GivenOptions): object {
  const complete: Record<string, OptionValue | null> = {};
  for (const [name, spec] of Object.entries(options)) complete[name] = spec.default;
  for (const [written, value] of Object.entries(given)) {
    const name = camelCase(written);
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!spec) throw invalid(unknownOption(owner, written, given, Object.keys(options)));
    if (written !== name && Object.hasOwn(given, name)) throw invalid(`Give either ${written} or ${name}, not both.`);
    const wanted = wantedInstead(spec, value);
    if (wanted) throw invalid(`${written} of the ${owner} is ${shown(value)}: use ${wanted}.`);
    complete[name] = value;
  }
  return complete;
}

/** That there is no method of this name, and what to write. */
export function unknownMethod(kind: 'sampler' | 'pruner' | 'scheduler', type: string, methods: object): TuneboardError {
  const known = Object.keys(methods);
  const instead = closest(type, known) ?? `one of ${known.join(', ')}`;
  return new TuneboardError(`unknown-${kind}`, coreMessage('thereNoUse', { kind, type: shown(type), instead }));
}

/** Options are named as the others are spelt. */
function unknownOption(owner: string, written: string, given: GivenOptions, known: readonly string[]): string {
  if (known.length === 0) return `The ${owner} has no option ${written}: leave it out.`;
  const isSnakeCase = Object.keys(given).some((name) => name.includes('_'));
  const spelt = isSnakeCase ? known.map(snakeCase) : known;
  return `The ${owner} has no option ${written}: use ${closest(written, spelt) ?? spelt.join(', ')}.`;
}

/** What a value should have been; undefined when it is right. */
function wantedInstead(spec: OptionSpec, value: OptionValue): string | undefined {
  switch (spec.kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'choice':
      return typeof value === 'string' && spec.choices.includes(value)
        ? undefined
        : `one of ${spec.choices.join(', ')}`;
    case 'names': {
      const isRight = Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
      return isRight ? undefined : 'a list of names of parameters';
    }
    default: {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, kind } = spec;
      const isRightKind =
        typeof value === 'number' && (kind === 'int' ? Number.isInteger(value) : !Number.isNaN(value));
      if (isRightKind && value >= min && value <= max) return undefined;
      const what = kind === 'int' ? 'a whole number' : 'a number';
      if (Number.isFinite(min) && Number.isFinite(max)) return `${what} from ${min} to ${max}`;
      return Number.isFinite(min) ? `${what} of at least ${min}` : what;
    }
  }
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('invalid-option', message);
}
