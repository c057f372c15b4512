import { inPositions, type PlannedEdits, planBestParams } from '../language/insertion/bestParamsEdits.ts';
import { type Placed, placedEdits } from '../language/insertion/placedEdits.ts';
import { comparableUri } from '../language/links.ts';
import { readSiteReference } from '../language/sites/siteReference.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import type { BestParamsEdits, BestParamsEditsParams, BestTrial } from '../protocol/editor.ts';
import { placedParameters } from '../studyfile/editing/spaceEdits.ts';
import type { Session } from './session.ts';
import { besideUri, pathOf, readText } from './studyFiles.ts';

/** Answers the extension. A document that is not open, or holds no code, matches nothing. */
export function editsForBest(session: Session, params: BestParamsEditsParams): BestParamsEdits {
  const { uri, best, cursor, studyFile } = params;
  const document = session.documents.get(uri);
  if (!document) return { edits: [], unmatched: best.params.map(({ name }) => name), unchanged: [] };
  const offset = cursor ? document.offsetAt(cursor) : null;
  return inPositions(document.getText(), bestEdits(session, uri, best, offset, studyFile));
}

/**
 * The edits that put a trial's parameters into an open document: those with `at` in the study's file exactly there, the
 * others where their name is found.
 */
export function bestEdits(
  session: Session,
  uri: string,
  best: BestTrial,
  cursor: number | null,
  studyFile: string | undefined,
): PlannedEdits {
  const document = session.documents.get(uri);
  const placed = placedIn(session, session.fileOf(uri), studyFile);
  const exact = document
    ? placedEdits(document.languageId, document.getText(), best, placed)
    : { edits: [], unmatched: [], unchanged: [] };
  const others = { ...best, params: best.params.filter(({ name }) => !placed.has(name)) };
  const code = session.codeFile(uri);
  // A block of the others at the cursor is no help where the rest has its place.
  const named = code
    ? planBestParams(code.file, others, placed.size > 0 ? null : cursor, session.siblings(uri))
    : { edits: [], unmatched: others.params.map(({ name }) => name), unchanged: [] };
  const isFree = ({ start, end }: PlannedEdits['edits'][number]) =>
    exact.edits.every((one) => one.end <= start || end <= one.start);
  return {
    edits: [...exact.edits, ...named.edits.filter(isFree)].sort((a, b) => a.start - b.start),
    unmatched: [...exact.unmatched, ...named.unmatched],
    unchanged: [...exact.unchanged, ...named.unchanged],
  };
}

function placedIn(session: Session, file: string, studyFile: string | undefined): Placed {
  const placed = new Map<string, string | null>();
  if (studyFile === undefined || !isStudyFile(studyFile)) return placed;
  const text = session.documents.get(studyFile)?.getText() ?? readText(pathOf(studyFile)) ?? '';
  for (const { name, at } of placedParameters(text)) {
    const reference = readSiteReference(at);
    if (!reference) continue;
    const isHere = comparableUri(besideUri(studyFile, reference.file)) === comparableUri(file);
    placed.set(name, isHere ? reference.path : null);
  }
  return placed;
}
