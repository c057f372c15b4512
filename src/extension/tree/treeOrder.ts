import type { StudyEntry } from '../studies/studyEntry.ts';

export const TREE_ORDERS = ['name', 'newest', 'running'] as const;
export type TreeOrderName = (typeof TREE_ORDERS)[number];

/** What the editor keeps for the workspace. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const KEY = 'tree';
/** Of studies that are archived the oldest ones are forgotten. */
const MOST_ARCHIVED = 5000;

interface Kept {
  readonly order: TreeOrderName;
  /** Places of studies. */
  readonly archived: readonly string[];
  readonly showsArchived: boolean;
}

/** In which order the tree lists studies, and which of them a person has put away; kept for the workspace. */
export class TreeOrder {
  readonly #memory: Memory;
  #kept: Kept;
  #archived: ReadonlySet<string>;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#kept = readKept(memory.get(KEY));
    this.#archived = new Set(this.#kept.archived);
  }

  get name(): TreeOrderName {
    return this.#kept.order;
  }

  get showsArchived(): boolean {
    return this.#kept.showsArchived;
  }

  isArchived(study: StudyEntry): boolean {
    return this.#archived.has(study.place);
  }

  /** How many of these are put away. */
  countArchived(studies: readonly StudyEntry[]): number {
    return this.#archived.size === 0 ? 0 : studies.filter((study) => this.isArchived(study)).length;
  }

  setName(order: TreeOrderName): PromiseLike<void> {
    return this.#keep({ ...this.#kept, order });
  }

  setShowsArchived(showsArchived: boolean): PromiseLike<void> {
    return this.#keep({ ...this.#kept, showsArchived });
  }

  setArchived(study: StudyEntry, isArchived: boolean): PromiseLike<void> {
    const others = this.#kept.archived.filter((place) => place !== study.place);
    const archived = isArchived ? [...others, study.place].slice(-MOST_ARCHIVED) : others;
    return this.#keep({ ...this.#kept, archived });
  }

  /** `studies` by name; those that are put away last, and only where they are wanted. One that runs is never left out. */
  arrange(studies: readonly StudyEntry[]): readonly StudyEntry[] {
    const shown: StudyEntry[] = [];
    const away: StudyEntry[] = [];
    for (const study of studies) {
      study.isArchived = this.isArchived(study) && !study.isLive;
      if (study.isArchived) away.push(study);
      else shown.push(study);
    }
    const sorted = sortedBy(this.#kept.order, shown);
    return this.#kept.showsArchived ? [...sorted, ...away] : sorted;
  }

  #keep(kept: Kept): PromiseLike<void> {
    this.#kept = kept;
    this.#archived = new Set(kept.archived);
    return this.#memory.update(KEY, kept);
  }
}

function readKept(given: unknown): Kept {
  const { order, archived, showsArchived } = (typeof given === 'object' ? (given ?? {}) : {}) as Partial<Kept>;
  return {
    order: TREE_ORDERS.find((one) => one === order) ?? 'name',
    archived: Array.isArray(archived) ? archived.filter((place) => typeof place === 'string') : [],
    showsArchived: showsArchived === true,
  };
}

/** The sort is stable: studies that are alike stay in the order of their names. */
function sortedBy(order: TreeOrderName, studies: readonly StudyEntry[]): readonly StudyEntry[] {
  switch (order) {
    case 'name':
      return studies;
    case 'newest': {
      const times = new Map(studies.map((study) => [study, beganAt(study)]));
      return [...studies].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
    }
    case 'running': {
      const ranks = new Map(studies.map((study) => [study, study.isLive || study.atWorkElsewhere > 0 ? 0 : 1]));
      return [...studies].sort((a, b) => (ranks.get(a) ?? 1) - (ranks.get(b) ?? 1));
    }
    default:
      return order satisfies never;
  }
}

/** When a study was last begun: by a run of this folder, else when its last trial started. */
function beganAt({ run, history }: StudyEntry): number {
  const last = history?.startedAt.at(-1) ?? Number.NaN;
  return Math.max(run?.record.startedAt ?? 0, Number.isNaN(last) ? 0 : last);
}
