import type { ParamValue } from '../../core/space/distributions.ts';
import { printYaml } from '../config/yamlFile.ts';
import type { Literal } from '../literals.ts';
import { calleeIn } from '../sites/tunableSite.ts';
import type { CallUse } from './callUses.ts';
import {
  CHOICES,
  EXCEPTIONS,
  HYPERPARAMETERS,
  INFRASTRUCTURE,
  INFRASTRUCTURE_GROUPS,
  LENGTH,
  type RangeRule,
  REINFORCEMENT,
} from './knownNames.ts';
import { NO_RECIPES, type Recipes } from './matchRecipes.ts';

export type DraftDistribution =
  | { readonly type: 'float' | 'int'; readonly low: number; readonly high: number; readonly log?: boolean }
  | { readonly type: 'categorical'; readonly choices: readonly ParamValue[] };

/** What is known of a value besides its name. */
export interface TunableContext {
  /** The site's full path, or the argument's: `Net(dropout)`, `optim.lr`. */
  readonly path?: string;
  /** The type that is declared, where it is not the literal's: `type=float, default=1`. */
  readonly type?: 'float' | 'int';
  /** Bounds that the script checks. */
  readonly low?: number;
  readonly high?: number;
  /** Values that the script lists. */
  readonly choices?: readonly ParamValue[];
  /** The names beside it, as {@link wordsOf} writes them. */
  readonly beside?: ReadonlySet<string>;
  /** What is known of the frameworks that the script uses. */
  readonly recipes?: Recipes;
  /** The argument that a call is given the value as. */
  readonly use?: CallUse | null | undefined;
}

/** `distribution` of what is unknown is a guess from the value alone; null where there is none. */
export type Tunable =
  | { readonly kind: 'hyperparameter'; readonly distribution: DraftDistribution; readonly rank: number }
  | { readonly kind: 'infrastructure' | 'length' }
  | { readonly kind: 'unknown'; readonly distribution: DraftDistribution | null };

const DEEPEST_TREE = 16;
/** A row of {@link HYPERPARAMETERS} up to this rank is worth no search where nothing says what the value is. */
const LEAST_UNSAID = 2;

const INFRASTRUCTURE_KIND: Tunable = { kind: 'infrastructure' };

/** Words of a name, lower case: `--batchSize`, `BATCH_SIZE` and `batch_size` are all `batch size`. */
export function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}

/**
 * Whether a search of a value makes sense, from its name, its literal and what is around it: a hyperparameter with a range
 * that holds the current value and is of its type, infrastructure, the length of the training, or unknown.
 */
export function tunable(name: string, literal: Literal | null, context: TunableContext = {}): Tunable {
  const known = byName(name, literal, context);
  if (known.kind === 'length' || context.choices || !context.recipes) return known;
  const { recipes, use, path = name, type } = context;
  const range =
    (use && recipes.rangeOf(use.keyword, `${use.callee}(${use.keyword})`, literal, type)) ??
    recipes.rangeOf(name, path, literal, type);
  const distribution = range && within(range, context);
  if (!distribution) return known;
  return { kind: 'hyperparameter', distribution, rank: known.kind === 'hyperparameter' ? known.rank : 4 };
}

/** By the table of names alone. */
function byName(name: string, literal: Literal | null, context: TunableContext): Tunable {
  const segments = name.split(/\.|__|\//).filter((segment) => segment !== '');
  const groups = segments.slice(0, -1).map(wordsOf);
  const words = nameWords(segments, context.path);
  if (groups.some((group) => INFRASTRUCTURE_GROUPS.test(group))) return INFRASTRUCTURE_KIND;
  const isLora = /lora|peft|adapter/i.test(context.path ?? name);
  const isHyper = EXCEPTIONS.test(words) || (words === 'rank' && isLora);
  if (!isHyper && INFRASTRUCTURE.some((pattern) => pattern.test(words)))
    return /\btrain(ing)?\b/.test(words) && LENGTH.test(words) ? { kind: 'length' } : INFRASTRUCTURE_KIND;
  if (isUpdate(words, context)) return hyper({ rule: 'powers', times: 1, fallback: 128 }, 6, literal, context);
  for (const { names, range, rank } of HYPERPARAMETERS) {
    if (!names.test(words) || (rank <= LEAST_UNSAID && literal?.value === null)) continue;
    const found = hyper(range, rank, literal, context);
    if (found.kind === 'hyperparameter') return found;
  }
  if (words === 'rank' && isLora) return hyper({ rule: 'powers', times: 2, fallback: 16 }, 8, literal, context);
  if (LENGTH.test(words)) return { kind: 'length' };
  const choices = listed(context);
  if (choices && (CHOICES.test(words) || choices.every((choice) => typeof choice === 'number')))
    return { kind: 'hyperparameter', distribution: { type: 'categorical', choices }, rank: 4 };
  return { kind: 'unknown', distribution: guess(literal, context) };
}

/** A place with a value, as far as a ranking needs to know it. */
export interface Candidate {
  readonly name: string;
  readonly path: string;
  readonly literal: Literal | null;
  /** The argument that a call is given the value as. */
  readonly use?: CallUse | null;
}

export interface RankedCandidate<S> {
  readonly site: S;
  readonly distribution: DraftDistribution;
  /** 1 to 10 for known names; 0 for a number whose name says nothing. */
  readonly rank: number;
}

/** The sites that a search may vary, the most promising first, and of equal ones in the order given. */
export function rankCandidates<S extends Candidate>(
  sites: readonly S[],
  recipes: Recipes = NO_RECIPES,
): RankedCandidate<S>[] {
  const beside = new Set(sites.map(({ name }) => wordsOf(name)));
  const ranked = sites.flatMap((site): RankedCandidate<S>[] => {
    const found = tunable(site.name, site.literal, { path: site.path, beside, recipes, use: site.use });
    if (found.kind === 'hyperparameter') return [{ site, distribution: found.distribution, rank: found.rank }];
    if (found.kind !== 'unknown' || !found.distribution) return [];
    return [{ site, distribution: found.distribution, rank: 0 }];
  });
  return ranked.sort((a, b) => b.rank - a.rank);
}

/** The last segment, or what it is an argument of where it is only a place: `Dropout(0)` is a dropout. */
function nameWords(segments: readonly string[], path: string | undefined): string {
  const last = wordsOf(segments.at(-1) ?? '');
  if (last !== '' && !/^(\d+|p|value|default|init|initial)$/.test(last)) return last;
  const callee = calleeIn(path ?? '');
  return wordsOf(callee?.slice(callee.lastIndexOf('.') + 1) ?? segments.at(-2) ?? last);
}

/** `num_steps` of one rollout, `n_epochs` of one update. */
function isUpdate(words: string, { beside, path = '' }: TunableContext): boolean {
  if (!/^((num|n) (steps|epochs))$/.test(words)) return false;
  return /\b(PPO|A2C|TRPO|RecurrentPPO)\(/.test(path) || [...(beside ?? [])].some((name) => REINFORCEMENT.test(name));
}

function hyper(range: RangeRule, rank: number, literal: Literal | null, context: TunableContext): Tunable {
  const choices = listed(context);
  const made = choices ? ({ type: 'categorical', choices } as const) : propose(range, literal, context);
  const distribution = made && within(made, context);
  return distribution ? { kind: 'hyperparameter', distribution, rank } : { kind: 'unknown', distribution: null };
}

/** A command line has no word for None, and one choice is none. */
function listed({ choices }: TunableContext): ParamValue[] | null {
  const values = [...new Set(choices?.filter((choice) => choice !== null))];
  return values.length > 1 ? values : null;
}

function propose(range: RangeRule, literal: Literal | null, context: TunableContext): DraftDistribution | null {
  const value = literal?.value ?? null;
  if (range.rule === 'switch')
    return typeof value === 'boolean' ? { type: 'categorical', choices: [true, false] } : null;
  const isNumber = typeof value === 'number';
  if (literal && !isNumber && !(value === null && context.type)) return null;
  const current = isNumber ? value : null;
  const isInt = (context.type ?? (literal?.integer ? 'int' : 'float')) === 'int';
  switch (range.rule) {
    case 'around':
      return isInt
        ? wholeAround(current, range.factor, range.fallback)
        : floatAround(current, range.factor, range.fallback);
    case 'between':
      return between(range, current, isInt);
    case 'powers':
      if (current !== null && current < 1) return null;
      return powersAround(current ?? range.fallback, range.times);
    case 'count':
      if (current === null || current < 1) return null;
      return isInt
        ? intAround(current, range.least)
        : { type: 'float', low: tidy(current / 2), high: tidy(current * 2) };
    case 'positive':
      if (current === null || current < 0) return null;
      return isInt ? { type: 'int', low: Math.min(current, 2), high: Math.max(10, current * 4) } : valueAround(current);
    case 'share':
      if (current === null || isInt) return null;
      return current > 0 && current <= 1e-5 ? floatAround(current, 100, 1e-8) : valueAround(current);
    case 'warmup':
      if (current === null || current < 1)
        return isInt ? null : { type: 'float', low: 0, high: Math.max(0.3, current ?? 0) };
      return { type: 'int', low: 0, high: Math.round(current * 4) };
    case 'strength':
      if (current !== null && current >= 0.1 && current < 1) return { type: 'float', low: 0, high: 1 };
      return isInt ? wholeAround(current, 100, 1) : floatAround(current, 100, 1e-2);
    case 'treeDepth':
      // A tree is not as deep as a network: `ResNet(depth=18)` is one of a few that there are.
      if ((!isInt && current !== null) || (current ?? 0) > DEEPEST_TREE) return null;
      return { type: 'int', low: Math.min(current ?? 3, 3), high: Math.max(12, current ?? 12) };
    case 'discount':
      return isInt ? null : discount(current ?? 0.99);
  }
}

function discount(value: number): DraftDistribution {
  if (value <= 0 || value > 1) return { type: 'float', low: 0, high: Math.max(5, tidy(value * 4)) };
  if (value >= 0.9) return { type: 'float', low: 0.9, high: Math.max(0.9999, value) };
  return { type: 'float', low: Math.min(0.05, tidy(value / 2)), high: 0.99 };
}

/** Bounds widened so that they hold the current value; a whole value only gets bounds that are wide enough for ints. */
function between(
  { low, high, log, whole }: Extract<RangeRule, { rule: 'between' }>,
  current: number | null,
  isInt: boolean,
): DraftDistribution | null {
  if (isInt !== (whole === true) && !(isInt && high - low > 2)) return isInt ? null : { type: 'float', low, high };
  const least = current !== null && current < low ? (current > 0 && !isInt ? tidy(current / 2) : current) : low;
  const most = current !== null && current > high ? (isInt ? current * 2 : tidy(current * 2)) : high;
  return { type: isInt ? 'int' : 'float', low: least, high: most, ...(log && least > 0 ? { log } : {}) };
}

function floatAround(current: number | null, factor: number, fallback: number): DraftDistribution {
  // A logarithm has no place for 0, and trial 0 is the current value.
  if (current === 0) return { type: 'float', low: 0, high: tidy(fallback * factor) };
  if (current !== null && current < 0) return { type: 'float', low: tidy(current * factor), high: 0 };
  const middle = current ?? fallback;
  return { type: 'float', low: tidy(middle / factor), high: tidy(middle * factor), log: true };
}

/** A rate of 1 is no int; a strength of 1 or more may be. */
function wholeAround(current: number | null, factor: number, fallback: number): DraftDistribution | null {
  if (current === null || current < 1 || (factor < 100 && fallback < 0.1)) return null;
  return { type: 'int', low: 1, high: Math.min(current * factor, current * 20), log: true };
}

/** What a value of unknown meaning is searched in: from its size alone. */
function guess(literal: Literal | null, context: TunableContext): DraftDistribution | null {
  const choices = listed(context);
  if (choices) return null;
  const { low, high } = context;
  const type = context.type ?? (literal?.integer ? 'int' : 'float');
  if (low !== undefined && high !== undefined && low < high) {
    return { type, low, high, ...(low > 0 && high / low >= 100 ? { log: true } : {}) };
  }
  if (typeof literal?.value !== 'number') return null;
  if (type === 'float') return within(valueAround(literal.value), context);
  return literal.value > 1 ? within(intAround(literal.value, 1), context) : null;
}

function valueAround(value: number): DraftDistribution {
  if (value === 0) return { type: 'float', low: 0, high: 1 };
  if (value < 0) return { type: 'float', low: tidy(value * 4), high: tidy(value / 4) };
  if (value <= 0.01) return floatAround(value, 10, value);
  if (value > 1) return { type: 'float', low: tidy(value / 4), high: tidy(value * 4) };
  if (value === 1) return { type: 'float', low: 0.25, high: 4 };
  if (value <= 0.5) return { type: 'float', low: tidy(value / 4), high: Math.min(1, tidy(value * 2.5)) };
  return { type: 'float', low: tidy(Math.max(0, 1 - (1 - value) * 5)), high: tidy(1 - (1 - value) / 10, 4) };
}

function intAround(value: number, least: number): DraftDistribution {
  const low = Math.max(1, Math.min(least, value), Math.floor(value / 2));
  return { type: 'int', low, high: Math.max(low + 1, value * 2), ...(value >= 100 ? { log: true } : {}) };
}

/** The value halved and doubled, as choices: a size wants to stay a multiple of what it was. */
function powersAround(value: number, times: number): DraftDistribution {
  const middle = Math.max(1, Math.round(value));
  const sizes = Array.from({ length: 2 * times + 1 }, (_, at) => middle * 2 ** (at - times));
  const choices = sizes.filter((size) => Number.isInteger(size));
  if (middle % 2 === 1 && middle > 3)
    return { type: 'int', low: Math.floor(middle / 2 ** times), high: middle * 2 ** times, log: true };
  return { type: 'categorical', choices };
}

/** The proposal within the bounds that the script checks. */
function within(proposed: DraftDistribution, context: TunableContext): DraftDistribution | null {
  const { low: least = Number.NEGATIVE_INFINITY, high: most = Number.POSITIVE_INFINITY } = context;
  if (proposed.type === 'categorical') {
    const choices = proposed.choices.filter(
      (choice) => typeof choice !== 'number' || (choice >= least && choice <= most),
    );
    return choices.length > 1 ? { type: 'categorical', choices } : null;
  }
  const low = Math.max(proposed.low, least);
  const high = Math.min(proposed.high, most);
  if (!(low < high)) return null;
  return { type: proposed.type, low, high, ...(proposed.log === true && low > 0 ? { log: true } : {}) };
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
