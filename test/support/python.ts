import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pythonNames, venvPython } from '../../src/runs/platform.ts';
import { LEFT_OUT, requiredParts, wantedParts } from './parts.ts';

/**
 * Parts of the tests that need something of Python. `TUNEBOARD_REQUIRE` (names, separated by commas) makes a missing
 * part a failure instead of a skipped test.
 */
export type PythonPart = 'python' | 'optuna' | 'optuna4' | 'transformers';

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/** Where a part is looked for: a variable that names an interpreter, virtual environments in .cache, what must import. */
const PARTS: Record<PythonPart, { variable: string; folders: readonly string[]; check: string }> = {
  python: { variable: 'TUNEBOARD_PYTHON', folders: [], check: 'import sys; assert sys.version_info >= (3, 8)' },
  optuna: {
    variable: 'TUNEBOARD_PYTHON_OPTUNA5',
    folders: ['venv-optuna5', 'venv-optuna'],
    check: 'import optuna; assert int(optuna.__version__.split(".")[0]) >= 5',
  },
  optuna4: {
    variable: 'TUNEBOARD_PYTHON_OPTUNA4',
    folders: ['venv-optuna4'],
    check: 'import optuna; assert optuna.__version__.startswith("4.")',
  },
  transformers: {
    variable: 'TUNEBOARD_PYTHON_TRANSFORMERS',
    folders: ['venv-transformers', 'venv-hf'],
    check:
      'import importlib.util as u; assert all(u.find_spec(n) for n in ("torch", "transformers", "datasets", "accelerate", "optuna", "sklearn"))',
  },
};

const known = new Map<PythonPart, string | null>();

/** An interpreter that has the part; null when there is none on this machine. */
export function findPython(part: PythonPart): string | null {
  let found = known.get(part);
  if (found === undefined) {
    found = candidatesOf(part).find((command) => canRun(command, PARTS[part].check)) ?? null;
    known.set(part, found);
  }
  return found;
}

/** The interpreter for a test; skips the test (or fails it, see `PythonPart`) and returns null without one. */
export function needPython(t: TestContext, part: PythonPart): string | null {
  if (!wantedParts().includes(part)) {
    t.skip(`${part} is ${LEFT_OUT}`);
    return null;
  }
  const found = findPython(part);
  if (found !== null) return found;
  const reason = `no interpreter with "${part}": set ${PARTS[part].variable}, or make .cache/${PARTS[part].folders[0] ?? 'venv'}`;
  if (requiredParts().includes(part)) throw new Error(`required, but there is ${reason}`);
  t.skip(reason);
  return null;
}

function candidatesOf(part: PythonPart): string[] {
  const { variable, folders } = PARTS[part];
  const named = process.env[variable];
  if (named) return [named];
  const venvs = folders.map((folder) => venvPython(join(cache, folder))).filter((path) => existsSync(path));
  return [...venvs, ...pythonNames()];
}

function canRun(command: string, check: string): boolean {
  try {
    execFileSync(command, ['-c', check], { stdio: 'ignore', timeout: 180_000 });
    return true;
  } catch {
    return false;
  }
}
