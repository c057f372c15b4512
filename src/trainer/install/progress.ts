/** Stages of an installation in their order; `done` and `total` are bytes where a stage has them. */
export type Progress =
  | { readonly stage: 'search' | 'link' | 'test' }
  | { readonly stage: 'download' | 'check' | 'unpack'; readonly done: number; readonly total: number };

export type OnProgress = (progress: Progress) => void;

/** Whether an error, or what a program printed, says that no space is left. */
export function isDiskFull(error: unknown): boolean {
  return /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i.test(String(error));
}
