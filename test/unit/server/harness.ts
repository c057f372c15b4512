import { Duplex } from 'node:stream';
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { createConnection, type InitializeParams, ProposedFeatures } from 'vscode-languageserver/node';
import { startServer } from '../../../src/server/server.ts';

/** A client that talks to the server over two streams in this process. */
export interface Client {
  readonly connection: MessageConnection;
  open(uri: string, languageId: string, text: string): void;
  request<T>(method: string, params: unknown): Promise<T>;
  notify(method: string, params: unknown): void;
  /** Resolves with the next diagnostics of a document. */
  diagnostics(uri: string): Promise<{ message: string; code: string; range: unknown; severity: number }[]>;
  readonly lensRefreshes: { count: number };
  dispose(): Promise<void>;
}

class Pipe extends Duplex {
  other: Pipe | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.other?.push(chunk);
    done();
  }
}

function pipes(): [Pipe, Pipe] {
  const [a, b] = [new Pipe(), new Pipe()];
  a.other = b;
  b.other = a;
  return [a, b];
}

export async function startClient(options: Partial<InitializeParams> = {}): Promise<Client> {
  const [here, there] = pipes();
  const server = createConnection(ProposedFeatures.all, new StreamMessageReader(there), new StreamMessageWriter(there));
  startServer(server);
  server.listen();
  const connection = createMessageConnection(new StreamMessageReader(here), new StreamMessageWriter(here));
  const waiting = new Map<string, ((diagnostics: never) => void)[]>();
  const lensRefreshes = { count: 0 };
  connection.onNotification('textDocument/publishDiagnostics', (params: { uri: string; diagnostics: never }) => {
    for (const resolve of waiting.get(params.uri)?.splice(0) ?? []) resolve(params.diagnostics);
  });
  connection.onRequest('workspace/codeLens/refresh', () => {
    lensRefreshes.count++;
    return null;
  });
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {
      workspace: { codeLens: { refreshSupport: true } },
    },
    ...options,
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    lensRefreshes,
    request: (method, params) => connection.sendRequest(method, params),
    notify: (method, params) => void connection.sendNotification(method, params),
    open: (uri, languageId, text) =>
      void connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } }),
    diagnostics: (uri) =>
      new Promise((resolve) => {
        const list = waiting.get(uri) ?? [];
        list.push(resolve as (diagnostics: never) => void);
        waiting.set(uri, list);
      }),
    dispose: async () => {
      await connection.sendRequest('shutdown');
      connection.dispose();
      here.destroy();
      there.destroy();
    },
  };
}
