import { commands, Uri, window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { showDocument } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import type { Collaborators } from './collaborators.ts';
import { exists } from './studyFiles.ts';

const EXAMPLE = 'digits';

/** Copies the example into a folder of the person's choice and opens its study file, ready to start. */
export async function openExample(parts: Pick<Collaborators, 'context'>): Promise<void> {
  const from = Uri.joinPath(parts.context.extensionUri, 'examples', EXAMPLE);
  if (!(await exists(from))) throw new TuneboardError('no-example', t('noExample'));
  const folder = workspace.workspaceFolders?.[0]?.uri ?? (await chooseFolder());
  if (!folder) return;
  const to = await freeFolder(folder);
  for (const [name] of await workspace.fs.readDirectory(from)) {
    // What an earlier run left there is not part of the example.
    if (!name.startsWith('.')) await workspace.fs.copy(Uri.joinPath(from, name), Uri.joinPath(to, name));
  }
  const isOpen = workspace.getWorkspaceFolder(to) !== undefined;
  if (!isOpen) await commands.executeCommand('vscode.openFolder', to);
  else await showDocument(await workspace.openTextDocument(await studyFileIn(to)));
}

async function chooseFolder(): Promise<Uri | undefined> {
  const options = { canSelectFolders: true, canSelectFiles: false, openLabel: t('copyExampleHere') };
  return (await window.showOpenDialog(options))?.[0];
}

async function freeFolder(folder: Uri): Promise<Uri> {
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(folder, `tuneboard-${EXAMPLE}${count === 1 ? '' : `-${count}`}`);
    if (!(await exists(uri))) return uri;
  }
}

async function studyFileIn(folder: Uri): Promise<Uri> {
  const names = (await workspace.fs.readDirectory(folder)).map(([name]) => name);
  return Uri.joinPath(folder, names.find((name) => /\.study\.ya?ml$/i.test(name)) ?? 'README.md');
}
