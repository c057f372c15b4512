import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import type { ServerUrl } from '../../sql/connect/serverUrl.ts';
import type { StorageErrorCode } from '../../storageError.ts';

/** First words of what Redis says while it starts, looks for its master, or has no slots: later it may take the same again. */
export const REDIS_AWAY = [
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
  'BUSY',
  'UNBLOCKED',
] as const;

type Meaning = readonly [StorageErrorCode, (url: ServerUrl, message: string) => Message];

/** By the first word of what Redis says, or a word of ours. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NOAUTH: ['missing-password', () => storageMessage('wantsPasswordSetTuneboardStorage')],
  WRONGPASS: ['wrong-password', (url) => storageMessage('refusedCheckUserPassword', { url: whose(url) })],
  NOPERM: [
    'access-denied',
    (url, message) =>
      storageMessage('doesNotLetDoAsk', { url: whose(url), message: said(message), keyPrefix: url.keyPrefix }),
  ],
  READONLY: ['read-only', () => storageMessage('canOnlyReadReplicaName')],
  OOM: ['disk-full', () => storageMessage('noMemoryLeftMaxmemoryRaised')],
  MISCONF: ['disk-full', () => storageMessage('takesNoWritesCannotSave')],
  DENIED: ['access-denied', () => storageMessage('protectedModeAnswersOwnMachine')],
  WRONGTYPE: ['not-a-storage', (url) => storageMessage('somethingElseUnderLogNumber', { keyPrefix: url.keyPrefix })],
  MOVED: [
    'unsupported-url',
    (url, message) => {
      const place = /^MOVED \d+ (\S+)/.exec(message)?.[1];
      const node = place === undefined ? storageMessage('anotherNode') : storageMessage('itsNode', { place });
      const prefix = encodeURIComponent(`{${url.keyPrefix || 'team'}}`);
      return storageMessage('clusterKeepsTheseKeysWrite', { node, prefix });
    },
  ],
  NOTREDIS: ['unreachable', () => storageMessage('cannotReadNoRedisServer')],
  NOSUCHDATABASE: ['no-database', (url) => storageMessage('noDatabaseWriteLowerNumber', { database: url.database })],
};

/** What Redis says in other words, or says nothing of. */
const WORDS: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/DB index is out of range|SELECT is not allowed in cluster/i, 'NOSUCHDATABASE'],
  [/non local key in a cluster|CROSSSLOT/i, 'MOVED'],
  [/no password is set|without any password configured/i, 'WRONGPASS'],
  [/not an integer/i, 'WRONGTYPE'],
  [/protocol error|unknown RESP type/i, 'NOTREDIS'],
];

/** What an answer of Redis means for a person; the sentence follows the URL. Undefined: nothing that is known. */
export function redisMeaning(
  code: string,
  message: string,
): readonly [StorageErrorCode, (url: ServerUrl) => Message] | undefined {
  const word = WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? code;
  const meaning = Object.hasOwn(MEANINGS, word) ? MEANINGS[word] : undefined;
  return meaning && [meaning[0], (url) => meaning[1](url, message)];
}

function whose(url: ServerUrl): Message {
  const user = url.user ?? 'default';
  return storageMessage('user', { user });
}

function said(message: string): string {
  return message.replace(/^\w+ /, '').replace(/\.$/, '');
}
