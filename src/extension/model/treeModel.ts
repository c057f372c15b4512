import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import { listedAttrs } from './panelRows.ts';
import { paretoFront } from './paretoFront.ts';
import type { StorageEntry, StudyEntry } from './studyEntry.ts';
import type { StudyRegistry } from './studyRegistry.ts';
import type { BestNode, Fact, TreeNode, TrialNode } from './treeNode.ts';

/** Trials on one page; a group with no more than these has no pages. */
export const PAGE = 200;
/** Groups in the order shown. */
const GROUPS = [
  TrialState.running,
  TrialState.complete,
  TrialState.pruned,
  TrialState.fail,
  TrialState.waiting,
] as const;

/** What the tree needs of the registry. */
export type StudyList = Pick<StudyRegistry, 'studies' | 'storages' | 'studiesOf'>;

interface Shown {
  readonly history: History | null;
  readonly revision: number;
  /** What the study's own line depends on, but for the time left. */
  readonly line: string;
  /** Trials by state. */
  readonly counts: readonly number[];
}

/** Every state, at the place of its number. */
const GROUP_ORDER = Object.values(TrialState).sort((a, b) => a - b);

/** What the tree shows: rows, their children, and which rows a change concerns. Knows nothing of the editor. */
export class TreeModel {
  readonly #registry: StudyList;
  readonly #nodes = new Map<string, TreeNode>();
  /** What was shown of a study at its last update. */
  readonly #shown = new WeakMap<StudyEntry, Shown>();

  constructor(registry: StudyList) {
    this.#registry = registry;
  }

  roots(): TreeNode[] {
    const { storages, studies } = this.#registry;
    const roots: TreeNode[] = studies.filter((study) => !this.#isNested(study)).map((study) => this.studyNode(study));
    for (const storage of storages) {
      const count = this.#registry.studiesOf(storage).filter((study) => study.record).length;
      if (count === 1 || (count === 0 && !storage.pinned && storage.problem === null)) continue;
      if (count === 0 && this.#registry.studiesOf(storage).length > 0) continue;
      roots.push(this.#storageNode(storage));
    }
    return roots;
  }

  children(node: TreeNode): TreeNode[] {
    switch (node.kind) {
      case 'storage':
        return this.#registry.studiesOf(node.storage).map((study) => this.studyNode(study));
      case 'study':
        return this.#groups(node.study);
      case 'best':
        return this.#best(node);
      case 'group':
        return this.#trialsOf(node.study, node.state);
      case 'range':
        return this.#range(node.study, node.state, node.first, node.size);
      case 'trial':
        return this.#facts(node.study, node.number, node.id);
      case 'fact':
        return [];
      default:
        return node satisfies never;
    }
  }

  /** The row above, for `reveal`. */
  parent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'storage':
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
    const last = this.#shown.get(study);
    const shown = shownOf(study);
    this.#shown.set(study, shown);
    const { history } = study;
    if (!history || !last || last.history !== history || last.line !== shown.line) return [this.studyNode(study)];
    const groups = GROUPS.filter((state) => history.count(state) !== last.counts[state]);
    if (groups.some((state) => last.counts[state] === 0 || history.count(state) === 0)) return [this.studyNode(study)];
    const trials = history.changedSince(last.revision).filter((number) => !groups.includes(history.state(number)));
    const ids = [...groups.map((state) => `${study.id}/${state}`), ...trials.map((number) => `${study.id}/#${number}`)];
    return ids.map((id) => this.#nodes.get(id)).filter((node) => node !== undefined);
  }

  /** Forgets rows of studies that are gone. */
  prune(): void {
    const listed = new Set(this.#registry.studies);
    for (const [id, node] of this.#nodes) {
      if (node.kind !== 'storage' && !listed.has(node.study)) this.#nodes.delete(id);
    }
  }

  #isNested(study: StudyEntry): boolean {
    const { storage } = study;
    return storage !== null && this.#registry.studiesOf(storage).filter((other) => other.record).length > 1;
  }

  #groups(study: StudyEntry): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    const groups: TreeNode[] = GROUPS.filter((state) => history.count(state) > 0).map((state) =>
      this.#node(`${study.id}/${state}`, (id) => ({ kind: 'group', id, study, state })),
    );
    if (history.best === undefined && paretoFront(history).length === 0) return groups;
    return [this.#node(`${study.id}/best`, (id) => ({ kind: 'best', id, study })), ...groups];
  }

  /** Of one objective the best trial's own lines, of several the trials of the Pareto front. */
  #best({ id, study }: BestNode): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    if (history.best !== undefined) return this.#facts(study, history.best, `${id}#${history.best}`);
    const front = paretoFront(history).slice(0, PAGE);
    return front.map((number) => this.#node(`${id}/#${number}`, (own) => ({ kind: 'trial', id: own, study, number })));
  }

  #trialsOf(study: StudyEntry, state: TrialState): TreeNode[] {
    const { history } = study;
    if (!history) return [];
    if (history.count(state) <= PAGE) return this.#numbers(study, state, 0, history.length);
    return this.#pages(study, state, 0, history.length, pageSize(history.length));
  }

  #range(study: StudyEntry, state: TrialState, first: number, size: number): TreeNode[] {
    return size === PAGE
      ? this.#numbers(study, state, first, first + size)
      : this.#pages(study, state, first, first + size, size / PAGE);
  }

  #numbers(study: StudyEntry, state: TrialState, from: number, to: number): TreeNode[] {
    const states = study.history?.states.subarray(from, to) ?? new Uint8Array(0);
    const nodes: TreeNode[] = [];
    for (let at = states.indexOf(state); at >= 0; at = states.indexOf(state, at + 1)) {
      nodes.push(this.trialNode(study, from + at));
    }
    return nodes;
  }

  #pages(study: StudyEntry, state: TrialState, from: number, to: number, size: number): TreeNode[] {
    const states = study.history?.states ?? new Uint8Array(0);
    const nodes: TreeNode[] = [];
    for (let first = from; first < Math.min(to, states.length); first += size) {
      if (!states.subarray(first, first + size).includes(state)) continue;
      nodes.push(this.#rangeNode(study, state, first, size));
    }
    return nodes;
  }

  #rangeNode(study: StudyEntry, state: TrialState, first: number, size: number): TreeNode {
    const make = (id: string): TreeNode => ({ kind: 'range', id, study, state, first, size });
    return this.#node(`${study.id}/${state}/${first}+${size}`, make);
  }

  #above(node: TreeNode & { kind: 'range' | 'trial' }): TreeNode | undefined {
    const { study } = node;
    const { history } = study;
    if (!history) return this.studyNode(study);
    const state = node.kind === 'range' ? node.state : history.state(node.number);
    const group = this.#node(`${study.id}/${state}`, (id): TreeNode => ({ kind: 'group', id, study, state }));
    if (history.count(state) <= PAGE) return group;
    const first = node.kind === 'range' ? node.first : node.number;
    const size = node.kind === 'range' ? node.size * PAGE : PAGE;
    if (size > pageSize(history.length)) return group;
    return this.#rangeNode(study, state, Math.floor(first / size) * size, size);
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

/** Trials a first-level page holds: so many that a group never has more than a few hundred pages. */
export function pageSize(trials: number): number {
  let size = PAGE;
  while (trials / size > 500) size *= PAGE;
  return size;
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
  for (const [name] of listedAttrs(history, number)) facts.push({ type: 'attribute', name });
  if (!Number.isNaN(history.startedAt[number])) facts.push({ type: 'time' });
  if (study.run) facts.push({ type: 'output' });
  return facts;
}

function shownOf(study: StudyEntry): Shown {
  const { history, state, finished, total } = study;
  const counts = history ? GROUP_ORDER.map((group) => history.count(group)) : [];
  const line = [state, finished, total, history?.best, study.run?.record.message, study.record === null].join();
  return { history, revision: history?.revision ?? 0, line, counts };
}
