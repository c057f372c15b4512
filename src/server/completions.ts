import { type CompletionItem, CompletionItemKind, InsertTextFormat, type Position } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { plainLabel } from '../core/text/printable.ts';
import { offeredFlags } from '../language/parameters/commandFlags.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { commandTextAt } from '../studyfile/editing/commandText.ts';
import { completeStudyFile } from '../studyfile/editing/completions.ts';
import { cursorAt } from '../studyfile/editing/cursor.ts';
import { parameterNames } from '../studyfile/editing/parameterUses.ts';
import { plainSnippet, studySnippets } from '../studyfile/editing/snippets.ts';
import { programOf, studyFilesOf, textOf } from './parameters/programs.ts';
import { type NamedFiles, placeCompletions } from './places.ts';
import type { Session } from './session.ts';

const KINDS = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  parameter: CompletionItemKind.Variable,
} as const;

/** What may be written at a place of a study file, and the names of parameters in the comments of a program. */
export function completions(session: Session, files: NamedFiles, uri: string, position: Position): CompletionItem[] {
  const document = session.documents.get(uri);
  if (!document) return [];
  const offset = document.offsetAt(position);
  if (!isStudyFile(uri)) return commentCompletions(session, document, offset);
  const places = placeCompletions(files, document, offset);
  if (places) return places;
  const text = document.getText();
  const own = flagCompletions(session, document, offset) ?? constraintCompletions(session, document, offset);
  if (own) return own;
  const items = completeStudyFile(text, offset, session.locale).map((item, index) => ({
    label: item.label,
    // The order of the schema, which puts first what is wanted first; an editor sorts by the alphabet otherwise.
    sortText: String(index).padStart(3, '0'),
    kind: KINDS[item.kind],
    ...(item.description === '' ? {} : { documentation: item.description }),
    textEdit: textEdit(document, item.start, item.end, item.newText),
  }));
  return [...snippetCompletions(session, document, offset), ...items];
}

function textEdit(document: TextDocument, start: number, end: number, newText: string) {
  return { range: { start: document.positionAt(start), end: document.positionAt(end) }, newText };
}

/** The flags of the program where a word of its command begins; undefined elsewhere. */
function flagCompletions(session: Session, document: TextDocument, offset: number): CompletionItem[] | undefined {
  const text = document.getText();
  const command = commandTextAt(text, offset);
  if (!command || command.key === 'wandb') return undefined;
  const before = text.slice(command.start, offset);
  const word = /(?<![^\s"'])[\p{L}\p{N}_.-]*$/u.exec(before)?.[0];
  if (word === undefined || /(?<!\{)\{[^{}]*$/.test(before)) return undefined;
  const program = programOf(session, document.uri);
  if (!program) return undefined;
  // The program and its script come first: none of the flags is theirs.
  const script = program.name.slice(program.name.lastIndexOf('/') + 1).replace(/\.py$/, '');
  const isBehind =
    command.key === 'args' || command.isWord || before.lastIndexOf(script, before.length - word.length - 1) >= 0;
  if (!isBehind) return undefined;
  const rest = /^[\p{L}\p{N}_.-]*/u.exec(text.slice(offset))?.[0] ?? '';
  const start = offset - word.length;
  return offeredFlags(text, program, command.isWord).map(({ label, newText, detail }, index) => ({
    label: plainLabel(label),
    kind: CompletionItemKind.Field,
    detail: plainLabel(detail),
    filterText: label,
    sortText: String(index).padStart(3, '0'),
    textEdit: textEdit(document, start, offset + rest.length, newText),
  }));
}

/** Values that the program reports as constraints. */
function constraintCompletions(session: Session, document: TextDocument, offset: number): CompletionItem[] | undefined {
  const text = document.getText();
  const { path, key, word } = cursorAt(text, offset);
  if (path[0] !== 'constraints' && !(path.length === 0 && key === 'constraints')) return undefined;
  const source = programOf(session, document.uri)?.file.text ?? '';
  const names = [...source.matchAll(/\bset_?[cC]onstraint\(\s{0,9}["'](\w{1,100})["']/g)].map(([, name = '']) => name);
  return [...new Set(names)].map((label) => ({
    label,
    kind: CompletionItemKind.Value,
    textEdit: textEdit(document, word.start, word.end, label),
  }));
}

/** `hidden = 64  # n_units`: the parameters of the studies that run the file, behind a value. */
function commentCompletions(session: Session, document: TextDocument, offset: number): CompletionItem[] {
  if (document.languageId !== 'python') return [];
  const { line } = document.positionAt(offset);
  const before = document.getText({ start: { line, character: 0 }, end: document.positionAt(offset) });
  const typed = /^[^#]{0,500}[\w"'\])][ \t]{1,80}#[ \t]{0,9}([\p{L}\p{N}_./-]{0,200})$/u.exec(before)?.[1];
  if (typed === undefined) return [];
  const file = session.codeFile(document.uri)?.file;
  const value = file?.sites.some((site) => site.literal && document.positionAt(site.end).line === line);
  if (!value && !/(?:[\d"'\])]|\b(?:True|False|None))\s{0,9},?\s{0,9}#/.test(before)) return [];
  return parametersOf(session, document.uri).map((label) => ({
    label: plainLabel(label),
    kind: CompletionItemKind.Variable,
    detail: session.say('parameterOfStudy'),
    filterText: label,
    textEdit: textEdit(document, offset - typed.length, offset, label),
  }));
}

/** The parameters of the studies that a program belongs to: of their best trials, and of study files that have not run. */
function parametersOf(session: Session, uri: string): string[] {
  const file = session.fileOf(uri);
  const ofTrials = session.linksNear(uri).flatMap(({ best }) => best?.params.map(({ name }) => name) ?? []);
  const ofFiles = studyFilesOf(session, file).flatMap((one) => parameterNames(textOf(session, one) ?? ''));
  return [...new Set([...ofTrials, ...ofFiles])];
}

/** The usual beginnings of a study file, while it has no objective. */
function snippetCompletions(session: Session, document: TextDocument, offset: number): CompletionItem[] {
  const text = document.getText();
  const { path, key, word } = cursorAt(text, offset);
  if (path.length > 0 || key !== null || /^objective\s*:/m.test(text)) return [];
  const name = document.uri.split('/').at(-1) ?? '';
  const stem = decodeURIComponent(name).replace(/\.study\.ya?ml$/i, '');
  return studySnippets(stem, session.locale).map(({ label, about, body }, index) => ({
    label,
    kind: CompletionItemKind.Snippet,
    detail: about,
    documentation: plainSnippet(body),
    // Before the keys.
    sortText: `!${index}`,
    insertTextFormat: InsertTextFormat.Snippet,
    textEdit: textEdit(document, word.start, word.end, body),
  }));
}
