import type { BadRun, StorageEntry, StudyEntry } from '../studies/studyEntry.ts';
import type { TrialGroup } from './trialGroups.ts';
import type { PageRef } from './trialPages.ts';

/**
 * One row of the Studies tree. An id names the same thing for ever and the object of an id never changes, so that
 * selection and expansion survive every update.
 */
export type TreeNode =
  | { readonly kind: 'storage'; readonly id: string; readonly storage: StorageEntry }
  | { readonly kind: 'badRun'; readonly id: string; readonly run: BadRun }
  | StudyNode
  | BestNode
  | GroupNode
  | RangeNode
  | TrialNode
  | FactNode;

export interface StudyNode {
  readonly kind: 'study';
  readonly id: string;
  readonly study: StudyEntry;
}

export interface BestNode {
  readonly kind: 'best';
  readonly id: string;
  readonly study: StudyEntry;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly study: StudyEntry;
  readonly group: TrialGroup;
}

/** A page of a group's trials, or of pages. */
export interface RangeNode {
  readonly kind: 'range';
  readonly id: string;
  readonly study: StudyEntry;
  readonly group: TrialGroup;
  readonly page: PageRef;
}

export interface TrialNode {
  readonly kind: 'trial';
  readonly id: string;
  readonly study: StudyEntry;
  readonly number: number;
}

/** One line about a trial. */
export interface FactNode {
  readonly kind: 'fact';
  readonly id: string;
  readonly study: StudyEntry;
  readonly number: number;
  readonly fact: Fact;
}

export type Fact =
  | { readonly type: 'value'; readonly name: string; readonly objective: number }
  | { readonly type: 'param'; readonly name: string }
  | { readonly type: 'intermediate' }
  /** One of `trialFacts`. */
  | { readonly type: 'told'; readonly name: string }
  | { readonly type: 'attribute'; readonly name: string }
  | { readonly type: 'time' }
  | { readonly type: 'output' };
