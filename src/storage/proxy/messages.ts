/** The calls of Optuna's storage service (see optunaProto.ts) as TypeScript sees them. Ids, steps and numbers stay below 2^53. */

type Strings = Readonly<Record<string, string>>;

export interface StudyMessage {
  readonly studyId: number;
  readonly studyName: string;
  /** 0 minimises, 1 maximises. */
  readonly directions: readonly number[];
  readonly userAttributes: Strings;
  readonly systemAttributes: Strings;
}

/** `state` has the numbers of TrialState, `params` internal values; keys of `intermediateValues` are steps. */
export interface TrialMessage {
  readonly trialId: number;
  readonly number: number;
  readonly state: number;
  readonly values: readonly number[];
  readonly datetimeStart: string;
  readonly datetimeComplete: string;
  readonly params: Readonly<Record<string, number>>;
  readonly distributions: Strings;
  readonly userAttributes: Strings;
  readonly systemAttributes: Strings;
  readonly intermediateValues: Readonly<Record<string, number>>;
}

interface Attribute {
  readonly key: string;
  readonly value: string;
}
interface OfStudy {
  readonly studyId: number;
}
interface OfTrial {
  readonly trialId: number;
}
type Nothing = Readonly<Record<string, never>>;

/** By the call's name: what is asked, and the answer. */
export interface Calls {
  CreateNewStudy: [{ readonly directions: readonly number[]; readonly studyName: string }, OfStudy];
  SetStudyUserAttribute: [OfStudy & Attribute, Nothing];
  SetStudySystemAttribute: [OfStudy & Attribute, Nothing];
  GetAllStudies: [Nothing, { readonly studies: readonly StudyMessage[] }];
  /** Without a template the trial is running, begins now by the server's clock, and has nothing yet. */
  CreateNewTrial: [
    OfStudy & { readonly templateTrial?: TrialMessage; readonly templateTrialIsNone?: boolean },
    OfTrial,
  ];
  SetTrialParameter: [
    OfTrial & { readonly paramName: string; readonly paramValueInternal: number; readonly distribution: string },
    Nothing,
  ];
  /** `trialUpdated` is false where a trial was to run that does not wait. */
  SetTrialStateValues: [
    OfTrial & { readonly state: number; readonly values: readonly number[] },
    { readonly trialUpdated: boolean },
  ];
  SetTrialIntermediateValue: [OfTrial & { readonly step: number; readonly intermediateValue: number }, Nothing];
  SetTrialUserAttribute: [OfTrial & Attribute, Nothing];
  SetTrialSystemAttribute: [OfTrial & Attribute, Nothing];
  GetTrial: [OfTrial, { readonly trial?: TrialMessage }];
  /** Trials of one study: those with larger ids than `trialIdGreaterThan`, and those that are named. */
  GetTrials: [
    OfStudy & { readonly includedTrialIds: readonly number[]; readonly trialIdGreaterThan: number },
    { readonly trials: readonly TrialMessage[] },
  ];
}

export type CallName = keyof Calls;

/** How long an answer is waited for, in milliseconds: a server may wait for its own storage. */
const USUAL_MS = 60_000;
const PATIENCE_MS: Partial<Record<CallName, number>> = {
  // Asked first: a listener that says nothing is found out by it.
  GetAllStudies: 20_000,
  // The first answer of a study may have 100,000 trials.
  GetTrials: 600_000,
};

export function patienceMs(name: CallName): number {
  return PATIENCE_MS[name] ?? USUAL_MS;
}
