import { storageMessage } from '../../../words/en/storage.ts';
import type { Message } from '../../../words/message.ts';
import { StorageError } from '../../storageError.ts';
import type { ServerUrl } from './serverUrl.ts';

/** As drivers put it who would encrypt, and a server that has no encryption; or rules that let nobody in who encrypts. */
const HAS_NONE = /does not support (SSL|secure) connection|server does not support SSL|wrong version number/i;
const NOT_ENCRYPTED = /pg_hba\.conf.{0,300}(SSL encryption|SSL on)|pg_hba\.conf.{0,300}(?<!no )encryption/i;
const MUST_ENCRYPT = /no encryption|SSL off|insecure transport/i;
const BEGINS_PEM = /-----BEGIN [A-Z ]+-----/;

/** The URL option that names an authority's file, as each kind's own clients spell it. */
const AUTHORITY_OPTIONS = { postgresql: 'sslrootcert', mysql: 'ssl_ca', redis: 'ssl_ca_certs' } as const;

/** Whether a server will take somebody who does not encrypt, after it refused one who would. */
export function wantsNone(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || HAS_NONE.test(message)) return true;
  return code === '28000' && NOT_ENCRYPTED.test(message) && !MUST_ENCRYPT.test(message);
}

/** Whether nobody has come to ask the server for anything yet. */
export function failsAtHandshake(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return wantsNone(error) || code === 'HANDSHAKE_SSL_ERROR' || code === 'EPROTO' || /^ERR_SSL/.test(String(code));
}

/** Whether a server may take somebody who encrypts, after it refused one who does not. MySQL tells nobody why it lets a user not in. */
export function wantsEncryption(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (code === 'ER_SECURE_TRANSPORT_REQUIRED' || code === 'ER_ACCESS_DENIED_ERROR') return true;
  return MUST_ENCRYPT.test(message);
}

/** What an error that has to do with encryption means for a person; undefined: it has not. */
export function encryptionError(error: unknown, url: ServerUrl): StorageError | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const said = (sentence: Message, kind: 'unreachable' | 'access-denied' = 'unreachable') =>
    new StorageError(kind, storageMessage('says', { place: String(url), what: sentence }), { cause: error });
  if (code === 'ER_SECURE_TRANSPORT_REQUIRED' || (code === '28000' && MUST_ENCRYPT.test(message))) {
    return said(storageMessage('letsNobodyWhoDoesNot'), 'access-denied');
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || HAS_NONE.test(message)) {
    return said(storageMessage('noEncryptionWhichUrlAsks'));
  }
  if (/altnames|does not match certificate/i.test(message)) {
    return said(storageMessage('certificateAnotherNameWriteName', { error: nameIn(error) }));
  }
  if (/self.signed|unable to (verify the first|get (local )?issuer) certificate|unable to verify leaf/i.test(message)) {
    const option = AUTHORITY_OPTIONS[url.kind];
    return said(storageMessage('certificateAuthorityNotKnownHere', { option }));
  }
  const isOther =
    code === 'HANDSHAKE_SSL_ERROR' ||
    /\bTLS\b|\bSSL\b|certificate|key values|bad decrypt|EPROTO/i.test(`${message} ${code}`);
  return isOther ? said(storageMessage('cannotAskedEncryptionFails', { message: message.trim() })) : undefined;
}

/** Throws when a file that a URL names cannot be what it is to be. */
export function requirePem(text: string, path: string): string {
  if (BEGINS_PEM.test(text)) return text;
  throw new StorageError('unsupported-url', storageMessage('whichStoragesUrlNamesHolds', { path }));
}

/** Node hands the certificate on with its complaint. */
function nameIn(error: unknown): string {
  const { subjectaltname, subject } =
    (error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } }).cert ?? {};
  const name = subjectaltname ?? subject?.CN;
  return name === undefined ? '' : ` (${name})`;
}
