import { StorageError } from '../../storageError.ts';
import type { ServerUrl } from './serverUrl.ts';

/** As drivers put it who would encrypt, and a server that has no encryption; or rules that let nobody in who encrypts. */
const HAS_NONE = /does not support (SSL|secure) connection|server does not support SSL|wrong version number/i;
const NOT_ENCRYPTED = /pg_hba\.conf.{0,300}(SSL encryption|SSL on)|pg_hba\.conf.{0,300}(?<!no )encryption/i;
const MUST_ENCRYPT = /no encryption|SSL off|insecure transport/i;
const BEGINS_PEM = /-----BEGIN [A-Z ]+-----/;

type Sentence = (url: ServerUrl, error: unknown) => string;

/** How each kind's clients name what has to do with encryption: an authority, a certificate, its key, and to check no name, or nothing. */
const OPTIONS = {
  postgresql: ['sslrootcert', 'sslcert', 'sslkey', 'write sslmode=verify-ca', 'write sslmode=prefer'],
  mysql: ['ssl_ca', 'ssl_cert', 'ssl_key', 'write ssl-mode=verify-ca', 'write ssl-mode=prefer'],
  redis: [
    'ssl_ca_certs',
    'ssl_certfile',
    'ssl_keyfile',
    'write ssl_check_hostname=false',
    'begin the URL with redis://',
  ],
} as const;

/** By what Node's TLS and the servers say. */
const MEANINGS: readonly (readonly [pattern: RegExp, Sentence])[] = [
  [
    /altnames|does not match certificate/i,
    (url, error) =>
      `has a certificate for another name${nameIn(error)}: write a name that is in it as the host, or ${OPTIONS[url.kind][3]}.`,
  ],
  [
    /certificate has expired|not yet valid/i,
    () => 'has a certificate that is not valid today: have it renewed, or correct the clock of this machine.',
  ],
  [
    /self.signed|unable to (verify the first|get (local )?issuer) certificate|unable to verify leaf/i,
    (url) =>
      `has a certificate of an authority that is not known here: name the authority's file with ${OPTIONS[url.kind][0]}=/path/ca.pem in the URL.`,
  ],
  [
    /requires a valid client certificate|alert (certificate required|bad certificate|unknown ca|handshake failure)|peer did not return a certificate/i,
    (url) =>
      `lets in only who shows a certificate: name yours with ${OPTIONS[url.kind][1]} and ${OPTIONS[url.kind][2]} in the URL.`,
  ],
  [
    /key values mismatch|bad decrypt|interrupted or cancelled|bad password read|unsupported.{0,100}DECODER/i,
    () =>
      'cannot be asked: the key that its URL names does not belong to the certificate, or wants another sslpassword.',
  ],
  [
    /unsupported protocol|no protocols available|alert protocol version/i,
    () => 'speaks an encryption that is not safe any more (before TLS 1.2): have it updated.',
  ],
];

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
  const said = (sentence: string, kind: 'unreachable' | 'access-denied' = 'unreachable') =>
    new StorageError(kind, `${url} ${sentence}`, { cause: error });
  if (code === 'ER_SECURE_TRANSPORT_REQUIRED' || (code === '28000' && MUST_ENCRYPT.test(message))) {
    return said(
      `lets nobody in who does not encrypt, or not from here: write ${modeOption(url)}=require, or ask for access.`,
      'access-denied',
    );
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || HAS_NONE.test(message)) {
    return said(`has no encryption, which its URL asks for: have it switched on there, or ${OPTIONS[url.kind][4]}.`);
  }
  const meaning = MEANINGS.find(([pattern]) => pattern.test(message));
  if (meaning) return said(meaning[1](url, error));
  const isOther = code === 'HANDSHAKE_SSL_ERROR' || /\bTLS\b|\bSSL\b|certificate|EPROTO/i.test(`${message} ${code}`);
  return isOther ? said(`cannot be asked, as the encryption fails: ${message.trim()}.`) : undefined;
}

/** Throws when a file that a URL names cannot be what it is to be. */
export function requirePem(text: string, path: string): string {
  if (BEGINS_PEM.test(text)) return text;
  throw new StorageError(
    'unsupported-url',
    `${path}, which the storage's URL names, holds no certificate or key in PEM form: name a .pem file.`,
  );
}

/** Node hands the certificate on with its complaint. */
function nameIn(error: unknown): string {
  const { subjectaltname, subject } =
    (error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } }).cert ?? {};
  const name = subjectaltname ?? subject?.CN;
  return name === undefined ? '' : ` (${name})`;
}

function modeOption({ kind }: ServerUrl): string {
  return kind === 'mysql' ? 'ssl-mode' : 'sslmode';
}
