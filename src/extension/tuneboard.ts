import { setTimeout as delay } from 'node:timers/promises';
import { commands, type ExtensionContext, TextEditorSelectionChangeKind, Uri, window, workspace } from 'vscode';
import type { OpenOptions } from '../storage/openTrialLog.ts';
import { MetricQuestions } from './commands/chooseMetric.ts';
import type { Collaborators } from './commands/collaborators.ts';
import { EndNotices } from './commands/endNotices.ts';
import { FOREIGN_FOLDERS } from './commands/startChoices.ts';
import { StatusBar } from './commands/statusBar.ts';
import { FailureMarks } from './failures/failureMarks.ts';
import { TracebackLinks } from './failures/tracebackLinks.ts';
import { LanguageServer } from './languageServer.ts';
import { TerminalCommands } from './launching/terminalCommands.ts';
import { HistoryPanels } from './panel/historyPanels.ts';
import { openLog } from './storages/openLog.ts';
import { OpenStorages } from './storages/openStorages.ts';
import { StorageTrust } from './storages/storageTrust.ts';
import { StrangersReader } from './storages/strangersReader.ts';
import { LastFocus } from './studies/lastFocus.ts';
import type { StudyEntry } from './studies/studyEntry.ts';
import { StudyRegistry } from './studies/studyRegistry.ts';
import { StudiesView } from './tree/studiesView.ts';
import { TreeOrder } from './tree/treeOrder.ts';
import { activeUri } from './window/activeUri.ts';
import { Coalescer } from './window/coalescer.ts';
import { Disposable } from './window/disposable.ts';
import { Command, ContextKey, OPENED_EXAMPLE } from './window/ids.ts';
import { LogFollower } from './window/logFollower.ts';
import { happened } from './window/milestones.ts';
import { Notices } from './window/notices.ts';
import { isStartable } from './window/relevance.ts';
import { StoragePasswords } from './window/storagePasswords.ts';

/** After activation, when the window has drawn, the folders are searched for runs even if nobody opens the view. */
const FIRST_LOOK_MS = 400;
const STUDY_FILES = '**/*.study.{yaml,yml}';
const FOREIGN = `{${FOREIGN_FOLDERS.join(',')}}`;
const MOST_STUDY_FILES = 1000;
/** How often changed study files are reported to the language server, in milliseconds. */
const STUDY_FILES_MS = 300;
/** How long the first rows wait for their trials, in milliseconds. */
const LONGEST_READ_MS = 400;

/** Owner of everything that lives as long as the extension. Its making reads no file and starts no process. */
export class Tuneboard extends Disposable implements Collaborators {
  readonly context: ExtensionContext;
  readonly log = this.register(window.createOutputChannel('Tuneboard', { log: true }));
  readonly notices = new Notices(this.log);
  readonly registry = this.register(
    new StudyRegistry({
      explain: (error) => this.notices.explain(error),
      report: (error) => this.notices.report(error),
      openLog: async (location, within, isOwn, strange) => {
        const options = await this.#optionsOf(location, within);
        return openLog(location, options, this.#thread, isOwn, strange && { ...strange, reader: this.#strangers });
      },
      // In Restricted Mode nothing leaves the folder that a file in it asks for.
      mayOpen: (location) => workspace.isTrusted && this.trust.has(location),
      trust: (location) => this.trust.add(location),
    }),
  );
  readonly logs = this.register(new LogFollower());
  readonly trust: StorageTrust;
  readonly storages: OpenStorages;
  readonly passwords: StoragePasswords;
  readonly view: StudiesView;
  readonly panels: HistoryPanels;
  readonly language: LanguageServer;
  readonly focus = new LastFocus();
  readonly terminals: TerminalCommands;
  readonly launched = new Set<number>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #thread: string;
  readonly #strangers: StrangersReader;
  #discovery: Promise<void> | undefined;

  constructor(context: ExtensionContext) {
    super();
    this.context = context;
    const { extensionUri } = context;
    this.#thread = this.dist('logThread.cjs');
    this.#strangers = this.register(new StrangersReader(this.#thread));
    const ready = () => this.ready();
    this.passwords = new StoragePasswords(context.secrets);
    this.trust = new StorageTrust(context.globalState);
    this.storages = new OpenStorages(this.registry, context.workspaceState, this.trust);
    this.view = this.register(
      new StudiesView(this.registry, new TreeOrder(context.workspaceState), ready, (error) =>
        this.notices.report(error),
      ),
    );
    this.register(new StatusBar(this.registry));
    this.register(new MetricQuestions(this.registry));
    this.register(new EndNotices(this, async (record) => (await loadCommands()).mendsOf(this, record)));
    const onSelect = (study: StudyEntry, number: number | null) => this.#selectedInPanel(study, number);
    const onFocus = () => this.focus.turnTo('panel');
    this.register(new FailureMarks(this.registry));
    this.register(new TracebackLinks());
    this.panels = this.register(
      new HistoryPanels({
        registry: this.registry,
        extensionUri,
        log: this.log,
        memory: context.workspaceState,
        ready,
        onFocus,
        onSelect,
      }),
    );
    this.terminals = this.register(new TerminalCommands(context.workspaceState, this.notices));
    this.language = this.register(new LanguageServer(this.registry, extensionUri, this.log));
    this.view.onDidSelect((study, number) => this.panels.select(study, number));
    for (const id of Object.values(Command)) {
      const run = async (...args: [unknown, unknown]) => (await loadCommands()).commandTable(this)[id](...args);
      this.register(commands.registerCommand(id, run));
    }
    this.#watchFolders();
    this.#keepContext();
    this.#keepFocus();
    const firstLook = setTimeout(() => {
      this.language.startForOpen();
      void this.ready();
      void this.#listStudyFiles();
      this.#continueExample().catch((error: unknown) => this.notices.report(error));
    }, FIRST_LOOK_MS);
    this.register({ dispose: () => clearTimeout(firstLook) });
  }

  /** Resolves when the runs of the folders are listed, and read where that takes no time; the search happens once. */
  ready(): Promise<void> {
    this.#discovery ??= this.#discover();
    return this.#discovery;
  }

  /** Notes that a study is being started, until it is known or has failed. */
  starting<T>(start: Promise<T>): Promise<T> {
    const done = start.finally(() => this.#starting.delete(done));
    this.#starting.add(done);
    return done;
  }

  /** Resolves when the studies are known that a person can mean: those that were found, and those being started. */
  async settled(): Promise<void> {
    await this.ready();
    await this.registry.settled();
    await Promise.allSettled(this.#starting);
  }

  /** Path of a file in the extension's `dist`. */
  dist(name: string): string {
    return Uri.joinPath(this.context.extensionUri, 'dist', name).fsPath;
  }

  /** In the window that was opened for an example. */
  async #continueExample(): Promise<void> {
    if (this.context.globalState.get(OPENED_EXAMPLE)) await (await loadCommands()).continueExample(this);
  }

  async #discover(): Promise<void> {
    const began = performance.now();
    await this.registry.list(localFolders());
    // A row that is there before its trials would change under the eyes of the person: worth a moment, and no more.
    const read = Promise.all([this.registry.settled(), this.storages.reopen()]);
    await Promise.race([read, delay(LONGEST_READ_MS, undefined, { ref: false })]);
    const count = this.registry.studies.length;
    this.log.info(`Found ${count} studies in ${Math.round(performance.now() - began)} ms`);
    await commands.executeCommand('setContext', ContextKey.ready, true);
  }

  /** With `within`, a file in that folder is meant: it gets no password. */
  async #optionsOf(location: string, within: string | undefined): Promise<OpenOptions> {
    if (within !== undefined) return { within };
    return { password: await this.passwords.of(location) };
  }

  #watchFolders(): void {
    const note = (glob: string, take: (path: string) => Promise<void>) => {
      const watcher = this.register(workspace.createFileSystemWatcher(glob));
      const noted = ({ fsPath }: Uri) => void this.ready().then(() => take(fsPath));
      this.register(watcher.onDidCreate(noted));
      this.register(watcher.onDidChange(noted));
    };
    note('**/.tuneboard/*/run.json', (path) => this.registry.noteRecord(path));
    note('**/.tuneboard/*/journal.log', (path) => this.registry.noteJournal(path));
    // Nobody waits for it: lists of files are the editor's search, and come when they come.
    const list = this.register(new Coalescer(STUDY_FILES_MS, () => void this.#listStudyFiles()));
    const studyFiles = this.register(workspace.createFileSystemWatcher(STUDY_FILES));
    for (const event of [studyFiles.onDidCreate, studyFiles.onDidChange, studyFiles.onDidDelete])
      this.register(event(() => list.request()));
    this.register(
      workspace.onDidSaveTextDocument(async ({ uri: { fsPath } }) => {
        // Most saves are of no study's file.
        if (this.registry.studiesFrom(fsPath).some((study) => study.canSteer('reload')))
          await (await loadCommands()).offerReload(this, fsPath);
      }),
    );
    this.register(workspace.onDidGrantWorkspaceTrust(() => this.registry.reconsider()));
    this.register(
      workspace.onDidChangeWorkspaceFolders(() => {
        this.#discovery = undefined;
        void this.ready();
      }),
    );
  }

  async #listStudyFiles(): Promise<void> {
    const found = await workspace.findFiles(STUDY_FILES, FOREIGN, MOST_STUDY_FILES).then(undefined, () => []);
    this.language.studyFilesChanged(found);
  }

  /** Keeps the keys that menus and welcome pages ask for. */
  #keepContext(): void {
    const setStartable = () => {
      const path = activeUri()?.path;
      void commands.executeCommand('setContext', ContextKey.startable, path !== undefined && isStartable(path));
    };
    this.register(window.onDidChangeActiveTextEditor(setStartable));
    this.register(window.onDidChangeActiveNotebookEditor(setStartable));
    setStartable();
    const seenRunning = new WeakSet<StudyEntry>();
    this.register(
      this.registry.onDidChange(({ studies }) => {
        for (const study of studies) {
          if (study.isLive) seenRunning.add(study);
          if (!seenRunning.has(study)) continue;
          happened(ContextKey.started);
          if (study.finished > 0) happened(ContextKey.trialFinished);
        }
      }),
    );
  }

  #keepFocus(): void {
    const turnToFile = () => this.focus.turnTo('file');
    this.view.onDidTurnTo((hasRow) => (hasRow ? this.focus.turnTo('row') : this.focus.leave('row')));
    this.register(window.onDidChangeActiveTextEditor((editor) => editor && turnToFile()));
    this.register(window.onDidChangeActiveNotebookEditor((editor) => editor && turnToFile()));
    // Back from the tree to the editor that was active all along: the person's cursor is all that changes.
    const { Keyboard, Mouse } = TextEditorSelectionChangeKind;
    this.register(
      window.onDidChangeTextEditorSelection(({ kind, textEditor }) => {
        const isPerson = kind === Keyboard || kind === Mouse;
        if (isPerson && textEditor === window.activeTextEditor) turnToFile();
      }),
    );
  }

  #selectedInPanel(study: StudyEntry, number: number | null): void {
    if (number === null || !this.view.isVisible) return;
    void this.view.reveal(study, number);
  }
}

/** What commands do: no window needs it before the first of them. */
function loadCommands() {
  return import('./commands/commandTable.ts');
}

/** Folders of this window that are on a disk; others can be looked at, not run in. */
function localFolders(): string[] {
  const folders = workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}
