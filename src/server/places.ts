/** The values of `at` in a study file: completion of files and places, hover, the way to the code and back, the value now. */
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CompletionItem, CompletionItemKind, type InlayHint, type Location } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { plainLabel } from '../core/text/printable.ts';
import { findSite, shortestPath } from '../language/sites/findSite.ts';
import { listSites } from '../language/sites/listSites.ts';
import { printValue } from '../language/sites/printValue.ts';
import { MOST_SITE_MB, readSiteReference, siteLanguage } from '../language/sites/siteReference.ts';
import type { TunableSite } from '../language/sites/tunableSite.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { readSourceIn } from '../runs/siteFile.ts';
import { cursorAt } from '../studyfile/editing/cursor.ts';
import { parameterSpan, placedParameters } from '../studyfile/editing/spaceEdits.ts';
import { isWithin } from './insertTargets.ts';
import type { Session } from './session.ts';
import { entriesOf, pathOf, stampOf } from './studyFiles.ts';
import { tunedAt } from './tuning.ts';

/** Files that completion offers, and folders that it looks into. */
const MOST_FILES = 200;
const MOST_FOLDERS = 200;
/** Folders of other people's code. */
const FOREIGN = /^(\..*|node_modules|__pycache__|site-packages|venv|env|dist|build)$/;

/** What a file that `at` names holds, as it is in the editor, else on the disk. */
interface NamedFile {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  /** Of a file on the disk: when it was changed last, and its size. */
  readonly stamp: string | undefined;
  readonly sites: readonly TunableSite[];
}

const MOST_KEPT = 20;

/** Files by what they held when they were scanned. */
export class NamedFiles {
  readonly #session: Session;
  readonly #kept = new Map<string, NamedFile>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The file that is named from a study file's folder; undefined where it has no places. */
  get(studyFile: string, name: string): NamedFile | undefined {
    const from = pathOf(studyFile);
    const languageId = siteLanguage(name);
    if (from === null || languageId === null) return undefined;
    const folder = dirname(from);
    const path = join(folder, name);
    const uri = pathToFileURL(path).toString();
    const open = this.#session.documents.get(uri)?.getText();
    const stamp = open === undefined ? stampOf(path) : undefined;
    const kept = this.#kept.get(uri);
    // What is open, or has not changed since, is not read again: a hover asks as often as the mouse moves.
    if (kept && (open === undefined ? stamp !== undefined && kept.stamp === stamp : kept.text === open)) return kept;
    const text =
      open === undefined ? textIn(folder, name) : isWithin(uri, [pathToFileURL(folder).toString()]) ? open : undefined;
    if (text === undefined) return undefined;
    const file = { uri, languageId, text, stamp, sites: listSites(languageId, text) };
    this.#kept.delete(uri);
    this.#kept.set(uri, file);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    return file;
  }
}

function textIn(folder: string, name: string): string | undefined {
  const read = readSourceIn(folder, name, MOST_SITE_MB << 20);
  return 'text' in read ? read.text : undefined;
}

/** The `at` whose value an offset stands in; `isQuoted`: it is begun in quotes. */
function atCursor(text: string, offset: number) {
  const { path, key, side } = cursorAt(text, offset);
  if (path[0] !== 'space' || path.length !== 2 || key !== 'at' || side !== 'value') return undefined;
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(lineStart, offset);
  let start = line.lastIndexOf('at:') + 3;
  while (line[start] === ' ') start++;
  const quote = line[start] === '"' || line[start] === "'" ? line[start] : undefined;
  if (quote) start++;
  const typed = line.slice(start);
  if (quote && typed.includes(quote)) return undefined;
  const rest = text.slice(offset, lineEnd(text, offset));
  const after = quote ? rest.indexOf(quote) : rest.search(/[,}]|\s#/);
  const close = after < 0 && !quote ? rest.trimEnd().length : after;
  return { typed, isQuoted: quote !== undefined, start: lineStart + start, end: offset + Math.max(0, close) };
}

/** Files, and once one is written its places with their values; undefined where the offset is in no value of `at`. */
export function placeCompletions(
  files: NamedFiles,
  document: TextDocument,
  offset: number,
): CompletionItem[] | undefined {
  const cursor = atCursor(document.getText(), offset);
  if (!cursor) return undefined;
  const { typed, isQuoted, start, end } = cursor;
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  const [name = '', path] = typed.split('#');
  if (path === undefined) {
    return filesBeside(document.uri).map((file, index) => ({
      label: plainLabel(file),
      kind: CompletionItemKind.File,
      sortText: String(index).padStart(4, '0'),
      filterText: file,
      textEdit: { range, newText: `${file}#` },
      command: { title: '', command: 'editor.action.triggerSuggest' },
    }));
  }
  const file = files.get(document.uri, name);
  if (!file) return [];
  return file.sites.map((site, index) => {
    const at = `${name}#${shortestPath(file.sites, site)}`;
    return {
      label: plainLabel(at.slice(name.length + 1)),
      kind: CompletionItemKind.Constant,
      detail: plainLabel(`${valueIn(file, site)} · ${name}:${site.line}`),
      sortText: String(index).padStart(5, '0'),
      filterText: at,
      // In braces a path may have what ends a word of YAML.
      textEdit: { range, newText: isQuoted ? at : JSON.stringify(at) },
    };
  });
}

/** The value now and its line, for the value of `at` under the mouse. */
export function placeHover(files: NamedFiles, document: TextDocument, offset: number): { text: string } | undefined {
  const placed = placedAt(document, offset);
  const found = placed && placeOf(files, document.uri, placed.at);
  if (!found) return undefined;
  const { file, site } = found;
  const value = valueIn(file, site).replaceAll('`', "'");
  return { text: `\`${plainLabel(value)}\` · ${plainLabel(placed.at.split('#')[0] ?? '')}:${site.line}` };
}

/** From a line of `space` to the value in the code, from a value in the code to the lines that tune it. */
export function placeDefinitions(
  session: Session,
  files: NamedFiles,
  document: TextDocument,
  offset: number,
): Location[] {
  if (!isStudyFile(document.uri)) return linesOf(session, document, offset);
  const placed = placedAt(document, offset);
  const found = placed && placeOf(files, document.uri, placed.at);
  if (!found) return [];
  const { uri, text } = found.file;
  const { cell, start, end } = found.site;
  if (!cell) return [locationIn(uri, text, start, end)];
  const of = session.notebooks.getNotebookDocument(uri)?.cells[cell.index]?.document;
  const opened = of === undefined ? undefined : session.documents.get(of);
  return opened ? [locationIn(opened.uri, opened.getText(), cell.start, cell.end)] : [];
}

function linesOf(session: Session, document: TextDocument, offset: number): Location[] {
  const here = tunedAt(session, document, offset);
  const text = here && session.studyFiles.textOf(here.studyFile);
  const span = text && parameterSpan(text, here.name);
  return span ? [locationIn(here.studyFile, text, span.start, span.end)] : [];
}

/** Beside each `at` of a study file: what stands there now. */
export function placeHints(files: NamedFiles, document: TextDocument, from: number, to: number): InlayHint[] {
  const text = document.getText();
  return placedParameters(text).flatMap(({ name, at }) => {
    const span = parameterSpan(text, name);
    if (!span || span.start > to || span.end < from) return [];
    const found = placeOf(files, document.uri, at);
    if (!found) return [];
    return [
      {
        position: document.positionAt(span.end),
        label: plainLabel(`‹${valueIn(found.file, found.site)}›`),
        tooltip: plainLabel(`${at.split('#')[0]}:${found.site.line}`),
        paddingLeft: true,
      },
    ];
  });
}

/** The parameter with a place whose line an offset is in. */
function placedAt(document: TextDocument, offset: number) {
  const text = document.getText();
  return placedParameters(text).find(({ name }) => {
    const span = parameterSpan(text, name);
    return span && span.start <= offset && offset <= span.end;
  });
}

function placeOf(files: NamedFiles, studyFile: string, at: string) {
  const reference = readSiteReference(at);
  const file = reference ? files.get(studyFile, reference.file) : undefined;
  const site = file && reference ? findSite(file.sites, reference.path).site : undefined;
  return file && site ? { file, site } : undefined;
}

function valueIn({ languageId, text }: NamedFile, { literal, start, end }: TunableSite): string {
  const { value } = literal;
  const isPlain = value === null || ['number', 'string', 'boolean'].includes(typeof value);
  return isPlain ? printValue(languageId, value, text.slice(start, end)) : text.slice(start, end);
}

function locationIn(uri: string, text: string, start: number, end: number): Location {
  const document = TextDocument.create(uri, '', 0, text);
  return { uri, range: { start: document.positionAt(start), end: document.positionAt(end) } };
}

function lineEnd(text: string, offset: number): number {
  const end = text.slice(offset).search(/[\r\n]/);
  return end < 0 ? text.length : offset + end;
}

/** Files with places in the study file's folder and below, the nearest first. */
function filesBeside(studyFile: string): string[] {
  if (!studyFile.startsWith('file:')) return [];
  const base = dirname(fileURLToPath(studyFile));
  const found: string[] = [];
  const folders = [base];
  for (let looked = 0; looked < folders.length && looked < MOST_FOLDERS && found.length < MOST_FILES; looked++) {
    const folder = folders[looked] as string;
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !FOREIGN.test(entry.name)) folders.push(path);
      else if (entry.isFile() && siteLanguage(entry.name) !== null && !isStudyFile(entry.name))
        found.push(relative(base, path).replaceAll('\\', '/'));
    }
  }
  return found.slice(0, MOST_FILES);
}
