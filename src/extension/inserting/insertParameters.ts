import { basename } from 'node:path';
import {
  env,
  NotebookCellKind,
  type NotebookDocument,
  Range,
  type TextDocument,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { BestParamsEdits, BestTrial, InsertWay } from '../../protocol/editor.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { exists } from '../commands/studyFiles.ts';
import { paramsAs } from '../studies/paramsAs.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { activeUri } from '../window/activeUri.ts';
import { ContextKey, Setting } from '../window/ids.ts';
import { happened } from '../window/milestones.ts';
import { pick, showInformation } from '../window/plainWindow.ts';
import { LANGUAGES } from '../window/relevance.ts';
import { showDocument, showNotebook } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import { chooseWay, requireWritable, studyFacts } from './chooseWay.ts';

/** Writes a trial's parameters into the code as the person chooses, previewed, as one step to undo. */
export async function insertParameters(
  parts: Pick<Collaborators, 'context' | 'language'>,
  study: StudyEntry,
  trial: BestTrial,
  file?: Uri,
): Promise<void> {
  const uri = file ?? (await chooseTarget(study));
  if (!uri) return;
  const choice = await chooseWay(parts.language, study, trial, uri);
  if (choice === null) return;
  const uris = choice ? choice.uris.map((one) => Uri.parse(one)) : [uri];
  if (choice && uris.length === 0) uris.push(uri);
  const edit = new WorkspaceEdit();
  let changes = 0;
  let unchanged = 0;
  // A parameter has a place if any of the files or cells has one.
  let homeless = trial.params.map((param) => param.name);
  for (const target of uris) {
    const documents = await documentsOf(target);
    await requireWritable(target, documents);
    for (const document of documents) {
      const found = await editsFor(parts, document, trial, documents.length === 1, study, choice?.way);
      addEdits(edit, document, found);
      changes += found.edits.length;
      unchanged += found.unchanged.length;
      homeless = homeless.filter((param) => found.unmatched.includes(param));
      // A block goes in once, whatever cells run the study.
      if (found.edits.length > 0 && (choice?.way === 'dict' || choice?.way === 'enqueue')) break;
    }
  }
  const name = uris.map((one) => basename(one.path)).join(', ');
  const [first = uri] = uris;
  if (changes > 0) {
    askForPreview(edit, first.scheme === 'untitled' ? Uri.joinPath(parts.context.extensionUri, 'package.json') : first);
    await show(first);
    // Beside the preview, so that it is known before anything is applied.
    if (homeless.length > 0) void tellHomeless(trial, homeless, name);
    if (await workspace.applyEdit(edit, { isRefactoring: true })) happened(ContextKey.inserted);
  } else if (unchanged > 0) {
    void showInformation(t('parametersTrialAlready', { name, number: trial.number }));
  } else {
    throw new TuneboardError('nothing-to-insert', t('noPlaceParametersFound', { name }));
  }
}

/** Parameters that the file has no place for are not lost: they can be pasted where they belong. */
async function tellHomeless(trial: BestTrial, names: readonly string[], file: string): Promise<void> {
  const copy = t('copyThem');
  const sentence = t('noPlaceFor', { file, names: names.join(', ') });
  if ((await showInformation(sentence, copy)) !== copy) return;
  await env.clipboard.writeText(
    paramsAs(
      'python',
      trial.params.filter(({ name }) => names.includes(name)),
    ),
  );
}

async function editsFor(
  parts: Pick<Collaborators, 'language'>,
  document: TextDocument,
  best: BestTrial,
  atCursor: boolean,
  study: StudyEntry,
  way: InsertWay | undefined,
): Promise<BestParamsEdits> {
  const editor = window.visibleTextEditors.find((visible) => visible.document === document);
  const position = editor?.selection.active;
  const cursor = atCursor && position ? { line: position.line, character: position.character } : null;
  return parts.language.bestParamsEdits({
    uri: document.uri.toString(),
    best,
    cursor,
    ...studyFacts(study, best),
    ...(way && { way }),
    isNoted: workspace.getConfiguration().get(Setting.insertNotes, false),
    document: { languageId: document.languageId, text: document.getText() },
  });
}

function addEdits(edit: WorkspaceEdit, document: TextDocument, { edits }: BestParamsEdits): void {
  for (const { range, newText, label } of edits) {
    const { start, end } = range;
    const place = new Range(start.line, start.character, end.line, end.character);
    edit.replace(document.uri, place, newText, { needsConfirmation: false, label });
  }
}

/**
 * The preview opens when an edit needs confirmation, and such an edit starts unticked: a person would have to tick every
 * value. So only an edit that does nothing asks for it: a rename onto itself of a file that is there, which VS Code leaves
 * out of the list.
 */
function askForPreview(edit: WorkspaceEdit, uri: Uri): void {
  const label = t('bestParameters');
  edit.renameFile(uri, uri, { ignoreIfExists: true }, { needsConfirmation: true, label });
}

/** A notebook's code cells, or the one document. */
async function documentsOf(uri: Uri): Promise<TextDocument[]> {
  if (!/\.ipynb$/i.test(uri.path)) return [await workspace.openTextDocument(uri)];
  const notebook: NotebookDocument = await workspace.openNotebookDocument(uri);
  return notebook
    .getCells()
    .filter(({ kind }) => kind === NotebookCellKind.Code)
    .map(({ document }) => document);
}

async function show(uri: Uri): Promise<void> {
  if (activeUri()?.toString() === uri.toString()) return;
  if (/\.ipynb$/i.test(uri.path)) await showNotebook(await workspace.openNotebookDocument(uri));
  else await showDocument(await workspace.openTextDocument(uri));
}

/** The file that the person works on, or the one that the study ran; asked only where both make sense. */
async function chooseTarget(study: StudyEntry): Promise<Uri | undefined> {
  const active = activeUri();
  const usable = active && isCode(active) ? active : undefined;
  const record = study.ranBy?.record;
  const own: Uri[] = [];
  for (const path of new Set([record?.script, record?.source])) {
    if (path === undefined || /\.study\.ya?ml$/i.test(path)) continue;
    const uri = Uri.file(path);
    // A run record may name any file: only those of this window are offered.
    if (workspace.getWorkspaceFolder(uri) && (await exists(uri))) own.push(uri);
  }
  if (usable && own.some((uri) => uri.toString() === usable.toString())) return usable;
  const candidates = usable ? [usable, ...own] : own;
  if (candidates.length === 0) {
    const sentence = t('openFileParametersShould', { name: study.name });
    throw new TuneboardError('no-target', sentence);
  }
  if (candidates.length === 1) return candidates[0];
  const items = candidates.map((uri) => ({
    label: basename(uri.path),
    description: workspace.asRelativePath(uri),
    uri,
  }));
  return (await pick(items, { placeHolder: t('fileInsertParametersInto') }))?.uri;
}

function isCode(uri: Uri): boolean {
  if (/\.study\.ya?ml$/i.test(uri.path) || !['file', 'untitled', 'vscode-notebook'].includes(uri.scheme)) return false;
  if (/\.ipynb$/i.test(uri.path)) return true;
  const document = workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  return document !== undefined && LANGUAGES.has(document.languageId);
}
