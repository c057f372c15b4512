import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from 'vscode';
import { TimeSlice } from '../../storage/eventLoop.ts';
import type { RegistryChange } from '../studies/registryChange.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Coalescer } from '../window/coalescer.ts';
import { Disposable } from '../window/disposable.ts';
import { Command, View } from '../window/ids.ts';
import { t } from '../window/words.ts';
import { TreeModel } from './treeModel.ts';
import type { TreeNode } from './treeNode.ts';
import type { TreeOrder } from './treeOrder.ts';
import { treeRow } from './treeRow.ts';
import { treeTooltip } from './treeTooltip.ts';

/**
 * Longest time a change waits before it is seen. The editor holds a tree's changes back until none has come for 200 ms, so
 * at a faster pace a busy study would stand still on the screen.
 */
const UPDATE_MS = 280;
/** The pace of what only passing time changes. */
const CLOCK_MS = 10_000;

/** The Studies tree: hands the model's rows to the editor, and only the changed ones. */
export class StudiesView extends Disposable implements TreeDataProvider<TreeNode> {
  readonly #registry: StudyRegistry;
  readonly #ready: () => Promise<void>;
  readonly #report: (error: unknown) => void;
  readonly #model: TreeModel;
  readonly #view: TreeView<TreeNode>;
  readonly #changes = this.register(new EventEmitter<TreeNode[] | undefined>());
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#update()));
  readonly #pending = new Set<StudyEntry>();
  #isStale = false;
  #clock: ReturnType<typeof setInterval> | undefined;

  readonly onDidChangeTreeData = this.#changes.event;

  readonly order: TreeOrder;
  /** Ids of the rows at the top as they were last shown. */
  #roots = '';

  constructor(registry: StudyRegistry, order: TreeOrder, ready: () => Promise<void>, report: (error: unknown) => void) {
    super();
    this.order = order;
    this.#registry = registry;
    this.#ready = ready;
    this.#report = report;
    this.#model = new TreeModel(registry, (studies) => order.arrange(studies));
    this.#view = this.register(
      window.createTreeView<TreeNode>(View.studies, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.register(registry.onDidChange((change) => this.#note(change)));
    this.register(this.#view.onDidChangeVisibility(() => this.#updates.request()));
    this.register({ dispose: () => clearInterval(this.#clock) });
  }

  /** Lists the studies anew, as they are wanted now. */
  rearrange(): void {
    this.#isStale = true;
    this.#updates.request();
  }

  get selection(): TreeNode | undefined {
    return this.#view.selection[0];
  }

  /** Reports whether a row is selected, whenever the selection changes. */
  onDidTurnTo(listener: (hasRow: boolean) => void): void {
    this.register(this.#view.onDidChangeSelection(({ selection }) => listener(selection.length > 0)));
  }

  /** Tells which trial a person selected, or the study without a trial. */
  onDidSelect(listener: (study: StudyEntry, number: number | null) => void): void {
    this.register(
      this.#view.onDidChangeSelection(({ selection: [node] }) => {
        if (!node || !('study' in node)) return;
        listener(node.study, trialOf(node));
      }),
    );
  }

  /** Selects a trial's row, or the study's, without taking the keyboard away. What is not there stays unselected. */
  async reveal(study: StudyEntry, number: number | null, options = { select: true, focus: false }): Promise<void> {
    const node = number === null ? this.#model.studyNode(study) : this.#model.trialNode(study, number);
    if (this.selection === node && options.select) return;
    await this.#view.reveal(node, { ...options, expand: number === null }).then(undefined, this.#report);
  }

  get isVisible(): boolean {
    return this.#view.visible;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node) {
      if ('study' in node) await this.#registry.look(node.study);
      return this.#model.children(node);
    }
    await this.#ready();
    const roots = this.#model.roots();
    const slice = new TimeSlice();
    for (const study of this.#registry.studies) {
      this.#model.changed(study);
      if (slice.isOver) await slice.yield();
    }
    return roots;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#model.parent(node);
  }

  getTreeItem(node: TreeNode): TreeItem {
    const row = treeRow(node, t, Date.now());
    const item = new TreeItem(row.label, collapsible(row.open));
    item.id = node.id;
    item.description = row.description;
    item.iconPath = new ThemeIcon(row.icon, row.color === undefined ? undefined : new ThemeColor(row.color));
    item.contextValue = row.context;
    item.accessibilityInformation = { label: row.spoken };
    if (row.context === 'fact.output') {
      item.command = { command: Command.showTrialOutput, title: t('showTrialOutput'), arguments: [node] };
    }
    if (node.kind === 'study' && isLoadable(node.study)) {
      item.command = { command: Command.loadStudy, title: t('loadStudy'), arguments: [node] };
    }
    // What could not be opened is tried again by a click, and asks for its password.
    if (node.kind === 'storage' && !node.storage.log) {
      item.command = { command: Command.openStorage, title: t('open'), arguments: [node.storage.location] };
    }
    return item;
  }

  resolveTreeItem(item: TreeItem, node: TreeNode): TreeItem {
    const lines = [treeTooltip(node, t, Date.now())];
    if (node.kind === 'study' && isLoadable(node.study))
      lines.push(workspace.isTrusted ? t('clickRowLoad') : t('trustWorkspaceLoad'));
    item.tooltip = new MarkdownString(lines.join('\n\n'), true);
    return item;
  }

  #note(change: RegistryChange): void {
    if (change.structure) this.#isStale = true;
    for (const study of change.studies) this.#pending.add(study);
    this.#updates.request(change.runs);
  }

  #update(): void {
    this.#showBadge();
    if (!this.#view.visible) return;
    this.#keepClock();
    const pending = [...this.#pending];
    this.#pending.clear();
    if (this.order.name !== 'name' && !this.#isStale) {
      this.#isStale = this.#roots !== this.#rootsNow();
    }
    if (this.#isStale) {
      this.#isStale = false;
      this.#roots = this.#rootsNow();
      this.#model.prune();
      this.#changes.fire(undefined);
      return;
    }
    const nodes = pending.flatMap((study) => this.#model.changed(study));
    if (nodes.length > 0) this.#changes.fire(nodes);
  }

  /** What ends or begins may move a row. */
  #rootsNow(): string {
    const ids = this.#model.roots().map(({ id }) => id);
    return ids.join('\n');
  }

  /** Time left and time running change by themselves while something runs, here or elsewhere. */
  #keepClock(): void {
    if (this.#ticking().length === 0) {
      clearInterval(this.#clock);
      this.#clock = undefined;
      return;
    }
    this.#clock ??= setInterval(() => {
      const ticking = this.#ticking();
      if (this.#view.visible && ticking.length > 0)
        this.#changes.fire(ticking.map((study) => this.#model.studyNode(study)));
    }, CLOCK_MS);
  }

  #ticking(): StudyEntry[] {
    return this.#registry.studies.filter((study) => study.isLive || study.atWorkElsewhere > 0);
  }

  #showBadge(): void {
    const live = this.#registry.studies.filter((study) => study.isLive);
    const value = live.reduce((sum, study) => sum + study.runningHere, 0);
    if (value === (this.#view.badge?.value ?? 0)) return;
    const tooltip = t('countTrialsRunning', { count: value });
    this.#view.badge = value === 0 ? undefined : { value, tooltip };
  }
}

function collapsible(open: boolean | undefined): TreeItemCollapsibleState {
  if (open === undefined) return TreeItemCollapsibleState.None;
  return open ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

/** Whether a click may bring a study's trials: its storage is one that waits for a person, or could not be opened. */
export function isLoadable({ storage }: StudyEntry): boolean {
  if (storage === null || (storage.log && !storage.isDigest)) return false;
  return storage.held !== undefined || storage.problem !== null;
}

/** The trial that a row is about; null for a row about many. */
export function trialOf(node: TreeNode): number | null {
  if (node.kind === 'trial' || node.kind === 'fact') return node.number;
  return node.kind === 'best' ? (node.study.history?.best ?? null) : null;
}
