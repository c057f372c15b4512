import { type Document, isAlias, isCollection, isScalar, parseDocument, visit, YAMLParseError } from 'yaml';

/** More than any study file has. */
const MOST_ALIASES = 100;

let latest: { readonly text: string; readonly document: Document } | undefined;

/**
 * A study file's text as a YAML document that keeps positions; never throws. The latest one is kept: diagnostics,
 * completion and hover ask for the same text between two keystrokes. Nobody changes it.
 */
export function readStudyDocument(text: string): Document {
  if (latest?.text !== text) latest = { text, document: readYaml(text) };
  return latest.document;
}

/** A text of any YAML version as a document, with the same limits; never throws. */
export function readYaml(text: string, version: '1.1' | '1.2' = '1.2'): Document {
  // The library compares every key with every other one to find duplicates.
  const options = {
    version,
    merge: true,
    prettyErrors: false,
    strict: true,
    logLevel: 'error',
    uniqueKeys: false,
  } as const;
  const document = parseDocument(text, options);
  let aliases = 0;
  visit(document, { Alias: () => (++aliases > MOST_ALIASES ? visit.BREAK : undefined) });
  if (aliases > MOST_ALIASES) {
    // The library looks through the whole file for each of them.
    const empty = parseDocument('', options);
    const message = `More than ${MOST_ALIASES} aliases in one file`;
    empty.errors.push(new YAMLParseError([0, 0], 'BAD_ALIAS', message));
    return empty;
  }
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || (key.value === '<<' && key.type === 'PLAIN')) continue;
        const [start, end] = key.range ?? [0, 0];
        if (seen.has(key.value)) {
          document.errors.push(new YAMLParseError([start, end], 'DUPLICATE_KEY', 'Map keys must be unique'));
        }
        seen.add(key.value);
      }
    },
  });
  return document;
}

/** Plain values, or the reason why there are none: YAML's own resolution can still fail, e.g. on a bomb of aliases. */
export function toPlain(document: Document): unknown | Error {
  let key: unknown;
  // The library writes a list that is a key as text, in the square of its depth: 4 kB of brackets take a second.
  visit(document, {
    Pair: (_, pair) => {
      if (!isCollection(pair.key) && !isAlias(pair.key)) return undefined;
      key = pair.key;
      return visit.BREAK;
    },
  });
  if (key !== undefined) return new Error('a key is a list or a mapping');
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
