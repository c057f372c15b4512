import { basename } from 'node:path';
import {
  NotebookCellKind,
  type QuickPickItem,
  Range,
  Selection,
  type TextDocument,
  TextEditorRevealType,
  Uri,
  WorkspaceEdit,
  workspace,
} from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { TuneCandidate, TuneEdits } from '../../protocol/editor.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { exists, studyFileFor, textOf } from '../commands/studyFiles.ts';
import { bestLaunch, launchesOf } from '../launching/scriptLaunch.ts';
import { activeUri } from '../window/activeUri.ts';
import { pick, pickSeveral } from '../window/plainWindow.ts';
import { isStudyFile } from '../window/relevance.ts';
import { showBeside } from '../window/showDocument.ts';
import { t } from '../window/words.ts';

type Parts = Pick<Collaborators, 'language'>;

/** *Tune this value*: puts the literals of a part of a document into the study file of its script, and shows them there. */
export async function tuneValue(parts: Parts, file: Uri, document: Uri, start: number, end: number): Promise<void> {
  const source = await workspace.openTextDocument(document);
  const studyFile = await studyFileOf(file, source.languageId);
  if (studyFile === undefined) return;
  const found = await parts.language.tuneCandidates({
    uri: file.toString(),
    languageId: source.languageId,
    text: source.getText(),
    part: { start, end },
    studyFile: studyFile && { uri: studyFile.uri.toString(), text: studyFile.getText() },
  });
  const add = found.filter(({ parameter }) => parameter === null);
  if (add.length === 0) throw new TuneboardError('nothing-to-tune', t('noValueHere', { file: basename(file.path) }));
  await write(parts, { script: file, languageId: source.languageId, studyFile, add, remove: [] });
}

interface CandidateItem extends QuickPickItem {
  readonly candidate: TuneCandidate;
}

/**
 * *Tune Values…*: a list of what is worth a search in a script and its modules, the best first; what the study file has
 * is ticked, and leaves it when it is no longer. Returns the study file, or undefined when the person left the list.
 */
export async function tuneValues(parts: Parts, given?: Uri): Promise<Uri | undefined> {
  const script = given ?? activeUri();
  if (!script || isStudyFile(script.path)) throw new TuneboardError('no-script', t('openScriptToTune'));
  const { text, languageId } = await codeOf(script);
  const studyFile = await studyFileOf(script, languageId);
  if (studyFile === undefined) return undefined;
  const candidates = await parts.language.tuneCandidates({
    uri: script.toString(),
    languageId,
    text,
    studyFile: studyFile && { uri: studyFile.uri.toString(), text: studyFile.getText() },
  });
  if (candidates.length === 0) {
    throw new TuneboardError('nothing-to-tune', t('nothingToTune', { file: basename(script.path) }));
  }
  const chosen = await choose(candidates);
  if (!chosen) return undefined;
  const ticked = new Set(chosen);
  const add = chosen.filter(({ parameter }) => parameter === null);
  const remove = candidates.flatMap((one) => (one.parameter !== null && !ticked.has(one) ? [one.parameter] : []));
  if (add.length === 0 && remove.length === 0) return studyFile?.uri;
  return write(parts, { script, languageId, studyFile, add, remove });
}

/** Known names are worth a search; a value whose name says nothing is offered further down. */
async function choose(candidates: readonly TuneCandidate[]): Promise<TuneCandidate[] | undefined> {
  const items: CandidateItem[] = candidates.map((candidate) => ({
    label: candidate.parameter ?? candidate.name,
    description: `${candidate.value}  →  ${candidate.range}`,
    detail: `${candidate.file}:${candidate.lineNumber}`,
    picked: candidate.parameter !== null,
    candidate,
  }));
  const options = {
    matchOnDescription: true,
    matchOnDetail: true,
    title: t('tuneValuesTitle'),
    placeHolder: t('valuesToTune'),
  };
  const chosen = await pickSeveral(items, options);
  return chosen?.map(({ candidate }) => candidate);
}

/** Takes a parameter out of its study file. */
export async function stopTuning(parts: Parts, studyFile: Uri, parameter: string): Promise<void> {
  const document = await workspace.openTextDocument(studyFile);
  await write(parts, { script: studyFile, languageId: '', studyFile: document, add: [], remove: [parameter] });
}

/** Shows a parameter's line in its study file, selected. */
export async function editRange(studyFile: Uri, parameter: string): Promise<void> {
  const document = await workspace.openTextDocument(studyFile);
  const { parameterSpan } = await import('../../studyfile/parseStudyFile.ts');
  const span = parameterSpan(document.getText(), parameter);
  await showSpan(document, span && { start: span.start, end: span.end });
}

interface Change {
  readonly script: Uri;
  readonly languageId: string;
  /** Null: there is none yet. */
  readonly studyFile: TextDocument | null;
  readonly add: readonly TuneCandidate[];
  readonly remove: readonly string[];
}

/** Changes the study file, or creates it beside the script, and shows it beside the code with the first new line selected. */
async function write(parts: Parts, { script, languageId, studyFile, add, remove }: Change): Promise<Uri> {
  const { launch } = studyFile ? {} : bestLaunch(await launchesOf(parts, script));
  const changed = await parts.language.tuneEdits({
    text: studyFile?.getText() ?? null,
    script: basename(script.path),
    languageId,
    ...(launch && { launch }),
    add: add.map(({ name, line }) => ({ name, line })),
    remove,
  });
  const uri = studyFile?.uri ?? (await freeStudyFile(script));
  const edit = new WorkspaceEdit();
  if (studyFile) {
    for (const { start, end, newText } of changed.edits) {
      edit.replace(uri, new Range(studyFile.positionAt(start), studyFile.positionAt(end)), newText);
    }
  } else {
    edit.createFile(uri, { contents: new TextEncoder().encode(changed.text) });
  }
  const wasDirty = studyFile?.isDirty === true;
  if (!(await workspace.applyEdit(edit)))
    throw new TuneboardError('not-written', t('notWritten', { file: basename(uri.path) }));
  const document = await workspace.openTextDocument(uri);
  // A study reads the file from the disk. Changes that a person had not saved are theirs to save.
  if (!wasDirty) await document.save();
  if (add.length > 0) await showSpan(document, changed.added);
  return uri;
}

async function showSpan(document: TextDocument, span: TuneEdits['added'] | undefined): Promise<void> {
  const editor = await showBeside(document, { preview: false });
  if (!span) return;
  // From its end to its start, so that a long line is seen from its name on.
  const start = document.positionAt(span.start);
  editor.selection = new Selection(document.positionAt(span.end), start);
  editor.revealRange(new Range(start, start), TextEditorRevealType.InCenterIfOutsideViewport);
}

/**
 * The study file that runs a script; null where there is none yet. For a configuration file or a module it is one that
 * points into it, else the one of its folder: undefined when a person has to choose and does not.
 */
async function studyFileOf(file: Uri, languageId: string): Promise<TextDocument | null | undefined> {
  if (file.scheme !== 'file') throw new TuneboardError('not-local', t('notOnDisk', { path: basename(file.path) }));
  const own = await studyFileFor(file);
  if (own) return workspace.openTextDocument(own);
  const folder = workspace.getWorkspaceFolder(file);
  const all = folder ? await workspace.findFiles('**/*.study.{yaml,yml}', '**/{node_modules,.venv,venv}/**', 1000) : [];
  const { placedParameters } = await import('../../studyfile/parseStudyFile.ts');
  const pointing: Uri[] = [];
  for (const uri of all) {
    const text = await textOf(uri);
    const files = placedParameters(text).map(({ at }) => Uri.joinPath(uri, '..', at.split('#')[0] ?? '').toString());
    if (files.includes(file.toString())) pointing.push(uri);
  }
  const isCode = /^(python|javascript|typescript)/.test(languageId);
  const matching = pointing.length > 0 ? pointing : isCode ? [] : all;
  if (matching.length === 0) {
    if (isCode) return null;
    throw new TuneboardError('no-script', t('tuneScriptFirst', { file: basename(file.path) }));
  }
  if (matching.length === 1) return workspace.openTextDocument(matching[0] as Uri);
  const items = matching.map((uri) => ({ label: workspace.asRelativePath(uri), uri }));
  const chosen = await pick(items, { placeHolder: t('studyFileToChange') });
  return chosen && workspace.openTextDocument(chosen.uri);
}

/** A notebook's code cells one after the other, anything else as it is. */
async function codeOf(uri: Uri): Promise<{ text: string; languageId: string }> {
  if (/\.ipynb$/i.test(uri.path)) {
    const cells = (await workspace.openNotebookDocument(uri)).getCells();
    const code = cells.filter(({ kind }) => kind === NotebookCellKind.Code).map(({ document }) => document.getText());
    return { text: code.join('\n\n'), languageId: 'python' };
  }
  const document = await workspace.openTextDocument(uri);
  return { text: document.getText(), languageId: document.languageId };
}

async function freeStudyFile(script: Uri): Promise<Uri> {
  const stem = basename(script.path).replace(/\.[^.]+$/, '');
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(script, '..', `${stem}${count === 1 ? '' : `-${count}`}.study.yaml`);
    if (!(await exists(uri))) return uri;
  }
}
