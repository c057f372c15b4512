import { readFileSync } from 'node:fs';

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
