import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';

/** The text of a file of code without byte order mark, or why there is none for us. */
export type SourceText =
  | { readonly text: string }
  | { readonly problem: 'missing' | 'outside' | 'no-file' | 'too-large' }
  | { readonly problem: 'encoding'; readonly encoding: string };

/** The line of Python's PEP 263, the first or the second. */
const COOKIE = /^(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)/;

/**
 * Reads a file by its name relative to a folder. It has to be a regular file in that folder, also when symbolic links are
 * followed. UTF-8 is read, with a byte order mark or without, and of Python what its PEP 263 line names if that is UTF-8,
 * ASCII or Latin-1.
 */
export function readSourceIn(folder: string, file: string, mostBytes: number): SourceText {
  let bytes: Buffer;
  try {
    const real = realpathSync(join(folder, file));
    const inside = relative(realpathSync(folder), real);
    if (isAbsolute(file) || isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
      return { problem: 'outside' };
    }
    const found = statSync(real);
    if (!found.isFile()) return { problem: 'no-file' };
    if (found.size > mostBytes) return { problem: 'too-large' };
    bytes = readFileSync(real);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'no-file' };
  }
  return decode(bytes, /\.pyw?$/i.test(file));
}

function decode(bytes: Buffer, isPython: boolean): SourceText {
  const hasMark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const cookie = isPython ? COOKIE.exec(bytes.toString('latin1', hasMark ? 3 : 0, 1000))?.[1] : undefined;
  const name = (cookie ?? 'utf-8').toLowerCase().replaceAll('_', '-');
  if (/^(latin-?1|l1|iso-?8859-1)$/.test(name) && !hasMark) return { text: bytes.toString('latin1') };
  if (!/^(utf-?8(-sig)?|u8|ascii|us-ascii)$/.test(name)) return { problem: 'encoding', encoding: cookie as string };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return { problem: 'encoding', encoding: isWide ? 'UTF-16' : '?' };
  }
}
