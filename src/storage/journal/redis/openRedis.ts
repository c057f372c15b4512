import type { TrialLog, WritableTrialLog } from '../../../core/study/studyStore.ts';
import { storageMessage } from '../../../words/en/storage.ts';
import { type OnWaiting, READER_PATIENCE_MS, WRITER_PATIENCE_MS } from '../../retry.ts';
import { ServerUrl } from '../../sql/connect/serverUrl.ts';
import { StorageError } from '../../storageError.ts';
import { JournalLog } from '../journalLog.ts';
import { prefixesOf } from './inspectRedis.ts';
import { RedisJournal, type RedisJournalOptions } from './redisJournal.ts';

export interface RedisStoreOptions {
  readonly onWaiting?: OnWaiting | undefined;
  readonly patienceMs?: number | undefined;
}

/** Opens the storage of a URL for writing; an empty one is begun with the first line. */
export async function openRedisStore(url: ServerUrl, options: RedisStoreOptions = {}): Promise<WritableTrialLog> {
  const { patienceMs = WRITER_PATIENCE_MS, onWaiting } = options;
  const { log, journal } = await opened(url, { patienceMs: READER_PATIENCE_MS, putsBack: true, onWaiting });
  await journal.lookForRisks();
  journal.retry.patienceMs = patienceMs;
  return log;
}

/** Opens the storage of a URL for reading, with `password` where it is not in the URL or the environment. Throws `no-study` where there is none. */
export async function openRedisLog(
  text: string,
  options: { readonly password?: string | undefined },
): Promise<TrialLog> {
  const url = ServerUrl.parse(text, options.password);
  const { log } = await opened(url, { patienceMs: READER_PATIENCE_MS, putsBack: false });
  if (log.lineCount > 0) return log;
  await log.close();
  throw await nothingThere(url);
}

async function opened(url: ServerUrl, options: RedisJournalOptions) {
  const encoder = JournalLog.newEncoder();
  const journal = new RedisJournal(url, encoder, options);
  try {
    return { journal, log: await JournalLog.on(journal, encoder) };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

async function nothingThere(url: ServerUrl): Promise<StorageError> {
  const others = await prefixesOf(url);
  const under = url.keyPrefix === '' ? 'without a prefix' : `under the prefix "${url.keyPrefix}"`;
  const elsewhere =
    others.length === 0
      ? 'Start a study there first, or correct the database number or the prefix.'
      : `It has storages under ${others.map((prefix) => (prefix === '' ? 'no prefix' : `"${prefix}"`)).join(', ')}.`;
  return new StorageError('no-study', storageMessage('noOptunaStorage', { url: String(url), under, elsewhere }));
}
