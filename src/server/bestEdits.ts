import { inPositions, type PlannedEdits, planBestParams } from '../language/insertion/bestParamsEdits.ts';
import { type Placed, placedEdits } from '../language/insertion/placedEdits.ts';
import type { CodeFile } from '../language/insertion/sites.ts';
import { withNotes } from '../language/insertion/ways/notes.ts';
import { planWay } from '../language/insertion/ways/planWay.ts';
import { comparableUri } from '../language/links.ts';
import { openCodeFile } from '../language/openCodeFile.ts';
import { programNames } from '../language/parameters/commandFlags.ts';
import { readSiteReference } from '../language/sites/siteReference.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import type { BestParamsEdits, BestParamsEditsParams, BestTrial, InsertWay } from '../protocol/editor.ts';
import { placedParameters } from '../studyfile/editing/spaceEdits.ts';
import { targetLanguage } from './insertTargets.ts';
import { textOf } from './parameters/programs.ts';
import type { Session } from './session.ts';
import { besideUri, pathOf, readText } from './studyFiles.ts';

/** Has parameters that the command passes by another name looked for by that one, and told by their own again. */
export function asProgramNames<T>(
  session: Session,
  { best, studyFile }: Pick<BestParamsEditsParams, 'best' | 'studyFile'>,
  plan: (best: BestTrial) => T,
  mapped: (answer: T, ownNames: (names: readonly string[]) => string[]) => T,
): T {
  const text = studyFile === undefined || !isStudyFile(studyFile) ? '' : (textOf(session, studyFile) ?? '');
  const names = text === '' ? new Map<string, string>() : programNames(text);
  // Those with a place of their own are put there.
  for (const { name } of text === '' ? [] : placedParameters(text)) names.delete(name);
  const renamed = best.params.filter(({ name }) => names.has(name));
  // Another parameter may have the name already.
  const taken = new Set(best.params.map(({ name }) => name));
  const own = new Map(
    renamed.flatMap(({ name }) => {
      const wanted = names.get(name) as string;
      return taken.has(wanted) ? [] : [[wanted, name] as const];
    }),
  );
  if (own.size === 0) return plan(best);
  const params = best.params.map((param) => {
    const wanted = names.get(param.name);
    return wanted !== undefined && own.get(wanted) === param.name ? { ...param, name: wanted } : param;
  });
  return mapped(plan({ ...best, params }), (found) => found.map((name) => own.get(name) ?? name));
}

/** Answers the extension. A document that is neither open nor given, or holds no code, matches nothing. */
export function editsForBest(session: Session, params: BestParamsEditsParams): BestParamsEdits {
  return asProgramNames(
    session,
    params,
    (best) => plannedEdits(session, { ...params, best }),
    (answer, own) => ({ ...answer, unmatched: own(answer.unmatched), unchanged: own(answer.unchanged) }),
  );
}

function plannedEdits(session: Session, params: BestParamsEditsParams): BestParamsEdits {
  const { uri, best, cursor, studyFile, way } = params;
  const open = session.documents.get(uri);
  const text = open?.getText() ?? params.document?.text;
  if (text === undefined) return { edits: [], unmatched: best.params.map(({ name }) => name), unchanged: [] };
  const offset = cursor && open ? open.offsetAt(cursor) : null;
  const isPlaced = placedIn(session, session.fileOf(uri), studyFile).size > 0;
  const planned =
    way === undefined || isPlaced
      ? bestEdits(session, uri, best, offset, studyFile, params.document)
      : wayEdits(session, way, params);
  return inPositions(
    text,
    params.isNoted ? withNotes(languageOf(session, params), text, planned, params.note ?? '') : planned,
  );
}

function wayEdits(session: Session, way: InsertWay, params: BestParamsEditsParams): PlannedEdits {
  const { uri, best, study, ranges, note = '' } = params;
  const file = codeOf(session, uri, params.document);
  if (!file) return { edits: [], unmatched: best.params.map(({ name }) => name), unchanged: [] };
  const options = { note, ...(study && { study }), ...(ranges && { ranges }) };
  return planWay(file, way, best, options, session.siblings(uri));
}

function codeOf(session: Session, uri: string, given: BestParamsEditsParams['document']): CodeFile | null {
  const open = session.codeFile(uri)?.file;
  if (open) return open;
  if (!given || isStudyFile(uri) || session.documents.get(uri)) return null;
  return openCodeFile(targetLanguage(uri) ?? given.languageId, given.text, null, uri.split('/').at(-2));
}

function languageOf(session: Session, { uri, document }: BestParamsEditsParams): string {
  return session.documents.get(uri)?.languageId ?? targetLanguage(uri) ?? document?.languageId ?? '';
}

/** The files that a study file says its parameters stand in. */
export function placedFiles(session: Session, studyFile: string | undefined): string[] {
  if (studyFile === undefined || !isStudyFile(studyFile)) return [];
  return [...new Set(references(session, studyFile).map(({ file }) => besideUri(studyFile, file)))];
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
  given?: BestParamsEditsParams['document'],
): PlannedEdits {
  const open = session.documents.get(uri);
  const document = open
    ? { languageId: open.languageId, text: open.getText() }
    : given && { ...given, languageId: targetLanguage(uri) ?? given.languageId };
  const placed = placedIn(session, session.fileOf(uri), studyFile);
  const exact = document
    ? placedEdits(document.languageId, document.text, best, placed)
    : { edits: [], unmatched: [], unchanged: [] };
  const others = { ...best, params: best.params.filter(({ name }) => !placed.has(name)) };
  const code = codeOf(session, uri, given);
  // A block of the others at the cursor is no help where the rest has its place.
  const named = code
    ? planBestParams(code, others, placed.size > 0 ? null : cursor, session.siblings(uri))
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
  for (const { name, file: place, path } of references(session, studyFile)) {
    const isHere = comparableUri(besideUri(studyFile, place)) === comparableUri(file);
    placed.set(name, isHere ? path : null);
  }
  return placed;
}

function references(session: Session, studyFile: string) {
  const text = session.documents.get(studyFile)?.getText() ?? readText(pathOf(studyFile)) ?? '';
  return placedParameters(text).flatMap(({ name, at }) => {
    const reference = readSiteReference(at);
    return reference ? [{ name, ...reference }] : [];
  });
}
