import { join } from 'node:path';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { JournalLog } from '../../../src/storage/journal/journalLog.ts';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { storageContract } from '../../support/contracts/storageContract.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

storageContract({
  name: 'journal',
  create: (t) => JournalLog.open(join(temporaryFolder(t), 'study.journal'), { create: true }),
  reopen: (log) => JournalLog.open(log.location),
});

storageContract({
  name: 'sqlite',
  create: (t) => SqliteStore.open(join(temporaryFolder(t), 'study.db'), { create: true }),
  reopen: (log) => SqliteStore.open(log.location),
});

storageContract({ name: 'memory', create: async () => new MemoryLog() });
