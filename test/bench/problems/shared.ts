import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The public benchmark data, which lie beside the project where somebody put them there; they are no part of it. */
const folder = fileURLToPath(new URL('../../../../shared/bench/', import.meta.url));

export const hasSharedData = existsSync(folder);

/** A JSON file of the public data, or null where it is not there. */
export function sharedJson<T>(name: string): T | null {
  return existsSync(folder + name) ? (JSON.parse(readFileSync(folder + name, 'utf8')) as T) : null;
}

/** A file of little-endian float32 of the public data, or null where it is not there. */
export function sharedFloats(name: string): Float32Array | null {
  if (!existsSync(folder + name)) return null;
  const bytes = readFileSync(folder + name);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
