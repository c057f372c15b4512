import { join } from 'node:path';
import { writeTextAside } from '../io/writeAside.ts';

/** What a tokenizer is stored as. */
export interface TokenizerFiles {
  /** tokenizer.json. */
  readonly json: Readonly<Record<string, unknown>>;
  /** tokenizer_config.json. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Writes tokenizer.json and tokenizer_config.json, and the vocab.txt of a WordPiece tokenizer for older programs. */
export async function saveTokenizer(folder: string, { json, config }: TokenizerFiles): Promise<void> {
  await writeTextAside(join(folder, 'tokenizer.json'), `${JSON.stringify(json, null, 1)}\n`);
  await writeTextAside(join(folder, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const { type, vocab } = (json['model'] ?? {}) as { type?: unknown; vocab?: Record<string, number> };
  if (type !== 'WordPiece' || !vocab) return;
  const tokens = Object.entries(vocab).sort(([, a], [, b]) => a - b);
  if (tokens.every(([token, id], index) => id === index && !/[\r\n]/.test(token))) {
    await writeTextAside(join(folder, 'vocab.txt'), tokens.map(([token]) => `${token}\n`).join(''));
  }
}
