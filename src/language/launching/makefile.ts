import { joinPath } from './paths.ts';
import { type LaunchPlace, lineLaunches, type RawLaunch } from './rawLaunch.ts';

const NAMES = ['GNUmakefile', 'makefile', 'Makefile'];
const VARIABLE = /^(export[ \t]{1,20})?([\w.-]{1,200})[ \t]{0,20}(\?|:{1,3}|\+|!)?=[ \t]{0,20}(.*)$/;
const TARGET = /^([\w./-][\w./ -]{0,500}?)[ \t]{0,20}:{1,2}(?!=)/;
/** Variables that name each other end somewhere. */
const MOST_LEVELS = 10;
const MOST_LENGTH = 10_000;
/** Lines of recipes, and variables that are filled in, of one file. */
const MOST_LINES = 1000;
const MOST_FILLED = 20_000;

const INCLUDE = /^[-s]?include[ \t]{1,20}([\w./ \t-]{1,500}?)[ \t]{0,20}(?:#.*)?$/;
const MOST_INCLUDES = 20;

/**
 * The recipes of a folder's Makefile that run a script, and those of files that it includes by name. Variables of the file
 * are filled in; functions are not called.
 */
export function makeLaunches(folder: string, { read }: LaunchPlace): RawLaunch[] {
  for (const name of NAMES) {
    const file = joinPath(folder, name);
    const text = read(file);
    if (text !== null) return recipes(withIncludes(text, folder, read, new Set([file])), folder, file);
  }
  return [];
}

/** Make reads what is included where it is included, from its own folder on. */
function withIncludes(text: string, folder: string, read: LaunchPlace['read'], seen: Set<string>): string {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .flatMap((line) => {
      const names = INCLUDE.exec(line)?.[1]?.split(/\s+/);
      if (!names) return [line];
      return names.flatMap((name) => {
        const path = joinPath(folder, name);
        if (seen.has(path) || seen.size > MOST_INCLUDES) return [];
        seen.add(path);
        const included = read(path);
        return included === null ? [] : [withIncludes(included, folder, read, seen)];
      });
    })
    .join('\n');
}

function recipes(text: string, folder: string, file: string): RawLaunch[] {
  const variables = new Map<string, string>([['MAKE', 'make']]);
  const exported = new Set<string>();
  const lines: { readonly target: string; readonly line: string }[] = [];
  let target = '';
  for (const line of text.replace(/\\\n[ \t]*/g, ' ').split('\n')) {
    if (line.startsWith('\t')) {
      if (target !== '' && !target.startsWith('.') && lines.length < MOST_LINES)
        lines.push({ target, line: line.trim() });
      continue;
    }
    const variable = VARIABLE.exec(line.trim());
    if (variable) {
      const [, isExport, name = '', how, value = ''] = variable;
      const plain = value.replace(/(^|\s)#.*$/, '').trim();
      if (how === '!') continue;
      if (how === '+') variables.set(name, `${variables.get(name) ?? ''} ${plain}`.trim());
      else if (how !== '?' || !variables.has(name)) variables.set(name, plain);
      if (isExport) exported.add(name);
      continue;
    }
    const named = TARGET.exec(line)?.[1];
    if (named !== undefined) target = named.split(' ')[0] ?? '';
    for (const name of /^export\s+([\w \t]{1,500})$/.exec(line)?.[1]?.split(/\s+/) ?? []) exported.add(name);
  }
  const filling: Filling = { variables, left: MOST_FILLED };
  const env = Object.fromEntries(
    [...exported].flatMap((name) => {
      const value = variables.has(name) ? filled(variables.get(name) as string, filling, '') : null;
      return value === null ? [] : [[name, value]];
    }),
  );
  return lines.flatMap(({ target: name, line }) => {
    const command = filled(line.replace(/^[@+-]{1,3}[ \t]*/, ''), filling, name);
    return command === null ? [] : lineLaunches(command, folder, { by: 'make', name, file }, env);
  });
}

interface Filling {
  readonly variables: ReadonlyMap<string, string>;
  /** How many more variables are filled in. */
  left: number;
}

/** Null where it calls a function or grows without end. */
function filled(text: string, filling: Filling, target: string, level = 0): string | null {
  if (level > MOST_LEVELS || text.length > MOST_LENGTH || filling.left <= 0) return null;
  let isKnown = true;
  const result = text.replace(
    /\$(?:\$|@|\(([^()]{1,200})\)|\{([^{}]{1,200})\})/g,
    (all, round?: string, curly?: string) => {
      if (all === '$$') return '\0';
      if (all === '$@') return target;
      const name = (round ?? curly ?? '').trim();
      if (!/^[\w.-]+$/.test(name)) isKnown = false;
      const value = filling.variables.get(name) ?? '';
      if (filling.left-- <= 0 || !isKnown) return '';
      const inner = value.includes('$') ? filled(value, filling, target, level + 1) : value;
      if (inner === null) isKnown = false;
      return inner ?? '';
    },
  );
  if (!isKnown || result.length > MOST_LENGTH) return null;
  return level === 0 ? result.replaceAll('\0', '$') : result;
}
