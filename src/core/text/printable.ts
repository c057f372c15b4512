/**
 * Text from outside (a trial, a study, a server, a path) made harmless for the place where it is shown. What a terminal
 * obeys, what ends a line, what turns the reading direction round and what cannot be seen at all is written as a visible
 * escape: `\n`, `\u001b`, `\u{e0041}`. Nothing is dropped, so that two different names never look the same.
 *
 * The characters are those of Unicode's categories Cc (C0, DEL and C1), Cf, Cs (lone surrogates), Zl and Zp, and those with
 * the property Default_Ignorable_Code_Point (UAX #44); joiners within an emoji or a word of a script that needs them stay.
 */
const UNSEEN = String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe00-\ufe0f]]`;
/** Letters of the scripts that a joiner shapes: Arabic and those of India, Sri Lanka and Cambodia. */
const SHAPED = String.raw`[[\u0620-\u08ff\u0900-\u0dff\u1780-\u17d3]&&[\p{L}\p{M}]]`;
/** ZERO WIDTH JOINER between parts of an emoji; it or ZERO WIDTH NON-JOINER between two letters. */
const JOINER = String.raw`(?:(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})|(?<=${SHAPED})[\u200c\u200d](?=${SHAPED}))`;
/** Marks that pile up on one letter: they take no room, so that a cut text would have no end, and cover the lines above. */
const PILED = String.raw`(?<=\p{M}{8})\p{M}`;
const SPECIAL = new RegExp(`(?!${JOINER})${UNSEEN}|${PILED}`, 'gv');
/** Most text is this: no letter beyond it needs the expensive look. */
const PLAIN =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u3001-\u312f\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*$/;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line that a terminal, a log or a label shows as it is and cannot obey. Harmless text comes back unchanged. */
export function printable(text: string): string {
  return escapeSpecial(text, (code, character) => {
    if (code > 0xffff) return `\\u{${code.toString(16)}}`;
    return NAMED[character] ?? `\\u${hex(code)}`;
  });
}

/** A text of several lines as one: every run of blanks and line ends is one blank. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Replaces what `printable` would not let through by what `escaped` makes of its code point: for formats with escapes of their own. */
export function escapeSpecial(text: string, escaped: (code: number, character: string) => string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SPECIAL, (character) => escaped(character.codePointAt(0) as number, character));
}

/** JSON text, of any layout, with the same value and without a character that a terminal obeys or hides. */
export function printableJson(json: string): string {
  return json
    .split('\n')
    .map((line) =>
      escapeSpecial(line, (_, character) =>
        Array.from({ length: character.length }, (__, at) => `\\u${hex(character.charCodeAt(at))}`).join(''),
      ),
    )
    .join('\n');
}

/**
 * Text for a place of VS Code that shows plain text but makes icons of `$(name)` and links, also to commands, of
 * `[label](target)`: messages, quick picks, the status bar, code lenses.
 */
export function plainLabel(text: string): string {
  return printable(text).replace(/(?<=\$)\(|(?<=\])\(/g, ' (');
}

/**
 * Text within Markdown, on one line: every mark is a character reference, which no renderer takes for structure, and which neither
 * VS Code's icons (`$(name)`) nor bare links (`https:`, `www.`, `me@host`) are looked for in.
 */
export function markdownText(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[!-/:-@[-`{-~]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** A line that a program wrote for a terminal, without the colours that it asked for (SGR, ECMA-48 8.3.117). */
export function withoutColours(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one.
  return line.replace(/\u001b\[[\d;:]*m/g, '');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one.
const ESCAPES = /\u001b\[[0-9;?]{0,40}[ -/]{0,8}[@-~]/g;

/**
 * The lines of an output as a terminal would have left them: of a line that was written over its last text, without colours
 * and without what cannot be seen.
 */
export function terminalLines(text: string): string[] {
  const lines = text.replace(ESCAPES, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
    const last = whole.slice(whole.lastIndexOf('\r') + 1);
    return escapeSpecial(last, (_, character) => (character === '\t' ? '    ' : ''));
  });
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0');
}
