/**
 * Reading backwards from the cursor: what is typed of a value, and what stands before it. Text is used rather than the
 * tree because a tree of a half-typed call is whatever the parser makes of the lines that follow.
 */
export interface TypedValue {
  /** The text before the value, from the start of the line. */
  readonly lead: string;
  readonly typed: string;
  readonly start: number;
}

const REACH = 2000;
const OPENED = /["'][^"'\\\n]*$/;

export function typedBefore(text: string, lineStart: number, offset: number): TypedValue {
  // A line without breaks (minified JSON) is looked at near the cursor only.
  const line = text.slice(Math.max(lineStart, offset - REACH), offset);
  const opened = OPENED.exec(line);
  const typed = opened && opensText(line, opened.index) ? opened[0] : wordBefore(line);
  return { lead: line.slice(0, line.length - typed.length), typed, start: offset - typed.length };
}

/** A number or a word at the end of a line. */
function wordBefore(line: string): string {
  const run = /(?<![\w.+-])[\w.+-]*$/.exec(line)?.[0] ?? '';
  const start = run.search(/[-+]?[\w.]|[-+]$/);
  return start < 0 ? '' : run.slice(start);
}

/** Whether the quote at `at` opens a text rather than closing one: as many of its kind came before as make pairs. */
function opensText(line: string, at: number): boolean {
  return (line.slice(0, at).split(line[at] as string).length - 1) % 2 === 0;
}

/** Whether a value may still be typed here: nothing but closing characters or a comment follows on the line. */
export function isOpenAfter(text: string, offset: number, lineEnd: number, typed: string): boolean {
  const rest = text.slice(offset, lineEnd);
  const quote = typed[0];
  const after = (quote === '"' || quote === "'") && rest[0] === quote ? rest.slice(1) : rest;
  return /^\s*($|[,)\]};#]|\/\/)/.test(after);
}
