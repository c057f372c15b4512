import type { Location } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { foldName } from '../../language/insertion/sites.ts';
import { codeUses } from '../../language/parameters/codeUses.ts';
import { listSites } from '../../language/sites/listSites.ts';
import { isStudyFile } from '../../language/studyFileAnchors.ts';
import { parameterKey, parameterUseAt } from '../../studyfile/editing/parameterUses.ts';
import { type NamedFiles, placeDefinitions } from '../places.ts';
import type { Session } from '../session.ts';
import { sitesWithin } from '../tuning.ts';
import { programOf, studyFilesOf, textOf } from './programs.ts';
import { parameterAt } from './rename.ts';

/**
 * Where a parameter is defined: from its placeholder, condition or first value to its line of the space; from that line to
 * its value in the code, or else to the argument or the call of the program that takes it; and from the code to that line.
 */
export function parameterDefinitions(
  session: Session,
  files: NamedFiles,
  document: TextDocument,
  offset: number,
): Location[] {
  const placed = placeDefinitions(session, files, document, offset);
  if (placed.length > 0) return placed;
  if (!isStudyFile(document.uri)) return linesOf(session, document, offset);
  const text = document.getText();
  const use = parameterUseAt(text, offset);
  if (use && use.kind !== 'key') {
    const key = parameterKey(text, use.name);
    return key ? [locationIn(document.uri, text, key.start, key.end)] : [];
  }
  const flag = /--[\p{L}\p{N}][\p{L}\p{N}_.-]{0,200}/gu;
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1);
  const at = offset - (text.length - line.length);
  const written = [...(line.split('\n', 1)[0] ?? '').matchAll(flag)].find(
    ({ 0: all, index }) => index <= at && at <= index + all.length,
  );
  const name = use?.name ?? written?.[0].slice(2);
  return name === undefined ? [] : takenBy(session, document.uri, name);
}

/** The place of a program that takes a parameter: its argument, else the first call or lookup that names it. */
function takenBy(session: Session, studyFile: string, name: string): Location[] {
  const program = programOf(session, studyFile);
  if (!program) return [];
  const { file, uri } = program;
  const languageId = session.documents.get(uri)?.languageId ?? (/\.py$/i.test(uri) ? 'python' : 'javascript');
  const flag = flagSites(languageId, file.text).find((site) => foldName(site.name) === foldName(name));
  const place = flag ?? codeUses(file).find((use) => use.name === name);
  return place ? [locationIn(uri, file.text, place.start, place.end)] : [];
}

function flagSites(languageId: string, text: string) {
  return listSites(languageId, text).filter(({ kind }) => kind === 'flag');
}

/** The lines of study files whose parameter a program names at an offset, or takes by the argument on the line. */
function linesOf(session: Session, document: TextDocument, offset: number): Location[] {
  if (session.studyFiles.uris.length === 0) return [];
  const { line } = document.positionAt(offset);
  const [start, end] = [document.offsetAt({ line, character: 0 }), document.offsetAt({ line: line + 1, character: 0 })];
  // An editor asks as often as the mouse moves over a word.
  const sites = /["'`]-/.test(document.getText().slice(start, end)) ? sitesWithin(session, document, start, end) : [];
  const flag = sites.find((site) => site.kind === 'flag' && start <= site.start && site.start < end);
  const name = parameterAt(session, document.uri, document.positionAt(offset))?.name;
  if (name === undefined && !flag) return [];
  return studyFilesOf(session, session.fileOf(document.uri)).flatMap((studyFile) => {
    const written = textOf(session, studyFile) ?? '';
    const key = [name, flag?.name, flag?.name.replaceAll('-', '_')]
      .flatMap((one) => (one === undefined ? [] : (parameterKey(written, one) ?? [])))
      .at(0);
    return key ? [locationIn(studyFile, written, key.start, key.end)] : [];
  });
}

function locationIn(uri: string, text: string, start: number, end: number): Location {
  const document = TextDocument.create(uri, '', 0, text);
  return { uri, range: { start: document.positionAt(start), end: document.positionAt(end) } };
}
