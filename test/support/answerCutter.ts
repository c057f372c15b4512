import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands before an HTTP/2 server, and keeps an answer back: the server has done what it was asked, and the client never hears it. */
export interface AnswerCutter {
  readonly port: number;
  /** Loses the answer to the `nth` request from now, from 1, and the connection with it. */
  lose(nth: number): void;
  /** How many requests there were. */
  readonly requests: number;
  /** How many answers were lost. */
  readonly lost: number;
  close(): Promise<void>;
}

/** A server that says nothing for so long has answered, in milliseconds. */
const SILENCE_MS = 60;
/** Types of frames (RFC 9113, 6.1 and 6.2). */
const [DATA, HEADERS] = [0, 1];
const FRAME_HEAD = 9;
const PREFACE_LENGTH = 24;

export async function startCutter(serverPort: number): Promise<AnswerCutter> {
  const sockets = new Set<Socket>();
  let requests = 0;
  let lost = 0;
  let cutAt = 0;
  const listener = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    let isCut = false;
    let silence: NodeJS.Timeout | undefined;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        if (!isCut || socket === server) cut();
      });
    }
    const frames = frameTypes(PREFACE_LENGTH);
    const answers = frameTypes(0);
    client.on('data', (chunk) => {
      for (const type of frames(chunk)) {
        if (type !== HEADERS || ++requests !== cutAt) continue;
        isCut = true;
        lost++;
      }
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!isCut) client.write(chunk);
      else if (answers(chunk).some((type) => type === DATA || type === HEADERS)) {
        clearTimeout(silence);
        silence = setTimeout(cut, SILENCE_MS);
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as { port: number }).port,
    lose: (nth) => {
      cutAt = requests + nth;
    },
    get requests() {
      return requests;
    },
    get lost() {
      return lost;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Takes a stream apart: each call returns the types of the frames that begin in the chunk. */
function frameTypes(skip: number): (chunk: Buffer) => number[] {
  let rest = Buffer.alloc(0);
  let left = skip;
  return (chunk) => {
    const types: number[] = [];
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const passed = Math.min(left, rest.length);
      rest = rest.subarray(passed);
      left -= passed;
      if (left > 0 || rest.length < FRAME_HEAD) return types;
      types.push(rest[3] as number);
      left = FRAME_HEAD + rest.readUIntBE(0, 3);
    }
  };
}
