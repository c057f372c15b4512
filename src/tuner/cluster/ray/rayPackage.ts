import { createHash } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { Zip, ZipDeflate } from 'fflate';
import { makeOwnFolder, openOwnFile } from '../../../runs/ownFiles.ts';
import type { PackedFile } from '../packFolder.ts';

/** A zip file on disk, under the name that Ray is to know it by: that of its content. */
export interface RayPackage {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** 1980-01-01, the first day that a zip file knows: the same files make the same package. */
const ZIP_TIME = new Date(1980, 0, 1);
const LEVEL = 6;

/** Writes files into a zip file at `path`, one after another: only one of them is in memory. */
export async function writePackage(path: string, files: readonly PackedFile[]): Promise<RayPackage> {
  makeOwnFolder(dirname(path));
  const target = openOwnFile(path, 'empty');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    const zip = new Zip((error, piece) => {
      if (error) throw error;
      hash.update(piece);
      for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
      bytes += piece.length;
    });
    for (const file of files) {
      const entry = new ZipDeflate(file.path, { level: LEVEL });
      entry.mtime = ZIP_TIME;
      // 3: the attributes are those of Unix.
      entry.os = 3;
      entry.attrs = ((0o100000 | (file.isExecutable ? 0o755 : 0o644)) << 16) >>> 0;
      zip.add(entry);
      entry.push(file.read(), true);
      await otherWork();
    }
    zip.end();
    return { name: `tuneboard_${hash.digest('hex').slice(0, 32)}.zip`, path, bytes };
  } finally {
    closeSync(target);
  }
}
