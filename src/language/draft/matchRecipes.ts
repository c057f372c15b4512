import type { Literal } from '../literals.ts';
import { calleeIn } from '../sites/tunableSite.ts';
import type { MetricGuess } from './guessMetric.ts';
import { CATBOOST } from './recipes/catboost.ts';
import { AXOLOTL, SPACY, TORCHTUNE } from './recipes/configurations.ts';
import { ARIMA, PROPHET } from './recipes/forecasting.ts';
import { PEFT, TRAINER, TRL } from './recipes/huggingFace.ts';
import { KERAS } from './recipes/keras.ts';
import { LIGHTGBM } from './recipes/lightgbm.ts';
import { LIGHTNING } from './recipes/lightning.ts';
import type { Recipe, RecipeRange } from './recipes/recipe.ts';
import { BOOSTING, FORESTS, KERNELS, LINEAR } from './recipes/scikitLearn.ts';
import { ULTRALYTICS } from './recipes/ultralytics.ts';
import { XGBOOST } from './recipes/xgboost.ts';
import type { DraftDistribution } from './tunable.ts';

/** In the order in which they are asked: the more special one first. */
const RECIPES: readonly Recipe[] = [
  TRL,
  PEFT,
  TRAINER,
  ULTRALYTICS,
  LIGHTNING,
  KERAS,
  XGBOOST,
  LIGHTGBM,
  CATBOOST,
  FORESTS,
  BOOSTING,
  KERNELS,
  LINEAR,
  AXOLOTL,
  TORCHTUNE,
  SPACY,
  PROPHET,
  ARIMA,
];

/** The recipes that apply to a script or a configuration file. */
export class Recipes {
  readonly #recipes: readonly Recipe[];
  readonly #used = new Set<Recipe>();

  constructor(recipes: readonly Recipe[]) {
    this.#recipes = recipes;
  }

  /** Recipes that a range was taken from. */
  get used(): readonly Recipe[] {
    return this.#recipes.filter((recipe) => this.#used.has(recipe));
  }

  /** The known-good range of a value, which holds the present one; null where no recipe has one of its type. */
  rangeOf(name: string, path: string, literal: Literal | null, type?: 'float' | 'int'): DraftDistribution | null {
    const last = lastWord(name);
    const callee = calleeIn(path);
    for (const recipe of this.#recipes) {
      if (!Object.hasOwn(recipe.space, last) || !isOf(recipe, callee)) continue;
      const found = holding(recipe.space[last] as RecipeRange, literal, type);
      if (!found) continue;
      this.#used.add(recipe);
      return found;
    }
    return null;
  }

  /** Which way is better of a metric by its name, a data set's or a fold's before it apart: `valid_0-auc`. */
  directionOf(metric: string): 'minimize' | 'maximize' | undefined {
    const names = [metric, metric.replace(/^.*[-\s:]/, '')];
    for (const { metrics } of this.#recipes) {
      const known = names.find((name) => Object.hasOwn(metrics, name));
      if (known !== undefined) return metrics[known];
    }
    return undefined;
  }

  /** What the first of them reports. */
  usualMetric(): MetricGuess | null {
    const [first] = Object.entries(this.#recipes[0]?.metrics ?? {});
    if (!first) return null;
    const [name, direction] = first;
    return { name, direction, isDirectionSure: true, seen: [name] };
  }

  /** What says how long a trial trains, with its present value. */
  fidelityIn(text: string, searched: ReadonlySet<string>): { readonly name: string; readonly value: number } | null {
    for (const name of new Set(this.#recipes.flatMap(({ fidelity }) => fidelity))) {
      if (searched.has(name)) continue;
      const written = new RegExp(`(?<![\\w.])${name}["']?[ \\t]{0,9}[:=][ \\t]{0,9}(\\d{1,9})\\b(?![.\\w])`).exec(text);
      const value = Number(written?.[1]);
      if (value > 1) return { name, value };
    }
    return null;
  }
}

export const NO_RECIPES = new Recipes([]);

/** The recipes of the frameworks that a script of Python imports. */
export function recipesOfScript(text: string): Recipes {
  const modules = new Set(
    [...text.matchAll(/^[ \t]{0,80}(?:from|import)[ \t]{1,9}(\w+)/gm)].map(([, module]) => module as string),
  );
  return new Recipes(RECIPES.filter(({ imports }) => imports.some((one) => modules.has(one))));
}

/** The recipe of a framework whose program reads a configuration file, with its command. */
export function recipeOfFile(text: string): { readonly recipes: Recipes; readonly command: string } | null {
  const found = RECIPES.find(({ file }) => file?.has.every((key) => isThere(text, key)));
  if (!found?.file) return null;
  // Configurations that torchtune brings say in their head which of its programs they are for.
  const programs = [...text.matchAll(/^#[ \t]{0,9}(tune run [\w-]{1,80}) --config/gm)].map(([, one]) => one as string);
  const program = programs.find((one) => one.endsWith('single_device')) ?? programs[0];
  const { command } = found.file;
  return {
    recipes: new Recipes([found]),
    command: program && /^tune /.test(command) ? `${program} --config {file}` : command,
  };
}

function isThere(text: string, key: string): boolean {
  return /[ [\]]/.test(key) ? text.includes(key) : new RegExp(`^${key}[ \\t]{0,9}:`, 'm').test(text);
}

function isOf({ calls, anywhere, file }: Recipe, callee: string | null): boolean {
  if (callee === null) return anywhere === true || file !== undefined;
  // A module has any name that its import gives it.
  return calls.some((call) => afterDot(call) === afterDot(callee));
}

function afterDot(callee: string): string {
  return callee.slice(callee.lastIndexOf('.') + 1);
}

function lastWord(name: string): string {
  const word = name.replace(/^-+/, '').replaceAll('-', '_');
  return word.slice(Math.max(word.lastIndexOf('.'), word.lastIndexOf('/')) + 1).replace(/^\w*__/, '');
}

/** The range with the present value inside, of the type that is written; null where that cannot be. */
function holding(range: RecipeRange, literal: Literal | null, type?: 'float' | 'int'): DraftDistribution | null {
  const value = literal?.value ?? null;
  if ('choices' in range) return withChoice(range.choices, value);
  const isInt = type === undefined ? literal?.integer === true : type === 'int';
  if (literal === null && type === undefined) return null;
  if (value !== null && typeof value !== 'number') return null;
  if (isInt !== (range.int === true)) return null;
  const kind = isInt ? 'int' : 'float';
  const { low, high, log } = range;
  if (value === null) return { type: kind, low, high, ...(log && { log }) };
  const least = value < low ? (value > 0 && !isInt ? rounded(value / 2) : value) : low;
  const most = value > high ? (value > 0 ? rounded(value * 2) : value) : high;
  return { type: kind, low: least, high: most, ...(log && least > 0 && { log }) };
}

function withChoice(choices: readonly (number | string | boolean)[], value: unknown): DraftDistribution | null {
  const kind = typeof choices[0];
  if (value !== null && typeof value !== kind) return null;
  if (value === null || choices.includes(value as string)) return { type: 'categorical', choices };
  if (kind !== 'number') return { type: 'categorical', choices: [value as string, ...choices] };
  // Below all of them it is a word for something else: -1 for "find it out".
  if (!Number.isInteger(value) || (value as number) < 1) return null;
  return { type: 'categorical', choices: [...(choices as number[]), value as number].sort((a, b) => a - b) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
