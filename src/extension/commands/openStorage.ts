import { dirname } from 'node:path';
import { commands, l10n, ProgressLocation, type QuickPickItem, Uri, window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { fileName } from '../studies/studyLine.ts';
import { isLoadable } from '../tree/studiesView.ts';
import type { Tuneboard } from '../tuneboard.ts';
import { View } from '../window/ids.ts';
import { pick } from '../window/plainWindow.ts';
import { codeOf } from '../window/problem.ts';
import type { GivenStorage } from '../window/storagePasswords.ts';
import { t } from '../window/translated.ts';
import { inLanguage } from '../words/sentences.ts';
import { chooseStudy } from './studyChoice.ts';

interface Choice extends QuickPickItem {
  pick(): Promise<string | undefined>;
}

/** Opens a storage by a file (from the explorer or a dialog), a URL, or one of the recent ones. */
export async function openStorage(tuneboard: Tuneboard, arg: unknown): Promise<void> {
  const given = arg instanceof Uri ? arg.fsPath : typeof arg === 'string' ? arg : await chooseLocation(tuneboard);
  if (given === undefined) return;
  await tuneboard.ready();
  const split = tuneboard.passwords.split(given);
  const storage = await openWithPassword(tuneboard, split, () => tuneboard.storages.open(split.location));
  if (!storage) return;
  await commands.executeCommand(`${View.studies}.focus`);
  const [first] = tuneboard.registry.studiesOf(storage);
  const [warning] = storage.log?.warnings ?? [];
  // Its name says enough here; the whole path is in the row's tooltip.
  const shown = warning?.replaceAll(storage.location, fileName(storage.location));
  if (shown !== undefined) void tuneboard.notices.warning(inLanguage(shown, t));
  if (first) await tuneboard.view.reveal(first, null);
  else throw new TuneboardError('no-study', l10n.t('{0} is a storage without a study.', fileName(storage.location)));
}

/**
 * Opens the storage that only a study's run record names: on a server, or outside the study's folder. The person's click is
 * what allows it, in a workspace that is trusted.
 */
export async function loadStudy(tuneboard: Tuneboard, arg: unknown): Promise<void> {
  const study = await chooseStudy(tuneboard, arg, {
    placeHolder: l10n.t('Study to load'),
    none: l10n.t('Every study here is loaded.'),
    fits: isLoadable,
  });
  const storage = study?.storage;
  if (!study || !storage) return;
  if (storage.held && !workspace.isTrusted) {
    const sentence = l10n.t(
      'What only a run record names is not opened in Restricted Mode: trust the workspace to load it.',
    );
    throw new TuneboardError('untrusted', sentence);
  }
  const open = () => tuneboard.registry.load(storage);
  await openWithPassword(tuneboard, { location: storage.location, password: undefined }, open);
  await tuneboard.view.reveal(study, null);
}

/** A password that the server takes is kept in the editor's secret storage; one that it refuses is asked for again. */
async function openWithPassword<T>(
  tuneboard: Tuneboard,
  given: GivenStorage,
  open: () => Promise<T>,
): Promise<T | undefined> {
  const { location } = given;
  let { password } = given;
  const title = l10n.t('Opening {0}', fileName(location));
  for (;;) {
    if (password !== undefined) await tuneboard.passwords.keep(location, password);
    try {
      return await window.withProgress({ location: ProgressLocation.Window, title }, open);
    } catch (error) {
      if (password !== undefined) await tuneboard.passwords.forget(location);
      if (!isAboutPassword(error)) throw error;
      password = await askPassword(tuneboard.notices.explain(error));
      if (password === undefined) return undefined;
    }
  }
}

export function isAboutPassword(error: unknown): boolean {
  return ['missing-password', 'wrong-password'].includes(codeOf(error));
}

/** `why` says which server wants it. Undefined when the person gives none. */
export async function askPassword(why: string): Promise<string | undefined> {
  return window.showInputBox({
    title: l10n.t('Password of the database'),
    prompt: why,
    password: true,
    ignoreFocusOut: true,
  });
}

async function chooseLocation(tuneboard: Tuneboard): Promise<string | undefined> {
  const recent = tuneboard.storages.recent.map(
    (location): Choice => ({
      label: fileName(location),
      description: isRemoteUrl(location) ? location : dirname(location),
      pick: async () => location,
    }),
  );
  const items: Choice[] = [
    { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, pick: chooseFile },
    { label: `$(globe) ${l10n.t('Enter a path or URL…')}`, pick: enterUrl },
    ...recent,
  ];
  const placeHolder = l10n.t('Optuna journal, database or log of a run');
  return (await pick(items, { placeHolder }))?.pick();
}

async function chooseFile(): Promise<string | undefined> {
  const title = l10n.t('Open an Optuna storage');
  const [file] = (await window.showOpenDialog({ title, openLabel: l10n.t('Open') })) ?? [];
  return file?.fsPath;
}

async function enterUrl(): Promise<string | undefined> {
  const text = await window.showInputBox({
    title: l10n.t('Open an Optuna storage'),
    prompt: l10n.t(
      'Path of a file, or a URL: postgresql://user@host/database, mysql://…, redis://…, grpc://host:13000, sqlite:///study.db',
    ),
  });
  return text?.trim() || undefined;
}
