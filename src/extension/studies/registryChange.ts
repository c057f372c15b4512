import type { TrialLog } from '../../core/study/studyStore.ts';
import type { StudyEntry } from './studyEntry.ts';

export interface RegistryChange {
  /** Studies or storages came or went. */
  readonly structure: boolean;
  /** A run began, ended or stands otherwise than before: nobody should wait to see that. */
  readonly runs: boolean;
  /** Studies whose trials, storage or run changed. */
  readonly studies: ReadonlySet<StudyEntry>;
}

export interface RegistryOptions {
  /** Puts an error into one sentence. */
  explain(error: unknown): string;
  /** What is not for a person: it goes to the log. */
  report(error: unknown): void;
  /**
   * Opens a storage; by default without any secret of the editor's. `within`: only a run record names it, and it must be
   * a file in this folder. `strange`, of a stranger's: the studies of these names and the newest will do, in a log that was
   * read once and is closed, unless it `isInUse`; where it `mayBeDigest`, a digest of them will, too (a log with `isDigest`).
   */
  openLog?(
    location: string,
    within?: string,
    isOwn?: boolean,
    strange?: { readonly names: readonly string[]; readonly mayBeDigest: boolean; readonly isInUse: boolean },
  ): Promise<TrialLog>;
  /** Whether a storage on a server or outside its study's folder may be opened because a run record names it; by default none. */
  mayOpen?(location: string): boolean;
  /** Remembers that a storage may be opened: a person has opened it, or started the study that is kept in it. */
  trust?(location: string): PromiseLike<void>;
  now?(): number;
  /** How often the process of a run is looked for, in milliseconds: 400. Its record and its trials are watched, not polled. */
  readonly livenessMs?: number;
  /** How long a storage that could not be opened is left alone, in milliseconds. */
  readonly retryMs?: number;
}
