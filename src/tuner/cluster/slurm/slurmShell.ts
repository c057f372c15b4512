import { TuneboardError } from '../../../core/errors.ts';
import { shellWord } from '../../../core/text/shellWord.ts';
import { runProgram } from '../../../trainer/install/runProgram.ts';
import { clusterMessage } from '../../../words/en/cluster.ts';
import type { Message } from '../../../words/message.ts';

export interface ShellAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ShellOptions {
  /** Given to the program; bytes or text. */
  readonly input?: string | Uint8Array;
  /** An environment variable of the program that no command line may show. */
  readonly secret?: { readonly name: string; readonly value: string };
}

/** What Slurm's commands say where its controller is away or too busy: it may have taken the job all the same. */
export const NO_ANSWER =
  /socket timed out|unable to contact slurm controller|zero bytes were transmitted|in standby mode/i;

const TIMEOUT_MS = 120_000;
/** ssh's own exit code: it could not connect, or lost the connection. */
const SSH_FAILED = 255;
/** No question is asked, and a connection that is dead is known to be within a minute. */
const SSH_OPTIONS = ['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=15', 'ServerAliveCountMax=3'];
/** Behind what the login node's own start-up files print. */
const BEGIN = 'tuneboard-begins-here';

/** Runs Slurm's commands, here or on a login node. */
export class SlurmShell {
  readonly #ssh: string | null;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();

  /** @param ssh `me@login`; null: this machine. */
  constructor(ssh: string | null, timeoutMs = TIMEOUT_MS) {
    this.#ssh = ssh;
    this.#timeoutMs = timeoutMs;
  }

  get place(): string {
    return this.#ssh ?? 'this machine';
  }

  /** Ends what is running, and runs nothing more. */
  close(): void {
    this.#closing.abort();
  }

  /** Throws `no-cluster` where the program is missing, does not answer, or the login node can't be reached. */
  async run(program: string, args: readonly string[], options: ShellOptions = {}): Promise<ShellAnswer> {
    const answer =
      this.#ssh === null ? await this.#here(program, args, options) : await this.#there(program, args, options);
    if (this.#ssh !== null && answer.code === SSH_FAILED) {
      throw new TuneboardError('no-cluster', unreachable(this.#ssh, answer.stderr));
    }
    if (answer.code === 127) throw missing(program, this.place);
    return answer;
  }

  #here(program: string, args: readonly string[], { input, secret }: ShellOptions): Promise<ShellAnswer> {
    return this.#run(program, args, input, secret ? { ...process.env, [secret.name]: secret.value } : process.env);
  }

  /** A secret goes in front of the input: a line that the remote shell reads, in no process list and no file. */
  async #there(program: string, args: readonly string[], { input = '', secret }: ShellOptions): Promise<ShellAnswer> {
    const command = `echo ${BEGIN}; ${[program, ...args].map(quoteWord).join(' ')}`;
    const script = secret ? `IFS= read -r ${secret.name}; export ${secret.name}; ${command}` : command;
    const given = secret ? Buffer.concat([Buffer.from(`${secret.value}\n`), Buffer.from(input)]) : input;
    const options = SSH_OPTIONS.flatMap((option) => ['-o', option]);
    const words = [...options, '--', this.#ssh as string, `sh -c ${quoteWord(script)}`];
    const answer = await this.#run('ssh', words, given, process.env);
    const begins = answer.stdout.indexOf(`${BEGIN}\n`);
    return begins < 0 ? answer : { ...answer, stdout: answer.stdout.slice(begins + BEGIN.length + 1) };
  }

  async #run(
    program: string,
    args: readonly string[],
    input: string | Uint8Array | undefined,
    env: NodeJS.ProcessEnv,
  ): Promise<ShellAnswer> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = AbortSignal.any([timeout, this.#closing.signal]);
    const { code, stdout, stderr, error } = await runProgram(program, args, { input, env, signal, isApart: true });
    if (error?.code === 'ENOENT') throw program === 'ssh' ? noSsh() : missing(program, this.place);
    if (this.#closing.signal.aborted) throw new TuneboardError('no-cluster', clusterMessage('studyEnded'));
    if (timeout.aborted) {
      throw new TuneboardError(
        'no-cluster',
        clusterMessage('slurmDidNotAnswerWithin', { place: this.place, timeoutMs: this.#timeoutMs / 1000 }),
      );
    }
    return { code: code ?? -1, stdout, stderr };
  }
}

function quoteWord(word: string): string {
  return shellWord(word);
}

/** What ssh says last, and what to do about it. */
function unreachable(login: string, said: string): Message {
  const reason = lastLine(said);
  if (/host key verification failed/i.test(said)) {
    return clusterMessage('loginNodeCannotReachedSsh', { login, reason, login2: login });
  }
  if (/permission denied|too many authentication/i.test(said)) {
    return clusterMessage('loginNodeCannotReachedSshMust', { login, reason, login2: login });
  }
  if (/resolve hostname/i.test(said)) return clusterMessage('loginNodeCannotReachedSshCorrect', { login, reason });
  return clusterMessage('loginNodeCannotReachedSshLook', { login, reason });
}

function noSsh(): TuneboardError {
  return new TuneboardError('no-cluster', clusterMessage('machineNoSshWhichLogin'));
}

function missing(program: string, place: string): TuneboardError {
  return new TuneboardError(
    'no-cluster',
    place === 'this machine'
      ? clusterMessage('machineNoInstallSlurmsCommands', { program })
      : clusterMessage('noInstallSlurmsCommandsThere', { place, program }),
  );
}

export function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? 'no reason was given' : line.replace(/\.$/, '').slice(0, 400);
}
