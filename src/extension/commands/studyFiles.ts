import { basename, resolve } from 'node:path';
import { SnippetString, Uri, workspace } from 'vscode';
import { studyFileText } from '../storages/storageServer.ts';
import { pick } from '../window/plainWindow.ts';
import { showDocument } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import { studyFileSnippet } from './studyFileSnippet.ts';

/** The study file of the same folder that runs this script; a person chooses where there are several. */
export async function studyFileFor(script: Uri): Promise<Uri | undefined> {
  const folder = Uri.joinPath(script, '..');
  const names = (await workspace.fs.readDirectory(folder)).map(([name]) => name);
  const candidates = names.filter((name) => /\.study\.ya?ml$/i.test(name));
  if (candidates.length === 0) return undefined;
  const { parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const matching: Uri[] = [];
  for (const name of candidates) {
    const uri = Uri.joinPath(folder, name);
    const text = await textOf(uri);
    const objective = parseStudyFile(text).file?.objective;
    const words =
      objective?.kind === 'command' ? objective.argv : objective && 'path' in objective ? [objective.path] : [];
    const from = objective?.kind === 'command' ? resolve(folder.fsPath, objective.cwd) : folder.fsPath;
    if (words.some((word) => resolve(from, word) === script.fsPath)) matching.push(uri);
  }
  if (matching.length < 2) return matching[0];
  const items = matching.map((uri) => ({ label: basename(uri.path), uri }));
  return (await pick(items, { placeHolder: t('studyFileStart') }))?.uri;
}

/** A study file with places to fill in, unsaved, beside the script or in the first folder. */
export async function newStudyFile(near: Uri | undefined): Promise<void> {
  const folder = near ? Uri.joinPath(near, '..') : workspace.workspaceFolders?.[0]?.uri;
  const isPython = near === undefined || /\.(py|ipynb)$/i.test(near.path);
  const script = near ? basename(near.path) : 'train.py';
  const stem = script.replace(/\.[^.]+$/, '');
  const uri = folder ? await freeName(folder, stem) : Uri.from({ scheme: 'untitled', path: `${stem}.study.yaml` });
  const document = await workspace.openTextDocument(uri);
  const editor = await showDocument(document);
  await editor.insertSnippet(new SnippetString(studyFileSnippet(script, isPython ? 'python' : 'node', t)));
}

/** The text of a study file that nobody may have looked at yet. */
export async function textOf(uri: Uri): Promise<string> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  if (uri.scheme === 'file') return studyFileText(uri.fsPath);
  return new TextDecoder().decode(await workspace.fs.readFile(uri));
}

export async function exists(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function freeName(folder: Uri, stem: string): Promise<Uri> {
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(folder, `${stem}${count === 1 ? '' : `-${count}`}.study.yaml`);
    const isOpen = workspace.textDocuments.some(({ uri: other }) => other.path === uri.path);
    if (!isOpen && !(await exists(uri))) return uri.with({ scheme: 'untitled' });
  }
}
