import type { StorageErrorCode } from '../../storageError.ts';
import type { ServerUrl } from './serverUrl.ts';

/**
 * What PgBouncer says in place of the server: with one code for everything (08P01, a violated protocol), so that only its
 * words tell what will stay so from what passes.
 */
const MEANINGS: readonly (readonly [RegExp, StorageErrorCode, (url: ServerUrl) => string])[] = [
  [
    /unsupported startup parameter/i,
    'unsupported-url',
    () =>
      'goes through a pooler that takes no "options": remove them from the URL, and set search_path for the user (ALTER ROLE … SET search_path = …).',
  ],
  [
    /not allowed in statement pooling mode/i,
    'unsupported-url',
    () => 'goes through a pooler that allows no transactions: set its pool_mode to transaction or session.',
  ],
  [
    /^(password|SASL) authentication failed|^no such user|^auth failed/i,
    'wrong-password',
    (url) =>
      `refused ${url.login() === undefined ? 'this user' : `the user "${url.login()}"`}: check the user and the password.`,
  ],
  [
    /^no such database|^database ".*" (does not exist|is disabled)/i,
    'no-database',
    (url) => `cannot be opened: its pooler knows no database "${url.database}". Add it there, or correct the name.`,
  ],
];

/** What the words of a pooler mean for a person: why it will not be asked again, in one sentence that the URL is put before. */
export function poolerMeaning(error: unknown): readonly [StorageErrorCode, (url: ServerUrl) => string] | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (code !== '08P01' && code !== '0A000') return undefined;
  const found = MEANINGS.find(([pattern]) => pattern.test(message));
  return found && [found[1], found[2]];
}
