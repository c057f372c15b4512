import { basename } from 'node:path';
import { type NotebookDocument, type TextDocument, type Uri, workspace } from 'vscode';
import { showWarning } from './plainWindow.ts';
import { t } from './words.ts';

/**
 * Saves what a study is about to read, as the editor does before debugging (`debug.saveBeforeStart`); where a person
 * switched that off, it asks. Returns the file to run (an untitled one has another address once saved), or undefined
 * when the person changed their mind.
 */
export async function saveFirst(uri: Uri): Promise<Uri | undefined> {
  const policy = workspace.getConfiguration('debug', uri).get<string>('saveBeforeStart', 'allEditorsInActiveGroup');
  const source = openDocument(uri);
  if (source?.isUntitled) return workspace.save(uri);
  if (source?.isDirty && policy === 'none' && !(await consents(uri))) return undefined;
  const others =
    policy === 'none' ? [] : [...workspace.textDocuments, ...workspace.notebookDocuments].filter(needsSaving);
  for (const document of others) await workspace.save(document.uri);
  if (source?.isDirty) await workspace.save(source.uri);
  return uri;
}

function openDocument(uri: Uri): TextDocument | NotebookDocument | undefined {
  const isSame = (document: { readonly uri: Uri }) => document.uri.toString() === uri.toString();
  return workspace.notebookDocuments.find(isSame) ?? workspace.textDocuments.find(isSame);
}

function needsSaving(document: TextDocument | NotebookDocument): boolean {
  return document.isDirty && !document.isUntitled && document.uri.scheme === 'file';
}

async function consents(uri: Uri): Promise<boolean> {
  const save = t('saveStart');
  const question = t('unsavedChanges', { path: basename(uri.path) });
  return (await showWarning(question, { modal: true }, save)) === save;
}
