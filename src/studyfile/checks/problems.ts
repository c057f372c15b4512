/** One finding in a study file: where (character offsets), what, and what to write instead, in one sentence or two. */
export interface StudyFileProblem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** A replacement of [start, end) that fixes it, where there is just one. */
  readonly fix?: { readonly title: string; readonly newText: string };
}
