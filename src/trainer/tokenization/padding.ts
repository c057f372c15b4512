import { TuneboardError } from '../../core/errors.ts';
import { shown } from '../../core/text/shown.ts';
import type { EncodeOptions, Encoding } from './tokenizer.ts';

export type PaddingSide = 'left' | 'right';

export interface PaddingSource {
  readonly padTokenId: number;
  readonly paddingSide: PaddingSide;
  readonly modelMaxLength: number;
}

/** The rows padded as the options ask for; unchanged by default. Throws `tokenizer` for a length that nothing says. */
export function padded(rows: readonly Encoding[], source: PaddingSource, options: EncodeOptions<unknown>): Encoding[] {
  const { padding = false, max_length: given, pad_to_multiple_of: multiple = 1 } = options;
  if (padding === false || padding === 'do_not_pad') return [...rows];
  if (padding !== true && padding !== 'longest' && padding !== 'max_length') {
    throw new TuneboardError('tokenizer', `padding is ${shown(padding)}: use true, false, "longest" or "max_length".`);
  }
  const longest = rows.reduce((most, row) => Math.max(most, row.input_ids.length), 0);
  const wanted = padding === 'max_length' ? (given ?? source.modelMaxLength) : longest;
  if (!Number.isFinite(wanted)) {
    throw new TuneboardError('tokenizer', 'padding "max_length" needs max_length: give it.');
  }
  const length = Math.ceil(wanted / multiple) * multiple;
  const fill = (values: readonly number[], value: number): readonly number[] => {
    const added = new Array<number>(Math.max(0, length - values.length)).fill(value);
    return source.paddingSide === 'left' ? [...added, ...values] : [...values, ...added];
  };
  return rows.map((row) => ({
    input_ids: fill(row.input_ids, source.padTokenId),
    token_type_ids: fill(row.token_type_ids, 0),
    attention_mask: fill(row.attention_mask, 0),
  }));
}
