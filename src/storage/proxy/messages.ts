/**
 * Optuna's storage service, as far as it is asked here. Names and numbers of the fields are those of Optuna 5.0
 * (`optuna/storages/_grpc/api.proto`, package `optuna`, service `StorageService`; the same since 4.2). Attributes and
 * distributions are JSON in strings, times naive and the server's own: `2026-11-24 06:37:57.212972`, empty for none.
 */
import {
  BOOL,
  DOUBLE,
  ENUM,
  INT64,
  type Message,
  map,
  message,
  nested,
  one,
  pieces,
  repeated,
  STRING,
} from './wire.ts';

const NOTHING = message({});
const TRIAL_ID = one(1, INT64);
const STUDY_ID = one(1, INT64);

/** In the service's own numbers: 0 minimises, 1 maximises. */
export const StudyMessage = message({
  studyId: STUDY_ID,
  studyName: one(2, STRING),
  directions: repeated(3, ENUM),
  userAttributes: map(4, STRING, STRING),
  systemAttributes: map(5, STRING, STRING),
});

/** `state` has the numbers of TrialState, `params` internal values. */
export const TrialMessage = message({
  trialId: TRIAL_ID,
  number: one(2, INT64),
  state: one(3, ENUM),
  values: repeated(4, DOUBLE),
  datetimeStart: one(5, STRING),
  datetimeComplete: one(6, STRING),
  params: map(7, STRING, DOUBLE),
  distributions: map(8, STRING, STRING),
  userAttributes: map(9, STRING, STRING),
  systemAttributes: map(10, STRING, STRING),
  intermediateValues: map(11, INT64, DOUBLE),
});

/** One call of the service. */
export interface Method<Request extends Message = Message, Reply extends Message = Message> {
  readonly name: string;
  readonly request: Request;
  readonly reply: Reply;
  /** How long its answer is waited for, in milliseconds. */
  readonly patienceMs: number;
}

/** A server may wait for its own storage. */
const USUAL_MS = 60_000;
/** Who listens and says nothing is found out by what is asked first. */
const FIRST_MS = 20_000;
/** Of a study with 100,000 trials, its first answer. */
const ALL_TRIALS_MS = 600_000;

function method<Request extends Message, Reply extends Message>(
  name: string,
  request: Request,
  reply: Reply,
  patienceMs = USUAL_MS,
): Method<Request, Reply> {
  return { name, request, reply, patienceMs };
}

const studyAttribute = message({ studyId: STUDY_ID, key: one(2, STRING), value: one(3, STRING) });
const trialAttribute = message({ trialId: TRIAL_ID, key: one(2, STRING), value: one(3, STRING) });

export const CREATE_STUDY = method(
  'CreateNewStudy',
  message({ directions: repeated(1, ENUM), studyName: one(2, STRING) }),
  message({ studyId: STUDY_ID }),
);
export const SET_STUDY_ATTR = {
  user: method('SetStudyUserAttribute', studyAttribute, NOTHING),
  system: method('SetStudySystemAttribute', studyAttribute, NOTHING),
};
export const GET_STUDIES = method('GetAllStudies', NOTHING, message({ studies: pieces(1) }), FIRST_MS);
/** With `isPlain`, the trial begins now, by the server's clock, and has nothing yet. */
export const CREATE_TRIAL = method(
  'CreateNewTrial',
  message({ studyId: STUDY_ID, template: nested(2, TrialMessage), isPlain: one(3, BOOL) }),
  message({ trialId: TRIAL_ID }),
);
export const SET_PARAM = method(
  'SetTrialParameter',
  message({ trialId: TRIAL_ID, name: one(2, STRING), internal: one(3, DOUBLE), distribution: one(4, STRING) }),
  NOTHING,
);
/** `isUpdated` is false where a trial was to run that does not wait. */
export const SET_STATE = method(
  'SetTrialStateValues',
  message({ trialId: TRIAL_ID, state: one(2, ENUM), values: repeated(3, DOUBLE) }),
  message({ isUpdated: one(1, BOOL) }),
);
export const SET_REPORT = method(
  'SetTrialIntermediateValue',
  message({ trialId: TRIAL_ID, step: one(2, INT64), value: one(3, DOUBLE) }),
  NOTHING,
);
export const SET_TRIAL_ATTR = {
  user: method('SetTrialUserAttribute', trialAttribute, NOTHING),
  system: method('SetTrialSystemAttribute', trialAttribute, NOTHING),
};
export const GET_TRIAL = method(
  'GetTrial',
  message({ trialId: TRIAL_ID }),
  message({ trial: nested(1, TrialMessage) }),
);
/** Trials of one study: those with larger ids than `greaterThan`, and those that are named. */
export const GET_TRIALS = method(
  'GetTrials',
  message({ studyId: STUDY_ID, included: repeated(2, INT64), greaterThan: one(3, INT64) }),
  message({ trials: pieces(1) }),
  ALL_TRIALS_MS,
);
