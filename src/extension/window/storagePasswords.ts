import type { SecretStorage } from 'vscode';
import { remoteKindOf, serverUrl } from '../../storage/kinds.ts';
import { expandEnvironment } from '../../storage/sql/connect/serverUrl.ts';

const PREFIX = 'storage-password ';

/** A storage as it may be shown and kept, and the password that came with it. */
export interface GivenStorage {
  readonly location: string;
  readonly password: string | undefined;
}

/** Passwords of databases on servers: in the editor's own secret storage, and nowhere else. */
export class StoragePasswords {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Takes the password out of what a person typed. Throws when that is no URL of a database. */
  split(given: string): GivenStorage {
    const url = serverUrl(expandEnvironment(given));
    return { location: url?.location ?? given, password: url?.ownPassword };
  }

  /** What is known for a location; undefined: the environment may have it. */
  async of(location: string): Promise<string | undefined> {
    return remoteKindOf(location)?.takesPassword ? this.#secrets.get(PREFIX + location) : undefined;
  }

  async keep(location: string, password: string): Promise<void> {
    await this.#secrets.store(PREFIX + location, password);
  }

  async forget(location: string): Promise<void> {
    if (remoteKindOf(location)?.takesPassword) await this.#secrets.delete(PREFIX + location);
  }
}
