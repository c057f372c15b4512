import { basename, dirname } from 'node:path';
import { commands, l10n, ProgressLocation, type QuickPickItem, Uri, window } from 'vscode';
import { TuneboardError } from '../core/errors.ts';
import { View } from './ids.ts';
import { inLanguage } from './model/sentences.ts';
import type { Tuneboard } from './tuneboard.ts';

interface Choice extends QuickPickItem {
  pick(): Promise<string | undefined>;
}

/** Opens a storage by a file (from the explorer or a dialog), a URL, or one of the recent ones. */
export async function openStorage(tuneboard: Tuneboard, arg: unknown): Promise<void> {
  const location = arg instanceof Uri ? arg.fsPath : typeof arg === 'string' ? arg : await chooseLocation(tuneboard);
  if (location === undefined) return;
  await tuneboard.ready();
  const storage = await window.withProgress(
    { location: ProgressLocation.Window, title: l10n.t('Opening {0}', basename(location)) },
    () => tuneboard.storages.open(location),
  );
  await commands.executeCommand(`${View.studies}.focus`);
  const [first] = tuneboard.registry.studiesOf(storage);
  const [warning] = storage.log?.warnings ?? [];
  // Its name says enough here; the whole path is in the row's tooltip.
  const shown = warning?.replaceAll(storage.location, basename(storage.location));
  if (shown !== undefined) void window.showWarningMessage(inLanguage(shown, l10n.t));
  if (first) await tuneboard.view.reveal(first, null);
  else throw new TuneboardError('no-study', l10n.t('{0} is a storage without a study.', basename(location)));
}

async function chooseLocation(tuneboard: Tuneboard): Promise<string | undefined> {
  const recent = tuneboard.storages.recent.map(
    (location): Choice => ({
      label: basename(location),
      description: dirname(location),
      pick: async () => location,
    }),
  );
  const items: Choice[] = [
    { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, pick: chooseFile },
    { label: `$(globe) ${l10n.t('Enter a path or URL…')}`, pick: enterUrl },
    ...recent,
  ];
  const placeHolder = l10n.t('Optuna journal, SQLite database or log of a run');
  return (await window.showQuickPick(items, { placeHolder }))?.pick();
}

async function chooseFile(): Promise<string | undefined> {
  const title = l10n.t('Open an Optuna storage');
  const [file] = (await window.showOpenDialog({ title, openLabel: l10n.t('Open') })) ?? [];
  return file?.fsPath;
}

async function enterUrl(): Promise<string | undefined> {
  const text = await window.showInputBox({
    title: l10n.t('Open an Optuna storage'),
    prompt: l10n.t('Path of a file, or a URL such as sqlite:///study.db'),
  });
  return text?.trim() || undefined;
}
