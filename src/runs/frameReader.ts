import type { Socket } from 'node:net';
import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';

/** The header of a frame is a number with its name; `Content-Type` fits too. */
const LONGEST_HEADER = 4096;
const HEADER_END = Buffer.from('\r\n\r\n');
/** How long a frame that has begun may take to be there. */
const FRAME_MS = 10_000;

/**
 * Reads the frames of JSON-RPC (`Content-Length` headers, as the Language Server Protocol 3.17 defines them) from a peer
 * without authentication: a frame that says it is longer than `mostBytes` is an error before a byte of it is kept, as are
 * a header that is none, a frame that does not get ready in ten seconds and content that is no JSON object. After an error
 * nothing more is read.
 */
export class FrameReader extends AbstractMessageReader {
  readonly #socket: Socket;
  readonly #mostBytes: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes that the frame has, once its header was read. */
  #length: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;

  constructor(socket: Socket, mostBytes: number) {
    super();
    this.#socket = socket;
    this.#mostBytes = mostBytes;
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer) => this.#take(chunk, callback);
    this.#socket.on('data', onData);
    this.#socket.on('error', (error) => this.fireError(error));
    this.#socket.on('close', () => this.fireClose());
    return { dispose: () => this.#socket.off('data', onData) };
  }

  override dispose(): void {
    this.#isBroken = true;
    this.#chunks = [];
    clearTimeout(this.#timer);
    super.dispose();
  }

  #take(chunk: Buffer, callback: DataCallback): void {
    if (this.#isBroken) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    try {
      while (!this.#isBroken && this.#next(callback));
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isBroken || this.#held === 0) return;
    this.#timer ??= setTimeout(() => this.#fail(new Error('A frame was not sent to its end.')), FRAME_MS).unref();
  }

  /** Hands over one frame, if all of it is here. */
  #next(callback: DataCallback): boolean {
    this.#length ??= this.#readHeader();
    if (this.#length === undefined || this.#held < this.#length) return false;
    const bytes = this.#joined();
    const content: unknown = JSON.parse(bytes.toString('utf8', 0, this.#length));
    this.#keep(bytes.subarray(this.#length));
    this.#length = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new Error('A frame holds no message.');
    }
    callback(content as Message);
    return true;
  }

  #readHeader(): number | undefined {
    if (this.#held === 0) return undefined;
    const bytes = this.#joined();
    const end = bytes.indexOf(HEADER_END);
    if (end > LONGEST_HEADER || (end < 0 && bytes.length > LONGEST_HEADER)) throw new Error('A header is too long.');
    if (end < 0) return undefined;
    const length = /^Content-Length: *(\d{1,10})$/im.exec(bytes.toString('latin1', 0, end))?.[1];
    if (length === undefined) throw new Error('A header has no Content-Length.');
    if (Number(length) > this.#mostBytes) throw new Error(`A frame is longer than ${this.#mostBytes} bytes.`);
    this.#keep(bytes.subarray(end + HEADER_END.length));
    return Number(length);
  }

  #joined(): Buffer {
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#keep(bytes);
    return bytes;
  }

  #keep(bytes: Buffer): void {
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#held = bytes.length;
  }

  #fail(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#chunks = [];
    clearTimeout(this.#timer);
    this.fireError(error);
  }
}
