/** Certificates of an authority of the tests' own, made with OpenSSL. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly #folder: string;
  readonly #owner: { readonly uid: number; readonly gid: number } | undefined;

  /** @param owner Whom the keys belong to, if not to who runs the tests. */
  constructor(owner?: { readonly uid: number; readonly gid: number }) {
    this.#folder = mkdtempSync(join(tmpdir(), 'certificates-'));
    chmodSync(this.#folder, 0o755);
    this.#owner = owner;
    const made = ['-keyout', this.#path('ca.key'), '-out', this.ca, '-days', '30', '-subj', '/CN=Tuneboard tests'];
    this.#openssl('req', '-x509', ...NEW_KEY, '-nodes', ...made);
  }

  /** Path of its own certificate. */
  get ca(): string {
    return this.#path('ca.pem');
  }

  /** `names` as OpenSSL has them: `DNS:localhost,IP:127.0.0.1`. A certificate of `-1` days is not valid any more. */
  issue(commonName: string, options: { names?: string; days?: number; password?: string } = {}): Certificate {
    const { names, days = 30, password } = options;
    const path = (kind: string) => this.#path(`${commonName}${days}${names ? 'n' : ''}${password ? 'p' : ''}.${kind}`);
    const [cert, key, request, extensions] = [path('pem'), path('key'), path('csr'), path('cnf')];
    const hidden = password === undefined ? ['-nodes'] : ['-passout', `pass:${password}`];
    this.#openssl('req', ...NEW_KEY, ...hidden, '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`);
    writeFileSync(extensions, names ? `subjectAltName=${names}\n` : '');
    const by = ['-CA', this.ca, '-CAkey', this.#path('ca.key'), '-CAcreateserial', '-extfile', extensions];
    this.#openssl('x509', '-req', '-in', request, ...by, '-days', String(days), '-out', cert);
    chmodSync(key, 0o600);
    if (this.#owner) chownSync(key, this.#owner.uid, this.#owner.gid);
    return { cert, key };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'rsa:2048'];
