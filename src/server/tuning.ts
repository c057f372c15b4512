import { pathToFileURL } from 'node:url';
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type InlayHint,
  type InlayHintParams,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { plainLabel } from '../core/text/printable.ts';
import { JavaScriptFile } from '../language/javascript/javaScriptFile.ts';
import { PythonFile } from '../language/python/pythonFile.ts';
import { findSite } from '../language/sites/findSite.ts';
import { listSites, type ParsedText } from '../language/sites/listSites.ts';
import { siteLanguage } from '../language/sites/siteReference.ts';
import type { TunableSite } from '../language/sites/tunableSite.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { newStudyFile } from '../language/tuning/newStudyFile.ts';
import {
  candidatesIn,
  rangeText,
  type SiteFile,
  shortNumber,
  sitesIn,
  type TunedSites,
  tuneCandidates,
} from '../language/tuning/tuneCandidates.ts';
import type { TuneCandidate, TuneCandidatesParams, TuneEdits, TuneEditsParams } from '../protocol/editor.ts';
import { parameterSpan, placedParameters, spaceEdits, withEdits } from '../studyfile/editing/spaceEdits.ts';
import { importedSources } from './importedSources.ts';
import type { Session } from './session.ts';
import { pathOf, readText, relativePath, type TunedHere } from './studyFiles.ts';

/** Files that a list of candidates looks into, the script itself among them. */
const MOST_FILES = 50;
/** A file that took longer, in milliseconds, is the last one of the search: what it imports is not followed. */
const LONGEST_SCAN_MS = 200;

const scanned = new WeakMap<TextDocument, { readonly version: number; readonly sites: readonly TunableSite[] }>();

/** The sites of an open document, found once a version. */
function sitesOf(session: Session, document: TextDocument): readonly TunableSite[] {
  const known = scanned.get(document);
  if (known?.version === document.version) return known.sites;
  const sites = listSites(document.languageId, document.getText(), parsedText(session, document));
  scanned.set(document, { version: document.version, sites });
  return sites;
}

/** The tree that the server has of an open program. */
function parsedText(session: Session, document: TextDocument): ParsedText | undefined {
  const file = session.codeFile(document.uri)?.file;
  return file instanceof PythonFile || file instanceof JavaScriptFile ? { tree: file.tree } : undefined;
}

/** The sites of an open document in a part of it: of a program, which most edits change, the rest is not looked at. */
export function sitesWithin(
  session: Session,
  document: TextDocument,
  start: number,
  end: number,
): readonly TunableSite[] {
  const isTuned = session.studyFiles.tunedIn(session.fileOf(document.uri)).length > 0;
  const parsed = isTuned ? undefined : parsedText(session, document);
  if (!parsed) return sitesOf(session, document);
  return listSites(document.languageId, document.getText(), { ...parsed, within: { start, end } });
}

/** What a study may vary: in a part of a script, or in all of it and in the modules of its folders that it imports. */
export function candidates({ uri, languageId, text, part, studyFile }: TuneCandidatesParams): TuneCandidate[] {
  const tuned: TunedSites = new Map(
    placedParameters(studyFile?.text ?? '').map(({ at, name }) => [at.replace(/^\.\//, ''), name]),
  );
  const from = studyFile?.uri ?? uri;
  const script = { file: relativePath(from, uri), uri, sites: listSites(languageId, text) };
  if (part) return candidatesIn(script, part.start, part.end, tuned);
  return tuneCandidates([script, ...modulesOf(uri, languageId, text, from)], tuned);
}

/** The modules and configuration files that a script leads to, with those that they lead to; each once. */
function modulesOf(uri: string, languageId: string, text: string, from: string): SiteFile[] {
  const start = pathOf(uri);
  if (start === null) return [];
  const modules = importedSources({ path: start, languageId, text }, MOST_FILES - 1, (path) => {
    const language = siteLanguage(path);
    const source = language === null || isStudyFile(path) ? null : readText(path);
    if (language === null || source === null) return null;
    const began = performance.now();
    const own = pathToFileURL(path).toString();
    const file = { file: relativePath(from, own), uri: own, sites: listSites(language, source) };
    const isFollowed = performance.now() - began < LONGEST_SCAN_MS;
    return { path, languageId: language, text: source, file, isFollowed };
  });
  return modules.map(({ file }) => file);
}

/** How a study file changes. */
export function tuneEdits(
  session: Session,
  { text, script, languageId, launch, add, remove }: TuneEditsParams,
): TuneEdits {
  const before = text ?? newStudyFile(script, languageId, session.say, launch);
  const lines = add.map(({ name, line }) => ({ name, value: line }));
  const edits = spaceEdits(before, lines, remove);
  const after = withEdits(before, edits);
  const known = new Set(placedParameters(before).map(({ name }) => name));
  const added = placedParameters(after).find(({ name }) => !known.has(name));
  return { edits, text: after, added: (added && parameterSpan(after, added.name)) ?? null };
}

/** *Tune this value* on a literal or a selection of them; where a study varies it already, what can be done about that. */
export function tuneActions(session: Session, { textDocument: { uri }, range }: CodeActionParams): CodeAction[] {
  const document = session.documents.get(uri);
  if (!document || isStudyFile(uri)) return [];
  const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const sites = sitesIn(sitesWithin(session, document, start, end), start, end);
  const tuned = tunedSites(session, document);
  const free = sites.filter((site) => !tuned.has(site));
  const [only] = sites.length === 1 ? sites : [];
  const here = only && tuned.get(only);
  if (here) {
    const of = [here.studyFile, here.name];
    return [
      action(session.say('editRange', { name: here.name }), 'tuneboard.editRange', of),
      action(session.say('stopTuning'), 'tuneboard.stopTuning', of),
    ];
  }
  const wanted = free.length === 1 ? free : free.filter(({ literal }) => literal.type !== 'string');
  if (wanted.length === 0) return [];
  const title = wanted.length === 1 ? session.say('tuneValue') : session.say('tuneThese', { count: wanted.length });
  return [action(title, 'tuneboard.tuneValue', [session.fileOf(uri), uri, start, end])];
}

function action(title: string, command: string, args: readonly unknown[]): CodeAction {
  return { title, kind: CodeActionKind.RefactorRewrite, command: { title, command, arguments: [...args] } };
}

/** Beside each literal that a study varies: its range and, when there is one, the best value. */
export function inlayHints(session: Session, { textDocument: { uri }, range }: InlayHintParams): InlayHint[] {
  const document = session.documents.get(uri);
  if (!document || isStudyFile(uri)) return [];
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  return [...tunedSites(session, document)]
    .filter(([site]) => site.start < to && site.end > from)
    .map(([site, here]) => {
      const best = bestOf(session, here);
      const text = best === undefined ? '' : ` · ${session.say('best', { value: best })}`;
      return {
        position: document.positionAt(site.end),
        label: plainLabel(`‹${rangeText(here)}${text}›`),
        tooltip: plainLabel(session.say('tunedAs', { name: here.name, file: here.studyFile.split('/').at(-1) ?? '' })),
        paddingLeft: true,
      };
    });
}

/** What a study file varies at an offset of a document. */
export function tunedAt(session: Session, document: TextDocument, offset: number): TunedHere | undefined {
  for (const [{ start, end }, here] of tunedSites(session, document)) {
    if (start <= offset && offset <= end) return here;
  }
  return undefined;
}

/** The sites of a document that study files vary. */
function tunedSites(session: Session, document: TextDocument): Map<TunableSite, TunedHere> {
  const found = new Map<TunableSite, TunedHere>();
  const tuned = session.studyFiles.tunedIn(session.fileOf(document.uri));
  if (tuned.length === 0) return found;
  const sites = sitesOf(session, document);
  for (const here of tuned) {
    const { site } = findSite(sites, here.path);
    if (site) found.set(site, here);
  }
  return found;
}

function bestOf(session: Session, { studyFile, name, log }: TunedHere): string | undefined {
  for (const { best } of session.linksFor(studyFile)) {
    const param = best?.params.find((one) => one.name === name);
    if (param) return typeof param.value === 'number' ? shortNumber(param.value, log) : `${param.value}`;
  }
  return undefined;
}
