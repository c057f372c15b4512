import { connect, type Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { TuneboardError } from '../core/errors.ts';
import type { ControlMethod, ControlNotifications, ControlRequests, ControlStatus } from '../protocol/control.ts';
import { RUN_RECORD_VERSION, type RunRecord } from '../protocol/runRecord.ts';
import { runsMessage } from '../words/en/runs.ts';
import { type Message, readMessage, verbatim } from '../words/message.ts';
import { FrameReader } from './frameReader.ts';
import { isOwnSocket } from './platform.ts';
import { otherAccount } from './runFolder.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** A status names the running trials. */
const MOST_FRAME_BYTES = 2 ** 24;

/** A connection to a running tuner that has said hello. */
export class ControlClient {
  /** The status that the tuner answered to hello with; newer ones come through `onStatus`. */
  readonly first: ControlStatus;
  readonly #connection: MessageConnection;
  readonly #socket: Socket;
  #isClosed = false;

  constructor(connection: MessageConnection, socket: Socket, first: ControlStatus) {
    this.#connection = connection;
    this.#socket = socket;
    this.first = first;
    connection.onClose(() => {
      this.#isClosed = true;
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Throws TuneboardError: `connection-lost` when the tuner went away, or the tuner's own code. */
  async request<M extends ControlMethod>(
    method: M,
    params: ControlRequests[M]['params'],
  ): Promise<ControlRequests[M]['result']> {
    if (this.#isClosed) throw connectionLost();
    try {
      return await this.#race(this.#connection.sendRequest<ControlRequests[M]['result']>(method, params));
    } catch (error) {
      throw translate(error);
    }
  }

  /** Calls the listener with every change of the tuner's record or running trials. */
  onStatus(listener: (status: ControlNotifications['status']) => void): { dispose(): void } {
    return this.#connection.onNotification('status', listener);
  }

  /** Calls the listener when the tuner is gone (its end, or its death). */
  onClose(listener: () => void): { dispose(): void } {
    return this.#connection.onClose(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.dispose();
    this.#socket.destroy();
  }

  /** vscode-jsonrpc leaves requests open for ever when the stream ends; they must fail instead. */
  #race<T>(answer: Promise<T>): Promise<T> {
    let subscription: { dispose(): void } | undefined;
    const lost = new Promise<never>((_, reject) => {
      subscription = this.#connection.onClose(() => reject(connectionLost()));
    });
    return Promise.race([answer, lost]).finally(() => subscription?.dispose());
  }
}

/** Connects to the tuner of a run record and says hello. Throws TuneboardError `not-running` when no process listens there. */
export async function connectControl(
  record: Pick<RunRecord, 'socket' | 'token' | 'studyName' | 'user'>,
): Promise<ControlClient> {
  const socket = await openSocket(record);
  const connection = createMessageConnection(
    new FrameReader(socket, MOST_FRAME_BYTES),
    new SocketMessageWriter(socket),
  );
  connection.onError(() => undefined);
  const closed = new Promise<never>((_, reject) => {
    const refuse = () =>
      reject(new TuneboardError('refused', runsMessage('tunerRefusedToken', { studyName: record.studyName })));
    connection.onClose(refuse);
    socket.once('close', refuse);
  });
  closed.catch(() => undefined);
  connection.listen();
  try {
    const hello = connection.sendRequest<ControlStatus>('hello', { token: record.token, version: RUN_RECORD_VERSION });
    const first = await withTimeout(Promise.race([hello, closed]), record.studyName);
    return new ControlClient(connection, socket, first);
  } catch (error) {
    connection.dispose();
    socket.destroy();
    throw translate(error);
  }
}

function openSocket(record: Pick<RunRecord, 'socket' | 'studyName' | 'user'>): Promise<Socket> {
  if (!isOwnSocket(record.socket)) {
    const { studyName } = record;
    const user = otherAccount(record);
    const sentence = user
      ? runsMessage('anotherAccountRuns', { studyName, user })
      : runsMessage('tunerCantReachedSocketGone', { studyName });
    return Promise.reject(new TuneboardError('not-running', sentence));
  }
  return new Promise((resolve, reject) => {
    const socket = connect(record.socket);
    const fail = (reason: Message) => {
      socket.destroy();
      reject(
        new TuneboardError(
          'not-running',
          runsMessage('tunerCantReachedStartAgain', { studyName: record.studyName, reason }),
        ),
      );
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail(runsMessage('noAnswer')));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
          ? runsMessage('socketGone')
          : error.code === undefined
            ? runsMessage('noAnswer')
            : verbatim(error.code),
      ),
    );
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function withTimeout<T>(promise: Promise<T>, studyName: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TuneboardError('not-running', runsMessage('tunerDoesNotAnswer', { studyName }))),
      CONNECT_TIMEOUT_MS,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function connectionLost(): TuneboardError {
  return new TuneboardError('connection-lost', runsMessage('tunerEnded'));
}

function translate(error: unknown): TuneboardError {
  if (error instanceof TuneboardError) return error;
  if (error instanceof ResponseError) {
    const { code = 'request-failed', words } = (error.data ?? {}) as { code?: string; words?: unknown };
    return new TuneboardError(code, readMessage(words) ?? error.message, { cause: error });
  }
  return new TuneboardError('connection-lost', runsMessage('tunerEnded'), { cause: error });
}
