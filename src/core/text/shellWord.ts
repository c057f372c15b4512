import { escapeSpecial } from './printable.ts';

/** One word for a POSIX shell: as it is where that is safe, else in single quotes (IEEE Std 1003.1, Shell Command Language 2.2.2). */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A word to show and to copy: text that a terminal would obey is in dollar-single-quotes, which bash and zsh read and not
 * every sh.
 */
export function shownShellWord(text: string): string {
  const isSpecial = escapeSpecial(text, () => '') !== text;
  if (!isSpecial) return shellWord(text);
  const escaped = escapeSpecial(text.replace(/[\\']/g, '\\$&'), (code) =>
    code > 0xffff ? `\\U${hex(code, 8)}` : code > 0x7f ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`,
  );
  return `$'${escaped}'`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
