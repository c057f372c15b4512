/** What `tuneboard backend install --json` prints, an object a line, in the order of these stages. */
export type BackendInstallMessage =
  | { readonly stage: 'search' | 'link' | 'test' }
  /** In bytes. */
  | { readonly stage: 'download' | 'check' | 'unpack'; readonly done: number; readonly total: number }
  /** The last one. `version` is libtensorflow's, `from` where it comes from: for people. */
  | { readonly stage: 'ready'; readonly version: string; readonly from: string };
