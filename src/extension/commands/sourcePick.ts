import { basename, dirname } from 'node:path';
import {
  CancellationTokenSource,
  type QuickPickItem,
  QuickPickItemKind,
  RelativePattern,
  TabInputNotebook,
  TabInputText,
  Uri,
  window,
  workspace,
} from 'vscode';
import { plainLabel } from '../../core/text/printable.ts';
import { isStartable } from '../window/relevance.ts';
import { t } from '../window/words.ts';
import type { Collaborators } from './collaborators.ts';
import {
  excludePattern,
  FOREIGN_FOLDERS,
  MOST_FOUND,
  recentSources,
  type StartChoices,
  startChoices,
} from './startChoices.ts';
import { exists } from './studyFiles.ts';

/** What a person picks: a file, or without one the dialog that reaches every file. */
interface SourceItem extends QuickPickItem {
  readonly uri?: Uri;
}

/**
 * A list of the files that a study can be started on, there at once with the open and the recent ones while the folders
 * are searched. No file is read. Undefined when nothing is picked, null when there is nothing to pick.
 */
export async function pickSource(parts: Pick<Collaborators, 'ready' | 'registry'>): Promise<Uri | undefined | null> {
  const pick = window.createQuickPick<SourceItem>();
  const stop = new CancellationTokenSource();
  const items = new Items();
  let files: StartChoices<Uri> = { open: openFiles(), recent: [], studyFiles: [], scripts: [] };
  const update = (more: Partial<StartChoices<Uri>>) => {
    if (stop.token.isCancellationRequested) return;
    files = { ...files, ...more };
    const active = pick.activeItems;
    pick.items = items.list(files);
    // The list grows around the row that a person may be about to choose.
    const kept = active.filter((item) => pick.items.includes(item));
    if (kept.length > 0) pick.activeItems = kept;
  };
  const recent = async () => update({ recent: await recentFiles(parts) });
  const search = (include: string, folders: readonly string[]) => find(include, folders, stop);
  const searches = Promise.all([
    recent(),
    search('**/*.study.{yaml,yml}', []).then((studyFiles) => update({ studyFiles })),
    search('**/*.{py,ipynb}', FOREIGN_FOLDERS).then((scripts) => update({ scripts })),
  ]);
  // The runs of the folders may become known only now; a server that is away must not hold back the files.
  void parts.ready().then(recent);
  try {
    pick.placeholder = t('studyFileScriptNotebook');
    pick.matchOnDescription = true;
    pick.busy = true;
    update({});
    const picked = new Promise<SourceItem | undefined>((resolve) => {
      pick.onDidAccept(() => pick.selectedItems[0] && resolve(pick.selectedItems[0]));
      pick.onDidHide(() => resolve(undefined));
    });
    pick.show();
    const searched = searches.then(() => {
      pick.busy = false;
      return pick.items.length > 0 ? picked : null;
    });
    const item = await Promise.race([picked, searched]);
    pick.hide();
    return item ? (item.uri ?? (await otherFile())) : item;
  } finally {
    stop.cancel();
    stop.dispose();
    pick.dispose();
  }
}

/** The rows of the list. A file keeps its one item, so that it can stay the active one. */
class Items {
  readonly #ofFile = new Map<string, SourceItem & { id: string; path: string; uri: Uri }>();

  list(files: StartChoices<Uri>): SourceItem[] {
    const of = (uris: readonly Uri[]) => uris.map((uri) => this.#of(uri));
    const { open, recent, studyFiles, scripts, hasMore } = startChoices({
      open: of(files.open),
      recent: of(files.recent),
      studyFiles: of(files.studyFiles),
      scripts: of(files.scripts),
    });
    return [
      ...section(t('openEditors'), open),
      ...section(t('recentlyStarted'), recent),
      ...section(t('studyFiles'), studyFiles),
      ...section(t('scriptsNotebooks'), scripts),
      ...(hasMore ? [otherFileItem()] : []),
    ];
  }

  #of(uri: Uri) {
    const id = uri.toString();
    const known = this.#ofFile.get(id);
    if (known) return known;
    const path = workspace.asRelativePath(uri);
    const item = { id, path, uri, label: plainLabel(basename(uri.path)), description: dirname(path) };
    this.#ofFile.set(id, item);
    return item;
  }
}

function section(label: string, items: readonly SourceItem[]): SourceItem[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...items];
}

function otherFileItem(): SourceItem {
  return {
    label: `$(folder-opened) ${t('chooseAnotherFile')}`,
    detail: t('thereMoreFilesThan', { most: MOST_FOUND }),
    alwaysShow: true,
  };
}

async function otherFile(): Promise<Uri | undefined> {
  const filters = { [t('studyFilesScriptsNotebooks')]: ['yaml', 'yml', 'py', 'ipynb'] };
  return (await window.showOpenDialog({ title: t('studyFileScriptNotebook'), filters }))?.[0];
}

/** Files of the tabs, those in front first. */
function openFiles(): Uri[] {
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  return [...tabs.filter((tab) => tab.isActive), ...tabs.filter((tab) => !tab.isActive)].flatMap(({ input }) => {
    const uri = input instanceof TabInputText || input instanceof TabInputNotebook ? input.uri : undefined;
    return uri?.scheme === 'file' && isStartable(uri.path) ? [uri] : [];
  });
}

/** A record may name any path, also one on another machine: only files of the window's folders are looked for. */
async function recentFiles(parts: Pick<Collaborators, 'registry'>): Promise<Uri[]> {
  const isHere = (source: string) => isStartable(source) && workspace.getWorkspaceFolder(Uri.file(source));
  const records = parts.registry.studies.flatMap(({ run }) => (run && isHere(run.record.source) ? [run.record] : []));
  const uris = recentSources(records).map((path) => Uri.file(path));
  const there = await Promise.all(uris.map(exists));
  return uris.filter((_, index) => there[index]);
}

/** One file more than is listed of each folder tells that there are more. `files.exclude` applies by itself. */
async function find(include: string, folders: readonly string[], stop: CancellationTokenSource): Promise<Uri[]> {
  const perFolder = (workspace.workspaceFolders ?? []).map((folder) => {
    const setting = workspace.getConfiguration('search', folder.uri).get('exclude');
    const exclude = excludePattern(folders, setting);
    return workspace.findFiles(new RelativePattern(folder, include), exclude, MOST_FOUND + 1, stop.token);
  });
  return (await Promise.all(perFolder)).flat();
}
