import type { ServerDatabase, Transaction } from '../connect/serverDatabase.ts';
import type { Cell, RowDecoder } from '../read/rowDecoder.ts';

/** A trial as its row has it. */
export interface StoredTrial {
  readonly state: string;
  /** In milliseconds; NaN while it has not ended. */
  readonly completedAt: number;
}

/**
 * Locks trials in the order of their ids, so that two writers never wait for each other; their study is locked later. Returns
 * the trials that exist, by id.
 */
export async function lockTrials(
  transaction: Transaction,
  { dialect }: ServerDatabase,
  decoder: RowDecoder,
  ids: readonly number[],
): Promise<Map<number, StoredTrial>> {
  const sql = `SELECT trial_id, state, datetime_complete FROM trials WHERE ${dialect.isIn('trial_id')} ORDER BY trial_id FOR UPDATE`;
  const rows = await transaction.rows(sql, [ids]);
  return new Map(
    rows.map(([id, state, complete]) => [
      Number(id),
      { state: String(state), completedAt: decoder.time(complete as Cell) },
    ]),
  );
}
