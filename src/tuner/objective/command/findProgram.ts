import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pythonNames } from '../../../runs/platform.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The program to start for a command's first word. `python` and `python3` mean the interpreter that the person chose,
 * if any; else, where the name is not on the PATH (many systems have only one of the two), the one that is.
 */
export function programFor(word: string, chosenPython: string | null, env: Environment): string {
  if (word !== 'python' && word !== 'python3') return word;
  if (chosenPython !== null) return chosenPython;
  return [word, ...pythonNames()].find((name) => isOnPath(name, env)) ?? word;
}

function isOnPath(name: string, env: Environment): boolean {
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  return path
    .split(delimiter)
    .some((folder) => folder !== '' && endings.some((ending) => isProgram(join(folder, name + ending))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
