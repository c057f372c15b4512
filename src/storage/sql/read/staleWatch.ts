import type { Queries, ServerDatabase } from '../connect/serverDatabase.ts';

/** Time zones differ by whole quarters of an hour, in seconds. */
const QUARTER = 900;
/** Clocks of one server, read a moment apart. */
const TOLERANCE = 5;

interface Seen {
  /** The sign of life, and the database's time when it was first seen, in seconds. */
  readonly beat: number;
  readonly at: number;
}

/**
 * Finds trials that have fallen silent, by the database's clock. Signs of life are times without a zone, in the zone of the
 * session that wrote them: Optuna on a machine with another setting is hours off. A sign whose age would fit a zone of its
 * own is not believed but watched: its trial is stale once it has not changed for as long.
 */
export class StaleWatch {
  readonly #seen = new Map<number, Seen>();

  /** Ids of the stale trials of a study. */
  async look(database: ServerDatabase, studyId: number, graceSeconds: number): Promise<number[]> {
    const { seconds } = database.dialect;
    const sql = `SELECT trial_id, ${seconds('heartbeat')}, ${seconds('CURRENT_TIMESTAMP')} FROM trial_heartbeats
      WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ? AND state = 'RUNNING')`;
    const rows = await (database as Queries).rows(sql, [studyId]);
    const stale: number[] = [];
    const known = new Set<number>();
    for (const [id, heartbeat, clock] of rows) {
      const [trialId, beat, now] = [Number(id), Number(heartbeat), Number(clock)];
      known.add(trialId);
      const before = this.#seen.get(trialId);
      const first = before?.beat === beat ? before : { beat, at: now };
      this.#seen.set(trialId, first);
      const age = now - beat;
      if (isMaybeAlive(age, graceSeconds) ? now - first.at > graceSeconds : age > graceSeconds) stale.push(trialId);
    }
    for (const id of this.#seen.keys()) if (!known.has(id)) this.#seen.delete(id);
    return stale;
  }
}

/** Whether a sign of that age may be a fresh one of another time zone. */
function isMaybeAlive(age: number, graceSeconds: number): boolean {
  if (age < -TOLERANCE) return true;
  if (age < QUARTER - TOLERANCE) return false;
  const rest = age % QUARTER;
  return rest <= graceSeconds || rest >= QUARTER - TOLERANCE;
}
