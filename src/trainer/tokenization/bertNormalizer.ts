/** What a tokenizer.json says of a `BertNormalizer`. */
export interface BertNormalizerOptions {
  readonly clean_text: boolean;
  readonly handle_chinese_chars: boolean;
  /** Null: as `lowercase`. */
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
}

const DROPPED = /[\0\ufffd\p{Cf}\p{Co}\p{Cs}]|(?![\t\n\r])\p{Cc}/gu;
/** Other white space than that of DROPPED's exceptions: separators, by Unicode's property. */
const SPACES = /\p{White_Space}/gu;
/** The blocks that BERT's authors call Chinese characters: CJK unified and compatibility ideographs. */
const HAN =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const MARKS = /\p{Mn}/gu;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * BERT's normalisation of a text, as the Rust tokenizer does it: control characters out, every white space a blank, a blank
 * around each Chinese character, accents off, lower case. The library's own differs for characters beyond the Basic
 * Multilingual Plane and for the Greek final sigma.
 */
export function normalizeForBert(text: string, options: BertNormalizerOptions): string {
  if (ASCII.test(text)) return options.lowercase ? text.toLowerCase() : text;
  let result = text.toWellFormed();
  if (options.clean_text) result = result.replace(DROPPED, '').replace(SPACES, ' ');
  if (options.handle_chinese_chars) result = result.replace(HAN, ' $& ');
  if (options.strip_accents ?? options.lowercase) result = result.normalize('NFD').replace(MARKS, '');
  return options.lowercase ? lowerCase(result) : result;
}

/** Character by character, so that a sigma is one wherever it stands. */
export function lowerCase(text: string): string {
  return text.includes('Σ') ? text.replaceAll('Σ', 'σ').toLowerCase() : text.toLowerCase();
}
