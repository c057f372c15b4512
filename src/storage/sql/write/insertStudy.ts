import type { Direction } from '../../../core/study/states.ts';
import type { ServerDatabase } from '../connect/serverDatabase.ts';
import { directionName } from '../read/rowDecoder.ts';
import { duplicateStudy } from '../rules.ts';
import { RowBatch } from './rowBatch.ts';

/** Makes a study. One of that name that is there is our own where `mayBeWritten`, else throws `duplicate-study`. */
export async function insertStudy(
  database: ServerDatabase,
  { name, directions }: { readonly name: string; readonly directions: readonly Direction[] },
  mayBeWritten: boolean,
): Promise<void> {
  const { dialect, url } = database;
  await database.transaction(async (queries) => {
    const id = await dialect.insertStudy(queries, name);
    if (id !== undefined) {
      const batch = new RowBatch();
      for (const [objective, direction] of directions.entries()) {
        batch.add('study_directions', { id }, objective, directionName(direction));
      }
      await batch.write(queries, dialect);
      return;
    }
    // Our own, of a transaction that was lost on its way back.
    if (mayBeWritten) return;
    const found = await queries.rows('SELECT study_name FROM studies WHERE study_name = ?', [name]);
    throw duplicateStudy(url.location, String(found[0]?.[0] ?? name));
  });
}
