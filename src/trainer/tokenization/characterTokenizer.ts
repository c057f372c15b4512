import { TuneboardError } from '../../core/errors.ts';

export interface Encoding {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
}

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const [PAD, UNKNOWN, CLASSIFY, SEPARATE] = [0, 1, 2, 3];

/**
 * One token a character, white space left out, lower case: for models that are trained from scratch. Its vocabulary is
 * that of the texts it was made from, which should be the training part only; other characters are [UNK].
 */
export class CharacterTokenizer {
  readonly padTokenId = PAD;
  readonly #ids: ReadonlyMap<string, number>;

  private constructor(ids: ReadonlyMap<string, number>) {
    this.#ids = ids;
  }

  /** The commonest characters first, ties by code point. */
  static fromTexts(texts: Iterable<string>): CharacterTokenizer {
    const counts = new Map<string, number>();
    for (const text of texts) {
      for (const character of characters(text)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const ordered = [...counts].sort(
      ([a, countA], [b, countB]) => countB - countA || (a.codePointAt(0) as number) - (b.codePointAt(0) as number),
    );
    return new CharacterTokenizer(
      new Map([...SPECIAL, ...ordered.map(([character]) => character)].map((token, id) => [token, id])),
    );
  }

  get vocabSize(): number {
    return this.#ids.size;
  }

  /** [CLS] text [SEP], cut to `maxLength` tokens. */
  encode(text: string, maxLength: number): Encoding {
    if (maxLength < 3) {
      throw new TuneboardError('tokenizer', `max_length ${maxLength} leaves no room for text: use 3 or more.`);
    }
    const ids = characters(text)
      .slice(0, maxLength - 2)
      .map((character) => this.#ids.get(character) ?? UNKNOWN);
    const input_ids = [CLASSIFY, ...ids, SEPARATE];
    return { input_ids, attention_mask: input_ids.map(() => 1) };
  }
}

function characters(text: string): string[] {
  return [...text.toLowerCase()].filter((character) => !/\s/u.test(character));
}
