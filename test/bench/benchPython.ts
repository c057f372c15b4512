import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { venvPython } from '../../src/runs/platform.ts';
import { findPython } from '../support/python.ts';

const own = venvPython(join(fileURLToPath(new URL('../../.cache/', import.meta.url)), 'venv-bench'));

/**
 * The Python with the libraries that a bench compares with: `TUNEBOARD_PYTHON_BENCH`, or the virtual environment
 * `.cache/venv-bench`, or any that has Optuna 5; null without one.
 */
export function benchPython(): string | null {
  return process.env['TUNEBOARD_PYTHON_BENCH'] ?? (existsSync(own) ? own : findPython('optuna'));
}
