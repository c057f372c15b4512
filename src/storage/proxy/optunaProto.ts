/**
 * The part of Optuna's storage service that is called here, in the Protocol Buffers language (proto3): names, types and
 * numbers of `optuna/storages/_grpc/api.proto`, the same since Optuna 4.2 (https://github.com/optuna/optuna, MIT licence,
 * Copyright (c) 2018 Preferred Networks, Inc.). Attributes and distributions are JSON in strings, times naive and the
 * server's own: `2026-11-24 06:37:57.212972`, empty for none.
 */
export const OPTUNA_PROTO = `
syntax = "proto3";
package optuna;

enum StudyDirection { MINIMIZE = 0; MAXIMIZE = 1; }
enum TrialState { RUNNING = 0; COMPLETE = 1; PRUNED = 2; FAIL = 3; WAITING = 4; }

message Study {
  int64 study_id = 1;
  string study_name = 2;
  repeated StudyDirection directions = 3;
  map<string, string> user_attributes = 4;
  map<string, string> system_attributes = 5;
}
message Trial {
  int64 trial_id = 1;
  int64 number = 2;
  TrialState state = 3;
  repeated double values = 4;
  string datetime_start = 5;
  string datetime_complete = 6;
  map<string, double> params = 7;
  map<string, string> distributions = 8;
  map<string, string> user_attributes = 9;
  map<string, string> system_attributes = 10;
  map<int64, double> intermediate_values = 11;
}

message CreateNewStudyRequest { repeated StudyDirection directions = 1; string study_name = 2; }
message CreateNewStudyReply { int64 study_id = 1; }
message SetStudyUserAttributeRequest { int64 study_id = 1; string key = 2; string value = 3; }
message SetStudyUserAttributeReply {}
message SetStudySystemAttributeRequest { int64 study_id = 1; string key = 2; string value = 3; }
message SetStudySystemAttributeReply {}
message GetAllStudiesRequest {}
message GetAllStudiesReply { repeated Study studies = 1; }
message CreateNewTrialRequest { int64 study_id = 1; Trial template_trial = 2; bool template_trial_is_none = 3; }
message CreateNewTrialReply { int64 trial_id = 1; }
message SetTrialParameterRequest {
  int64 trial_id = 1;
  string param_name = 2;
  double param_value_internal = 3;
  string distribution = 4;
}
message SetTrialParameterReply {}
message SetTrialStateValuesRequest { int64 trial_id = 1; TrialState state = 2; repeated double values = 3; }
message SetTrialStateValuesReply { bool trial_updated = 1; }
message SetTrialIntermediateValueRequest { int64 trial_id = 1; int64 step = 2; double intermediate_value = 3; }
message SetTrialIntermediateValueReply {}
message SetTrialUserAttributeRequest { int64 trial_id = 1; string key = 2; string value = 3; }
message SetTrialUserAttributeReply {}
message SetTrialSystemAttributeRequest { int64 trial_id = 1; string key = 2; string value = 3; }
message SetTrialSystemAttributeReply {}
message GetTrialRequest { int64 trial_id = 1; }
message GetTrialReply { Trial trial = 1; }
message GetTrialsRequest { int64 study_id = 1; repeated int64 included_trial_ids = 2; int64 trial_id_greater_than = 3; }
message GetTrialsReply { repeated Trial trials = 1; }
`;
