import { type Document, parseDocument } from 'yaml';

/** A study file's text as a YAML document that keeps positions; never throws. */
export function readStudyDocument(text: string): Document {
  return parseDocument(text, { merge: true, prettyErrors: false, strict: true, logLevel: 'error' });
}

/** Plain values, or the reason why there are none: YAML's own resolution can still fail, e.g. on a bomb of aliases. */
export function toPlain(document: Document): unknown | Error {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
