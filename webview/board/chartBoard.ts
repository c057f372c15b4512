/** The tiles of the board: made from the list of charts, drawn when they are seen. */
import type { ImportanceQuestion, PanelImportance } from '../../src/protocol/panel.ts';
import { arrangementOf, CHARTS, type ChartDefinition, isOnTab, type Kept, type Tabbed } from '../charts/charts.ts';
import { CurveCounts } from '../charts/curveBands.ts';
import { hasTimes } from '../charts/objectiveAxis.ts';
import { type Choices, MOST_SMOOTHING } from '../charts/panelState.ts';
import { directed } from '../charts/paretoChart.ts';
import {
  hasComplete,
  isLogPossible,
  namesOf,
  objectiveOf,
  pairOf,
  parameterOf,
  parametersOf,
  plotOptions,
  type Scene,
} from '../charts/scene.ts';
import type { FilterState } from '../filter/columns.ts';
import type { Condition } from '../filter/condition.ts';
import { HypervolumeHistory, MOST_OBJECTIVES } from '../model/hypervolumeHistory.ts';
import { type DrawingStep, Slices } from '../model/schedule.ts';
import { Figure } from '../plot/figure.ts';
import type { FigureHeading } from '../plot/figureHeading.ts';
import type { PlotMarks } from '../plot/plotOverlay.ts';
import { chartTable } from '../table/exportTable.ts';
import { Choice, slider, toggle } from '../ui/controls.ts';
import { element, isLarge, toggleLarge } from '../ui/dom.ts';
import { type MenuItem, openMenu } from '../ui/menu.ts';
import type { Translate } from '../ui/strings.ts';
import type { Theme } from '../ui/theme.ts';
import type { Tooltip } from '../ui/tooltip.ts';
import { moved, PLAIN, sized, TABS, type Tab, type TabArrangement, type TileSize } from './arrangement.ts';
import { ImportanceFigure } from './importanceFigure.ts';
import { ImportanceQuestions } from './importanceQuestions.ts';
import { TileGrid } from './tileGrid.ts';
import { colourItem, placeItems } from './tileMenu.ts';

interface Tile {
  readonly figure: Figure;
  readonly definition: ChartDefinition;
}

/** Importance is bars, not a plot: a tile of its own kind among the others. */
const IMPORTANCE = 'importance';
/** Of fewer trials importance is never measured. */
const FEWEST_MEASURED = 3;

const ALWAYS_SHOWN: ReadonlySet<Tab> = new Set(['overview', 'studies', 'table']);

export interface BoardOptions {
  readonly t: Translate;
  readonly theme: Theme;
  readonly tooltip: Tooltip;
  readonly onSelect: (number: number | null) => void;
  /** A person brushed ranges of columns. */
  readonly onBrush: (conditions: readonly Condition[]) => void;
  /** Conditions to take back, by their places in the filter. */
  readonly onUnbrush: (places: readonly number[]) => void;
  /** A file for a person to keep. */
  readonly onSave: (extension: string, text: string) => void;
  readonly onFilter: (texts: readonly string[]) => void;
  readonly onChoose: (part: Partial<Choices>) => void;
  /** More is known of the hypervolumes of the studies that are compared. */
  readonly onVolumes: () => void;
  /** What the charts show now; null before the first snapshot. */
  readonly scene: () => Scene | null;
  /** Which importance is wanted, whenever that changes. */
  readonly onQuestion: (question: ImportanceQuestion | null) => void;
}

export class ChartBoard {
  readonly root: HTMLElement;
  readonly #options: BoardOptions;
  readonly #tiles: ReadonlyMap<string, Tile>;
  readonly #tabbed: readonly Tabbed[];
  readonly #grid: TileGrid;
  readonly #importance: ImportanceFigure;
  readonly #objective: Choice;
  readonly #parameters: Choice;
  readonly #xObjective: Choice;
  readonly #yObjective: Choice;
  readonly #log: HTMLButtonElement;
  readonly #across: Choice;
  readonly #smoothing: HTMLInputElement;
  /** Parameters on the axes of the charts of a pair: across and up. */
  readonly #pairs: readonly (readonly [Choice, Choice])[];
  readonly #kept: Kept = { volumes: new HypervolumeHistory(), counts: new CurveCounts() };
  /** What takes longer than a frame, by the chart that shows it. */
  readonly #work: Readonly<Record<string, Slices>> = {
    volume: new Slices({
      advance: (isLate) => this.#advanceVolume(isLate),
      isUnfinished: () => this.#kept.volumes.isUnfinished,
      draw: () => this.#draw('volume'),
    }),
    curves: new Slices({
      advance: (isLate) => this.#advanceCurves(isLate),
      isUnfinished: () => this.#kept.counts.isUnfinished,
      draw: () => this.#draw('curves'),
    }),
    studiesBest: new Slices({
      advance: (isLate) => {
        if (this.#options.scene()?.comparison.advance(isLate)) this.#options.onVolumes();
      },
      isUnfinished: () => this.#options.scene()?.comparison.isUnfinished === true,
      draw: () => this.#draw('studiesBest'),
    }),
  };
  readonly #questions: ImportanceQuestions;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#questions = new ImportanceQuestions(options.onQuestion);
    const { t, onChoose } = options;
    this.#tiles = new Map(CHARTS.map((definition) => [definition.id, this.#tile(definition)]));
    this.#objective = new Choice(t('objective'), (value) => onChoose({ objective: Number(value) }));
    this.#parameters = new Choice(t('parameter'), (parameter) => onChoose({ parameter }));
    this.#xObjective = new Choice(t('horizontalAxis'), (value) => this.#choosePair(0, Number(value)));
    this.#yObjective = new Choice(t('verticalAxis'), (value) => this.#choosePair(1, Number(value)));
    this.#pairs = ['contour', 'rank'].map((id) => {
      const choices = ([0, 1] as const).map(
        (axis) =>
          new Choice(t(axis === 0 ? 'horizontalParameter' : 'verticalParameter'), (name) =>
            this.#chooseParameters(axis, name),
          ),
      ) as [Choice, Choice];
      this.#heading(id).extras.append(choices[1].root, choices[0].root);
      return choices;
    });
    this.#across = new Choice(t('horizontal'), (value) => onChoose({ byTime: value === 'byTime' }));
    this.#smoothing = slider(t('smoothing'), MOST_SMOOTHING, (smoothing) => onChoose({ smoothing }));
    this.#log = toggle(t('logScale'), t('logScaleTitle'), () => onChoose({ log: !options.scene()?.choices.log }));
    this.#importance = new ImportanceFigure({
      t,
      onEvaluator: (evaluator) => onChoose({ evaluator }),
      onParameter: (parameter) => onChoose({ parameter }),
      onSeen: () => this.#drawImportance(),
    });
    this.#heading('history').controls.prepend(this.#objective.root, this.#across.root, this.#log);
    this.#heading('curves').controls.prepend(this.#smoothing);
    this.#heading('parameter').extras.append(this.#parameters.root);
    this.#heading('pareto').controls.prepend(this.#yObjective.root, this.#xObjective.root);
    const importance: Tabbed = {
      id: IMPORTANCE,
      title: () => t('importance'),
      needs: (scene) => scene.model.parameters.size > 0 && hasComplete(scene, FEWEST_MEASURED),
      tabs: ['overview', 'parameters'],
      span: 5,
    };
    // The charts that a study with several objectives has stand between the history and importance.
    const at = CHARTS.findIndex(({ id }) => id === 'curves');
    this.#tabbed = [...CHARTS.slice(0, at), importance, ...CHARTS.slice(at)];
    for (const { id } of this.#tabbed) this.#tileOf(id).heading.controls.append(this.#menuButton(id));
    this.#grid = new TileGrid({
      tiles: this.#tabbed.map(({ id, span }) => {
        const { root, heading } = this.#tileOf(id);
        return { id, span, root, handle: heading.root };
      }),
      onMove: (id, before) => this.#move(id, before),
      onSize: (id, size) => this.#size(id, size),
    });
    this.root = this.#grid.root;
  }

  #tileOf(id: string): Pick<Figure, 'root' | 'heading'> {
    return id === IMPORTANCE ? this.#importance : (this.#tiles.get(id) as Tile).figure;
  }

  #heading(id: string): FigureHeading {
    return (this.#tiles.get(id) as Tile).figure.heading;
  }

  /** One a chart; a chart that is out of sight or that the study has no use for is passed over. */
  get steps(): readonly DrawingStep[] {
    const steps = new Map<string, DrawingStep>(CHARTS.map(({ id }) => [id, () => this.#draw(id)]));
    const before = ['history', 'pareto', 'volume', 'curves'].map((id) => steps.get(id) as DrawingStep);
    const rest = [...steps.values()].filter((step) => !before.includes(step));
    return [...before, () => this.#drawImportance(), ...rest];
  }

  /** Which charts and which choices there are; before anything is drawn. */
  update(scene: Scene): void {
    const { model, objectives } = scene;
    const isSeveral = objectives.length > 1;
    this.#showTiles(this.#scene() ?? scene);
    this.#grid.update(arrangementOf(scene));
    const names = namesOf(scene).map((name, index) => [String(index), name] as const);
    this.#objective.update(names, String(objectiveOf(scene)), isSeveral);
    const [x, y] = pairOf(scene);
    const axes = names.map(([value], index) => [value, directed(model, namesOf(scene), index)] as const);
    this.#xObjective.update(axes, String(x), objectives.length > 2);
    this.#yObjective.update(axes, String(y), objectives.length > 2);
    const parameters = [...model.parameters.keys()].map((name) => [name, name] as const);
    this.#parameters.update(parameters, parameterOf(scene) ?? '', parameters.length > 0);
    const [across, up] = parametersOf(this.#scene() ?? scene) ?? ['', ''];
    for (const [x, y] of this.#pairs) {
      x.update(parameters, across, parameters.length > 0);
      y.update(parameters, up, parameters.length > 0);
    }
    const ways = (['byTrial', 'byTime'] as const).map((way) => [way, this.#options.t(way)] as const);
    this.#across.update(ways, scene.choices.byTime ? 'byTime' : 'byTrial', hasTimes(model));
    if (this.#smoothing !== document.activeElement) this.#smoothing.value = String(scene.choices.smoothing);
    this.#log.hidden = !isLogPossible(scene);
    this.#log.setAttribute('aria-pressed', String(scene.choices.log));
  }

  #showTiles(scene: Scene): void {
    for (const tabbed of this.#tabbed) this.#tileOf(tabbed.id).root.hidden = !isOnTab(tabbed, scene);
  }

  mark(marks: Omit<PlotMarks, 'hovered' | 'box' | 'brushes'>): void {
    for (const { figure } of this.#tiles.values()) figure.mark(marks);
  }

  showImportance(answer: PanelImportance): void {
    this.#questions.take(answer);
    this.#drawImportance();
    // The answer decides what stands in some tiles, and whether there is a tile at all.
    const scene = this.#scene();
    if (scene) this.#showTiles(scene);
    for (const { id, asks } of CHARTS) if (asks) this.#draw(id);
  }

  showProgress(question: ImportanceQuestion, done: number): void {
    this.#questions.takeProgress(question, done);
    this.#drawImportance();
  }

  /** Another study or the same one anew: nothing that was derived from the old one holds. */
  forget(): void {
    this.#kept.volumes.clear();
    this.#kept.counts.clear();
    this.#questions.forget();
  }

  #tile(definition: ChartDefinition): Tile {
    const { t, theme, tooltip, onSelect, onBrush, onUnbrush } = this.#options;
    const { id } = definition;
    const onStale = () => this.#draw(id);
    const onLegend = (state: FilterState) => this.#toggleState(state);
    const seen = definition.asks ? { onSeen: () => this.#drawImportance() } : {};
    const figure = new Figure({ id, theme, tooltip, t, onSelect, onStale, onBrush, onUnbrush, onLegend, ...seen });
    figure.heading.setTitle(definition.title(t, null));
    return { figure, definition };
  }

  /** A state is hidden by a condition like any other. */
  #toggleState(state: FilterState): void {
    const { filter = [] } = this.#options.scene()?.choices ?? {};
    const text = `state != ${state}`;
    this.#options.onFilter(filter.includes(text) ? filter.filter((one) => one !== text) : [...filter, text]);
  }

  #choosePair(axis: 0 | 1, objective: number): void {
    const scene = this.#options.scene();
    if (!scene) return;
    const [x, y] = pairOf(scene);
    // The objective of the other axis: they change places.
    const pair = axis === 0 ? [objective, objective === y ? x : y] : [objective === x ? y : x, objective];
    this.#options.onChoose({ pair: pair as [number, number] });
  }

  #chooseParameters(axis: 0 | 1, name: string): void {
    const scene = this.#scene();
    const [x, y] = (scene && parametersOf(scene)) ?? [name, name];
    // The parameter of the other axis: they change places.
    this.#options.onChoose({ parameters: axis === 0 ? [name, name === y ? x : y] : [name === x ? y : x, name] });
  }

  /** What the charts show, with the answer that belongs to it. */
  #scene(): Scene | null {
    const scene = this.#options.scene();
    return scene && { ...scene, answer: this.#questions.answerOf(scene) };
  }

  /** False for a chart that the study has no use for, or that is out of sight. */
  #draw(id: string): boolean {
    const scene = this.#scene();
    const { figure, definition } = this.#tiles.get(id) as Tile;
    if (!scene || !figure.wantsDrawing) return false;
    const { t } = this.#options;
    this.#work[id]?.advance();
    const content = definition.build(scene, plotOptions(scene, figure.budget), t, this.#kept);
    figure.heading.setTitle(definition.title(t, scene));
    if (definition.legend) figure.heading.setLegend(definition.legend(scene, t, content));
    figure.show(content, scene);
    return true;
  }

  #advanceVolume(isLate: () => boolean): void {
    const { model, objectives } = this.#options.scene() ?? {};
    if (model && objectives && objectives.length <= MOST_OBJECTIVES) this.#kept.volumes.advance(model, isLate);
  }

  #advanceCurves(isLate: () => boolean): void {
    const scene = this.#options.scene();
    if (scene) this.#kept.counts.advance(scene.model, plotOptions(scene, 0).log, isLate);
  }

  #menuButton(id: string): HTMLElement {
    const title = this.#options.t('chartMenu');
    const attributes = {
      type: 'button',
      class: 'link chart-menu',
      title,
      'aria-label': title,
      'aria-haspopup': 'menu',
    };
    const button = element('button', attributes, '⋯');
    button.addEventListener('click', () => openMenu(button, () => this.#menuOf(id)));
    return button;
  }

  /** What a tile can do: its picture and its data, and without a mouse what a drag does. */
  #menuOf(id: string): MenuItem[] {
    const { t, onSave, onChoose } = this.#options;
    const scene = this.#scene();
    const figure = this.#tiles.get(id)?.figure;
    const { root, heading } = this.#tileOf(id);
    const { controls } = heading;
    const place = {
      size: this.#grid.sizeOf(id),
      shown: this.#grid.order.filter((one) => !this.#tileOf(one).root.hidden),
      onSize: (size: TileSize) => this.#size(id, size),
      onMove: (before: string | null) => this.#move(id, before),
    };
    const items: (MenuItem | null)[] = [
      { text: t(isLarge(root) ? 'chartSmall' : 'chartLarge'), onClick: () => toggleLarge(root) },
      figure ? { text: t('chartPicture'), isFirstOfGroup: true, onClick: () => onSave('png', figure.picture()) } : null,
      figure ? { text: t('chartDrawing'), onClick: () => onSave('svg', figure.drawing()) } : null,
      {
        text: t('chartData'),
        isFirstOfGroup: !figure,
        onClick: () =>
          onSave('csv', figure && scene ? chartTable(figure.data, scene.selection) : this.#importance.table()),
      },
      colourItem(id, scene, controls, onChoose, t),
      ...placeItems(id, place, t),
      { text: t('chartHide'), isFirstOfGroup: true, onClick: () => this.#toggleChart(id) },
    ];
    return items.filter((item) => item !== null);
  }

  #move(id: string, before: string | null): void {
    this.#arrange({ order: moved(this.#grid.order, id, before) });
  }

  #size(id: string, size: TileSize): void {
    const scene = this.#options.scene();
    if (scene) this.#arrange({ sizes: { ...arrangementOf(scene).sizes, [id]: sized(size) } });
  }

  #arrange(part: Partial<TabArrangement>): void {
    const scene = this.#options.scene();
    if (!scene) return;
    const { tab, choices } = scene;
    this.#options.onChoose({ board: { ...choices.board, [tab]: { ...arrangementOf(scene), ...part } } });
  }

  #toggleChart(id: string): void {
    const scene = this.#options.scene();
    const tabbed = this.#tabbed.find((one) => one.id === id);
    if (!scene || !tabbed) return;
    const list = tabbed.tabs.includes(scene.tab) ? 'hidden' : 'shown';
    const ids = arrangementOf(scene)[list];
    this.#arrange({ [list]: ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id] });
  }

  /** Which of the charts that the study has something for are on the tab. */
  menu(): MenuItem[] {
    const scene = this.#scene();
    if (!scene) return [];
    const { t, onChoose } = this.#options;
    const { board } = scene.choices;
    const charts = this.#tabbed
      .filter(({ needs }) => needs(scene))
      .map((tabbed): MenuItem => {
        const { id, title } = tabbed;
        return {
          text: title(t, scene),
          isOn: isOnTab(tabbed, scene),
          onClick: () => this.#toggleChart(id),
        };
      });
    const reset = () => onChoose({ board: { ...board, [scene.tab]: PLAIN } });
    return [...charts, { text: t('resetTiles'), isFirstOfGroup: true, onClick: reset }];
  }

  /** The tabs that have something to show. */
  tabs(scene: Scene): ReadonlySet<Tab> {
    const hasTiles = (tab: Tab) => this.#tabbed.some((one) => one.tabs.includes(tab) && one.needs(scene));
    return new Set(TABS.filter((tab) => ALWAYS_SHOWN.has(tab) || hasTiles(tab)));
  }

  #drawImportance(): boolean {
    const scene = this.#scene();
    if (!scene) return false;
    const isSeen = this.#importance.isSeen || CHARTS.some(({ id, asks }) => asks && this.#tiles.get(id)?.figure.isSeen);
    const isWanted = isSeen && scene.model.length > 0;
    this.#questions.update(scene, isWanted);
    if (!isWanted) return false;
    const objective = scene.objectives.length > 1 ? (namesOf(scene)[objectiveOf(scene)] ?? null) : null;
    const done = this.#questions.doneOf(scene);
    const { selection, choices } = scene;
    const shown = { chosen: parameterOf(scene), objective, done, selected: selection.isOn ? selection.count : null };
    this.#importance.update(scene.answer, choices.evaluator, shown);
    return false;
  }
}
