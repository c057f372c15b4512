import {
  commands,
  env,
  type LogOutputChannel,
  Uri,
  type ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { FromPanel, PanelAction, PanelAsk, PanelOrder, ToPanel } from '../../protocol/panel.ts';
import { recordMessage } from '../../protocol/runRecord.ts';
import { runFolderIn, storageOfPlace } from '../studies/rowIds.ts';
import type { StorageEntry, StudyEntry } from '../studies/studyEntry.ts';
import { heldText } from '../studies/studyLine.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Coalescer } from '../window/coalescer.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import { showError } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import { SentAnnotations } from './annotations.ts';
import { ComparedStudies } from './comparedStudies.ts';
import { ImportanceAnswers } from './importanceAnswers.ts';
import { type KeptBoards, LONGEST_VIEW_NAME, readSharedView } from './keptBoards.ts';
import { historyPanelHtml } from './panelPage.ts';
import { allNumbers, panelHeader, panelRows } from './panelRows.ts';
import { SelectedTrial } from './selectedTrial.ts';

const UPDATE_MS = 100;
/** How often the side column of a running trial is made anew: what its output has got since is read for that. */
const DETAIL_MS = 1000;
const CLOCK_MS = 5000;

export interface HistoryPanelOptions {
  readonly panel: WebviewPanel;
  readonly studyId: string;
  readonly registry: StudyRegistry;
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
  readonly kept: KeptBoards;
  /** A person turned to the panel. */
  onFocus(): void;
  /** A person selected a trial in the panel. */
  onSelect(study: StudyEntry, number: number | null): void;
}

/**
 * The host's side of one History panel. It says nothing until the page says `ready`; then one snapshot and from there
 * deltas. A hidden panel hears nothing: its page is gone, and a new one says `ready` again.
 */
export class HistoryPanel extends Disposable {
  readonly #options: HistoryPanelOptions;
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#update()));
  readonly #details = this.register(new Coalescer(DETAIL_MS, () => void this.#sendDetail()));
  readonly #importance: ImportanceAnswers;
  readonly #compared: ComparedStudies;
  #study: StudyEntry | undefined;
  #keeping: { readonly storage: StorageEntry | null; dispose(): void } | undefined;
  /** What the page has: a revision of one history. */
  #sent: { history: History; revision: number } | undefined;
  readonly #annotations = new SentAnnotations();
  #isReady = false;
  /** Studies that a person chose to compare before the page was there. */
  #asked: readonly string[] | undefined;
  #selected: number | null = null;
  readonly #trial: SelectedTrial;

  constructor(options: HistoryPanelOptions) {
    super();
    this.#options = options;
    this.#trial = new SelectedTrial(options.log, (message) => this.#isReady && this.#post(message));
    const { panel, registry, extensionUri } = options;
    const dist = Uri.joinPath(extensionUri, 'dist');
    this.#importance = this.register(
      new ImportanceAnswers({
        worker: Uri.joinPath(dist, 'importance.cjs').fsPath,
        onAnswer: (importance) => this.#post({ type: 'importance', importance }),
        onProgress: (question, done) => this.#post({ type: 'importanceProgress', question, done }),
        onError: (error) => options.log.error(`Importance: ${String(error)}`),
      }),
    );
    this.#compared = this.register(new ComparedStudies(registry, (message) => this.#post(message)));
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.iconPath = {
      light: Uri.joinPath(extensionUri, 'media', 'history-light.svg'),
      dark: Uri.joinPath(extensionUri, 'media', 'history-dark.svg'),
    };
    this.register(panel.webview.onDidReceiveMessage((message: FromPanel) => this.#receive(message)));
    this.register(panel.onDidChangeViewState(() => this.#viewStateChanged()));
    this.register(panel.onDidDispose(() => this.dispose()));
    this.register(workspace.onDidGrantWorkspaceTrust(() => this.#updates.request()));
    this.register(
      registry.onDidChange(({ structure, runs, studies }) => {
        if (structure || !this.#study || studies.has(this.#study)) this.#updates.request(runs);
      }),
    );
    this.register(options.kept.onDidChange(() => this.#sendKept()));
    const clock = setInterval(() => this.#study?.isLive && this.#updates.request(), CLOCK_MS);
    this.register({ dispose: () => clearInterval(clock) });
    this.register({ dispose: () => this.#keeping?.dispose() });
    this.#findStudy();
    panel.webview.html = historyPanelHtml(panel.webview, dist);
  }

  get study(): StudyEntry | undefined {
    return this.#study;
  }

  get isActive(): boolean {
    return this.#options.panel.active;
  }

  /** Undefined while it is moved. */
  get column(): ViewColumn | undefined {
    return this.#options.panel.viewColumn;
  }

  reveal(): void {
    this.#options.panel.reveal();
  }

  /** Selects a trial that was selected elsewhere. */
  select(number: number | null): void {
    if (number === this.#selected) return;
    this.#selected = number;
    if (!this.#isReady) return;
    this.#post({ type: 'select', number });
    this.#details.request(true);
  }

  /** Asks the person for studies, and compares them with the panel's own. */
  async compare(): Promise<void> {
    const study = this.#study;
    const ids = study && (await this.#compared.choose(study));
    if (!ids) return;
    if (this.#isReady) this.#compared.show(this.#study, ids, true);
    else this.#asked = ids;
  }

  #findStudy(): void {
    const { registry, studyId, panel } = this.#options;
    const known = this.#study && registry.study(this.#study.id) === this.#study ? this.#study : undefined;
    this.#study = known ?? registry.study(studyId) ?? successor(registry, studyId, this.#study);
    if (!this.#study) return;
    panel.title = this.#study.name;
    const { storage } = this.#study;
    if (this.#keeping?.storage === storage) return void registry.look(this.#study);
    this.#keeping?.dispose();
    this.#keeping = { storage, ...registry.keep(this.#study) };
  }

  #viewStateChanged(): void {
    const { panel, onFocus } = this.#options;
    if (panel.active) onFocus();
    if (panel.visible) return;
    this.#isReady = false;
    this.#sent = undefined;
    this.#importance.ask(null);
    this.#compared.show(this.#study, null);
  }

  #receive(message: FromPanel): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#sent = undefined;
        this.#sendKept();
        this.#update();
        break;
      case 'focus':
        this.#options.onFocus();
        break;
      case 'select':
        this.#selected = message.number;
        if (this.#study) this.#options.onSelect(this.#study, message.number);
        this.#details.request(true);
        break;
      case 'importance':
        this.#importance.ask(message.question);
        break;
      case 'compare':
        this.#compared.show(this.#study, message.ids);
        break;
      case 'chooseCompared':
        void this.compare();
        break;
      case 'keepBoard':
      case 'saveView':
      case 'removeView':
      case 'pasteView':
        this.#keep(message).catch((error: unknown) => this.#options.log.error(String(error)));
        break;
      case 'action':
        this.#act(message.action, message.number);
        break;
      case 'order':
        void this.#order(message.order);
        break;
      case 'note':
      case 'marks':
        void this.#note(message);
        break;
      case 'enqueue':
        void this.#enqueue(message);
        break;
      case 'copy':
        void env.clipboard.writeText(message.text);
        break;
      case 'save':
        void this.#save(message.extension, message.text);
        break;
      case 'artifact':
        if (message.number === this.#selected)
          void this.#trial.showArtifact(message.number, message.name, message.opens);
        break;
      case 'openLink':
        void this.#trial.openLink(message.link);
        break;
      case 'error':
        this.#options.log.error(`History panel: ${message.message}`);
        break;
      default:
        message satisfies never;
    }
  }

  #sendKept(): void {
    if (this.#isReady) this.#post({ type: 'kept', kept: this.#options.kept.kept });
  }

  async #keep(message: Extract<FromPanel, { type: 'keepBoard' | 'saveView' | 'removeView' | 'pasteView' }>) {
    const { kept } = this.#options;
    if (message.type === 'keepBoard') return kept.keepBoard(message.kind, message.board);
    if (message.type === 'removeView') return kept.removeView(message.name);
    if (message.type === 'pasteView') {
      const shared = readSharedView(await env.clipboard.readText());
      if (shared) return kept.saveView(shared.name, shared.view);
      return void showError(t('viewUnreadable'));
    }
    const given = await window.showInputBox({ title: t('viewName'), prompt: t('viewNameHint') });
    const name = given?.trim().slice(0, LONGEST_VIEW_NAME);
    if (name) await kept.saveView(name, message.view);
  }

  /** Asks where, beside the study's folder; a person may decline. */
  async #save(extension: string, text: string): Promise<void> {
    const name = (this.#study?.name ?? '').replaceAll(/[^\p{L}\p{N}._-]/gu, '-').replace(/^\.+/, '') || 'trials';
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const wanted = folder ? Uri.joinPath(folder, `${name}.${extension}`) : undefined;
    try {
      const target = await window.showSaveDialog({ ...(wanted ? { defaultUri: wanted } : {}) });
      if (target) await workspace.fs.writeFile(target, bytesOf(text));
    } catch (error) {
      this.#options.log.error(`Export: ${String(error)}`);
      void showError(t('exportFailed', { reason: error instanceof Error ? error.message : String(error) }));
    }
  }

  /** The page is told once it has the header that the order has led to. */
  async #order(order: PanelOrder): Promise<void> {
    await commands.executeCommand(Command.actInPanel, this.#study?.id, { type: 'order', order });
    this.#update();
    if (this.#isReady) this.#post({ type: 'ordered', order: order.order });
  }

  async #note(asked: Extract<PanelAsk, { type: 'note' | 'marks' }>): Promise<void> {
    const isSaved = (await commands.executeCommand(Command.actInPanel, this.#study?.id, asked)) === true;
    this.#update();
    // What could not be saved is as it was.
    if (this.#isReady) this.#post({ type: 'saved', what: asked.type, number: asked.number, isSaved });
  }

  async #enqueue(asked: Extract<PanelAsk, { type: 'enqueue' }>): Promise<void> {
    const isSaved = (await commands.executeCommand(Command.actInPanel, this.#study?.id, asked)) === true;
    if (this.#isReady) this.#post({ type: 'enqueued', isSaved });
  }

  #act(action: PanelAction, number: number | null): void {
    const id = this.#study?.id;
    const trial = number === null ? undefined : { studyId: id, number };
    const run: Record<PanelAction, [string, ...unknown[]]> = {
      start: [Command.resumeStudy, id],
      stop: [Command.stopStudy, id],
      pause: [Command.pauseStudy, id],
      resume: [Command.resumeStudy, id],
      enqueue: [Command.enqueueTrial, trial],
      kill: [Command.killTrial, trial],
      insertBest: [Command.insertBestParameters, id],
      insertTrial: [Command.insertTrialParameters, trial],
      showOutput: [Command.showTrialOutput, trial],
      debugTrial: [Command.debugTrial, trial],
      showRunLog: [Command.showRunLog, id],
    };
    void commands.executeCommand(...run[action]);
  }

  #update(): void {
    if (!this.#isReady || this.disposed) return;
    this.#findStudy();
    const study = this.#study;
    const history = study?.history;
    if (!study || !history || study.storage?.isDigest) {
      this.#sent = undefined;
      const isComing = study?.storage?.isDigest === true && study.storage.problem === null;
      const waiting = study?.isLive === true || study?.isUnread === true || isComing;
      if (!waiting) this.#post({ type: 'gone', message: this.#goneMessage() });
      return;
    }
    const header = panelHeader(study, t, { isTrusted: workspace.isTrusted, now: Date.now() });
    const { revision } = history;
    if (this.#sent?.history !== history) {
      this.#annotations.forget();
      const rows = panelRows(history, allNumbers(history));
      this.#post({ type: 'snapshot', header, rows, selected: this.#selected });
      if (this.#asked) this.#compared.show(study, this.#asked, true);
      this.#asked = undefined;
      this.#details.request(true);
    } else {
      const changed = history.changedSince(this.#sent.revision);
      this.#post({ type: 'delta', header, rows: panelRows(history, Uint32Array.from(changed)) });
      const number = this.#selected;
      // What a running trial prints changes no trial.
      if (number !== null && (changed.includes(number) || history.state(number) === TrialState.running))
        this.#details.request();
    }
    this.#sent = { history, revision };
    const annotations = this.#annotations.news(study, workspace.isTrusted, t);
    if (annotations) this.#post({ type: 'annotations', annotations });
    this.#importance.update(history);
  }

  #goneMessage(): string {
    const { registry, studyId } = this.#options;
    const told = this.#study?.run && recordMessage(this.#study.run.record);
    const storage = this.#study?.storage ?? storageOfPlace(studyId, registry.storages);
    if (storage?.held) return heldText(storage.held, t);
    return storage?.problem ?? (told && t.say(told)) ?? t('studyNoLongerThere');
  }

  async #sendDetail(): Promise<void> {
    const [number, study] = [this.#selected, this.#study];
    if (!this.#isReady || !study || number === null) return;
    await this.#trial.send(study, number, () => this.#isReady && this.#selected === number && this.#study === study);
  }

  #post(message: ToPanel): void {
    this.#options.panel.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => this.#options.log.error(String(error)));
  }
}

/** A picture comes as a data URL. */
function bytesOf(text: string): Uint8Array {
  const picture = 'data:image/png;base64,';
  return text.startsWith(picture) ? Buffer.from(text.slice(picture.length), 'base64') : new TextEncoder().encode(text);
}

/** A panel may have been saved before its run's study was there: the study of the same run folder is the one meant. */
function successor(registry: StudyRegistry, id: string, last: StudyEntry | undefined): StudyEntry | undefined {
  const folder = runFolderIn(id) ?? last?.run?.folder.path;
  return folder === undefined ? undefined : registry.studies.find((study) => study.run?.folder.path === folder);
}
