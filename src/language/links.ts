import type { StudyLink } from '../protocol/editor.ts';
import type { RunState } from '../protocol/runRecord.ts';

const LIVE: ReadonlySet<RunState | 'idle'> = new Set(['starting', 'running', 'paused', 'stopping']);

/** Whether a process runs the study now. */
export function isLive(link: StudyLink): boolean {
  return LIVE.has(link.run);
}

/** The studies that belong to a document: running ones first, then in the order given. */
export function linksOf(links: readonly StudyLink[], uri: string): StudyLink[] {
  const wanted = comparableUri(uri);
  const own = links.filter((link) => link.sources.some((source) => comparableUri(source) === wanted));
  return own.sort((a, b) => Number(isLive(b)) - Number(isLive(a)));
}

/** One spelling for URIs that mean the same file: percent-encoding and the case of a drive letter differ by client. */
export function comparableUri(uri: string): string {
  let decoded = uri;
  try {
    decoded = decodeURIComponent(uri);
  } catch {
    // A lone percent sign: the URI is compared as it is.
  }
  return decoded.replace(/^(file:\/\/\/)([A-Za-z]):/, (_, scheme, drive) => `${scheme}${drive.toLowerCase()}:`);
}
