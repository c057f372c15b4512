import { type LogOutputChannel, type Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { PanelState } from '../../protocol/panel.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { activeUri } from '../window/activeUri.ts';
import { Disposable } from '../window/disposable.ts';
import { ContextKey, HISTORY_PANEL } from '../window/ids.ts';
import { happened } from '../window/milestones.ts';
import { t } from '../window/words.ts';
import { HistoryPanel } from './historyPanel.ts';
import { KeptBoards, type Memory } from './keptBoards.ts';

export interface HistoryPanelsOptions {
  readonly registry: StudyRegistry;
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
  readonly memory: Memory;
  /** Resolves when the studies of this window are known. */
  ready(): Promise<void>;
  /** A person turned to a panel. */
  onFocus(): void;
  onSelect(study: StudyEntry, number: number | null): void;
}

/** One History panel a study; the window's reload brings them back. */
export class HistoryPanels extends Disposable {
  readonly #options: HistoryPanelsOptions;
  readonly #panels = new Set<HistoryPanel>();
  readonly #kept: KeptBoards;

  constructor(options: HistoryPanelsOptions) {
    super();
    this.#options = options;
    this.#kept = new KeptBoards(options.memory);
    this.register(
      window.registerWebviewPanelSerializer(HISTORY_PANEL, {
        deserializeWebviewPanel: async (panel: WebviewPanel, state: Partial<PanelState> | undefined) => {
          await options.ready();
          const id = state?.studyId || this.#idByName(panel.title);
          options.log.info(`Restoring the History panel of ${id ?? panel.title}`);
          if (id) this.#adopt(panel, id);
          else panel.dispose();
        },
      }),
    );
    this.register({ dispose: () => [...this.#panels].forEach((panel) => void panel.dispose()) });
  }

  /** The study whose panel has the focus. */
  get active(): StudyEntry | undefined {
    return [...this.#panels].find((panel) => panel.isActive)?.study;
  }

  show(study: StudyEntry): void {
    happened(ContextKey.historyShown);
    const open = this.#panelOf(study);
    if (open) {
      open.reveal();
      return;
    }
    const column = this.#sharedColumn() ?? (activeUri() ? ViewColumn.Beside : ViewColumn.Active);
    const title = study.name || t('history');
    const panel = window.createWebviewPanel(HISTORY_PANEL, title, column, { enableScripts: true });
    this.#adopt(panel, study.id);
  }

  /** Shows the study's panel, and asks what to compare it with. */
  async compare(study: StudyEntry): Promise<void> {
    this.show(study);
    await this.#panelOf(study)?.compare();
  }

  select(study: StudyEntry, number: number | null): void {
    this.#panelOf(study)?.select(number);
  }

  /** Where another study's panel is, unless it is over the text that has the focus: its group is locked, so *beside* is a new one. */
  #sharedColumn(): ViewColumn | undefined {
    const columns = [...this.#panels].map(({ column }) => column);
    return columns.findLast((column) => column !== undefined && column !== window.activeTextEditor?.viewColumn);
  }

  #panelOf(study: StudyEntry): HistoryPanel | undefined {
    return [...this.#panels].find((panel) => panel.study === study);
  }

  /** For a panel that was saved before its page had anything to keep: its title is the study's name. */
  #idByName(name: string): string | undefined {
    const { studies } = this.#options.registry;
    const isOpen = (study: StudyEntry) => this.#panelOf(study) !== undefined;
    const byStart = (a: StudyEntry, b: StudyEntry) => (b.run?.record.startedAt ?? 0) - (a.run?.record.startedAt ?? 0);
    return studies.filter((study) => study.name === name && !isOpen(study)).sort(byStart)[0]?.id;
  }

  #adopt(panel: WebviewPanel, studyId: string): void {
    const { registry, extensionUri, log, onFocus, onSelect } = this.#options;
    const history = new HistoryPanel({
      panel,
      studyId,
      registry,
      extensionUri,
      log,
      kept: this.#kept,
      onFocus,
      onSelect,
    });
    this.#panels.add(history);
    // A panel that opens in front changes no state that VS Code would report.
    if (panel.active) onFocus();
    panel.onDidDispose(() => this.#panels.delete(history));
  }
}
