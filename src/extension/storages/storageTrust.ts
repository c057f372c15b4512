import { resolve } from 'node:path';
import { storageUrl } from '../../storage/kinds.ts';
import { withoutPassword } from '../../storage/sql/connect/serverUrl.ts';

/** What the editor keeps for all its windows: `ExtensionContext.globalState`. */
export interface TrustMemory {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): PromiseLike<void>;
}

const TRUSTED = 'trustedStorages';
/** The oldest are asked for again. */
const MOST = 500;

/**
 * Which storages a person has opened. A storage that only a run record names is opened by itself when it is one of
 * these. They are kept by the editor, never in a folder: the author of a folder must not be able to add one.
 */
export class StorageTrust {
  readonly #memory: TrustMemory;

  constructor(memory: TrustMemory) {
    this.#memory = memory;
  }

  has(location: string): boolean {
    return this.#trusted.includes(trustKey(location));
  }

  async add(location: string): Promise<void> {
    const key = trustKey(location);
    if (this.#trusted.includes(key)) return;
    await this.#memory.update(TRUSTED, [...this.#trusted, key].slice(-MOST));
  }

  get #trusted(): readonly string[] {
    const kept = this.#memory.get<unknown>(TRUSTED, []);
    return Array.isArray(kept) ? kept : [];
  }
}

/**
 * What a storage is remembered by: its URL with everything but the password, for an option may name another server or a
 * file; or its absolute path.
 */
export function trustKey(location: string): string {
  if (!/^[a-z][\w+.-]*:\/\//i.test(location)) return resolve(location);
  try {
    return storageUrl(location)?.location ?? withoutPassword(location);
  } catch {
    return withoutPassword(location);
  }
}
