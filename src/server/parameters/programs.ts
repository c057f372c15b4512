import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparableUri } from '../../language/links.ts';
import { openCodeFile } from '../../language/openCodeFile.ts';
import { type Program, programFiles } from '../../language/parameters/commandFlags.ts';
import { readerInside } from '../../runs/readInside.ts';
import { importedTargets, targetLanguage } from '../insertTargets.ts';
import type { Session } from '../session.ts';
import { besideUri, pathOf, readText } from '../studyFiles.ts';

/** The program of a study file, as it is in the editor, else on the disk; undefined where it is no code that is known. */
export function programOf(session: Session, studyFile: string): (Program & { readonly uri: string }) | undefined {
  const found = programUri(session, studyFile);
  if (!found) return undefined;
  const { uri, name } = found;
  const open = session.documents.get(uri);
  const languageId = open?.languageId ?? targetLanguage(name);
  const text = open ? null : readText(pathOf(uri));
  const file = open
    ? session.open.file(open)
    : languageId !== null && text !== null && languageId !== 'jupyter-notebook'
      ? openCodeFile(languageId, text)
      : null;
  return file ? { uri, name, file, readBeside: readerBeside(uri) } : undefined;
}

/** The file that a study file runs, by its address and as the study file calls it. */
export function programUri(session: Session, studyFile: string): { uri: string; name: string } | undefined {
  const text = textOf(session, studyFile);
  if (text === null || pathOf(studyFile) === null) return undefined;
  for (const name of programFiles(text)) {
    const uri = besideUri(studyFile, name);
    const isOpen = session.documents.get(uri) ?? session.notebooks.getNotebookDocument(uri);
    if (isOpen || readText(pathOf(uri)) !== null) return { uri, name };
  }
  return undefined;
}

/** The study files whose program is a file, or imports it. */
export function studyFilesOf(session: Session, file: string): string[] {
  const wanted = comparableUri(file);
  return session.studyFiles.uris.filter((studyFile) => {
    const program = programUri(session, studyFile);
    if (!program) return false;
    if (comparableUri(program.uri) === wanted) return true;
    return importsOf(session, program.uri).some(({ uri }) => comparableUri(uri) === wanted);
  });
}

/** The modules and configurations that a program leads to. */
export function importsOf(session: Session, uri: string) {
  const text = textOf(session, uri);
  const languageId = targetLanguage(uri);
  if (text === null || languageId === null) return [];
  return importedTargets({ uri, languageId, text }, (one) => session.documents.get(one)?.getText());
}

/** The text of a file as it is in the editor, else on the disk. */
export function textOf(session: Session, uri: string): string | null {
  return session.documents.get(uri)?.getText() ?? readText(pathOf(uri))?.replace(/^\uFEFF/, '') ?? null;
}

/** Reads texts of the folder of a file, and below it. */
function readerBeside(uri: string) {
  if (!uri.startsWith('file:')) return () => null;
  return readerInside(dirname(fileURLToPath(uri)));
}
