import { dirname } from 'node:path';
import { commands, ProgressLocation, type QuickPickItem, Uri, window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { fileName } from '../studies/studyLine.ts';
import { isLoadable } from '../tree/studiesView.ts';
import { View } from '../window/ids.ts';
import { pick } from '../window/plainWindow.ts';
import { codeOf } from '../window/problem.ts';
import type { GivenStorage } from '../window/storagePasswords.ts';
import { t } from '../window/words.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { chooseStudy } from './studyChoice.ts';

interface Choice extends QuickPickItem {
  pick(): Promise<string | undefined>;
}

/** Opens a storage by a file (from the explorer or a dialog), a URL, or one of the recent ones. */
export async function openStorage(
  parts: Pick<Collaborators, 'notices' | 'passwords' | 'ready' | 'registry' | 'storages' | 'view'>,
  arg: unknown,
): Promise<void> {
  const given = arg instanceof Uri ? arg.fsPath : typeof arg === 'string' ? arg : await chooseLocation(parts);
  if (given === undefined) return;
  await parts.ready();
  const split = parts.passwords.split(given);
  const storage = await openWithPassword(parts, split, () => parts.storages.open(split.location));
  if (!storage) return;
  await commands.executeCommand(`${View.studies}.focus`);
  const [first] = parts.registry.studiesOf(storage);
  const [warning] = storage.log?.warnings ?? [];
  // Its name says enough here; the whole path is in the row's tooltip.
  const shown = warning?.replaceAll(storage.location, fileName(storage.location));
  if (shown !== undefined) void parts.notices.warning(shown);
  if (first) await parts.view.reveal(first, null);
  else throw new TuneboardError('no-study', t('storageWithoutStudy', { location: fileName(storage.location) }));
}

/**
 * Opens the storage that only a study's run record names: on a server, or outside the study's folder. The person's click is
 * what allows it, in a workspace that is trusted.
 */
export async function loadStudy(
  parts: Choosing & Pick<Collaborators, 'notices' | 'passwords'>,
  arg: unknown,
): Promise<void> {
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('studyLoad'),
    none: t('everyStudyHereLoaded'),
    fits: isLoadable,
  });
  const storage = study?.storage;
  if (!study || !storage) return;
  if (storage.held && !workspace.isTrusted) {
    const sentence = t('untrustedOpen');
    throw new TuneboardError('untrusted', sentence);
  }
  const open = () => parts.registry.load(storage);
  await openWithPassword(parts, { location: storage.location, password: undefined }, open);
  await parts.view.reveal(study, null);
}

/** A password that the server takes is kept in the editor's secret storage; one that it refuses is asked for again. */
async function openWithPassword<T>(
  parts: Pick<Collaborators, 'notices' | 'passwords'>,
  given: GivenStorage,
  open: () => Promise<T>,
): Promise<T | undefined> {
  const { location } = given;
  let { password } = given;
  const title = t('opening', { location: fileName(location) });
  for (;;) {
    if (password !== undefined) await parts.passwords.keep(location, password);
    try {
      return await window.withProgress({ location: ProgressLocation.Window, title }, open);
    } catch (error) {
      if (password !== undefined) await parts.passwords.forget(location);
      if (!isAboutPassword(error)) throw error;
      password = await askPassword(parts.notices.explain(error));
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
    title: t('passwordDatabase'),
    prompt: why,
    password: true,
    ignoreFocusOut: true,
  });
}

async function chooseLocation(parts: Pick<Collaborators, 'storages'>): Promise<string | undefined> {
  const recent = parts.storages.recent.map(
    (location): Choice => ({
      label: fileName(location),
      description: isRemoteUrl(location) ? location : dirname(location),
      pick: async () => location,
    }),
  );
  const items: Choice[] = [
    { label: `$(folder-opened) ${t('chooseFile')}`, pick: chooseFile },
    { label: `$(globe) ${t('enterPathUrl')}`, pick: enterUrl },
    ...recent,
  ];
  const placeHolder = t('optunaJournalDatabaseLog');
  return (await pick(items, { placeHolder }))?.pick();
}

async function chooseFile(): Promise<string | undefined> {
  const title = t('openOptunaStorage');
  const [file] = (await window.showOpenDialog({ title, openLabel: t('open') })) ?? [];
  return file?.fsPath;
}

async function enterUrl(): Promise<string | undefined> {
  const text = await window.showInputBox({
    title: t('openOptunaStorage'),
    prompt: t('pathFileUrlPostgresql'),
  });
  return text?.trim() || undefined;
}
