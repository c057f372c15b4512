import { inspect } from 'node:util';
import { storageMessage } from '../../words/en/storage.ts';
import type { Message } from '../../words/message.ts';
import { StorageError } from '../storageError.ts';

/** As Optuna has it. */
const DEFAULT_PORT = 13_000;
const URL_PARTS = /^grpc:\/\/(?:\[(?<ipv6>[0-9a-f:.%\w]+)\]|(?<host>[^/:?#@[\]\s]+))(?::(?<port>\d{1,5}))?\/?$/i;

/** Where `optuna.storages.run_grpc_proxy_server` listens. */
export class ProxyUrl {
  readonly host: string;
  readonly port: number;

  private constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  /** Takes `grpc://host` or `grpc://host:13000` apart. Throws `unsupported-url`. */
  static parse(text: string): ProxyUrl {
    const url = withoutLogin(text);
    const refuse = (why: Message) => new StorageError('unsupported-url', why);
    if (/^grpcs:/i.test(text)) {
      throw refuse(storageMessage('proxyTls', { url }));
    }
    if (text.includes('@')) {
      throw refuse(storageMessage('proxyUser', { url }));
    }
    const { host, ipv6, port } = URL_PARTS.exec(text)?.groups ?? {};
    const number = Number(port ?? DEFAULT_PORT);
    if ((host ?? ipv6) === undefined || number < 1 || number > 65_535) {
      throw refuse(storageMessage('proxyUrl', { url }));
    }
    return new ProxyUrl((host ?? ipv6 ?? '').toLowerCase(), number);
  }

  /** The same for every way to write it. */
  get location(): string {
    return `grpc://${this.authority}`;
  }

  /** It knows no users. */
  get ownPassword(): undefined {
    return undefined;
  }

  hostNames(): readonly string[] {
    return [this.host];
  }

  /** Host and port. */
  get authority(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  toString(): string {
    return this.location;
  }

  [inspect.custom](): string {
    return this.location;
  }
}

function withoutLogin(text: string): string {
  return text.replace(/^(grpcs?:\/\/).*@/is, '$1…@');
}
