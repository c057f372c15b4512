import type { LANGUAGE } from '../../words/en/language.ts';
import { type Literal, numberIn } from '../literals.ts';
import type { ScriptArgument } from './arguments/scriptArgument.ts';
import { NO_RECIPES, type Recipes } from './matchRecipes.ts';
import { type DraftDistribution, tunable, wordsOf } from './tunable.ts';

type Why = Extract<keyof typeof LANGUAGE, `why${string}`>;

/** What a draft does with an argument: searches it, leaves it at its default, or cannot use it. */
export type Proposal =
  | { readonly type: 'parameter'; readonly distribution: DraftDistribution }
  | { readonly type: 'fixed'; readonly why: Why }
  | { readonly type: 'leftOut'; readonly why: Why };

const AWKWARD: Readonly<Record<NonNullable<ScriptArgument['awkward']>, Why>> = {
  list: 'whyList',
  exclusive: 'whyExclusive',
  onlyOn: 'whyOnlyOn',
  bool: 'whyBool',
};

/** `beside`: the words of all arguments' names. */
export function proposeArgument(
  argument: ScriptArgument,
  beside: ReadonlySet<string>,
  recipes: Recipes = NO_RECIPES,
): Proposal {
  if (argument.awkward) return { type: 'leftOut', why: AWKWARD[argument.awkward] };
  if (argument.type === 'path') return { type: 'leftOut', why: 'whyPath' };
  const literal = currentLiteral(argument);
  const { name, type, low, high } = argument;
  const found = tunable(name, literal, {
    path: name,
    beside,
    recipes,
    ...(type === 'float' || type === 'int' ? { type } : {}),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(argument.choices ? { choices: argument.choices.map(({ value }) => value) } : {}),
  });
  if (found.kind === 'hyperparameter') return { type: 'parameter', distribution: found.distribution };
  if (found.kind === 'length') return { type: 'fixed', why: 'whyLength' };
  if (found.kind !== 'unknown')
    return { type: 'leftOut', why: /\b(seed|random state)\b/.test(wordsOf(name)) ? 'whySeed' : 'whyName' };
  if (argument.choices) return { type: 'leftOut', why: argument.choices.length < 2 ? 'whyOneChoice' : 'whyName' };
  if (type === 'string') return { type: 'leftOut', why: 'whyText' };
  if (type === 'boolean') return { type: 'leftOut', why: 'whyName' };
  const isBounded = low !== undefined && high !== undefined;
  // What a whole number of an unknown name counts is seldom learnt from.
  if (found.distribution && (found.distribution.type === 'float' || isBounded))
    return { type: 'parameter', distribution: found.distribution };
  if (literal === null || literal.value === null) return { type: 'leftOut', why: 'whyNoDefault' };
  return { type: 'leftOut', why: found.distribution || !isBounded ? 'whyName' : 'whyBounds' };
}

/** What the script has without the argument: a switch that is not given is off. */
function currentLiteral({ initial, type }: ScriptArgument): Literal | null {
  if (type === 'boolean') return initial ?? { type: 'boolean', value: false };
  const number =
    initial?.type === 'string' && (type === 'float' || type === 'int') ? numberIn(String(initial.value)) : undefined;
  return number === undefined ? initial : { type: 'number', value: number, integer: type === 'int' };
}
