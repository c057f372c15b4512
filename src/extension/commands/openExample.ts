import { commands, type QuickPickItem, Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { Command, OPENED_EXAMPLE } from '../window/ids.ts';
import { pick, showInformation } from '../window/plainWindow.ts';
import { showDocument } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import type { Collaborators } from './collaborators.ts';
import { exists } from './studyFiles.ts';

const FOLDER = 'digits';

/** The folder that the extension ships, and what of it makes one example. */
interface Example extends QuickPickItem {
  readonly script: string;
  readonly studyFile: string;
  readonly others: readonly string[];
}

/** What the window goes on with once it has opened the example's folder. */
interface OpenedExample {
  readonly folder: string;
  readonly script: string;
  readonly studyFile: string;
}

type Parts = Pick<Collaborators, 'context' | 'panels' | 'registry'>;

function examples(): readonly Example[] {
  const data = ['digits.csv.gz', 'README.md'];
  return [
    {
      label: 'Python',
      detail: t('examplePython'),
      script: 'train.py',
      studyFile: 'train.study.yaml',
      others: data,
    },
    {
      label: 'JavaScript',
      detail: t('exampleJavaScript'),
      script: 'train.mjs',
      studyFile: 'digits.study.yaml',
      others: ['digits.mjs', 'network.mjs', ...data],
    },
  ];
}

/**
 * Copies an example into a new folder of the workspace and opens its script, ready to start. A window without a folder
 * gets one of the extension's own, so that nothing has to be chosen before there is something to see.
 */
export async function openExample(parts: Parts): Promise<void> {
  const from = Uri.joinPath(parts.context.extensionUri, 'examples', FOLDER);
  if (!(await exists(from))) throw new TuneboardError('no-example', t('noExample'));
  const example = await pick(examples(), { placeHolder: t('exampleLanguage') });
  if (!example) return;
  const here = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const to = await freeFolder(here ?? Uri.joinPath(parts.context.globalStorageUri, 'examples'));
  for (const name of [example.script, example.studyFile, ...example.others]) {
    await workspace.fs.copy(Uri.joinPath(from, name), Uri.joinPath(to, name));
  }
  const opened: OpenedExample = { folder: to.toString(), script: example.script, studyFile: example.studyFile };
  if (here) return present(parts, opened);
  // The window starts anew on the folder: what is to happen there is left for it, and the folder of runs activates it.
  await workspace.fs.createDirectory(Uri.joinPath(to, '.tuneboard'));
  await parts.context.globalState.update(OPENED_EXAMPLE, opened);
  await commands.executeCommand('vscode.openFolder', to);
}

/** In the window that was opened for an example: shows it. */
export async function continueExample(parts: Parts): Promise<void> {
  const opened = parts.context.globalState.get<OpenedExample>(OPENED_EXAMPLE);
  if (!opened || workspace.workspaceFolders?.[0]?.uri.toString() !== opened.folder) return;
  await parts.context.globalState.update(OPENED_EXAMPLE, undefined);
  await present(parts, opened);
}

async function present(parts: Parts, { folder, script, studyFile }: OpenedExample): Promise<void> {
  const uri = Uri.joinPath(Uri.parse(folder), studyFile);
  await showDocument(await workspace.openTextDocument(Uri.joinPath(uri, '..', script)), { preview: false });
  showWhenStarted(parts, uri);
  const start = t('startStudy');
  // Not awaited: the command is over, and the person may read first. The message hides after a while; the lens stays.
  void showInformation(t('exampleReady', { script, studyFile }), start).then((chosen) =>
    chosen === start ? commands.executeCommand(Command.startStudy, uri) : undefined,
  );
}

/** Whatever starts the example, its panel opens beside the script; the start itself reveals the tree. */
function showWhenStarted(parts: Parts, uri: Uri): void {
  const waiting = parts.registry.onDidChange(() => {
    const study = parts.registry.studiesFrom(uri.fsPath).find(({ isLive }) => isLive);
    if (!study) return;
    waiting.dispose();
    parts.panels.show(study);
  });
  parts.context.subscriptions.push(waiting);
}

async function freeFolder(folder: Uri): Promise<Uri> {
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(folder, `tuneboard-${FOLDER}${count === 1 ? '' : `-${count}`}`);
    if (!(await exists(uri))) return uri;
  }
}
