/** All charts, where they stand, and which of them a study has. */

import type { ImportanceQuestion, PanelImportance } from '../../src/protocol/panel.ts';
import { type FilterState, STATES, stateAt } from '../filter/columns.ts';
import type { Condition } from '../filter/condition.ts';
import { HypervolumeHistory, MOST_OBJECTIVES } from '../model/hypervolumeHistory.ts';
import type { TrialModel } from '../model/model.ts';
import { type DrawingStep, Slices } from '../model/schedule.ts';
import { Figure } from '../plot/figure.ts';
import type { LegendEntry } from '../plot/figureHeading.ts';
import type { PlotContent } from '../plot/plotData.ts';
import type { PlotMarks } from '../plot/plotOverlay.ts';
import { isInfeasible } from '../table/tableModel.ts';
import { Choice } from '../ui/choice.ts';
import { element, setText } from '../ui/dom.ts';
import type { StateShape } from '../ui/icons.ts';
import type { Translate } from '../ui/strings.ts';
import type { Theme } from '../ui/theme.ts';
import type { Tooltip } from '../ui/tooltip.ts';
import { CurveCounts } from './curveBands.ts';
import { buildCurves } from './curvesChart.ts';
import { buildHistory } from './historyChart.ts';
import { buildHypervolume } from './hypervolumeChart.ts';
import { ImportanceFigure } from './importanceFigure.ts';
import type { Choices } from './panelState.ts';
import { buildParallel } from './parallelChart.ts';
import { buildParameter } from './parameterChart.ts';
import { buildPareto, directed } from './paretoChart.ts';
import { buildGenerations, buildPopulation } from './populationChart.ts';
import { buildRungs } from './rungsChart.ts';
import { isLogPossible, namesOf, objectiveOf, pairOf, parameterOf, plotOptions, type Scene } from './scene.ts';

export interface BoardOptions {
  readonly t: Translate;
  readonly theme: Theme;
  readonly tooltip: Tooltip;
  readonly onSelect: (number: number | null) => void;
  /** A stretch of some columns was brushed. */
  readonly onBrush: (conditions: readonly Condition[]) => void;
  /** Conditions to take back, by their places in the filter. */
  readonly onUnbrush: (places: readonly number[]) => void;
  readonly onFilter: (texts: readonly string[]) => void;
  readonly onChoose: (part: Partial<Choices>) => void;
  /** What the charts show now; null before the first snapshot. */
  readonly scene: () => Scene | null;
  /** Which importance is wanted, whenever that changes. */
  readonly onQuestion: (question: ImportanceQuestion | null) => void;
}

/** How long a filter rests before importance is measured anew. */
const ASK_MS = 300;
/** The same when trials came into the filter or left it. */
const ASK_AGAIN_MS = 5000;

export class ChartBoard {
  readonly root: HTMLElement;
  readonly #options: BoardOptions;
  readonly #history: Figure;
  readonly #pareto: Figure;
  readonly #volume: Figure;
  readonly #curves: Figure;
  readonly #parameter: Figure;
  readonly #schedule: Figure;
  readonly #parallel: Figure;
  readonly #importance: ImportanceFigure;
  readonly #objective: Choice;
  readonly #parameters: Choice;
  readonly #xObjective: Choice;
  readonly #yObjective: Choice;
  readonly #log: HTMLButtonElement;
  readonly #pair = element('div', { class: 'pair' });
  readonly #volumes = new HypervolumeHistory();
  readonly #volumeWork = new Slices({
    advance: (isLate) => this.#advanceVolume(isLate),
    isUnfinished: () => this.#volumes.isUnfinished,
    draw: () => this.#drawVolume(),
  });
  readonly #counts = new CurveCounts();
  readonly #curveWork = new Slices({
    advance: (isLate) => this.#advanceCurves(isLate),
    isUnfinished: () => this.#counts.isUnfinished,
    draw: () => this.#drawCurves(),
  });
  #answer: PanelImportance | null = null;
  /** How far a measurement of more than a second is. */
  #measured: { readonly question: string; readonly done: number } | null = null;
  #asked = 'null';
  #askedCount = 0;
  #askTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
    const { t, onChoose } = options;
    this.#history = this.#figure('history', () => this.#drawHistory());
    this.#pareto = this.#figure('pareto', () => this.#drawPareto(), t('paretoFront'));
    this.#volume = this.#figure('volume', () => this.#drawVolume(), t('hypervolume'));
    this.#curves = this.#figure('curves', () => this.#drawCurves(), t('learningCurves'));
    this.#parameter = this.#figure('parameter', () => this.#drawParameter(), t('parameter'));
    this.#schedule = this.#figure('schedule', () => this.#drawSchedule());
    this.#parallel = this.#figure('parallel', () => this.#drawParallel(), t('allParameters'));
    this.#objective = new Choice(t('objective'), (value) => onChoose({ objective: Number(value) }));
    this.#parameters = new Choice(t('parameter'), (parameter) => onChoose({ parameter }));
    this.#xObjective = new Choice(t('horizontalAxis'), (value) => this.#choosePair(0, Number(value)));
    this.#yObjective = new Choice(t('verticalAxis'), (value) => this.#choosePair(1, Number(value)));
    this.#log = logButton(t, () => onChoose({ log: !options.scene()?.choices.log }));
    this.#importance = new ImportanceFigure({
      t,
      onEvaluator: (evaluator) => onChoose({ evaluator }),
      onParameter: (parameter) => onChoose({ parameter }),
      onSeen: () => this.#drawImportance(),
    });
    this.#history.heading.controls.append(this.#objective.root, this.#log);
    this.#parameter.heading.extras.append(this.#parameters.root);
    this.#pareto.heading.controls.append(this.#yObjective.root, this.#xObjective.root);
    this.#pair.append(...[this.#pareto, this.#volume, this.#curves].map(({ root }) => root), this.#importance.root);
    this.#pair.append(this.#parameter.root, this.#schedule.root);
    this.root = element('main', { class: 'charts' }, this.#history.root, this.#pair, this.#parallel.root);
  }

  /** One a chart; a chart that is out of sight or that the study has no use for is passed over. */
  get steps(): readonly DrawingStep[] {
    return [
      () => this.#drawHistory(),
      () => this.#drawPareto(),
      () => this.#drawVolume(),
      () => this.#drawCurves(),
      () => this.#drawImportance(),
      () => this.#drawParameter(),
      () => this.#drawSchedule(),
      () => this.#drawParallel(),
    ];
  }

  /** Which charts and which choices there are; before anything is drawn. */
  update(scene: Scene): void {
    const { model, objectives } = scene;
    const isSeveral = objectives.length > 1;
    this.#pair.hidden = model.length === 0;
    // One parameter is in the parameter chart already.
    this.#parallel.root.hidden = model.parameters.size < 2 || model.length === 0;
    this.#pareto.root.hidden = !isSeveral;
    this.#volume.root.hidden = !isSeveral;
    // A trial with several objectives can't report: the sentence that it doesn't would say nothing.
    this.#curves.root.hidden = isSeveral && model.curves.points === 0;
    const { hasMembers, hasRungs, hasGenerations } = model.schedule;
    this.#schedule.root.hidden = !(hasMembers || hasRungs || hasGenerations);
    const names = namesOf(scene).map((name, index) => [String(index), name] as const);
    this.#objective.update(names, String(objectiveOf(scene)), isSeveral);
    const [x, y] = pairOf(scene);
    const axes = names.map(([value], index) => [value, directed(model, namesOf(scene), index)] as const);
    this.#xObjective.update(axes, String(x), objectives.length > 2);
    this.#yObjective.update(axes, String(y), objectives.length > 2);
    const parameters = [...model.parameters.keys()].map((name) => [name, name] as const);
    this.#parameters.update(parameters, parameterOf(scene) ?? '', parameters.length > 0);
    this.#log.hidden = !isLogPossible(scene);
    this.#log.setAttribute('aria-pressed', String(scene.choices.log));
  }

  mark(marks: Omit<PlotMarks, 'hovered' | 'box' | 'brushes'>): void {
    for (const figure of [this.#history, this.#pareto, this.#volume, this.#curves]) figure.mark(marks);
    for (const figure of [this.#parameter, this.#schedule, this.#parallel]) figure.mark(marks);
  }

  showImportance(answer: PanelImportance): void {
    this.#answer = answer;
    this.#measured = null;
    this.#drawImportance();
  }

  showProgress(question: ImportanceQuestion, done: number): void {
    const { evaluator, objective, selection } = question;
    this.#measured = { question: JSON.stringify({ evaluator, objective, key: selection?.key ?? null }), done };
    this.#drawImportance();
  }

  /** Another study or the same one anew: nothing that was derived from the old one holds. */
  forget(): void {
    this.#volumes.clear();
    this.#counts.clear();
    this.#answer = null;
    this.#asked = '';
  }

  #figure(id: string, onStale: () => void, title = ''): Figure {
    const { t, theme, tooltip, onSelect, onBrush, onUnbrush } = this.#options;
    const figure = new Figure({
      id,
      theme,
      tooltip,
      t,
      onSelect,
      onStale,
      onBrush,
      onUnbrush,
      onLegend: (state) => this.#toggleState(state),
    });
    figure.heading.setTitle(title);
    return figure;
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

  #drawHistory(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#history.wantsDrawing) return false;
    const { t } = this.#options;
    const options = plotOptions(scene, this.#history.budget);
    this.#history.heading.setTitle(t('objectiveByTrial', { objective: options.objectiveName }));
    const content = buildHistory(scene.model, options, t);
    this.#history.heading.setLegend(ofDrawn(stateLegend(scene, t), content));
    this.#history.show(content, scene);
    return true;
  }

  #drawPareto(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#pareto.wantsDrawing) return false;
    const { t } = this.#options;
    const options = plotOptions(scene, this.#pareto.budget);
    const content = buildPareto(scene.model, pairOf(scene), namesOf(scene), options, t);
    this.#pareto.heading.setLegend(ofDrawn(paretoLegend(scene, t), content));
    this.#pareto.show(content, scene);
    return true;
  }

  #drawVolume(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#volume.wantsDrawing) return false;
    this.#volumeWork.advance();
    const { model, header } = scene;
    this.#volume.show(buildHypervolume(model, this.#volumes, namesOf(scene), header, this.#options.t), scene);
    return true;
  }

  #advanceVolume(isLate: () => boolean): void {
    const { model, objectives } = this.#options.scene() ?? {};
    if (model && objectives && objectives.length <= MOST_OBJECTIVES) this.#volumes.advance(model, isLate);
  }

  #drawCurves(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#curves.wantsDrawing) return false;
    const options = plotOptions(scene, this.#curves.budget);
    this.#curveWork.advance();
    this.#curves.show(buildCurves(scene.model, options, this.#options.t, this.#counts), scene);
    return true;
  }

  #advanceCurves(isLate: () => boolean): void {
    const scene = this.#options.scene();
    if (scene) this.#counts.advance(scene.model, plotOptions(scene, 0).log, isLate);
  }

  #drawParameter(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#parameter.wantsDrawing) return false;
    const options = plotOptions(scene, this.#parameter.budget);
    this.#parameter.show(buildParameter(scene.model, parameterOf(scene), options, this.#options.t), scene);
    return true;
  }

  #drawParallel(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#parallel.wantsDrawing) return false;
    const options = plotOptions(scene, this.#parallel.budget);
    this.#parallel.show(buildParallel(scene.model, options, this.#options.t), scene);
    return true;
  }

  #drawSchedule(): boolean {
    const scene = this.#options.scene();
    if (!scene || !this.#schedule.wantsDrawing) return false;
    const { t } = this.#options;
    const { model } = scene;
    const options = plotOptions(scene, this.#schedule.budget);
    const { hasMembers, hasRungs } = model.schedule;
    this.#schedule.heading.setTitle(t(hasMembers ? 'population' : hasRungs ? 'budget' : 'generations'));
    this.#schedule.heading.setLegend(scheduleLegend(scene, t));
    const build = hasMembers ? buildPopulation : hasRungs ? buildRungs : buildGenerations;
    this.#schedule.show(build(model, options, t), scene);
    return true;
  }

  #drawImportance(): boolean {
    const scene = this.#options.scene();
    if (!scene) return false;
    const isWanted = this.#importance.isSeen && scene.model.length > 0;
    const { selection, choices } = scene;
    const key = selection.isOn ? JSON.stringify(choices.filter) : null;
    const wanted = { evaluator: choices.evaluator, objective: objectiveOf(scene) };
    const asked = isWanted ? JSON.stringify({ ...wanted, key }) : 'null';
    const ask = () => {
      this.#askTimer = undefined;
      this.#askedCount = selection.count;
      const chosen = key === null ? {} : { selection: { key, bits: selection.bits() } };
      this.#options.onQuestion(isWanted ? { ...wanted, ...chosen } : null);
    };
    if (asked !== this.#asked) {
      this.#asked = asked;
      clearTimeout(this.#askTimer);
      // A brush that is still being moved asks once it rests.
      if (key === null) ask();
      else this.#askTimer = setTimeout(ask, ASK_MS);
    } else if (key !== null && this.#askTimer === undefined && selection.count !== this.#askedCount)
      this.#askTimer = setTimeout(ask, ASK_AGAIN_MS);
    if (!isWanted) return false;
    const question = { ...wanted, selection: key };
    const answer = this.#answer;
    const isAnswer =
      answer !== null &&
      answer.evaluator === question.evaluator &&
      answer.objective === question.objective &&
      (answer.selection?.key ?? null) === question.selection;
    const objective = scene.objectives.length > 1 ? (namesOf(scene)[question.objective] ?? null) : null;
    const done = this.#measured?.question === asked ? this.#measured.done : null;
    const shown = { chosen: parameterOf(scene), objective, done, selected: selection.isOn ? selection.count : null };
    this.#importance.update(isAnswer ? answer : null, question.evaluator, shown);
    return false;
  }
}

function logButton(t: Translate, onClick: () => void): HTMLButtonElement {
  const title = t('logScaleTitle');
  const button = element('button', { type: 'button', class: 'toggle', title, 'aria-label': title });
  setText(button, t('logScale'));
  button.addEventListener('click', onClick);
  return button;
}

type Legend = LegendEntry[];

export function stateLegend({ model, header, selection, choices }: Scene, t: Translate): Legend {
  const [all, left] = [new Uint32Array(STATES.length), new Uint32Array(STATES.length)];
  for (let number = 0; number < model.length; number++) {
    const state = stateAt(model, number);
    (all[state] as number)++;
    if (selection.has(number)) (left[state] as number)++;
  }
  const legend: Legend = [];
  const add = (state: FilterState & StateShape) => {
    const at = STATES.indexOf(state);
    if (all[at])
      legend.push([
        state,
        t(state),
        { state, count: left[at] as number, isHidden: choices.filter.includes(`state != ${state}`) },
      ]);
  };
  add('complete');
  if (isAnyInfeasible(model)) legend.push(['infeasible', t('infeasible')]);
  for (const state of ['pruned', 'failed', 'running', 'paused'] as const) add(state);
  if (header.best !== null || model.directions.length > 1) legend.push(['line', t('bestSoFar')]);
  return legend;
}

/** Of a legend what the picture has: a density shows most states by their number alone. */
function ofDrawn(legend: Legend, content: PlotContent): Legend {
  if (content.empty !== null || !content.data.density) return legend;
  const drawn = new Set<string>(content.data.sets.map(({ style }) => (style === 'bestSoFar' ? 'line' : style)));
  // Complete trials are points only where they improved on the best before: those belong to the line.
  return legend.filter(([shape, , facts]) => facts || (shape !== 'complete' && drawn.has(shape)));
}

function isAnyInfeasible(model: TrialModel): boolean {
  for (let number = 0; number < model.length; number++) if (isInfeasible(model, number)) return true;
  return false;
}

function paretoLegend({ model }: Scene, t: Translate): Legend {
  const legend: Legend = [['front', t('onFront')]];
  if (isAnyInfeasible(model)) legend.push(['infeasible', t('infeasible')]);
  return legend;
}

/** The states are explained over the first chart. */
function scheduleLegend({ model }: Scene, t: Translate): Legend {
  return model.schedule.hasMembers ? [['takeover', t('takeover')]] : [];
}
