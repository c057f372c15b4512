import { isMap, isScalar, isSeq, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { type Literal, NULL_LITERAL, numberLiteral } from '../../literals.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import { calleeOf, keywordValue, readArguments, stringValue } from '../../python/tree.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** The text of a file by its path relative to the script's folder; null where there is none. */
export type ReadBeside = (path: string) => string | null;

/**
 * The values of Hydra's configuration, each of which the command line may set as `optim.lr=0.1`: those of the file that
 * `@hydra.main` names, and of the group files that its defaults list takes in.
 */
export function hydraArguments(file: PythonFile, readBeside: ReadBeside): ScriptArguments {
  const place = configPlace(file);
  if (!place) return NO_ARGUMENTS;
  const found = new Map<string, ScriptArgument>();
  addFile(place.folder, place.name, '', readBeside, found);
  return { ...NO_ARGUMENTS, arguments: [...found.values()] };
}

/** The values of a file that `OmegaConf.load` reads, where `OmegaConf.from_cli` sets them as Hydra does. */
export function omegaConfArguments(file: PythonFile, readBeside: ReadBeside): ScriptArguments {
  const path = /\bOmegaConf\.load\(\s*["']([^"']+)["']/.exec(file.text)?.[1];
  const text = path !== undefined && /\bOmegaConf\.from_cli\b/.test(file.text) ? readBeside(path) : null;
  const root = text === null ? null : parseDocument(text).contents;
  if (!isMap(root)) return NO_ARGUMENTS;
  const found = new Map<string, ScriptArgument>();
  addValues(root, '', found);
  return { ...NO_ARGUMENTS, arguments: [...found.values()] };
}

/** `@hydra.main(version_base=None, config_path='conf', config_name='config')`. */
function configPlace(file: PythonFile): { folder: string; name: string } | null {
  let found: { folder: string; name: string } | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'Decorator' || calleeOf(ref.node, file.text) !== 'hydra.main') return;
      const { keywords, positional } = readArguments(ref.node.getChild('ArgList'), file.text);
      const text = (keyword: string, place: number) =>
        stringValue(keywordValue(keywords, keyword) ?? positional[place], file.text);
      const name = text('config_name', 1);
      if (name !== undefined) found = { folder: text('config_path', 0) ?? '.', name: name.replace(/\.ya?ml$/, '') };
    },
  });
  return found;
}

function addFile(
  folder: string,
  name: string,
  prefix: string,
  readBeside: ReadBeside,
  found: Map<string, ScriptArgument>,
): void {
  const text = readBeside(`${folder}/${name}.yaml`);
  if (text === null) return;
  const root = parseDocument(text).contents;
  if (!isMap(root)) return;
  const isGlobal = /^#\s*@package\s+_global_/m.test(text);
  const defaults = root.get('defaults');
  // A group's own defaults lie beside it; they are rare, and left to who writes them.
  if (prefix === '' && isSeq(defaults)) {
    for (const item of defaults.items) {
      const [group, option] = isMap(item) ? groupOf(item) : [];
      if (group && option) addFile(folder, `${group}/${option}`, group.replaceAll('/', '.'), readBeside, found);
    }
  }
  addValues(root, isGlobal ? '' : prefix, found);
}

/** `- optim: adam`, also `- override optim: adam` and `- optional optim: adam`. */
function groupOf(item: YAMLMap): readonly [group: string, option: string] | readonly [] {
  const [pair] = item.items;
  const [key, value] = [pair?.key, pair?.value];
  if (!isScalar(key) || !isScalar(value) || typeof key.value !== 'string' || typeof value.value !== 'string') return [];
  const group = key.value.replace(/^(?:override|optional)\s+/, '').replace(/^\//, '');
  return group.startsWith('hydra') || group.includes('@') ? [] : [group, value.value];
}

/** What Hydra reads itself: `defaults`, `_target_`, `_partial_`. */
const OWN = /^(defaults|_\w+_)$/;

function addValues(map: YAMLMap, prefix: string, found: Map<string, ScriptArgument>): void {
  for (const { key, value } of map.items) {
    if (!isScalar(key) || OWN.test(String(key.value)) || (prefix === '' && key.value === 'hydra')) continue;
    const name = prefix === '' ? String(key.value) : `${prefix}.${key.value}`;
    if (isMap(value)) addValues(value, name, found);
    else if (isScalar(value) || isSeq(value)) found.set(name, argumentOf(name, value));
  }
}

function argumentOf(name: string, value: Scalar | object): ScriptArgument {
  const base = { name, flag: null, choices: null, isAssigned: true } as const;
  if (!isScalar(value)) return { ...base, type: 'unknown', initial: null, awkward: 'list', required: false };
  const initial = literalOf(value);
  // `???` is Hydra's word for a value that has to be given.
  return { ...base, type: typeOf(initial), initial, required: value.value === '???' };
}

function literalOf({ value, source = '' }: Scalar): Literal | null {
  if (typeof value === 'number') return numberLiteral(value, /^[-+]?\d+$/.test(source));
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'string') return { type: 'string', value };
  return value === null ? NULL_LITERAL : null;
}

function typeOf(initial: Literal | null): ScriptArgument['type'] {
  if (initial?.type === 'number') return initial.integer ? 'int' : 'float';
  return initial?.type === 'boolean' || initial?.type === 'string' ? initial.type : 'unknown';
}
