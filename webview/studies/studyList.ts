/** Over the charts that compare studies: which studies they are, in numbers, and how their lines are drawn. */
import { Direction } from '../../src/core/study/states.ts';
import { ValueFormat } from '../../src/core/text/numbers.ts';
import type { ComparedStudy } from '../../src/protocol/panel.ts';
import type { Choices } from '../charts/panelState.ts';
import { isLogPossible, namesOf, objectiveOf, type Scene } from '../charts/scene.ts';
import { datasetStyle } from '../plot/plotStyles.ts';
import { Choice, toggle } from '../ui/controls.ts';
import { element, svgElement } from '../ui/dom.ts';
import { formatClock, formatCount } from '../ui/format.ts';
import type { Translate } from '../ui/strings.ts';
import type { Theme } from '../ui/theme.ts';
import { bestSteps, isVolume, lastTime, linesOf, reachedAfter, type Steps } from './comparison.ts';
import { drawnLines } from './studiesCharts.ts';

export interface StudyListOptions {
  readonly t: Translate;
  readonly onAdd: () => void;
  readonly onRemove: (id: string) => void;
  readonly onChoose: (part: Partial<Choices>) => void;
}

export class StudyList {
  readonly root: HTMLElement;
  readonly #options: StudyListOptions;
  readonly #hint = element('p', { class: 'studies-hint' });
  readonly #table = element('div', { class: 'studies-scroll' });
  readonly #across: Choice;
  readonly #log: HTMLButtonElement;
  readonly #repeats: HTMLButtonElement;
  #areMerged = false;
  #isLog = false;

  constructor(options: StudyListOptions) {
    this.#options = options;
    const { t, onAdd, onChoose } = options;
    const add = element('button', { type: 'button', class: 'secondary studies-add' }, t('addStudies'));
    add.addEventListener('click', onAdd);
    this.#across = new Choice(t('horizontal'), (value) => onChoose({ byTime: value === 'byTime' }));
    this.#log = toggle(t('logScale'), t('logScaleTitle'), () => onChoose({ log: !this.#isLog }));
    this.#repeats = toggle(t('repeats'), t('repeatsTitle'), () => onChoose({ repeats: !this.#areMerged }));
    const tools = element('div', { class: 'studies-tools' }, add, this.#across.root, this.#log, this.#repeats);
    this.root = element('section', { class: 'studies', hidden: true }, tools, this.#hint, this.#table);
    this.#hint.textContent = t('comparedHint');
  }

  /** A step of the drawing: false where it is out of sight. */
  update(scene: Scene | null): boolean {
    this.root.hidden = scene?.tab !== 'studies';
    if (!scene || this.root.hidden) return false;
    const { t } = this.#options;
    const { comparison, choices } = scene;
    const { all, usable } = comparison;
    const isAlone = all.length < 2;
    this.#hint.hidden = !isAlone;
    const lines = (repeats: boolean | null) => linesOf(usable, repeats).length;
    this.#areMerged = lines(choices.repeats) < usable.length;
    this.#repeats.hidden = lines(true) === usable.length;
    this.#repeats.setAttribute('aria-pressed', String(this.#areMerged));
    const ways = (['byTrial', 'byTime'] as const).map((way) => [way, t(way)] as const);
    this.#across.update(
      ways,
      choices.byTime ? 'byTime' : 'byTrial',
      usable.some((one) => !Number.isNaN(lastTime(one))),
    );
    this.#isLog = choices.log;
    this.#log.hidden = !isLogPossible(scene);
    this.#log.setAttribute('aria-pressed', String(choices.log));
    this.#table.replaceChildren(this.#tableOf(scene));
    return true;
  }

  #tableOf(scene: Scene): HTMLElement {
    const { t } = this.#options;
    const { comparison, objectives } = scene;
    const { all } = comparison;
    const isOfVolume = isVolume(objectives.length);
    const objective = objectiveOf(scene);
    const stepsFor = (study: ComparedStudy): Steps | null =>
      isOfVolume ? comparison.volumeSteps(study, false) : bestSteps(study, objective, false);
    const bests = new Map(all.map((study) => [study, stepsFor(study)?.y.at(-1) ?? Number.NaN]));
    const format = ValueFormat.of(Float64Array.from(bests.values()));
    const own = all[0];
    const ownBest = own ? (bests.get(own) as number) : Number.NaN;
    const hasReached = all.length > 1 && objectives.length === 1 && Number.isFinite(ownBest);
    const name = isOfVolume ? t('hypervolumeName') : (namesOf(scene)[objective] ?? '');
    const sign = isOfVolume || own?.directions[objective] === Direction.maximize ? -1 : 1;
    const first = Math.min(...[...bests.values()].filter((value) => !Number.isNaN(value)).map((value) => sign * value));
    const heads = [t('columnStudy'), t('columnFinished'), name, t('columnTime')].map((text, at) =>
      element('th', { scope: 'col', class: at === 0 ? 'is-text' : '' }, text),
    );
    if (hasReached) {
      const title = t('reachedTitle', { study: (own as ComparedStudy).name });
      heads.push(element('th', { scope: 'col', title }, t('columnReached', { value: format.format(ownBest) })));
    }
    const lines = drawnLines(scene);
    const rows = all.map((study) => {
      const line = lines.find(({ studies }) => studies.includes(study));
      const swatch = line ? swatchOf(line.style, scene.theme) : element('span', { class: 'swatch' });
      const label = element('th', { scope: 'row', class: 'is-text', title: study.name }, swatch, study.name);
      const cells =
        study.problem === null
          ? this.#cellsOf(study, bests.get(study) as number, sign * first, format, hasReached ? ownBest : null)
          : [element('td', { class: 'is-text studies-problem', colspan: heads.length - 1 }, study.problem)];
      return element('tr', {}, label, ...cells, this.#removeCell(study, study === own));
    });
    const head = element('thead', {}, element('tr', {}, ...heads, element('td')));
    return element(
      'table',
      { class: 'studies-table', 'aria-label': t('comparedLabel') },
      head,
      element('tbody', {}, ...rows),
    );
  }

  #cellsOf(
    study: ComparedStudy,
    best: number,
    first: number,
    format: ValueFormat,
    reach: number | null,
  ): HTMLElement[] {
    const { t } = this.#options;
    const time = lastTime(study);
    const cells = [
      element('td', {}, formatCount(study.finished)),
      element('td', { class: best === first ? 'is-first' : '' }, Number.isNaN(best) ? '–' : format.format(best)),
      element('td', {}, Number.isNaN(time) ? '–' : formatClock(time)),
    ];
    if (reach === null) return cells;
    const count = reachedAfter(study, reach);
    const text = count === null ? t('reachedNever') : t('reachedAfter', { count: formatCount(count) });
    return [...cells, element('td', { class: count === null ? 'is-muted' : '' }, text)];
  }

  #removeCell({ id, name }: ComparedStudy, isOwn: boolean): HTMLElement {
    if (isOwn) return element('td');
    const title = this.#options.t('removeCompared', { study: name });
    const button = element('button', { type: 'button', class: 'link', title, 'aria-label': title }, '×');
    button.addEventListener('click', () => this.#options.onRemove(id));
    return element('td', {}, button);
  }
}

/** A stretch of the study's line. */
function swatchOf(style: Parameters<typeof datasetStyle>[0], theme: Theme): SVGElement {
  const { borderColor, borderWidth, borderDash } = datasetStyle(style, theme, false);
  const line = svgElement('line', {
    x1: 0,
    x2: 18,
    y1: 5,
    y2: 5,
    stroke: String(borderColor),
    'stroke-width': Number(borderWidth),
    'stroke-dasharray': ((borderDash as number[] | undefined) ?? []).join(' '),
  });
  return svgElement('svg', { class: 'swatch', viewBox: '0 0 18 10', 'aria-hidden': 'true' }, line);
}
