import { populationProgress } from '../../core/schedulers/progress.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { listedAttrs } from '../panel/panelRows.ts';
import { type BadRun, hasOwnRow, type StorageEntry, type StudyEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { trialFacts } from '../studies/trialFacts.ts';
import { pausedSet } from '../studies/trialSchedule.ts';
import { t } from '../window/words.ts';
import type { BestNode, Fact, TreeNode, TrialNode } from './treeNode.ts';
import { countOf, groupOf, STATE_GROUPS, type TrialGroup } from './trialGroups.ts';
import { type PageRef, TrialPages } from './trialPages.ts';

/** What the tree needs of the registry. */
export type StudyList = Pick<StudyRegistry, 'studies' | 'storages' | 'studiesOf' | 'badRuns'>;

interface Shown {
  readonly history: History | null;
  readonly revision: number;
  /** What the study's own line depends on, but for the time left. */
  readonly line: string;
  /** The groups that have trials. */
  readonly groups: string;
  /** The group of each trial, by number: bytes, as a hundred thousand may run. */
  readonly groupOf: Uint8Array;
}

/** What the tree shows: rows, their children, and which rows a change concerns. Knows nothing of the editor. */
export class TreeModel {
  readonly #registry: StudyList;
  readonly #nodes = new Map<string, TreeNode>();
  /** What was shown of a study at its last update. */
  readonly #shown = new WeakMap<StudyEntry, Shown>();

  readonly #arrange: (studies: readonly StudyEntry[]) => readonly StudyEntry[];

  /** `arrange`: the studies to list of those that are there by name, in their order. */
  constructor(registry: StudyList, arrange: (studies: readonly StudyEntry[]) => readonly StudyEntry[] = (all) => all) {
    this.#registry = registry;
    this.#arrange = arrange;
  }

  roots(): TreeNode[] {
    const { storages, studies } = this.#registry;
    const own = studies.filter((study) => !this.#isNested(study));
    const roots: TreeNode[] = this.#arrange(own).map((study) => this.studyNode(study));
    for (const storage of storages) {
      if (hasOwnRow(storage, this.#registry.studiesOf(storage))) roots.push(this.#storageNode(storage));
    }
    for (const run of this.#registry.badRuns) roots.push(this.#badRunNode(run));
    return roots;
  }

  children(node: TreeNode): TreeNode[] {
    switch (node.kind) {
      case 'storage':
        return this.#arrange(this.#registry.studiesOf(node.storage)).map((study) => this.studyNode(study));
      case 'study':
        return this.#groups(node.study);
      case 'best':
        return this.#best(node);
      case 'group':
        return this.#trialsOf(node.study, node.group);
      case 'range':
        return this.#trialsOf(node.study, node.group, node.page);
      case 'trial':
        return this.#facts(node.study, node.number, node.id);
      case 'fact':
      case 'badRun':
        return [];
      default:
        return node satisfies never;
    }
  }

  /** The row above, for `reveal`. */
  parent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'storage':
      case 'badRun':
        return undefined;
      case 'study':
        return this.#isNested(node.study) && node.study.storage ? this.#storageNode(node.study.storage) : undefined;
      case 'best':
      case 'group':
        return this.studyNode(node.study);
      case 'range':
      case 'trial':
        return this.#above(node);
      case 'fact':
        return this.trialNode(node.study, node.number);
      default:
        return node satisfies never;
    }
  }

  #storageNode(storage: StorageEntry): TreeNode {
    return this.#node(`storage:${storage.location}`, (id) => ({ kind: 'storage', id, storage }));
  }

  /** A new one for another problem: the row of an id says the same for ever. */
  #badRunNode(run: BadRun): TreeNode {
    return { kind: 'badRun', id: `bad:${run.folder.path}`, run };
  }

  studyNode(study: StudyEntry): TreeNode {
    return this.#node(study.id, (id) => ({ kind: 'study', id, study }));
  }

  trialNode(study: StudyEntry, number: number): TrialNode {
    return this.#node(`${study.id}/#${number}`, (id) => ({ kind: 'trial', id, study, number }));
  }

  /**
   * The known rows whose text or children changed since the last call. A row is read again with everything open below
   * it, so the study itself is named only when its own line or its list of groups changed.
   */
  changed(study: StudyEntry): TreeNode[] {
    const { history } = study;
    const before = this.#shown.get(study);
    const last = before?.history === history ? before : undefined;
    const shown = shownOf(study);
    this.#shown.set(study, shown);
    if (!history || !last) return [this.studyNode(study)];
    const changed = history.changedSince(last.revision);
    const groups = regroup(changed, last.groupOf, shown.groupOf);
    if (last.line !== shown.line || last.groups !== shown.groups) return [this.studyNode(study)];
    const trials = changed.filter((number) => !groups.has(groupOf(history, number)));
    const ids = [
      ...[...groups].map((group) => `${study.id}/${group}`),
      ...trials.map((number) => `${study.id}/#${number}`),
    ];
    return ids.map((id) => this.#nodes.get(id)).filter((node) => node !== undefined);
  }

  /** Forgets rows of studies that are gone. */
  prune(): void {
    const listed = new Set(this.#registry.studies);
    for (const [id, node] of this.#nodes) {
      if ('study' in node && !listed.has(node.study)) this.#nodes.delete(id);
    }
  }

  #isNested(study: StudyEntry): boolean {
    const { storage } = study;
    return storage !== null && hasOwnRow(storage, this.#registry.studiesOf(storage));
  }

  #groups(study: StudyEntry): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    const groups: TreeNode[] = STATE_GROUPS.filter((group) => countOf(history, group) > 0).map((group) =>
      this.#groupNode(study, group),
    );
    if (history.best === undefined && countOf(history, 'front') === 0) return groups;
    return [this.#bestNode(study), ...groups];
  }

  #bestNode(study: StudyEntry): BestNode {
    return this.#node(`${study.id}/best`, (id) => ({ kind: 'best', id, study }));
  }

  /** Of one objective the best trial's own lines, of several the trials of the Pareto front. */
  #best({ id, study }: BestNode): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    return history.best === undefined
      ? this.#trialsOf(study, 'front')
      : this.#facts(study, history.best, `${id}#${history.best}`);
  }

  #trialsOf(study: StudyEntry, group: TrialGroup, page?: PageRef): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    const pages = TrialPages.of(history, group);
    if (page ? page.level > 0 : pages.isPaged) {
      return pages.below(page).map((below) => this.#rangeNode(study, group, below));
    }
    return pages.numbers(page).map((number) => {
      return group === 'front' ? this.#frontNode(study, number) : this.trialNode(study, number);
    });
  }

  /** A trial's row below Best: a row of its own, since the trial has one below Complete as well. */
  #frontNode(study: StudyEntry, number: number): TrialNode {
    return this.#node(`${study.id}/front/#${number}`, (id) => ({ kind: 'trial', id, study, number }));
  }

  #rangeNode(study: StudyEntry, group: TrialGroup, page: PageRef): TreeNode {
    const make = (id: string): TreeNode => ({ kind: 'range', id, study, group, page });
    return this.#node(`${study.id}/${group}/page:${page.level}.${page.first}`, make);
  }

  #above(node: TreeNode & { kind: 'range' | 'trial' }): TreeNode | undefined {
    const { study } = node;
    const { history } = study;
    if (!history) return this.studyNode(study);
    const group = node.kind === 'range' ? node.group : this.#groupAbove(study, history, node);
    const pages = TrialPages.of(history, group);
    const page = node.kind === 'range' ? pages.above(node.page) : pages.pageOf(node.number);
    if (page) return this.#rangeNode(study, group, page);
    return group === 'front' ? this.#bestNode(study) : this.#groupNode(study, group);
  }

  #groupAbove(study: StudyEntry, history: History, node: TrialNode): TrialGroup {
    return node.id === `${study.id}/front/#${node.number}` ? 'front' : groupOf(history, node.number);
  }

  #groupNode(study: StudyEntry, group: TrialGroup): TreeNode {
    return this.#node(`${study.id}/${group}`, (id): TreeNode => ({ kind: 'group', id, study, group }));
  }

  #facts(study: StudyEntry, number: number, parent: string): TreeNode[] {
    return factsOf(study, number).map((fact) => {
      const key = 'name' in fact ? `${fact.type}:${fact.name}` : fact.type;
      return this.#node(`${parent}/${key}`, (id) => ({ kind: 'fact', id, study, number, fact }));
    });
  }

  #node<T extends TreeNode>(id: string, make: (id: string) => T): T {
    const known = this.#nodes.get(id);
    if (known) return known as T;
    const node = make(id);
    this.#nodes.set(id, node);
    return node;
  }
}

function factsOf(study: StudyEntry, number: number): Fact[] {
  const { history } = study;
  if (!history || number >= history.length) return [];
  const facts: Fact[] = [];
  if (!Number.isNaN(history.value(number))) {
    for (let objective = 0; objective < history.directions.length; objective++) {
      facts.push({ type: 'value', name: study.metricName(objective), objective });
    }
  }
  for (const name of history.paramNames(number)) facts.push({ type: 'param', name });
  if (history.curve(number).steps.length > 0) facts.push({ type: 'intermediate' });
  for (const { key } of trialFacts(history, number, t)) facts.push({ type: 'told', name: key });
  for (const [name] of listedAttrs(history, number)) facts.push({ type: 'attribute', name });
  if (!Number.isNaN(history.startedAt[number])) facts.push({ type: 'time' });
  if (study.run && !study.isForeign(number)) facts.push({ type: 'output' });
  return facts;
}

/** In `Shown.groupOf`, beside the states. */
const PAUSED_GROUP = 1 + Math.max(...Object.values(TrialState));

/** The groups that changed trials have left and come to. */
function regroup(changed: readonly number[], before: Uint8Array, now: Uint8Array): ReadonlySet<TrialGroup> {
  const groups = new Set<TrialGroup>();
  const add = (code: number) => groups.add(code === PAUSED_GROUP ? 'paused' : (code as TrialState));
  for (const number of changed) {
    if (before[number] === now[number]) continue;
    add(now[number] as number);
    if (number < before.length) add(before[number] as number);
  }
  return groups;
}

function groupsOf(history: History): Uint8Array {
  const groups = history.states.slice();
  for (const number of pausedSet(history)) groups[number] = PAUSED_GROUP;
  return groups;
}

function shownOf(study: StudyEntry): Shown {
  const { history, state, finished, tried, goal } = study;
  const groups = STATE_GROUPS.filter((group) => history && countOf(history, group) > 0).join();
  const front = history ? countOf(history, 'front') : 0;
  const population = history && populationProgress(history);
  const progress = population ? [population.members, population.step] : [finished, tried, goal];
  const message = study.run?.record.message;
  const { held } = study.storage ?? {};
  const standing = [message, study.storageProblem, study.atWorkElsewhere, study.record === null, held, study.isUnread];
  const line = [state, ...progress, history?.best, front, ...standing].join();
  const shownGroups = history ? groupsOf(history) : new Uint8Array(0);
  return { history, revision: history?.revision ?? 0, line, groups, groupOf: shownGroups };
}
