import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { NotebookCellKind, type TextDocument, Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { goodRegion } from '../../core/importance/goodRegion.ts';
import type { BestParamsEditsParams, BestTrial, InsertChoice, InsertWay } from '../../protocol/editor.ts';
import type { LanguageServer } from '../languageServer.ts';
import { noteOf } from '../studies/provenance.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

/** What the language server has to know of a study to place a trial's parameters. */
export function studyFacts(
  study: StudyEntry,
  trial: BestTrial,
): Pick<BestParamsEditsParams, 'note' | 'ranges' | 'study' | 'studyFile'> {
  const { history, ranBy, objective } = study;
  const source = ranBy?.record.source;
  const ranges = history ? Object.fromEntries(goodRegion(history)) : {};
  return {
    note: noteOf(study, trial),
    study: { name: study.record?.name ?? study.name, ...(objective !== undefined && { objective }) },
    ...(Object.keys(ranges).length > 0 && { ranges }),
    ...(source !== undefined && { studyFile: Uri.file(source).toString() }),
  };
}

/**
 * Asks what to do with a trial's parameters, where there is a choice or a parameter would be left out. Null: the person
 * left. Undefined: nothing is known of the file, and the parameters may go in at the cursor.
 */
export async function chooseWay(
  language: LanguageServer,
  study: StudyEntry,
  trial: BestTrial,
  uri: Uri,
): Promise<InsertChoice | null | undefined> {
  const isNotebook = /\.ipynb$/i.test(uri.path);
  const cells = isNotebook
    ? (await workspace.openNotebookDocument(uri))
        .getCells()
        .filter(({ kind }) => kind === NotebookCellKind.Code)
        .map(({ document }) => document.uri.toString())
    : undefined;
  if (!isNotebook) await workspace.openTextDocument(uri);
  const roots = workspace.isTrusted ? (workspace.workspaceFolders ?? []).map((folder) => folder.uri.toString()) : [];
  const { note: _, ...facts } = studyFacts(study, trial);
  const choices = await language.insertChoices({
    uri: uri.toString(),
    best: trial,
    roots,
    ...(cells && { cells }),
    ...facts,
  });
  const [only] = choices;
  if (choices.length === 0) return undefined;
  if (only && choices.length === 1 && only.unmatched.length === 0) return only;
  const items = choices.map((choice) => itemOf(choice));
  const placeHolder = t('insertHow', { number: trial.number, study: study.name });
  return (await pick(items, { placeHolder, matchOnDetail: true }))?.choice ?? null;
}

function itemOf(choice: InsertChoice) {
  const { way, uris, labels, unmatched, unchanged } = choice;
  const paths = uris.map((one) => workspace.asRelativePath(Uri.parse(one)));
  const file = uris.map((one) => basename(Uri.parse(one).path)).join(', ');
  const said = [
    ...(labels.length > 0 ? [shortList(labels)] : []),
    ...(unmatched.length > 0 ? [t('insertNoPlace', { names: unmatched.join(', ') })] : []),
    ...(unchanged.length > 0 ? [t('insertSame', { names: unchanged.join(', ') })] : []),
  ];
  const path = paths.join(', ');
  // The label has the names: the paths say more only where there are folders.
  return { label: labelOf(way, file), description: path === file ? '' : path, detail: said.join(' · '), choice };
}

function labelOf(way: InsertWay, file: string): string {
  switch (way) {
    case 'values':
      return t('insertValues', { file });
    case 'dict':
      return t('insertDict', { file });
    case 'enqueue':
      return t('insertEnqueue', { file });
    case 'narrow':
      return t('insertNarrow', { file });
    case 'freeze':
      return t('insertFreeze', { file });
    default:
      return way satisfies never;
  }
}

const MOST_LABELS = 6;

function shortList(labels: readonly string[]): string {
  const more = labels.length > MOST_LABELS ? ', …' : '';
  return labels.slice(0, MOST_LABELS).join(', ') + more;
}

/** Throws one sentence where a file cannot take an edit that a person would still be able to save. */
export async function requireWritable(uri: Uri, documents: readonly TextDocument[]): Promise<void> {
  const name = basename(uri.path);
  const texts = documents.map((document) => document.getText());
  if (texts.some((text) => /^<{7} .*$/m.test(text) && /^>{7} .*$/m.test(text))) {
    throw new TuneboardError('merge-conflict', t('insertConflict', { name }));
  }
  // What the editor could not decode it would write as something else.
  if (texts.some((text) => text.includes('\uFFFD'))) {
    throw new TuneboardError('bad-encoding', t('insertEncoding', { name }));
  }
  if (uri.scheme !== 'file') return;
  const isWritable = await access(uri.fsPath, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) throw new TuneboardError('read-only', t('insertReadOnly', { name }));
}
