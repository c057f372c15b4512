type Json = Readonly<Record<string, unknown>>;

/** A token that a vocab.txt need not have, as an entry of tokenizer.json. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

type Declared = Omit<AddedToken, 'id'>;

/**
 * Tokens that were added to a tokenizer beside its vocab.txt: `added_tokens_decoder` of tokenizer_config.json or else
 * added_tokens.json, and additional special tokens. As in transformers one that the vocabulary has keeps its id there, and
 * the others follow the vocabulary in the order of the ids that they are declared with.
 */
export function declaredTokens(vocabulary: ReadonlyMap<string, number>, config: Json, added: Json): AddedToken[] {
  const declared = [...fromDecoder(config['added_tokens_decoder'] ?? added), ...specials(config)];
  let next = Math.max(-1, ...vocabulary.values()) + 1;
  const tokens = new Map<string, AddedToken>();
  for (const one of declared) {
    if (one.content === '' || tokens.has(one.content)) continue;
    tokens.set(one.content, { id: vocabulary.get(one.content) ?? next++, ...one });
  }
  return [...tokens.values()];
}

/** `{"95": {"content": "<e1>", …}}` or `{"<e1>": 95}`. */
function fromDecoder(given: unknown): Declared[] {
  const entries = Object.entries(isRecord(given) ? given : {});
  const byId = entries.map(([key, value]): readonly [number, Declared | undefined] =>
    typeof value === 'number' ? [value, tokenOf(key, false)] : [Number(key), tokenOf(value, false)],
  );
  return byId.sort(([a], [b]) => a - b).flatMap(([, token]) => token ?? []);
}

/** `additional_special_tokens`, or by its name of today: a list, or tokens by names. */
function specials(config: Json): Declared[] {
  return ['additional_special_tokens', 'extra_special_tokens'].flatMap((key) => {
    const given = config[key];
    const list = Array.isArray(given) ? given : isRecord(given) ? Object.values(given) : [];
    return list.flatMap((one) => tokenOf(one, true) ?? []);
  });
}

/** Special tokens are looked for before the text is normalised, others after. */
function tokenOf(given: unknown, isSpecial: boolean): Declared | undefined {
  const flags: Json = isRecord(given) ? given : { content: given };
  const { content } = flags;
  if (typeof content !== 'string') return undefined;
  const flag = (name: string, usual: boolean) => (typeof flags[name] === 'boolean' ? flags[name] : usual);
  const special = flag('special', isSpecial);
  return {
    content,
    single_word: flag('single_word', false),
    lstrip: flag('lstrip', false),
    rstrip: flag('rstrip', false),
    normalized: flag('normalized', !special),
    special,
  };
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
