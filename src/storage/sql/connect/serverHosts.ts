/** Which servers a URL names, as libpq and SQLAlchemy write it. */

export interface ServerHost {
  /** A name, an address, or the folder or path of a socket. Undefined: this machine. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const BRACKETED = /^\[([^\]]+)\](?::(\d*))?$/;
const WITH_PORT = /^([^:]*):(\d*)$/;

/**
 * The servers in the order in which they are to be tried. Those of the query (`host`, many times or in a list, else
 * `hostaddr`, `unix_socket`) count more than those before the database; a host without a port of its own has the one in the
 * same place of the query's `port`, or its only one. None where a port is no port, or there are several, but not one for
 * each host.
 */
export function hostsOf(authority: string, query: URLSearchParams): readonly ServerHost[] {
  const named = ['host', 'hostaddr', 'unix_socket'].map((name) => listOf(query, name)).find((list) => list.length > 0);
  const hosts = (named ?? authority.split(',')).map(hostOf);
  const ports = listOf(query, 'port').map(portOf);
  // As it always was: the port of the authority goes along with a host of the query.
  if (named && ports.length === 0) ports.push(...authority.split(',').map((text) => hostOf(text).port));
  if (ports.length > 1 && ports.length !== hosts.length) return [];
  const found = hosts.map(({ host, port }, index) => ({ host, port: port ?? ports[ports.length > 1 ? index : 0] }));
  return found.every(({ port }) => !Number.isNaN(port ?? 0)) ? found : [];
}

/** One server as it stands in a URL and in messages. */
export function hostText({ host, port }: ServerHost): string {
  const name = host === undefined ? '' : host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  return port === undefined ? name : `${name}:${port}`;
}

function listOf(query: URLSearchParams, name: string): string[] {
  const list = query.getAll(name).flatMap((text) => text.split(','));
  return list.every((text) => text === '') ? [] : list;
}

function hostOf(text: string): ServerHost {
  const [, address, addressPort] = BRACKETED.exec(text) ?? [];
  if (address !== undefined) return { host: address, port: portOf(addressPort) };
  const [, name = text, port] = WITH_PORT.exec(text) ?? [];
  return { host: decoded(name) || undefined, port: portOf(port) };
}

/** NaN where that is no port; undefined where it is left out. */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : Number.NaN;
}

export function decoded(text: string): string;
export function decoded(text: string | undefined): string | undefined;
export function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // A per cent sign that stands for itself.
    return text;
  }
}
