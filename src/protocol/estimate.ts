/** What a study of the trainer will take, from a few timed steps: `tuneboard estimate FILE --json` prints it. */
export interface StudyEstimate {
  /** Null: the study ends by time, not by a number of trials. */
  readonly trials: number | null;
  /** Of a trial, in the middle of the space. */
  readonly epochs: number;
  readonly secondsPerTrial: number;
  /** Of all trials, as many at a time as the study file says; null: no number of trials. Nothing is taken off for pruning. */
  readonly seconds: number | null;
  readonly backend: string;
  /** Why that backend: for people. */
  readonly why: string;
}
