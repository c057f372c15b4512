import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { venvPython } from '../../src/runs/platform.ts';
import { findPython } from '../support/python.ts';

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/**
 * The Python with the libraries that a bench compares with: `TUNEBOARD_PYTHON_BENCH`, or the virtual environment
 * `.cache/venv-bench`, or any that has Optuna 5; null without one. A library whose own requirements keep it apart from those
 * has an environment `.cache/venv-NAME` (see docs/benchmarks.md) or `TUNEBOARD_PYTHON_NAME`, which goes before.
 */
export function benchPython(library?: string): string | null {
  const apart = library && (process.env[`TUNEBOARD_PYTHON_${library.toUpperCase()}`] ?? existing(`venv-${library}`));
  if (apart) return apart;
  return process.env['TUNEBOARD_PYTHON_BENCH'] ?? existing('venv-bench') ?? findPython('optuna');
}

function existing(environment: string): string | undefined {
  const python = venvPython(join(cache, environment));
  return existsSync(python) ? python : undefined;
}
