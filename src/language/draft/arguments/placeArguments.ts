import type { PythonFile } from '../../python/pythonFile.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

const PYTHON = /(?<!\w)([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?=\s*(?:(float|int|str|Path)\s*\(\s*)?(?:sys\.)?argv\[(\d+)\]/g;

const JAVASCRIPT =
  /(?<![\w$])([A-Za-z_$][\w$]*)\s*(?::\s*\w+\s*)?=\s*(?:(Number|Number\.parseFloat|Number\.parseInt|parseFloat|parseInt|\+)\s*(?:\(\s*)?)?process\.argv\[(\d+)\]/g;

/** `lr = float(sys.argv[1])`: arguments by place. All places up to the last one have to be known. */
export function pythonArgv(file: PythonFile): ScriptArguments {
  return byPlace(file.text, PYTHON, 1);
}

/** `const lr = Number(process.argv[2])`. */
export function javaScriptArgv(text: string): ScriptArguments {
  return byPlace(text, JAVASCRIPT, 2);
}

function byPlace(text: string, pattern: RegExp, first: number): ScriptArguments {
  const places = new Map<number, ScriptArgument>();
  for (const match of text.matchAll(pattern)) {
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
    if (/#|\/\//.test(line)) continue;
    const place = Number(match[3]) - first;
    if (place < 0 || place > 50) continue;
    const type = typeOfConverter(match[2]);
    places.set(place, { name: match[1] as string, flag: null, type, initial: null, choices: null, required: true });
  }
  const count = places.size === 0 ? 0 : Math.max(...places.keys()) + 1;
  const found = Array.from({ length: count }, (_, place) => places.get(place) ?? unknown(place + first));
  return { ...NO_ARGUMENTS, arguments: found };
}

function typeOfConverter(converter: string | undefined): ScriptArgument['type'] {
  if (!converter || converter === 'str') return 'string';
  if (converter === 'Path') return 'path';
  return /int/i.test(converter) ? 'int' : 'float';
}

function unknown(place: number): ScriptArgument {
  return { name: `argument_${place}`, flag: null, type: 'string', initial: null, choices: null, required: true };
}
