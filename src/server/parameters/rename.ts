import { basename } from 'node:path';
import { ErrorCodes, type Position, type Range, ResponseError, type WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeFile } from '../../language/insertion/sites.ts';
import { comparableUri } from '../../language/links.ts';
import { openCodeFile } from '../../language/openCodeFile.ts';
import { type CodeUse, codeUses, usesOfOne } from '../../language/parameters/codeUses.ts';
import { isStudyFile } from '../../language/studyFileAnchors.ts';
import { asRecord } from '../../studyfile/checks/report.ts';
import { placeholdersIn } from '../../studyfile/commandLine.ts';
import { readStudyDocument, toPlain } from '../../studyfile/editing/document.ts';
import {
  isParameterName,
  parameterNames,
  parameterUseAt,
  parameterUses,
} from '../../studyfile/editing/parameterUses.ts';
import { isWithin, refusalOf, targetLanguage } from '../insertTargets.ts';
import type { Session } from '../session.ts';
import { besideUri } from '../studyFiles.ts';
import { importsOf, programUri, studyFilesOf, textOf } from './programs.ts';

/** One text of a program: a file, or all cells of an open notebook one after the other. */
interface Source {
  readonly uri: string;
  readonly languageId: string;
  readonly parts: readonly TextDocument[];
  readonly text: string;
  /** Of an open document what the server has of it already. */
  readonly file?: CodeFile | null;
}

/** What names a parameter at a place: for both what is renamed and whether anything can be. */
interface Named {
  readonly name: string;
  readonly range: Range;
}

/** Stands between the cells of a notebook where they are read as one text. */
const BETWEEN = '\n\n';

/** The name of a parameter at a place, with where it stands; null where nothing names one. */
export function parameterAt(session: Session, uri: string, position: Position): Named | null {
  const document = session.documents.get(uri);
  if (!document) return null;
  const offset = document.offsetAt(position);
  const place = (name: string, start: number): Named => ({
    name,
    range: { start: document.positionAt(start), end: document.positionAt(start + name.length) },
  });
  if (isStudyFile(uri)) {
    const text = document.getText();
    const use = parameterUseAt(text, offset);
    return use && parameterNames(text).includes(use.name) ? place(use.name, use.start) : null;
  }
  const found = codeUseAt(session, document, offset);
  return found ? place(found.use.name, offset - found.inside) : null;
}

/** The use at an offset of a document; `inside`: how far the offset is behind its start. */
function codeUseAt(session: Session, document: TextDocument, offset: number) {
  const source = sourceOf(session, session.fileOf(document.uri));
  const file = source && fileOf(source);
  if (!source || !file) return undefined;
  const at = offset + startOf(source, document.uri);
  const uses = codeUses(file);
  const use = uses.find(({ start, end }) => start <= at && at <= end);
  return use && { use, inside: at - use.start, own: usesOfOne(file, uses, use), all: uses };
}

/**
 * The edits that give a parameter another name wherever its study has it: study files, placeholders of their commands and
 * configuration templates, the program and the modules that it imports. Flags stay: the program's parser names them. Throws
 * a sentence for the person where the name cannot be, or where not every place could be changed.
 */
export function renameParameter(
  session: Session,
  uri: string,
  position: Position,
  newName: string,
  roots: readonly string[],
): WorkspaceEdit | null {
  const named = parameterAt(session, uri, position);
  const document = session.documents.get(uri);
  if (!named || !document) return null;
  const { name } = named;
  if (name === newName) return { changes: {} };
  if (!isParameterName(newName)) refuse(session.say('renameName', { name: newName }));
  const file = session.fileOf(uri);
  const studyFiles = isStudyFile(uri) ? [uri] : withParameter(session, studyFilesOf(session, file), name);
  const changes: Record<string, { range: Range; newText: string }[]> = {};
  const add = (target: TextDocument, start: number, end: number, newText: string) => {
    const refusal = refusalOf(target.getText());
    if (refusal)
      refuse(session.say(refusal === 'conflict' ? 'renameConflict' : 'renameGenerated', { file: nameOf(target.uri) }));
    const range = { start: target.positionAt(start), end: target.positionAt(end) };
    changes[target.uri] = [...(changes[target.uri] ?? []), { range, newText }];
  };
  for (const studyFile of studyFiles) {
    const text = textOf(session, studyFile) ?? '';
    if (parameterNames(text).includes(newName)) refuse(session.say('renameTaken', { name: newName }));
    const target = session.documents.get(studyFile) ?? plain(studyFile, 'yaml', text);
    const uses = parameterUses(text).filter((use) => use.name === name);
    if (uses.some(({ kind }) => kind === 'expression')) requireIdentifier(session, newName);
    for (const { start, end } of uses) add(target, start, end, newName);
    for (const [template, start, end] of templateUses(session, studyFile, text, name))
      add(template, start, end, newName);
  }
  const here = isStudyFile(uri) ? undefined : codeUseAt(session, document, document.offsetAt(position));
  // Of a name that two objectives of this file have, the other files do not tell which of them they mean.
  const isPart = here !== undefined && here.own.length < here.all.filter((use) => use.name === name).length;
  for (const source of sourcesOf(session, isStudyFile(uri) ? null : file, studyFiles, isPart)) {
    const uses = here && comparableUri(source.uri) === comparableUri(file) ? here.own : usesIn(source, name);
    if (uses.length > 0 && !isWithinRoots(source.uri, roots)) {
      refuse(session.say('renameOutside', { file: nameOf(source.uri) }));
    }
    if (uses.length > 0 && source.parts.length === 0) {
      refuse(session.say('renameNotebook', { file: nameOf(source.uri) }));
    }
    if (usesIn(source, newName).some(({ kind }) => kind === 'suggest') && uses.some(({ kind }) => kind === 'suggest')) {
      refuse(session.say('renameTaken', { name: newName }));
    }
    for (const use of uses) {
      if (!isQuoted(source.text, use) && use.kind === 'lookup') requireIdentifier(session, newName);
      const part = partAt(source, use.start);
      if (part) add(part.document, use.start - part.start, use.end - part.start, newName + (use.behind ?? ''));
    }
  }
  return { changes };
}

function refuse(sentence: string): never {
  throw new ResponseError(ErrorCodes.InvalidParams, sentence);
}

function requireIdentifier(session: Session, name: string): void {
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) refuse(session.say('renameIdentifier', { name }));
}

function nameOf(uri: string): string {
  return basename(decodeURIComponent(uri.split(/[?#]/)[0] ?? uri));
}

function isQuoted(text: string, { start, end }: CodeUse): boolean {
  return /["']/.test(text[start - 1] ?? '') && text[start - 1] === text[end];
}

function withParameter(session: Session, studyFiles: readonly string[], name: string): string[] {
  return studyFiles.filter((one) => parameterNames(textOf(session, one) ?? '').includes(name));
}

/** The programs of the study files, else the file itself, each with what it imports. */
function sourcesOf(session: Session, file: string | null, studyFiles: readonly string[], isAlone: boolean): Source[] {
  const programs = studyFiles.flatMap((one) => programUri(session, one)?.uri ?? []);
  const leading = file === null ? [] : [file, ...session.linksNear(file).flatMap(({ sources }) => sources)];
  const starts = [...new Set([...programs, ...leading])].filter((uri) => !isStudyFile(uri));
  const uris =
    isAlone && file !== null
      ? [file]
      : starts.flatMap((uri) => [uri, ...importsOf(session, uri).map((one) => one.uri)]);
  const seen = new Set<string>();
  return uris.flatMap((uri) => {
    const key = comparableUri(uri);
    if (seen.has(key)) return [];
    seen.add(key);
    return sourceOf(session, uri) ?? [];
  });
}

/** A program's text with the documents that it is made of; of a notebook that is not open its code alone. */
function sourceOf(session: Session, uri: string): Source | undefined {
  const notebook = session.notebooks.getNotebookDocument(uri);
  if (notebook) {
    const parts = notebook.cells.flatMap(({ document }) => session.documents.get(document) ?? []);
    const code = parts.filter(({ languageId }) => languageId === 'python');
    return { uri, languageId: 'python', parts: code, text: code.map((one) => one.getText()).join(BETWEEN) };
  }
  const text = textOf(session, uri);
  const languageId = session.documents.get(uri)?.languageId ?? targetLanguage(uri);
  if (text === null || languageId === null) return undefined;
  if (languageId === 'jupyter-notebook') return { uri, languageId: 'python', parts: [], text: notebookText(text) };
  const open = session.documents.get(uri);
  const file = open && session.open.file(open);
  return { uri, languageId, parts: [open ?? plain(uri, languageId, text)], text, ...(file !== undefined && { file }) };
}

function notebookText(text: string): string {
  try {
    const { cells = [] } = JSON.parse(text) as { cells?: { cell_type?: string; source?: string | string[] }[] };
    const code = cells.filter((cell) => cell.cell_type === 'code');
    return code.map(({ source = '' }) => (Array.isArray(source) ? source.join('') : source)).join(BETWEEN);
  } catch {
    return '';
  }
}

function plain(uri: string, languageId: string, text: string): TextDocument {
  return TextDocument.create(uri, languageId, 0, text);
}

function fileOf({ file, languageId, text }: Source): CodeFile | null {
  return file === undefined ? openCodeFile(languageId, text) : file;
}

function usesIn(source: Source, name: string): CodeUse[] {
  // Most files of a folder do not have the word at all.
  const file = source.text.includes(name) ? fileOf(source) : null;
  return file ? codeUses(file).filter((use) => use.name === name) : [];
}

/** Where a document begins in the text that it is a part of. */
function startOf({ parts }: Source, uri: string): number {
  let start = 0;
  for (const part of parts) {
    if (part.uri === uri) return start;
    start += part.getText().length + BETWEEN.length;
  }
  return 0;
}

function partAt({ parts }: Source, offset: number): { document: TextDocument; start: number } | undefined {
  let start = 0;
  for (const document of parts) {
    const { length } = document.getText();
    if (offset <= start + length) return { document, start };
    start += length + BETWEEN.length;
  }
  return undefined;
}

/** Placeholders in the template of a configuration file. */
function templateUses(
  session: Session,
  studyFile: string,
  text: string,
  name: string,
): [TextDocument, start: number, end: number][] {
  const { config } = asRecord(asRecord(toPlain(readStudyDocument(text)))['objective']);
  if (typeof config !== 'string') return [];
  const uri = besideUri(studyFile, config);
  const template = uri === '' ? null : textOf(session, uri);
  if (template === null) return [];
  const document = session.documents.get(uri) ?? plain(uri, '', template);
  return placeholdersIn(template)
    .filter((one) => one.name === name)
    .map(({ start, end }) => [document, start + 1, end - 1]);
}

function isWithinRoots(uri: string, roots: readonly string[]): boolean {
  return roots.length === 0 || !uri.startsWith('file:') || isWithin(uri, roots);
}
