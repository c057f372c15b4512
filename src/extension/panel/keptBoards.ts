import type { KeptBoards as Kept } from '../../protocol/panel.ts';

/** Where a workspace keeps things. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** A view that somebody may give to somebody else, as JSON. */
interface SharedView {
  readonly name: string;
  readonly view: unknown;
}

const KEYS = { boards: 'tuneboard.boards', views: 'tuneboard.views' } as const;
const MOST_VIEWS = 100;
/** Kinds of study: there are six. */
const MOST_BOARDS = 20;
/** Characters of a view as JSON. */
const LARGEST_VIEW = 100_000;
export const LONGEST_VIEW_NAME = 80;

/** Boards and saved views of a workspace, which all History panels of the window share. */
export class KeptBoards {
  readonly #memory: Memory;
  readonly #listeners = new Set<() => void>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get kept(): Kept {
    return { boards: recordOf(this.#memory.get(KEYS.boards)), views: recordOf(this.#memory.get(KEYS.views)) };
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  keepBoard(kind: string, board: unknown): Promise<void> {
    return this.#keep('boards', withEntry(this.kept.boards, kind, board, MOST_BOARDS));
  }

  saveView(name: string, view: unknown): Promise<void> {
    return this.#keep('views', withEntry(this.kept.views, name, view, MOST_VIEWS));
  }

  removeView(name: string): Promise<void> {
    return this.#keep('views', Object.fromEntries(Object.entries(this.kept.views).filter(([one]) => one !== name)));
  }

  async #keep(key: keyof typeof KEYS, value: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#memory.update(KEYS[key], value);
    for (const listener of this.#listeners) listener();
  }
}

/** The newest entry is the last; the oldest go where there are too many. */
function withEntry(record: Readonly<Record<string, unknown>>, name: string, value: unknown, most: number) {
  const others = Object.entries(record).filter(([one]) => one !== name);
  return Object.fromEntries([...others.slice(1 - most), [name, value]]);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Reads what a person copied in a panel, here or elsewhere; null where it is no view. What is in it the panel checks. */
export function readSharedView(text: string): SharedView | null {
  if (text.length > LARGEST_VIEW) return null;
  try {
    const { name, view } = recordOf(JSON.parse(text));
    if (typeof name !== 'string' || typeof view !== 'object' || view === null) return null;
    const plain = name.trim().slice(0, LONGEST_VIEW_NAME);
    return plain === '' ? null : { name: plain, view };
  } catch {
    return null;
  }
}
