import type { ServerRequest } from '../write/serverRequests.ts';

/** Who asks for a trial within this time of being told may do so while its study is locked, in milliseconds. */
const QUICK_MS = 3;

/**
 * Whether whoever is told that its changes are applied asks for a trial at once, as a session with a quick sampler does: by
 * what the last ones did. Then their study is locked and read before they are told. A slow sampler would keep all others
 * from that study meanwhile.
 */
export class AskWatch {
  #asksFollow = false;

  get asksFollow(): boolean {
    return this.#asksFollow;
  }

  /** A turn of the event loop after the requests of `batch` were told: what is asked by now. */
  note(batch: readonly ServerRequest[], asked: readonly ServerRequest[], toldAt: number): void {
    if (!batch.some((request) => request.kind === 'commit' && request.onApplied)) return;
    const asksForTrial = asked.some(({ kind }) => kind === 'create' || kind === 'claim');
    this.#asksFollow = asksForTrial && performance.now() - toldAt < QUICK_MS;
  }
}
