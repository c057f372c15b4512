import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Python script of this folder as a child that answers one line with one line. */
export class LinePartner {
  readonly #script: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, script: string) {
    this.#script = script;
    const path = fileURLToPath(new URL(script, import.meta.url));
    this.#child = spawn(python, ['-W', 'ignore', path], { env: { ...process.env, OMP_NUM_THREADS: '1' } });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#script} ended early: see its message above.`);
    return value;
  }

  close(): void {
    this.#child.stdin.end();
  }
}
