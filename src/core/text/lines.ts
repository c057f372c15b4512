/**
 * How much of a printed line is read, in UTF-16 units, wherever it comes from: a trial, a script, the log of a study or a
 * worker. The rest of a longer line is left out before any parser sees it; its output file holds all of it.
 */
export const LINE_LIMIT = 65_536;

/** The beginning of a line that is longer than the limit. A number or name that the cut would halve is left out. */
export function cutLine(line: string): string {
  if (line.length <= LINE_LIMIT) return line;
  let end = LINE_LIMIT;
  while (end > 0 && isWithinWord(line.charCodeAt(end - 1))) end--;
  return line.slice(0, end === 0 ? LINE_LIMIT : end);
}

/** Letters, digits and `_` of ASCII, and what stands within a number: `.`, `+`, `-`. */
function isWithinWord(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2e ||
    code === 0x2b ||
    code === 0x2d
  );
}
