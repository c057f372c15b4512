import { readFileSync } from 'node:fs';

/** The oldest major release of Node that runs Tuneboard; `engines` of package.json says the same. */
export const OLDEST_NODE = 22;

/** Whether a version of Node, `22.1.0` for instance, is recent enough. */
export function isNodeRecent(version: string): boolean {
  return Number.parseInt(version, 10) >= OLDEST_NODE;
}

/** This program's version, from the package.json above the bundle (or above src/ when run from source). */
export function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (parsed.name === 'tuneboard' && parsed.version) return parsed.version;
    } catch {
      // Not there: look further up.
    }
  }
  return '0.0.0';
}
