import { TuneboardError } from './errors.ts';

/** A setting of a sampler, pruner or scheduler, as the study file and the library know it. `about` is one English sentence. */
export type OptionSpec = NumberOption | FlagOption | ChoiceOption | NamesOption;

export interface NumberOption {
  readonly kind: 'int' | 'number';
  /** Null: decided by the method. */
  readonly default: number | null;
  readonly min?: number;
  readonly max?: number;
  readonly about: string;
}

export interface FlagOption {
  readonly kind: 'flag';
  readonly default: boolean | null;
  readonly about: string;
}

export interface ChoiceOption {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
  readonly about: string;
}

/** A list of parameters of the space. */
export interface NamesOption {
  readonly kind: 'names';
  /** Null: decided by the method. */
  readonly default: null;
  readonly about: string;
}

export type OptionValue = number | boolean | string | readonly string[];

/** Options by name, in camelCase, as a person gave them: what is left out has its default. */
export type GivenOptions = Readonly<Record<string, OptionValue>>;

export interface MethodSpec {
  /** One English sentence: what it does and when to choose it. */
  readonly about: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

/** What is missing filled in. Throws `invalid-option` with a sentence that says what to write. */
export function completeOptions(owner: string, { options }: MethodSpec, given: GivenOptions): object {
  const complete: Record<string, OptionValue | null> = {};
  for (const [name, spec] of Object.entries(options)) complete[name] = spec.default;
  for (const [name, value] of Object.entries(given)) {
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!spec) throw invalid(unknownOption(owner, name, Object.keys(options)));
    const wanted = wantedInstead(spec, value);
    if (wanted) throw invalid(`${name} of the ${owner} is ${JSON.stringify(value)}: use ${wanted}.`);
    complete[name] = value;
  }
  return complete;
}

function unknownOption(owner: string, name: string, known: readonly string[]): string {
  return `The ${owner} has no option ${name}${known.length > 0 ? `: use ${known.join(', ')}` : ''}.`;
}

/** What a value should have been; undefined when it is right. */
function wantedInstead(spec: OptionSpec, value: OptionValue): string | undefined {
  switch (spec.kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'choice':
      return spec.choices.includes(String(value)) ? undefined : `one of ${spec.choices.join(', ')}`;
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
