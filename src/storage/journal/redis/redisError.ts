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

type Meaning = readonly [StorageErrorCode, (url: ServerUrl, message: string) => string];

/** By the first word of what Redis says, or a word of ours. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NOAUTH: [
    'missing-password',
    () => 'wants a password: set TUNEBOARD_STORAGE_PASSWORD, or let Open Storage ask for it.',
  ],
  WRONGPASS: ['wrong-password', (url) => `refused ${whose(url)}: check the user and the password.`],
  NOPERM: [
    'access-denied',
    (url, message) =>
      `does not let ${whose(url)} do that (${said(message)}): ask for the rights to read and write keys that begin with "${url.keyPrefix}:", and to EVAL.`,
  ],
  READONLY: ['read-only', () => 'can only be read: it is a replica. Name the server that takes writes.'],
  OOM: [
    'disk-full',
    () => 'has no memory left (maxmemory): have it raised, or other keys removed, and resume. Nothing was written.',
  ],
  MISCONF: [
    'disk-full',
    () => 'takes no writes, as it cannot save to its disk: have that mended (its log says why), and resume.',
  ],
  DENIED: [
    'access-denied',
    () => 'is in protected mode and answers its own machine only: have a password set there, or its bind address.',
  ],
  WRONGTYPE: [
    'not-a-storage',
    (url) =>
      `has something else under "${url.keyPrefix}:log_number" than an Optuna journal's count: name another prefix with ?prefix= in the URL.`,
  ],
  MOVED: [
    'unsupported-url',
    (url, message) => {
      const place = /^MOVED \d+ (\S+)/.exec(message)?.[1];
      const where = place === undefined ? 'another of its nodes' : `its node ${place}`;
      return `is a cluster that keeps these keys on ${where}: write that node, and a prefix in braces, such as ?prefix=${encodeURIComponent(`{${url.keyPrefix || 'team'}}`)}, which keeps them together.`;
    },
  ],
  NOTREDIS: [
    'unreachable',
    () =>
      'cannot be read: no Redis server listens there. Check the port, and whether the URL is to begin with rediss://.',
  ],
  NOSUCHDATABASE: [
    'no-database',
    (url) =>
      `has no database ${url.database}: write a lower number (redis.conf's "databases" says how many there are).`,
  ],
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
): readonly [StorageErrorCode, (url: ServerUrl) => string] | undefined {
  const word = WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? code;
  const meaning = Object.hasOwn(MEANINGS, word) ? MEANINGS[word] : undefined;
  return meaning && [meaning[0], (url) => meaning[1](url, message)];
}

function whose(url: ServerUrl): string {
  return `the user "${url.user ?? 'default'}"`;
}

function said(message: string): string {
  return message.replace(/^\w+ /, '').replace(/\.$/, '');
}
