import type { History } from '../../core/study/history.ts';
import { isProcessAlive } from '../../runs/processIdentity.ts';
import { isVisible, type Owner, ownerOf } from '../../runs/trialOwner.ts';

/** The trials that others run in the same study, as far as a budget must know: they will finish, or be run again. */
export class OtherWorkers {
  readonly #history: History;
  readonly #session: string;

  /** @param session Of this worker's owner. */
  constructor(history: History, session: string) {
    this.#history = history;
    this.#session = session;
  }

  /**
   * Running trials of live workers of Tuneboard: here by their process, elsewhere by the sign of life that they promise.
   * Those of other programs end or not, nobody can tell: they do not count.
   */
  get running(): number {
    let count = 0;
    for (const number of this.#history.running) {
      const owner = ownerOf(this.#history.systemAttrs(number));
      if (owner && owner.session !== this.#session && isLive(owner)) count++;
    }
    return count;
  }

  /** Whether a trial that this worker ran is not its own any more: another one took it, when this one seemed dead. */
  haveTaken(number: number): boolean {
    const owner = ownerOf(this.#history.systemAttrs(number));
    return !this.#history.running.has(number) || (owner !== undefined && owner.session !== this.#session);
  }
}

/** Whoever promises a sign of life counts until it is found missing: its trial is ended then. */
function isLive(owner: Owner): boolean {
  return owner.beats !== undefined || (isVisible(owner) && isProcessAlive(owner.pid, owner.start));
}
