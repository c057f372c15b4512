/**
 * Messages: what any part of Tuneboard tells a person. A message is a key of the catalogue (en.ts) with the values of its
 * places, and the English text, so that it can be stored, sent and shown by a part that knows no catalogue. English is
 * beside the code that says it; Chinese (zh.ts) is loaded only where a person reads it.
 *
 * A place is `{name}`; `{{name}}` is the text `{name}` itself.
 */
export interface Message {
  /** `area.name`, such as `storage.notFound`; empty for a text from outside, such as a program's last line. */
  readonly key: string;
  readonly values: Values;
  readonly text: string;
}

/** A value may be a message, which is said in the same language. */
export type Value = string | number | Message;
export type Values = Readonly<Record<string, Value>>;

type Lower = 'abcdefghijklmnopqrstuvwxyz' extends infer A ? Letters<A> : never;
type Letters<A> = A extends `${infer First}${infer Rest}` ? First | Letters<Rest> : never;

/** The names of the places of a text. */
export type Places<Text> = string extends Text
  ? string
  : Text extends `${string}{${infer Rest}`
    ? Rest extends `{${string}}}${infer After}`
      ? Places<After>
      : Rest extends `${infer Name}}${infer After}`
        ? IsPlace<Name> extends true
          ? Name | Places<After>
          : Places<Rest>
        : never
    : never;

type IsPlace<Name> = Name extends `${string}${' ' | ':' | ',' | '{'}${string}`
  ? false
  : Name extends `${Lower}${string}`
    ? true
    : false;

/** What follows a key: nothing, or an object with a value for each place. */
export type ValuesFor<Text, V = Value> = [Places<Text>] extends [never]
  ? []
  : [values: Readonly<Record<Places<Text>, V>>];

type Table = Readonly<Record<string, string>>;
/** Texts by area and name. */
export type Catalogue = Readonly<Record<string, Table>>;

/** Makes the messages of one area of the catalogue. */
export function messagesOf<Area extends string, const T extends Table>(area: Area, english: T) {
  return <K extends keyof T & string>(name: K, ...values: ValuesFor<T[K]>): Message => {
    const given: Values = values[0] ?? {};
    return { key: `${area}.${name}`, values: given, text: fill(english[name] as string, given, ({ text }) => text) };
  };
}

/** A text that is in no catalogue, such as what another program printed. */
export function verbatim(text: string): Message {
  return { key: '', values: {}, text };
}

/** A message in the language of a catalogue; in English where none is given, or where it lacks the key (of another version). */
export function say(message: Message, catalogue?: Catalogue): string {
  const [, area = '', name = ''] = /^(\w+)\.(.+)$/.exec(message.key) ?? [];
  const table = catalogue && Object.hasOwn(catalogue, area) ? catalogue[area] : undefined;
  if (!table || !Object.hasOwn(table, name)) return message.text;
  return fill(table[name] as string, message.values, (inner) => say(inner, catalogue));
}

/** Says the texts of one area, and messages of all. */
export interface Translate<T extends Table> {
  <K extends keyof T & string>(name: K, ...values: ValuesFor<T[K]>): string;
  say(message: Message): string;
}

/** @param catalogue Another language than English, if that is wanted. */
export function translator<const T extends Table>(area: string, english: T, catalogue?: Catalogue): Translate<T> {
  const table = catalogue?.[area] ?? english;
  const inner = (message: Message) => say(message, catalogue);
  const translate = (name: string, values: Values = {}) => fill(table[name] ?? name, values, inner);
  return Object.assign(translate, { say: inner }) as Translate<T>;
}

/** Whether a locale as VS Code names it (`en`, `zh-cn`) reads Simplified Chinese. */
export function isChinese(locale: string | undefined): boolean {
  return /^zh(-(cn|hans|sg))?\b/i.test(locale ?? '') && !/tw|hant|hk/i.test(locale ?? '');
}

/** Nouns that messages count, in their plural. */
const COUNTED =
  'trials|studies|members|steps|epochs|curves|parameters|values|generations|objectives|takeovers|times|workers|nodes|jobs|files';
const PLACE = new RegExp(`\\{\\{([^{}]*)\\}\\}|\\{([a-z]\\w*)\\}(?: (${COUNTED})\\b)?`, 'g');

/**
 * The one place where values become text: puts them into their places, in English with one of something in the singular
 * (`{count} trials` of 1 is `1 trial`), in Chinese without spaces between its own letters.
 */
export function fill(text: string, values: Values, inner: (message: Message) => string = ({ text }) => text): string {
  const filled = text.replace(PLACE, (whole, literal?: string, name?: string, plural?: string) => {
    if (literal !== undefined) return `{${literal}}`;
    const value = Object.hasOwn(values, name as string) ? values[name as string] : undefined;
    if (value === undefined) return whole;
    const shown = typeof value === 'object' ? inner(value) : String(value);
    return plural === undefined
      ? shown
      : `${shown} ${shown === '1' ? plural.replace(/ies$/, 'y').replace(/s$/, '') : plural}`;
  });
  return /\p{Script=Han}/u.test(text) ? filled.replace(/(?<=\p{Script=Han}) +(?=\p{Script=Han})/gu, '') : filled;
}

/** Of what another program wrote: in characters, and in messages within each other. */
const LONGEST = 10_000;
const DEEPEST = 4;

/** A message from a file, a socket or an attribute, which may be anybody's; undefined where it is none. */
export function readMessage(value: unknown, depth = 0): Message | undefined {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return undefined;
  const { key, values, text } = value as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' || typeof text !== 'string' || key.length > 200 || text.length > LONGEST)
    return undefined;
  if (typeof values !== 'object' || values === null) return undefined;
  const kept: Record<string, Value> = {};
  for (const [name, one] of Object.entries(values).slice(0, 20)) {
    const isText = typeof one === 'number' || (typeof one === 'string' && one.length <= LONGEST);
    const read = isText ? one : readMessage(one, depth + 1);
    if (read === undefined) return undefined;
    kept[name] = read;
  }
  return { key, values: kept, text };
}

/** A text in another language whose places are those of the English one; the type of anything else is the error's text. */
type Translated<English, Text> = [Places<English>] extends [Places<Text>]
  ? [Places<Text>] extends [Places<English>]
    ? string
    : { readonly 'has a place that the English text lacks': never }
  : { readonly 'lacks a place of the English text': never };

/** Checks at compile time that a table has each key of the English one `E`, no other, and the same places in each text. */
export function chinese<E extends Table>() {
  return <const C extends { readonly [K in keyof E]: string }>(
    table: C & { readonly [K in keyof C]: K extends keyof E ? Translated<E[K], C[K]> : never },
  ): Readonly<Record<keyof E, string>> => table;
}

/** The names of the texts without places. */
export type PlainName<T extends Table> = { [K in keyof T]: [Places<T[K]>] extends [never] ? K : never }[keyof T];
