import { statSync } from 'node:fs';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { SqliteStore } from '../../src/storage/sql/sqlite/sqliteStore.ts';

/** Writes to a journal or database until it is refused; prints the error's code and whether the file is as long as before. */
const path = process.argv[2] ?? '';
const log = path.endsWith('.db') ? await SqliteStore.open(path) : await JournalLog.open(path);
const study = log.studies()[0];
if (!study) throw new Error('no study');
for (let count = 0; ; count++) {
  const before = statSync(path).size;
  try {
    await log.setStudyAttr(study, 'user', 'k', `${count}${'x'.repeat(3000)}`);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    console.log(JSON.stringify({ code, message, isAsBefore: statSync(path).size === before }));
    break;
  }
}
await log.close();
