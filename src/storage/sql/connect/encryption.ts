import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { storageMessage } from '../../../words/en/storage.ts';
import { FILE_LIMITS, readRegularFileSync } from '../../regularFile.ts';
import { StorageError } from '../../storageError.ts';
import { failsAtHandshake, requirePem, wantsEncryption, wantsNone } from './encryptionError.ts';

/** Options of Node's `tls.connect` for a server. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: NonNullable<ConnectionOptions['checkServerIdentity']>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Whether the server's name has to be in its certificate. */
  readonly checksName?: boolean;
}

/**
 * How a connection is encrypted. `prefer` takes what the server has, without asking who it is; `allow` begins without, and
 * encrypts where the server wants that.
 */
export type Encryption = 'off' | 'prefer' | 'allow' | TlsSettings;

/** What a URL says about encryption: a query's options by name, and the server's host. */
export interface EncryptionWords {
  /** The value of the first of these options that is there and not empty. */
  option(...names: string[]): string | undefined;
  /** Undefined: this machine. */
  readonly host: string | undefined;
  readonly kind: 'postgresql' | 'mysql' | 'redis';
  /** Whether the URL's scheme says that the connection is encrypted, and checked. */
  readonly mustEncrypt: boolean;
  /** The URL, for sentences. */
  readonly location: string;
}

type Mode = 'off' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** As libpq (`sslmode`), MySQL's client (`ssl-mode`), asyncpg (`ssl`) and others (`ssl=true`) spell them. */
const MODES: ReadonlyMap<string, Mode> = new Map([
  ...(['disable', 'disabled', 'false', '0'] as const).map((word) => [word, 'off'] as const),
  ['allow', 'allow'],
  ...(['prefer', 'preferred'] as const).map((word) => [word, 'prefer'] as const),
  ...(['require', 'required', 'true', '1'] as const).map((word) => [word, 'require'] as const),
  ['verify-ca', 'verify-ca'],
  ...(['verify-full', 'verify-identity'] as const).map((word) => [word, 'verify-full'] as const),
]);
const LOCAL_HOST = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i;
const YES = /^(true|1|yes|on)$/i;
const NO = /^(false|0|no|off)$/i;

/**
 * Reads `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `sslpassword` as libpq does, with its environment (`PGSSLMODE` and so
 * on), and MySQL's `ssl-mode`, `ssl_ca`, `ssl_cert`, `ssl_key`, `ssl_verify_cert`, `ssl_verify_identity`, `ssl_disabled`.
 * Of Redis: `rediss://`, with redis-py's `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `ssl_password`, `ssl_cert_reqs` and
 * `ssl_check_hostname`. Throws `unsupported-url` and `not-found`.
 */
export function encryptionOf(words: EncryptionWords, env: NodeJS.ProcessEnv): Encryption {
  const { host } = words;
  const isPostgres = words.kind === 'postgresql';
  const option = (variable: string, ...names: string[]) =>
    words.option(...names) ?? ((isPostgres && env[variable]) || undefined);
  const authority = option('PGSSLROOTCERT', 'sslrootcert', 'ssl_ca', 'ssl-ca', 'ssl_ca_certs');
  const mode = modeOf(words, env, authority);
  if (mode === 'off' || host?.startsWith('/')) return 'off';
  if (mode === 'prefer' || mode === 'allow') return mode;
  const cert = readOption(option('PGSSLCERT', 'sslcert', 'ssl_cert', 'ssl-cert', 'ssl_certfile'));
  const key = readOption(option('PGSSLKEY', 'sslkey', 'ssl_key', 'ssl-key', 'ssl_keyfile'));
  const passphrase = words.option('sslpassword', 'ssl_password');
  const own = { ...(cert && { cert }), ...(key && { key }), ...(passphrase !== undefined && { passphrase }) };
  if (mode === 'require' && authority === undefined) return { rejectUnauthorized: false, ...own };
  const ca =
    authority === 'system' ? undefined : readOption(authority ?? (isPostgres ? defaultAuthority() : undefined));
  return {
    rejectUnauthorized: true,
    checksName: mode === 'verify-full',
    // Node takes a server without a name, by its address, for localhost.
    checkServerIdentity: (_, found) =>
      mode === 'verify-full' ? checkServerIdentity(host ?? 'localhost', found) : undefined,
    ...(ca && { ca }),
    ...own,
  };
}

/** Opens with each way to encrypt that is allowed, as long as the server wants another one. Throws what the first one met. */
export async function openEncrypted<T>(
  encryption: Encryption,
  open: (tls: TlsSettings | undefined) => Promise<T>,
): Promise<T> {
  const unchecked: TlsSettings = { rejectUnauthorized: false };
  const [first, second] =
    encryption === 'prefer' ? [unchecked, undefined] : encryption === 'allow' ? [undefined, unchecked] : [encryption];
  try {
    return await open(first === 'off' ? undefined : first);
  } catch (error) {
    const isOther = encryption === 'prefer' ? wantsNone(error) : encryption === 'allow' && wantsEncryption(error);
    if (!isOther) throw error;
    return open(second).catch((later: unknown) => {
      // What the second way met says more, unless it only says that there is no such way.
      throw failsAtHandshake(later) ? error : later;
    });
  }
}

function modeOf(words: EncryptionWords, env: NodeJS.ProcessEnv, authority: string | undefined): Mode {
  if (words.kind === 'redis') return redisMode(words);
  const isPostgres = words.kind === 'postgresql';
  const yes = (...names: string[]) => YES.test(words.option(...names) ?? '');
  if (yes('ssl_disabled', 'ssl-disabled')) return 'off';
  const written =
    words.option('sslmode', 'ssl-mode', 'ssl_mode', 'ssl') ?? ((isPostgres && env['PGSSLMODE']) || undefined);
  const given = written === undefined ? undefined : MODES.get(written.toLowerCase().replaceAll('_', '-'));
  if (written !== undefined && given === undefined) {
    throw new StorageError(
      'unsupported-url',
      storageMessage('asksEncryptionWhichNotKnown', { location: words.location, written }),
    );
  }
  if (authority === 'system' || yes('ssl_verify_identity', 'ssl-verify-identity')) return 'verify-full';
  const isChecked = authority !== undefined || yes('ssl_verify_cert', 'ssl-verify-cert');
  // A certificate to check against would be of no use else.
  if (isChecked && (given === undefined || given === 'require')) return 'verify-ca';
  if (given === undefined && words.option('sslcert', 'ssl_cert', 'ssl-cert') !== undefined) return 'require';
  // To this machine nobody listens in.
  const isLocal = words.host === undefined || LOCAL_HOST.test(words.host);
  return given ?? (isLocal ? 'allow' : 'prefer');
}

/** As redis-py has it: `rediss://` is encrypted and the certificate checked, unless `ssl_cert_reqs=none`. */
function redisMode(words: EncryptionWords): Mode {
  if (!words.mustEncrypt) return 'off';
  if (/^(none|optional)$/i.test(words.option('ssl_cert_reqs') ?? '')) return 'require';
  return NO.test(words.option('ssl_check_hostname') ?? '') ? 'verify-ca' : 'verify-full';
}

/** Where libpq looks for who signed the servers' certificates. Undefined: those that Node knows. */
function defaultAuthority(): string | undefined {
  const path = join(homedir(), '.postgresql', 'root.crt');
  try {
    readCertificate(path);
    return path;
  } catch {
    return undefined;
  }
}

/** A device or a named pipe in its place would never end, or block. */
function readCertificate(path: string): string {
  return readRegularFileSync(path, { maxBytes: FILE_LIMITS.certificate });
}

function readOption(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readCertificate(path);
  } catch (cause) {
    const message = storageMessage('cannotReadWhichStoragesUrl', { path, reason: (cause as Error).message });
    throw new StorageError('not-found', message, { cause });
  }
  return requirePem(text, path);
}
