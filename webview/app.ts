/** Messages in, pictures out: the one place that knows what the panel shows and what a person chose. */

import type { Annotation } from '../src/core/study/notes.ts';
import { TrialState } from '../src/core/study/states.ts';
import { ValueFormat } from '../src/core/text/numbers.ts';
import type {
  FromPanel,
  KeptBoards,
  PanelAction,
  PanelAnnotations,
  PanelDetail,
  PanelHeader,
  ToPanel,
} from '../src/protocol/panel.ts';
import { kindOf, readArrangement, type Tab } from './board/arrangement.ts';
import { viewItems } from './board/savedViews.ts';
import { describeTrial } from './charts/describeTrial.ts';
import { completeValues, shownValues } from './charts/objectiveAxis.ts';
import { type Choices, readChoices } from './charts/panelState.ts';
import type { Scene, ShownObjective } from './charts/scene.ts';
import { type FilterColumn, filterColumns } from './filter/columns.ts';
import { type Condition, conditionText } from './filter/condition.ts';
import { Crossfilter } from './filter/crossfilter.ts';
import { TrialModel } from './model/model.ts';
import { Redraw } from './model/schedule.ts';
import { brushedOf } from './plot/brush.ts';
import { Comparison } from './studies/comparison.ts';
import { arranged, type TableSort, tableColumns } from './table/tableModel.ts';
import { NOTHING_NOTED } from './trial/notes.ts';
import type { Translate } from './ui/strings.ts';
import { onThemeChange, readTheme, type Theme } from './ui/theme.ts';
import { View } from './view.ts';

/** What VS Code gives a webview; the test harness gives the same. */
export interface PanelHost {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}

const POST_SELECT_MS = 60;
const KEEP_SCROLL_MS = 200;

export class App {
  readonly #host: PanelHost;
  readonly #t: Translate;
  readonly #model = new TrialModel();
  readonly #view: View;
  readonly #redraw: Redraw;
  #header: PanelHeader | null = null;
  #detail: PanelDetail | null = null;
  #choices: Choices;
  #theme: Theme;
  /** Trials touched since the last drawing; null: all. */
  #changed: Set<number> | null = null;
  #postTimer: ReturnType<typeof setTimeout> | undefined;
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  #objectives: readonly ShownObjective[] = [];
  readonly #filter = new Crossfilter();
  readonly #comparison = new Comparison();
  /** The studies that the extension was last asked to compare, as JSON. */
  #askedCompared = 'null';
  #columns: readonly FilterColumn[] = [];
  #announced: number | null = null;
  #tab: Tab = 'overview';
  #kept: KeptBoards = { boards: {}, views: {} };
  /** The kind of study that the tiles are arranged for. */
  #kind: string | null = null;
  #annotations: PanelAnnotations | null = null;
  #notes: ReadonlyMap<number, Annotation> = new Map();

  constructor(root: HTMLElement, host: PanelHost, t: Translate) {
    this.#host = host;
    this.#t = t;
    this.#choices = readChoices(host.getState());
    this.#theme = readTheme();
    this.#view = new View(root, {
      t,
      theme: this.#theme,
      scene: () => this.#scene(),
      onAction: (action, number) => this.#act(action, number),
      onOrder: (order) => this.#host.postMessage({ type: 'order', order }),
      onSelect: (number) => this.#select(number, true),
      onChoose: (part) => {
        this.#choose(part);
        if (part.board) this.#keepBoard();
      },
      viewMenu: () =>
        viewItems({
          t,
          views: this.#kept.views,
          choices: this.#choices,
          onApply: (view) => {
            this.#choose(view);
            this.#keepBoard();
          },
          onPost: (message) => this.#host.postMessage(message),
        }),
      onAsk: (ask) => this.#host.postMessage(ask),
      onArtifact: (number, name, opens) => this.#host.postMessage({ type: 'artifact', number, name, opens }),
      onLink: (link) => this.#host.postMessage({ type: 'openLink', link }),
      onSort: (sorts) => this.#choose({ sorts }, () => this.#drawFacts()),
      onLayout: (layout) => this.#choose({ layout }, () => this.#drawFacts()),
      onMark: (marked) => this.#choose({ marked }, () => this.#drawFacts()),
      onCopy: (text) => this.#host.postMessage({ type: 'copy', text }),
      onSave: (extension, text) => this.#host.postMessage({ type: 'save', extension, text }),
      onScroll: () => this.#keepScroll(),
      onVolumes: () => this.#view.studies.update(this.#scene()),
      onAddStudies: () => this.#host.postMessage({ type: 'chooseCompared' }),
      onRemoveStudy: (id) => this.#choose({ compared: this.#choices.compared.filter((one) => one !== id) }),
      onFilter: (filter) => this.#setFilter(filter),
      onBrush: (conditions) => this.#brush(conditions),
      onUnbrush: (places) => this.#setFilter(this.#choices.filter.filter((_, at) => !places.includes(at))),
      onQuestion: (question) => this.#host.postMessage({ type: 'importance', question }),
      describe: (number) => describeTrial(this.#model, number, this.#metricNames(), this.#formats(), this.#t),
    });
    const drawStudies = () => this.#view.studies.update(this.#scene());
    this.#redraw = new Redraw([() => this.#drawFacts(), ...this.#view.board.steps, drawStudies]);
    onThemeChange(() => {
      this.#theme = readTheme();
      this.#redraw.now();
    });
  }

  receive(message: ToPanel): void {
    switch (message.type) {
      case 'snapshot':
        this.#load(message);
        break;
      case 'delta':
        if (!this.#header) break;
        this.#header = message.header;
        this.#model.merge(message.header, message.rows);
        for (const number of message.rows.numbers) this.#changed?.add(number);
        this.#redraw.request();
        break;
      case 'select':
        this.#select(message.number, false);
        break;
      case 'detail':
        this.#detail = message.detail;
        this.#updateDetail();
        break;
      case 'importance':
        this.#view.board.showImportance(message.importance);
        break;
      case 'importanceProgress':
        this.#view.board.showProgress(message.question, message.done);
        break;
      case 'kept':
        this.#kept = message.kept;
        if (this.#adoptBoard()) this.#redraw.now();
        break;
      case 'annotations':
        this.#annotate(message.annotations);
        break;
      case 'saved':
        this.#view.header.notes.settle(message.what, message.number, message.isSaved);
        this.#view.detail.notes.settle(message.what, message.number, message.isSaved);
        break;
      case 'enqueued':
        this.#view.detail.form.settle(message.isSaved);
        break;
      case 'artifact':
        this.#view.detail.artifacts.show(message.number, message.name, message.preview);
        break;
      case 'compared':
        this.#comparison.take(message.ids, message.studies);
        if (message.isAsked) this.#choose({ compared: message.ids.slice(1), tab: 'studies' });
        else this.#redraw.request();
        break;
      case 'ordered':
        this.#view.header.settle(message.order);
        break;
      case 'gone':
        this.#view.showGone(message.message || this.#t('gone'));
        break;
      default:
        message satisfies never;
    }
  }

  #load({ header, rows, selected }: Extract<ToPanel, { type: 'snapshot' }>): void {
    const isFirst = this.#header === null;
    this.#header = header;
    this.#model.load(header, rows);
    this.#view.board.forget();
    this.#askedCompared = 'null';
    this.#changed = null;
    const wanted = selected ?? this.#choices.selected;
    const isKnown = wanted !== null && wanted < this.#model.length;
    this.#choices = { ...this.#choices, studyId: header.studyId, selected: isKnown ? wanted : null };
    this.#adoptBoard();
    this.#host.setState(this.#choices);
    if (isKnown && selected === null) this.#postSelect();
    this.#view.setReady(true);
    this.#redraw.now();
    if (isFirst) this.#restoreScroll();
  }

  /** Takes over how the workspace's tiles are arranged for this kind of study; false where that changes nothing. */
  #adoptBoard(): boolean {
    if (!this.#header) return false;
    const kind = kindOf(this.#header, this.#model);
    const isOther = this.#kind !== null && this.#kind !== kind;
    this.#kind = kind;
    const kept = this.#kept.boards[kind];
    if (kept === undefined && !isOther) return false;
    const board = readArrangement(kept);
    if (JSON.stringify(board) === JSON.stringify(this.#choices.board)) return false;
    this.#choices = { ...this.#choices, board };
    return true;
  }

  #keepBoard(): void {
    const header = this.#header;
    if (!header) return;
    const { board } = this.#choices;
    this.#host.postMessage({ type: 'keepBoard', kind: kindOf(header, this.#model), board });
  }

  #scene(): Scene | null {
    const header = this.#header;
    if (!header) return null;
    return {
      model: this.#model,
      header,
      choices: this.#choices,
      tab: this.#tab,
      objectives: this.#objectives,
      theme: this.#theme,
      answer: null,
      selection: this.#filter,
      conditions: this.#filter.conditions,
      columns: this.#columns,
      comparison: this.#comparison,
    };
  }

  /** Header, table, side column, and which charts there are. */
  #drawFacts(): boolean {
    const header = this.#header;
    if (!header) return false;
    const { best } = header;
    const model = this.#model;
    const view = this.#view;
    this.#objectives = this.#metricNames().map((name, objective) => {
      const values = shownValues(model, objective);
      return { name, values, format: ValueFormat.of(completeValues(model, values)) };
    });
    this.#columns = filterColumns(model, this.#metricNames());
    this.#filter.update(this.#choices.filter, model, this.#columns);
    view.filter.update({
      texts: this.#choices.filter,
      problems: this.#filter.problems,
      count: this.#filter.count,
      total: model.length,
    });
    const bestText = best === null ? null : (this.#formats()[0]?.format(model.value(best, 0)) ?? null);
    view.header.update(header, bestText);
    if (this.#changed && best !== null && best !== this.#announced)
      view.announce(this.#t('newBest', { value: bestText ?? '', number: best }));
    this.#announced = best;
    view.setEmpty(model.length === 0);
    const tabs = view.board.tabs(this.#scene() as Scene);
    this.#tab = tabs.has(this.#choices.tab) ? this.#choices.tab : 'overview';
    view.showTab(this.#tab, tabs);
    this.#askCompared();
    view.board.update(this.#scene() as Scene);
    this.#updateTable(header);
    this.#markSelected();
    this.#updateDetail();
    this.#changed = new Set();
    return true;
  }

  /** Other studies are read only while they are compared. */
  #askCompared(): void {
    const ids = this.#tab === 'studies' ? this.#choices.compared : null;
    if (JSON.stringify(ids) === this.#askedCompared) return;
    this.#askedCompared = JSON.stringify(ids);
    this.#host.postMessage({ type: 'compare', ids });
  }

  #formats(): ValueFormat[] {
    return this.#objectives.map(({ format }) => format);
  }

  #updateTable(header: PanelHeader): void {
    const all = tableColumns(this.#model, this.#metricNames(), this.#formats(), this.#t);
    const { layout, marked } = this.#choices;
    const wanted = this.#choices.sorts.filter((sort) => all.some(({ key }) => key === sort.key));
    const sorts = wanted.length > 0 ? wanted : [this.#defaultSort(header)];
    const content = {
      model: this.#model,
      columns: arranged(all, layout),
      layout,
      sorts,
      changed: this.#changed && [...this.#changed],
      best: header.best,
      selection: this.#filter,
      marked: marked.filter((number) => number < this.#model.length),
    };
    this.#view.table.update({ ...content, sortColumns: all });
    if (content.marked.length > 1) this.#view.openSide();
    const { compare } = this.#view.detail;
    compare.update(this.#model, content.marked, this.#metricNames(), this.#formats(), this.#canEnqueue());
    const label = sorts.map((sort) => all.find(({ key }) => key === sort.key)?.label ?? '').join(', ');
    this.#view.tools.update(content, all, this.#t('trialsNote', { count: this.#filter.count, order: label }));
  }

  #defaultSort({ directions }: PanelHeader): TableSort {
    if (directions.length > 1) return { key: 'front', isAscending: true };
    return { key: 'value:0', isAscending: this.#model.isMinimized(0) };
  }

  #metricNames(): string[] {
    const header = this.#header;
    const count = Math.max(1, header?.directions.length ?? 1);
    return Array.from({ length: count }, (_, index) => {
      const fallback = count === 1 ? this.#t('valueName') : this.#t('objectiveNumbered', { index });
      return header?.metricNames[index] || fallback;
    });
  }

  #select(number: number | null, isOwn: boolean): void {
    if (number === this.#choices.selected) return;
    this.#choices = { ...this.#choices, selected: number };
    if (this.#detail?.number !== number) this.#detail = null;
    this.#host.setState(this.#choices);
    if (isOwn) this.#postSelect();
    this.#markSelected();
    this.#updateDetail();
    if (number === null || !isOwn) return;
    const { title, lines } = describeTrial(this.#model, number, this.#metricNames(), this.#formats(), this.#t);
    this.#view.announce([title, ...lines.slice(0, 2).map(({ name, text }) => `${name} ${text}`)].join(', '));
  }

  /** Told once the arrow key rests, so that a held key does not flood the tree. */
  #postSelect(): void {
    clearTimeout(this.#postTimer);
    const post = () => this.#host.postMessage({ type: 'select', number: this.#choices.selected });
    this.#postTimer = setTimeout(post, POST_SELECT_MS);
  }

  #markSelected(): void {
    const { selected, objective } = this.#choices;
    const isSelectedPruned = selected !== null && this.#model.state(selected) === TrialState.pruned;
    const marks = { best: objective === 0 ? (this.#header?.best ?? null) : null, selected, isSelectedPruned };
    this.#view.board.mark(marks);
    this.#view.table.select(selected);
  }

  #updateDetail(): void {
    const { selected } = this.#choices;
    if (selected !== null) this.#view.openSide();
    const detail = this.#detail?.number === selected ? this.#detail : null;
    this.#view.detail.update(
      this.#model,
      selected,
      this.#metricNames(),
      detail,
      this.#header ?? { canInsert: false, steering: [], best: null },
      this.#canEnqueue(),
    );
    const note = (selected === null ? undefined : this.#notes.get(selected)) ?? NOTHING_NOTED;
    this.#view.detail.notes.update(selected, note, this.#annotations ? this.#annotations.readOnly : '');
  }

  #annotate(annotations: PanelAnnotations): void {
    const hadNone = this.#notes.size === 0;
    this.#annotations = annotations;
    this.#notes = new Map(annotations.trials);
    this.#view.header.setNote(annotations.study, annotations.readOnly);
    // They follow every snapshot: where no trial has any, the page is as it was drawn.
    if (hadNone && this.#notes.size === 0) {
      this.#updateDetail();
      return;
    }
    this.#model.setMarks(this.#notes);
    this.#drawFacts();
  }

  /** The process of a running study takes trials by order; of one that does not run they wait in the storage. */
  #canEnqueue(): boolean {
    const header = this.#header;
    if (header?.steering.includes('enqueue')) return true;
    return header !== null && !header.canStop && this.#annotations?.readOnly === null;
  }

  #act(action: PanelAction, number: number | null): void {
    this.#host.postMessage({ type: 'action', action, number });
  }

  /** `draw`: what the choice changes; everything unless told. */
  #choose(part: Partial<Choices>, draw = () => this.#redraw.now()): void {
    this.#choices = { ...this.#choices, ...part };
    this.#host.setState(this.#choices);
    draw();
  }

  #setFilter(filter: readonly string[]): void {
    this.#choices = { ...this.#choices, filter };
    this.#host.setState(this.#choices);
    // In the same frame the line and the table, then a chart a frame: none of them waits for all.
    this.#drawFacts();
    this.#redraw.request();
  }

  /** A new range of a column replaces the column's earlier range in the filter. */
  #brush(conditions: readonly Condition[]): void {
    const names = new Set(conditions.map((condition) => brushedOf(condition)?.name));
    const left = this.#choices.filter.filter((_, at) => {
      const condition = this.#filter.conditions[at];
      const brushed = condition ? brushedOf(condition) : null;
      return !brushed || !names.has(brushed.name);
    });
    this.#setFilter([...left, ...conditions.map(conditionText)]);
  }

  #keepScroll(): void {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = setTimeout(() => {
      const scrollTop = this.#view.body.scrollTop;
      this.#choices = { ...this.#choices, scrollTop, tableScrollTop: this.#view.table.scrollTop };
      this.#host.setState(this.#choices);
    }, KEEP_SCROLL_MS);
  }

  #restoreScroll(): void {
    this.#view.body.scrollTop = this.#choices.scrollTop;
    this.#view.table.scrollTop = this.#choices.tableScrollTop;
  }
}
