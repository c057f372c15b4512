import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export interface Frame {
  readonly id: number;
  readonly line: number;
  readonly source?: { readonly path?: string };
}

interface Message {
  readonly seq: number;
  readonly type: 'request' | 'response' | 'event';
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly event?: string;
  readonly body?: unknown;
}

/** Speaks the Debug Adapter Protocol to a debugger, as an editor does. */
export class DebugAdapter {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  readonly #waiting = new Map<string, ((body: unknown) => void)[]>();
  readonly #ended: Promise<void>;
  #received = Buffer.alloc(0);
  #sequence = 0;

  /** debugpy's, of a Python that has it. */
  constructor(python: string) {
    this.#process = spawn(python, ['-m', 'debugpy.adapter']);
    this.#process.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#ended = new Promise((resolve) => this.#process.once('close', () => resolve()));
  }

  /** Starts a configuration with a breakpoint, if one is given, and returns where it first stops. */
  async stop(
    configuration: Readonly<Record<string, unknown>>,
    breakpoint?: { readonly path: string; readonly line: number },
  ): Promise<Frame> {
    await this.#request('initialize', { adapterID: 'test', pathFormat: 'path', linesStartAt1: true });
    const initialized = this.#event('initialized');
    const launched = this.#request('launch', { ...configuration, console: 'internalConsole' });
    await Promise.race([initialized, launched]);
    if (breakpoint) {
      const { path, line } = breakpoint;
      await this.#request('setBreakpoints', { source: { path }, breakpoints: [{ line }] });
    }
    const stopped = this.#event('stopped');
    await this.#request('configurationDone', {});
    await launched;
    const { threadId } = (await stopped) as { threadId: number };
    const { stackFrames } = (await this.#request('stackTrace', { threadId })) as { stackFrames: readonly Frame[] };
    return stackFrames[0] as Frame;
  }

  /** What an expression is in a frame, as Python shows it. */
  async evaluate(expression: string, { id }: Frame): Promise<string> {
    const answer = await this.#request('evaluate', { expression, frameId: id, context: 'watch' });
    return (answer as { result: string }).result;
  }

  /** Ends the debugged program and the debugger. */
  async close(): Promise<void> {
    await this.#request('disconnect', { terminateDebuggee: true });
    this.#process.stdin.end();
    await this.#ended;
  }

  #request(command: string, args: object): Promise<unknown> {
    const seq = ++this.#sequence;
    const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return new Promise((resolve, reject) => this.#answers.set(seq, { resolve, reject }));
  }

  #event(name: string): Promise<unknown> {
    return new Promise((resolve) => this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]));
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('utf8', 0, head))?.[1]);
      const end = head + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', head + 4, end)) as Message;
      this.#received = this.#received.subarray(end);
      this.#take(message);
    }
  }

  #take({ type, request_seq, success, message, event, body }: Message): void {
    if (type === 'response' && request_seq !== undefined) {
      const answer = this.#answers.get(request_seq);
      if (success) answer?.resolve(body);
      else answer?.reject(new Error(message));
    }
    if (type !== 'event' || event === undefined) return;
    for (const tell of this.#waiting.get(event) ?? []) tell(body);
    this.#waiting.delete(event);
  }
}
