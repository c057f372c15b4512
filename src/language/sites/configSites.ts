import { type Node, type ParseError, parseTree } from 'jsonc-parser';
import { type AST, parseTOML, ParseError as TomlError } from 'toml-eslint-parser';
import { isMap, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { jsonLiteral } from '../config/jsonFile.ts';
import { yamlLiteral } from '../config/yamlFile.ts';
import { type Literal, numberLiteral } from '../literals.ts';
import { type FoundSite, type FoundSites, join, MOST_ENTRIES } from './tunableSite.ts';

class Entries implements FoundSites {
  readonly sites: FoundSite[] = [];
  readonly errors: number[] = [];

  add(path: string, name: string, literal: Literal | null, start: number, end: number): void {
    if (path === '' || !literal || literal.type === 'list' || end <= start) return;
    this.sites.push({ path, name, kind: 'entry', start, end, literal });
  }
}

/** Entries of a YAML file. A document after the first is named by its place: `[1].lr`. */
export function yamlSites(text: string): FoundSites {
  const found = new Entries();
  const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? parsed : [];
  const visit = (node: unknown, path: string, name: string): void => {
    if (isScalar(node) && node.range) found.add(path, name, yamlLiteral(node), node.range[0], node.range[1]);
    else if (isSeq(node)) {
      for (const [place, item] of node.items.slice(0, MOST_ENTRIES).entries()) visit(item, `${path}[${place}]`, name);
    } else if (isMap(node)) {
      for (const pair of node.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = String(pair.key.value);
        visit(pair.value, join(path, key), key);
      }
    }
  };
  for (const [place, document] of documents.entries()) {
    for (const error of document.errors) found.errors.push(error.pos[0]);
    visit(document.contents, place === 0 ? '' : `[${place}]`, '');
  }
  return found;
}

/** Entries of a JSON file, comments and trailing commas allowed. */
export function jsonSites(text: string): FoundSites {
  const found = new Entries();
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  found.errors.push(...errors.map(({ offset }) => offset));
  const visit = (node: Node, path: string, name: string): void => {
    if (node.type === 'array') {
      const items = node.children?.slice(0, MOST_ENTRIES) ?? [];
      for (const [place, item] of items.entries()) visit(item, `${path}[${place}]`, name);
    } else if (node.type === 'object') {
      for (const { children: [key, value] = [] } of node.children ?? []) {
        if (key && value && typeof key.value === 'string') visit(value, join(path, key.value), key.value);
      }
    } else found.add(path, name, writtenNumber(node, text), node.offset, node.offset + node.length);
  };
  if (root) visit(root, '', '');
  return found;
}

/** `1.0` is a number with a fraction to Python, though JSON has one kind of number only. */
function writtenNumber(node: Node, text: string): Literal | null {
  const literal = jsonLiteral(node);
  if (literal?.type !== 'number') return literal;
  return { ...literal, integer: !/[.e]/i.test(text.slice(node.offset, node.offset + node.length)) };
}

/** Entries of a TOML file: `[model]` and `model.depth = 3` name the same. */
export function tomlSites(text: string): FoundSites {
  const found = new Entries();
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser stops at the first mistake: what stands before it is well.
    found.errors.push(error.index);
    const lineStart = text.lastIndexOf('\n', Math.max(0, error.index - 1)) + 1;
    return lineStart === 0 ? found : { sites: tomlSites(text.slice(0, lineStart)).sites, errors: found.errors };
  }
  const value = (node: AST.TOMLContentNode, path: string, name: string): void => {
    if (node.type === 'TOMLArray') {
      const items = node.elements.slice(0, MOST_ENTRIES);
      for (const [place, item] of items.entries()) value(item, `${path}[${place}]`, name);
    } else if (node.type === 'TOMLInlineTable') for (const pair of node.body) entry(pair, path);
    else found.add(path, name, tomlLiteral(node), node.range[0], node.range[1]);
  };
  const entry = ({ key, value: content }: AST.TOMLKeyValue, prefix: string): void => {
    const names = key.keys.map((one) => (one.type === 'TOMLBare' ? one.name : one.value));
    value(content, names.reduce(join, prefix), names.at(-1) ?? '');
  };
  for (const part of program.body[0].body) {
    if (part.type === 'TOMLKeyValue') entry(part, '');
    else {
      const path = part.resolvedKey.reduce<string>(
        (prefix, step) => (typeof step === 'number' ? `${prefix}[${step}]` : join(prefix, step)),
        '',
      );
      for (const pair of part.body) entry(pair, path);
    }
  }
  return found;
}

function tomlLiteral(node: AST.TOMLValue): Literal | null {
  switch (node.kind) {
    case 'integer':
      return numberLiteral(Number(node.value), true);
    case 'float':
      return numberLiteral(node.value, false);
    case 'string':
      return node.multiline ? null : { type: 'string', value: node.value };
    case 'boolean':
      return { type: 'boolean', value: node.value };
    default:
      return null;
  }
}
