import type { JsonValue, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import type { ClaimOptions, CommitOptions, CreateOptions, StudyRecord } from '../../../core/study/studyStore.ts';

interface Asked {
  readonly study: StudyRecord;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is asked of a store, and what became of it in a transaction that nobody knows the end of. */
export interface CommitRequest extends Asked {
  readonly kind: 'commit';
  /** With the times that were written first, so that a second attempt writes the same. */
  changes: readonly TrialChange[];
  readonly onApplied: CommitOptions['onApplied'];
  readonly onlyIf: CommitOptions['onlyIf'];
  /** Whether the history has the changes already: then they must reach the database. */
  isApplied: boolean;
  isTold: boolean;
}

/** A new trial as a transaction wrote it that nobody may know the end of. `startedAt` as it will be read. */
export interface WrittenTrial {
  readonly id: number;
  readonly number: number;
  readonly startedAt: number;
}

export interface CreateRequest extends Asked {
  readonly kind: 'create';
  readonly template: TrialTemplate;
  readonly options: CreateOptions;
  written?: WrittenTrial;
}

/** A trial that was claimed, and when, as it will be read. */
export interface TakenTrial {
  readonly trialId: number;
  readonly at: number;
}

export interface ClaimRequest extends Asked {
  readonly kind: 'claim';
  readonly options: ClaimOptions;
  taken?: TakenTrial;
}

export interface AttrRequest extends Asked {
  readonly kind: 'attr';
  readonly of: 'user' | 'system';
  readonly key: string;
  readonly value: JsonValue;
}

export type ServerRequest = CommitRequest | CreateRequest | ClaimRequest | AttrRequest;

/** A request before there is anybody to answer. */
export type NewRequest = ServerRequest extends infer R
  ? R extends Asked
    ? Omit<R, 'resolve' | 'reject'>
    : never
  : never;

/** How many trials of a study these requests may make: of those that want one and the same number only the first one does. */
export function newTrialsOf(requests: readonly ServerRequest[], study: StudyRecord): number {
  const wanted = requests.filter((request) => request.kind === 'create' && request.study === study) as CreateRequest[];
  const numbers = new Set(wanted.map(({ options }) => options.ifNumber));
  numbers.delete(undefined);
  return numbers.size + wanted.filter(({ options }) => options.ifNumber === undefined).length;
}
