import type { ParamValue } from '../../core/space/distributions.ts';
import type { LANGUAGE } from '../../words/en/language.ts';
import { printYaml } from '../config/yamlFile.ts';
import type { ScriptArgument } from './scriptArgument.ts';

type Why = Extract<keyof typeof LANGUAGE, `why${string}`>;

/** What a draft does with an argument: searches it, leaves it at its default, or cannot use it. */
export type Proposal =
  | { readonly type: 'parameter'; readonly distribution: DraftDistribution }
  | { readonly type: 'fixed'; readonly why: Why }
  | { readonly type: 'leftOut'; readonly why: Why };

export type DraftDistribution =
  | { readonly type: 'float' | 'int'; readonly low: number; readonly high: number; readonly log?: boolean }
  | { readonly type: 'categorical'; readonly choices: readonly ParamValue[] };

/** Words of a name, lower case: `--batchSize` and `batch_size` are both `batch size`. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .toLowerCase();
}

const SEED = /\b(seed|random state)\b/;
const BATCH = /\b(batch( size)?|bs)\b/;
const LENGTH = /\b(epochs?|timesteps|max steps|num steps|steps|iterations|max iter|n iter|iters)\b/;
const PLUMBING =
  /\b(path|dir|directory|file|folder|output|out|input|data|dataset|checkpoint|ckpt|resume|cache|log|logdir|logging|url|host|port|devices?|gpus?|cuda|cpu|workers|threads|jobs|n jobs|verbose|quiet|debug|interval|every|freq|save|name|project|entity|wandb|tags?|local rank|node rank|world size|backend|version|config|token|user|print|limit|fold|pretrained|download|load|eval|val|valid|validation|test|dry run|profile|mode|img|image|resolution|vocab|classes|buffer|track|capture|deterministic|compile|warnings)\b|^(do )?train$/;

interface Rule {
  readonly name: RegExp;
  readonly propose: (initial: number | null) => DraftDistribution;
}

const around = (initial: number | null, fallback: number, factor = 10): DraftDistribution => {
  const middle = initial && initial > 0 ? initial : fallback;
  return { type: 'float', low: tidy(middle / factor), high: tidy(middle * factor), log: true };
};

/** Ranges that a name alone suggests, checked in this order. */
const RULES: readonly Rule[] = [
  { name: /\b(lr|learning rate|base lr|max lr|step size|eta)\b/, propose: (initial) => around(initial, 1e-3) },
  { name: /\b(dropout|drop rate|drop prob|drop)\b/, propose: () => ({ type: 'float', low: 0, high: 0.7 }) },
  { name: /\b(adam )?beta ?1\b/, propose: () => ({ type: 'float', low: 0.8, high: 0.99 }) },
  { name: /\b(adam )?beta ?2\b/, propose: () => ({ type: 'float', low: 0.9, high: 0.9999 }) },
  { name: /\bmomentum\b/, propose: () => ({ type: 'float', low: 0, high: 0.99 }) },
  { name: /\b(weight decay|wd|l1|l2|reg|regularization|penalty)\b/, propose: (initial) => around(initial, 1e-4, 100) },
  { name: /\b(eps|epsilon|tol|tolerance)\b/, propose: (initial) => around(initial, 1e-8, 100) },
  { name: /\b(label smoothing|smoothing)\b/, propose: () => ({ type: 'float', low: 0, high: 0.3 }) },
  { name: /\b(warmup ratio|warmup)\b/, propose: (initial) => warmup(initial) },
];

function warmup(initial: number | null): DraftDistribution {
  if (initial === null || initial < 1) return { type: 'float', low: 0, high: 0.3 };
  return { type: 'int', low: 0, high: Math.round(initial * 4) };
}

export function proposeRange(argument: ScriptArgument): Proposal {
  const words = wordsOf(argument.name).replace(/\bclip val\b/, 'clip');
  const initial = typeof argument.initial?.value === 'number' ? argument.initial.value : null;
  if (argument.awkward === 'list') return { type: 'leftOut', why: 'whyList' };
  if (argument.awkward === 'exclusive') return { type: 'leftOut', why: 'whyExclusive' };
  if (argument.awkward === 'onlyOn') return { type: 'leftOut', why: 'whyOnlyOn' };
  if (argument.awkward === 'bool') return { type: 'leftOut', why: 'whyBool' };
  if (SEED.test(words)) return { type: 'leftOut', why: 'whySeed' };
  if (argument.type === 'path') return { type: 'leftOut', why: 'whyPath' };
  if (LENGTH.test(words) && !/warmup/.test(words)) {
    return { type: 'fixed', why: 'whyLength' };
  }
  const isBatch = BATCH.test(words) && !/\b(eval|val|valid|validation|test)\b/.test(words);
  if (PLUMBING.test(words) && !isBatch) return { type: 'leftOut', why: 'whyName' };
  if (argument.type === 'boolean')
    return { type: 'parameter', distribution: { type: 'categorical', choices: [true, false] } };
  if (argument.choices) return proposeChoices(argument);
  if (argument.type === 'string') return { type: 'leftOut', why: 'whyText' };
  return proposeNumber(argument, words, initial);
}

function proposeChoices({ choices }: ScriptArgument): Proposal {
  // A command line has no word for None.
  const values = [...new Set((choices ?? []).map((choice) => choice.value).filter((value) => value !== null))];
  if (values.length < 2) return { type: 'leftOut', why: 'whyOneChoice' };
  return { type: 'parameter', distribution: { type: 'categorical', choices: values } };
}

function proposeNumber(argument: ScriptArgument, words: string, initial: number | null): Proposal {
  const isInt = argument.type === 'int' || (argument.type === 'unknown' && argument.initial?.integer === true);
  if (BATCH.test(words) && (initial ?? 1) > 0) return parameter(argument, powersAround(initial ?? 32));
  const rule = isInt ? undefined : RULES.find(({ name }) => name.test(words));
  if (rule) return parameter(argument, rule.propose(initial));
  const bounded = boundedRange(argument, isInt);
  if (bounded) return { type: 'parameter', distribution: bounded };
  if (initial === null) return { type: 'leftOut', why: 'whyNoDefault' };
  if (!isInt) return parameter(argument, floatAround(initial, words));
  // `--warmup-steps` 0: how many make sense depends on the data, and the script works a size of 0 or -1 out by itself.
  if (initial < 1 && /\b(steps?|size)\b/.test(words)) return { type: 'leftOut', why: 'whyNoDefault' };
  const isWidth = /\b(hidden|units|dim|dims|channels|filters|embed\w*|width|neurons|features|size|nodes)\b/.test(words);
  if (isWidth && initial >= 8) return parameter(argument, powersAround(initial));
  return parameter(argument, intAround(initial));
}

/** The proposal within the bounds that the script checks. */
function parameter(argument: ScriptArgument, proposed: DraftDistribution): Proposal {
  const { low: least = Number.NEGATIVE_INFINITY, high: most = Number.POSITIVE_INFINITY } = argument;
  if (proposed.type === 'categorical') {
    const choices = proposed.choices.filter((choice) => Number(choice) >= least && Number(choice) <= most);
    return { type: 'parameter', distribution: { type: 'categorical', choices } };
  }
  const low = Math.max(proposed.low, least);
  const high = Math.min(proposed.high, most);
  if (!(low < high)) return { type: 'leftOut', why: 'whyBounds' };
  const log = proposed.log === true && low > 0 ? { log: true } : {};
  return { type: 'parameter', distribution: { type: proposed.type, low, high, ...log } };
}

function boundedRange({ low, high }: ScriptArgument, isInt: boolean): DraftDistribution | null {
  if (low === undefined || high === undefined || !(low < high)) return null;
  const log = low > 0 && high / low >= 100 ? { log: true } : {};
  return { type: isInt ? 'int' : 'float', low, high, ...log };
}

function floatAround(initial: number, words: string): DraftDistribution {
  if (initial === 0) return { type: 'float', low: 0, high: 1 };
  if (initial < 0) return { type: 'float', low: tidy(initial * 4), high: tidy(initial / 4) };
  if (initial <= 0.01) return around(initial, initial);
  const isShare = initial < 1 || /\b(ratio|rate|fraction|prob|probability|p|gamma|decay)\b/.test(words);
  if (isShare && initial <= 1) {
    return initial > 0.5
      ? {
          type: 'float',
          low: tidy(1 - Math.min(1, (1 - initial) * 5 || 0.5)),
          high: initial === 1 ? 1 : tidy(1 - (1 - initial) / 10, 4),
        }
      : { type: 'float', low: tidy(initial / 4), high: Math.min(1, tidy(initial * 2.5)) };
  }
  return { type: 'float', low: tidy(initial / 4), high: tidy(initial * 4) };
}

function intAround(initial: number): DraftDistribution {
  if (initial === 0) return { type: 'int', low: 0, high: 4 };
  if (initial < 0) return { type: 'int', low: initial * 2, high: Math.ceil(initial / 2) + (initial === -1 ? 1 : 0) };
  const low = Math.max(1, Math.floor(initial / 2));
  const high = Math.max(low + 1, initial * 2);
  return { type: 'int', low, high, ...(initial >= 100 ? { log: true } : {}) };
}

/** A quarter to four times the default, as powers of two where the default is one. */
function powersAround(initial: number): DraftDistribution {
  const middle = Math.max(1, Math.round(initial));
  const choices = [middle / 4, middle / 2, middle, middle * 2, middle * 4].map(Math.round).filter((size) => size >= 1);
  return { type: 'categorical', choices: [...new Set(choices)] };
}

/** Two significant digits: a range is a guess and should look like one. */
function tidy(value: number, digits = 2): number {
  return Number(value.toPrecision(digits));
}

/** The range as the study file writes it. */
export function printDistribution(distribution: DraftDistribution): string {
  if (distribution.type === 'categorical') {
    return `{ type: categorical, choices: [${distribution.choices.map((choice) => printYaml(choice)).join(', ')}] }`;
  }
  const { type, low, high, log } = distribution;
  const isFloat = type === 'float';
  const bounds = `low: ${printYaml(low, undefined, isFloat)}, high: ${printYaml(high, undefined, isFloat)}`;
  return `{ type: ${type}, ${bounds}${log ? ', log: true' : ''} }`;
}
