/** One thing wrong in a script, where, and what would fix it. Offsets in UTF-16 code units. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'hint';
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly fix?: FindingFix;
}

export interface FindingFix {
  readonly title: string;
  readonly edits: readonly { readonly start: number; readonly end: number; readonly newText: string }[];
}
