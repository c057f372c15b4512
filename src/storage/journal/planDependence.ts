/**
 * Which lines of others would have made a plan another one, had they been read before it: what decides, where there is no
 * lock, whether it may be appended behind lines that came in between.
 */
export class PlanDependence {
  /** New studies: one of that name may have been created. */
  onStudies = false;
  /** Parameters that no trial had: another one may have been given other choices. */
  onParameters = false;
  /** States: another trial may have been started. */
  onStates = false;
  /** Studies whose next trial's number counts. */
  readonly newTrialsOf = new Set<number>();
  /** Trials whose state, owner or attributes count, by their ids. */
  readonly trials = new Set<number>();
}
