import type { Params, ParamValue } from '../../../core/space/distributions.ts';
import type { SearchSpace } from '../../../core/space/searchSpace.ts';
import type { Message } from '../../../words/message.ts';
import type { SiteRead } from './trialSites.ts';

/** After so many trials a value that none of them reached is worth a sentence, although another trial may reach it. */
const MANY_TRIALS = 20;

export interface Unread {
  readonly sentence: Message;
  /** No trial will read the value. */
  readonly isForGood: boolean;
}

/**
 * Decides from the trials that ended well whether a parameter has no effect. The program may choose by the value of another
 * parameter whether it comes to the line: by a text, a switch, or a number that is 0. So a value that it did not reach is
 * never read once every combination of these has been tried, which is trial 0 where there are none.
 */
export class UnreadSites {
  readonly #space: SearchSpace;
  readonly #read = new Set<string>();
  readonly #noted = new Set<string>();
  /** The combinations of switches that were tried, and of which numbers were 0. */
  readonly #tried = new Set<string>();
  readonly #nonZero = new Set<string>();
  #trials = 0;

  constructor(space: SearchSpace) {
    this.#space = space;
  }

  /** Takes what a trial read. */
  add(params: Params, reads: readonly SiteRead[]): Unread | null {
    this.#trials++;
    this.#tried.add(JSON.stringify(this.#switches().map(({ name }) => switchOf(params[name]))));
    for (const [name, value] of Object.entries(params)) if (switchOf(value) === 'number') this.#nonZero.add(name);
    for (const { parameter, unread } of reads) if (unread === null) this.#read.add(parameter);
    for (const { parameter, unread, isCertain } of reads) {
      if (unread === null || (!isCertain && this.#read.has(parameter))) continue;
      if (isCertain || this.#isSettled(parameter)) return { sentence: unread, isForGood: true };
      if (this.#trials < MANY_TRIALS || this.#noted.has(parameter)) continue;
      this.#noted.add(parameter);
      return { sentence: unread, isForGood: false };
    }
    return null;
  }

  #isSettled(parameter: string): boolean {
    const combinations = this.#switches().reduce((count, { kinds }) => count * kinds, 1);
    const numbers = this.#space.parameters.filter(({ name, distribution }) => {
      return name !== parameter && (distribution.type !== 'categorical' || distribution.choices.some(isNumber));
    });
    return this.#tried.size >= combinations && numbers.every(({ name }) => this.#nonZero.has(name));
  }

  /** The parameters whose values a program may switch by, and how many kinds of values each has. */
  #switches(): { readonly name: string; readonly kinds: number }[] {
    return this.#space.parameters.flatMap(({ name, distribution }) => {
      if (distribution.type !== 'categorical') return [];
      const kinds = new Set(distribution.choices.map((choice) => switchOf(choice as ParamValue))).size;
      return kinds > 1 ? [{ name, kinds }] : [];
    });
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && value !== 0;
}

function switchOf(value: ParamValue | undefined): string {
  return isNumber(value) ? 'number' : (JSON.stringify(value) ?? 'absent');
}
