import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { placeholdersIn } from '../commandLine.ts';
import { readStudyDocument } from './document.ts';
import { keyText, type Path, type Span } from './positions.ts';

/**
 * A place of a study file that names a parameter, without quotes and braces. `key`: its line under `space`; `placeholder`:
 * `{lr}` in what the program is started with; `condition`: a key of `when`; `start`: a key of a first trial; `expression`:
 * a name in a condition of `where`.
 */
export interface ParameterUse extends Span {
  readonly name: string;
  readonly kind: 'key' | 'placeholder' | 'condition' | 'start' | 'expression';
}

/** What a parameter may be called: a placeholder names it. */
const NAME = /^[\p{L}_][\p{L}\p{N}_./-]{0,200}$/u;
const NAMES = /(?<![\p{L}\p{N}_."'])[\p{L}_][\p{L}\p{N}_.]{0,200}/gu;

export function isParameterName(name: string): boolean {
  return NAME.test(name);
}

/** The keys of the objective whose texts have placeholders. */
const TEMPLATES: ReadonlySet<string> = new Set(['command', 'args', 'wandb']);

/** Whether the texts at a path have placeholders. */
export function hasPlaceholders(path: Path): boolean {
  return path[0] === 'objective' && TEMPLATES.has(String(path[1]));
}

/** Everything in a study file that names a parameter, in the order of the text; the file may have mistakes. */
export function parameterUses(text: string): ParameterUse[] {
  const uses: ParameterUse[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
    else if (isMap(node)) {
      for (const pair of node.items) {
        const kind = kindOfKey(path);
        const place = kind && keyPlace(text, pair);
        if (kind && place) uses.push({ name: keyText(pair), kind, ...place });
        visit(pair.value, [...path, keyText(pair)]);
      }
    } else if (isScalar(node) && !isAlias(node)) uses.push(...usesIn(text, node, path));
  };
  visit(readStudyDocument(text).contents as Node | null, []);
  return uses.sort((a, b) => a.start - b.start);
}

/** Where a parameter stands under `space`. */
export function parameterKey(text: string, name: string): ParameterUse | undefined {
  return parameterUses(text).find((use) => use.kind === 'key' && use.name === name);
}

/** The use that an offset touches. */
export function parameterUseAt(text: string, offset: number): ParameterUse | undefined {
  return parameterUses(text).find(({ start, end }) => start <= offset && offset <= end);
}

/** The names under `space`, in its order. */
export function parameterNames(text: string): string[] {
  const { contents } = readStudyDocument(text);
  const space = isMap(contents) ? contents.get('space') : undefined;
  return isMap(space) ? space.items.map(keyText).filter((name) => name !== '') : [];
}

function kindOfKey(path: Path): ParameterUse['kind'] | undefined {
  if (path.length === 1 && path[0] === 'space') return 'key';
  if (path.length === 3 && path[0] === 'space' && path[2] === 'when') return 'condition';
  return path.length === 2 && path[0] === 'start' ? 'start' : undefined;
}

function keyPlace(text: string, { key }: Pair): Span | undefined {
  const range = isScalar(key) ? key.range : undefined;
  if (!range) return undefined;
  const [start, end] = range;
  const place = /["']/.test(text[start] ?? '') ? { start: start + 1, end: end - 1 } : { start, end };
  return text.slice(place.start, place.end) === String((key as Scalar).value) ? place : undefined;
}

function usesIn(text: string, { value, range }: Scalar, path: Path): ParameterUse[] {
  if (typeof value !== 'string' || !range) return [];
  const source = text.slice(range[0], range[1]);
  if (hasPlaceholders(path)) {
    const found = placeholdersIn(source);
    // An escape that hides one of them leaves the places of the others in doubt.
    if (found.length !== placeholdersIn(value).length) return [];
    return found.map(({ name, start, end }) => ({
      name,
      kind: 'placeholder',
      start: range[0] + start + 1,
      end: range[0] + end - 1,
    }));
  }
  if (path[0] !== 'where') return [];
  return [...source.matchAll(NAMES)].map(({ 0: name, index }) => ({
    name,
    kind: 'expression',
    start: range[0] + index,
    end: range[0] + index + name.length,
  }));
}
