import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { History } from '../study/history.ts';
import { FirstComplete } from './firstComplete.ts';
import { halve } from './halving.ts';
import { GO_ON, type PruneContext, type PruneDecision, type Pruner } from './pruner.ts';
import { Rungs } from './rungs.ts';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export interface HyperbandOptions {
  /** The step of the lowest rung. */
  readonly minResource: number;
  /** Steps of a whole trial; null: one more than the last step of the trial that was first to complete. */
  readonly maxResource: number | null;
  readonly reductionFactor: number;
  /** See `HalvingRules`. */
  readonly bootstrapCount: number;
}

interface Known {
  readonly first: FirstComplete;
  /** By the study's name and the maximal resource, which are all that the brackets depend on. */
  brackets: (Brackets & { readonly key: string; readonly rungs: Rungs }) | undefined;
}

/** Parts of all trials that the brackets get. */
interface Brackets {
  readonly budgets: readonly number[];
  readonly total: number;
}

/**
 * Optuna's HyperbandPruner (Li et al. 2018): ⌊log_η(R / r)⌋ + 1 brackets, each one successive halving that leaves out as many
 * rungs at the bottom as its place says. A trial's bracket is decided by the CRC-32 of the study's name and its number,
 * and it competes with the trials of its bracket only.
 */
export class HyperbandPruner implements Pruner {
  readonly name = 'hyperband';
  readonly #options: HyperbandOptions;
  readonly #known = new WeakMap<History, Known>();

  /** Throws `invalid-option` where Optuna does, and when maxResource is below minResource. */
  constructor(options: HyperbandOptions) {
    const { minResource, maxResource, bootstrapCount } = options;
    if (bootstrapCount > 0 && maxResource === null) {
      throw new TuneboardError('invalid-option', coreMessage('bootstrapCountPrunerHyperbandNeeds'));
    }
    if (maxResource !== null && maxResource < minResource) {
      throw new TuneboardError('invalid-option', coreMessage('maximalResourcePrunerHyperbandBelow'));
    }
    this.#options = options;
  }

  shouldPrune(context: PruneContext): PruneDecision {
    const brackets = this.#bracketsOf(context);
    if (!brackets) return GO_ON;
    const bracket = bracketOf(brackets, context.studyName, context.number);
    return halve(context, { ...this.#options, minEarlyStoppingRate: bracket }, brackets.rungs, bracket);
  }

  /** Undefined as long as the maximal resource is unknown. */
  #bracketsOf({ history, studyName }: PruneContext): Known['brackets'] {
    let known = this.#known.get(history);
    if (!known) {
      known = { first: new FirstComplete(history), brackets: undefined };
      this.#known.set(history, known);
    }
    const { lastStep } = known.first;
    const resource = this.#options.maxResource ?? (lastStep === undefined ? undefined : lastStep + 1);
    if (resource === undefined || resource < this.#options.minResource) return undefined;
    const key = `${resource} ${studyName}`;
    if (known.brackets?.key !== key) {
      const brackets = bracketsFor(this.#options, resource);
      const rungs = new Rungs(history, (number) => bracketOf(brackets, studyName, number));
      known.brackets = { ...brackets, key, rungs };
    }
    return known.brackets;
  }
}

function bracketsFor({ minResource, reductionFactor }: HyperbandOptions, maxResource: number): Brackets {
  const count = Math.floor(Math.log(maxResource / minResource) / Math.log(reductionFactor)) + 1;
  const budgets = Array.from({ length: count }, (_, bracket) => {
    const rungs = count - 1 - bracket;
    return Math.ceil((count * reductionFactor ** rungs) / (rungs + 1));
  });
  return { budgets, total: budgets.reduce((sum, budget) => sum + budget, 0) };
}

function bracketOf({ budgets, total }: Brackets, studyName: string, number: number): number {
  let rest = crc32(`${studyName}_${number}`) % total;
  for (const [bracket, budget] of budgets.entries()) {
    rest -= budget;
    if (rest < 0) return bracket;
  }
  return budgets.length - 1;
}

/** CRC-32 of a text in UTF-8 (IEEE 802.3, as zlib and Python's binascii compute it), unsigned. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  // An escape sequence or a plain character is one byte each.
  for (const [, hex, plain] of encodeURIComponent(text.toWellFormed()).matchAll(/%(..)|(.)/gs)) {
    const byte = hex === undefined ? plain.charCodeAt(0) : Number.parseInt(hex, 16);
    crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  }
  return (crc ^ 0xffffffff) >>> 0;
}
