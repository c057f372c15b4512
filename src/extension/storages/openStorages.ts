import type { Memento } from 'vscode';
import { isRemoteUrl } from '../../storage/kinds.ts';
import type { StorageEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { codeOf } from '../window/problem.ts';
import type { StorageTrust } from './storageTrust.ts';

const OPEN = 'openStorages';
const RECENT = 'recentStorages';
const MOST_RECENT = 10;

/** Storages that a person opened: they come back with the window, and the newest ones are offered again. */
export class OpenStorages {
  readonly #registry: StudyRegistry;
  readonly #memory: Memento;
  readonly #trust: StorageTrust;

  constructor(registry: StudyRegistry, memory: Memento, trust: StorageTrust) {
    this.#registry = registry;
    this.#memory = memory;
    this.#trust = trust;
  }

  get recent(): readonly string[] {
    return this.#memory.get<string[]>(RECENT, []);
  }

  async open(location: string): Promise<StorageEntry> {
    const storage = await this.#registry.open(location);
    await this.#trust.add(location);
    // Only the name that the log itself gives, which has no password, is kept on a disk.
    if (storage.log?.location === location) await this.#remember(location);
    return storage;
  }

  async close(storage: StorageEntry): Promise<void> {
    this.#registry.close(storage);
    await this.#memory.update(
      OPEN,
      this.#open.filter((location) => location !== storage.location),
    );
  }

  /**
   * Opens again what was open; resolves when the files are read, servers are not waited for. A file that is gone is forgotten, what is locked or away or wants its password is listed.
   */
  async reopen(): Promise<void> {
    const reopen = async (location: string) => {
      const storage = await this.#registry.reopen(location);
      const isGone = codeOf(storage.failure) === 'not-found' && !storage.log && !isRemoteUrl(location);
      if (isGone) await this.close(storage);
    };
    const reopened = this.#open.map((location) => ({ location, done: reopen(location) }));
    await Promise.all(reopened.filter(({ location }) => !isRemoteUrl(location)).map(({ done }) => done));
  }

  get #open(): string[] {
    return this.#memory.get<string[]>(OPEN, []);
  }

  async #remember(location: string): Promise<void> {
    const without = (list: readonly string[]) => list.filter((other) => other !== location);
    await this.#memory.update(OPEN, [...without(this.#open), location]);
    await this.#memory.update(RECENT, [location, ...without(this.recent)].slice(0, MOST_RECENT));
  }
}
