import { readSync } from 'node:fs';

/** How a log is encoded: Windows PowerShell's `>` and `Tee-Object` write UTF-16 with a byte order mark, all others UTF-8. */
export function textEncoding(fd: number): 'utf8' | 'utf16le' {
  const mark = Buffer.alloc(2);
  return readSync(fd, mark, 0, 2, 0) === 2 && mark[0] === 0xff && mark[1] === 0xfe ? 'utf16le' : 'utf8';
}
