import { createHash, randomBytes } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { TuneboardError } from '../../../core/errors.ts';
import { shellWord } from '../../../core/text/shellWord.ts';
import { ENGINE_VARIABLE, type LeftWorkers, PASSWORD_VARIABLE, RUN_VARIABLE } from '../../../protocol/workers.ts';
import { makeOwnFolder, writeOwnFile } from '../../../runs/ownFiles.ts';
import type { RunFolder } from '../../../runs/runFolder.ts';
import { openRegularFile } from '../../../storage/regularFile.ts';
import type { StorageError } from '../../../storage/storageError.ts';
import type { SlurmSettings } from '../../../studyfile/executor.ts';
import { clusterMessage } from '../../../words/en/cluster.ts';
import { countText } from '../../render/text.ts';
import { type Executor, type WorkerOrder, type WorkerReport, workerArguments } from '../executor.ts';
import { nodeCheck } from '../nodeCheck.ts';
import { type PackedFile, packFolder } from '../packFolder.ts';
import { PROGRAM, programFiles } from '../workerProgram.ts';
import { cancelJobs } from './cancelJobs.ts';
import { ACCOUNT_FORMAT, QUEUE_FORMAT, readAccounts, readJobs, readQueue, refusalOf } from './slurmAnswers.ts';
import { lastLine, NO_ANSWER, SlurmShell } from './slurmShell.ts';

const readBytes = promisify(read);

/** More than this is not sent through ssh. */
const MOST_BYTES = 500 * 2 ** 20;
/** Exit code of the script that reads a log. */
const UNREADABLE = 3;
/** So much of a log is read at a time. */
const MOST_LOG_BYTES = 2 ** 20;

/** So often a queue does not have what was asked for over a connection that broke, and it will not come. */
const ENOUGH_MISSES = 3;

/** Workers as job arrays of a Slurm cluster. */
export class SlurmExecutor implements Executor {
  readonly engine = 'slurm';
  readonly #settings: SlurmSettings;
  readonly #order: WorkerOrder;
  readonly #run: RunFolder;
  readonly #shell: SlurmShell;
  #at: SlurmPlace | undefined;
  /** What Slurm was asked for and has not answered. */
  #unheard: { readonly mark: string; readonly count: number } | undefined;
  #isBeingAsked = false;
  #isOver = false;
  #heardAt = 0;
  /** How often a queue since then did not have it. */
  #misses = 0;

  constructor(settings: SlurmSettings, order: WorkerOrder, run: RunFolder) {
    this.#settings = settings;
    this.#order = order;
    this.#run = run;
    this.#shell = new SlurmShell(settings.ssh);
  }

  get place(): string {
    return this.#shell.place;
  }

  get isApart(): boolean {
    return this.#settings.ssh !== null;
  }

  async prepare(note: (sentence: string) => void): Promise<void> {
    const version = await this.#shell.run('sinfo', ['--version']);
    if (this.isApart) await this.#requireFiles();
    this.#at = this.isApart ? await this.#send(note) : this.#here();
    note(`Workers are jobs of ${version.stdout.trim() || 'Slurm'} on ${this.place}.`);
  }

  get isElsewhere(): boolean {
    return this.isApart;
  }

  async submit(count: number): Promise<readonly string[]> {
    const { password, run } = this.#order;
    const at = this.#placed();
    const known = await this.unheard();
    if (known.length > 0 || this.#isOver) return known;
    const mark = `tuneboard-${run}-${randomBytes(4).toString('hex')}`;
    this.#unheard = { mark, count };
    this.#misses = 0;
    this.#isBeingAsked = true;
    const array = { jobName: this.#jobName, count, mark };
    const answer = await this.#shell
      .run('sbatch', sbatchArguments(this.#settings, array, at), {
        input: jobScript(this.#settings, this.#order, at, this.isApart),
        ...(password === undefined ? {} : { secret: { name: PASSWORD_VARIABLE, value: password } }),
      })
      .finally(() => {
        this.#isBeingAsked = false;
      });
    if (answer.code !== 0 && NO_ANSWER.test(answer.stderr)) throw this.#noAnswer(answer.stderr);
    this.#unheard = undefined;
    const job = /^(\d+)/m.exec(answer.stdout)?.[1];
    if (answer.code !== 0 || job === undefined) {
      throw new TuneboardError(
        'cluster-refused',
        clusterMessage('slurmDidNotTakeWorkers', { stderr: refusalOf(answer.stderr) }),
      );
    }
    return elementsOf(job, count);
  }

  async unheard(): Promise<readonly string[]> {
    if (!this.#unheard) return [];
    const { mark, count } = this.#unheard;
    const queue = await this.#shell.run('squeue', ['-h', '-o', '%F|%k']);
    if (queue.code !== 0) throw this.#noAnswer(queue.stderr);
    this.#hear();
    const line = queue.stdout.split('\n').find((one) => one.trim().endsWith(`|${mark}`));
    this.#misses++;
    // Behind a connection that broke, sbatch may still be at it when the study is stopped.
    const isNone = !this.#isBeingAsked && (!this.#isOver || this.#misses >= ENOUGH_MISSES);
    if (line !== undefined || isNone) this.#unheard = undefined;
    return line === undefined ? [] : elementsOf(line.trim().split('|')[0] as string, count);
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  get isAsking(): boolean {
    return this.#unheard !== undefined;
  }

  stopAsking(): void {
    this.#isOver = true;
  }

  left(ids: readonly string[]): LeftWorkers {
    const left = { engine: this.engine, place: this.#settings.ssh, ids } as const;
    return this.isAsking ? { ...left, jobName: this.#jobName } : left;
  }

  /** The same for all jobs of a run, so that jobs whose numbers were lost can be ended by name. */
  get #jobName(): string {
    return `tuneboard-${this.#order.studyName.replace(/[^\w.-]+/g, '_').slice(0, 40)}-${this.#order.run}`;
  }

  async poll(ids: readonly string[]): Promise<ReadonlyMap<string, WorkerReport>> {
    const jobs = jobsOf(ids);
    if (jobs.length === 0) return new Map();
    const queue = await this.#shell.run('squeue', ['-h', '-r', '-j', jobs.join(','), '-o', QUEUE_FORMAT]);
    // It answers so when it has forgotten all of them.
    if (queue.code !== 0 && !/invalid job id/i.test(queue.stderr)) throw this.#noAnswer(queue.stderr);
    this.#hear();
    const reports = readQueue(queue.stdout);
    const missing = ids.filter((id) => !reports.has(id));
    if (missing.length > 0)
      for (const [id, report] of await this.#ended(jobsOf(missing))) if (!reports.has(id)) reports.set(id, report);
    return reports;
  }

  async cancel(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await cancelJobs(this.#shell, ids);
    this.#hear();
  }

  close(): void {
    this.#shell.close();
  }

  async readLog(id: string, from: number): Promise<{ text: string; next: number }> {
    const path = `${this.#placed().logs}/${id}.log`;
    if (!this.isApart) return readFrom(path, from);
    // A program may print anything: its bytes are counted, not its characters.
    const look = `[ -e "$1" ] || exit 0; [ -f "$1" ] && [ -r "$1" ] || exit ${UNREADABLE}`;
    const read = `${look}; tail -c +${from + 1} "$1" | head -c ${MOST_LOG_BYTES} | base64`;
    const { stdout, code } = await this.#shell.run('sh', ['-c', read, 'sh', path]);
    this.#hear();
    if (code === UNREADABLE)
      throw new TuneboardError('no-log', clusterMessage('doesNotLetRead', { place: this.place, path }));
    return wholeLines(Buffer.from(stdout, 'base64'), from);
  }

  /** Without accounting, Slurm keeps jobs for some minutes after their end. */
  async #ended(jobs: readonly string[]): Promise<Map<string, WorkerReport>> {
    const args = ['-n', '-P', '-X', '-j', jobs.join(','), `--format=${ACCOUNT_FORMAT}`];
    const accounts = await this.#shell.run('sacct', args).catch(() => undefined);
    if (accounts?.code === 0) {
      const reports = readAccounts(accounts.stdout);
      if (reports.size > 0) return reports;
    }
    const reports = new Map<string, WorkerReport>();
    for (const job of jobs) {
      const { stdout } = await this.#shell.run('scontrol', ['show', 'job', '-o', job]);
      for (const [id, report] of readJobs(stdout)) reports.set(id, report);
    }
    return reports;
  }

  #hear(): void {
    this.#heardAt = performance.now();
  }

  #noAnswer(stderr: string): TuneboardError {
    return new TuneboardError(
      'no-cluster',
      clusterMessage('slurmDoesNotAnswer', { place: this.place, stderr: lastLine(stderr) }),
    );
  }

  #placed(): SlurmPlace {
    if (!this.#at) throw new TuneboardError('cluster-refused', clusterMessage('clusterNotPrepared'));
    return this.#at;
  }

  /** The cluster sees this folder: the program is copied into it, since an extension's folder may be on a disk of this machine's own. */
  #here(): SlurmPlace {
    const { source, cli } = this.#order;
    const logs = this.#run.workers;
    makeOwnFolder(this.#run.path);
    makeOwnFolder(logs);
    return { folder: dirname(source), studyFile: source, program: copyProgram(cli, this.#run), logs };
  }

  /** Certificates and keys stay where they are: the cluster has to have its own. */
  async #requireFiles(): Promise<void> {
    const { files } = this.#order;
    if (files.length === 0) return;
    const look = 'for file; do [ -r "$file" ] || echo "$file"; done';
    const { stdout } = await this.#shell.run('sh', ['-c', look, 'sh', ...files]);
    const missing = stdout.split('\n').filter((line) => line !== '');
    if (missing.length === 0) return;
    throw new TuneboardError(
      'cluster-refused',
      clusterMessage('noWhichStoragesUrlEnvironment', { place: this.place, missing: missing.join(', ') }),
    );
  }

  async #send(note: (sentence: string) => void): Promise<SlurmPlace> {
    const { source, cli } = this.#order;
    const from = dirname(source);
    const limits = { mostBytes: MOST_BYTES, limitOf: 'ssh' };
    const files = [...packFolder({ folder: from, excludes: [], ignoreFiles: [], ...limits }), ...programFiles(cli)];
    const archive = gzipSync(await tarOf(files));
    const hash = createHash('sha256').update(from).digest('hex').slice(0, 12);
    // Made by the shell over there, which knows its home.
    const target = this.#settings.chdir ?? `.tuneboard/${basename(from)}-${hash}`;
    const script = 'mkdir -p "$1/.tuneboard-worker/logs" && cd "$1" && tar -xzf - && pwd';
    const answer = await this.#shell.run('sh', ['-c', script, 'sh', target], { input: archive });
    const folder = answer.stdout.trim().split('\n').at(-1) ?? '';
    if (answer.code !== 0 || folder === '') {
      throw new TuneboardError(
        'cluster-refused',
        clusterMessage('workingFolderCouldNotCopied', { target, place: this.place, stderr: lastLine(answer.stderr) }),
      );
    }
    note(
      `${this.place} has the working folder in ${folder} (${countText(files.length, 'file')}, ${Math.ceil(archive.length / 1024)} kB).`,
    );
    const studyFile = `${folder}/${basename(source)}`;
    return { folder, studyFile, program: `${folder}/${PROGRAM}`, logs: `${folder}/.tuneboard-worker/logs` };
  }
}

/** A bundle is copied with what lies beside it; a program that runs from source stays where it is. */
function copyProgram(cli: string, run: RunFolder): string {
  if (!cli.endsWith('.mjs')) return cli;
  for (const { path, read } of programFiles(cli)) {
    makeFolders(run.path, dirname(path));
    writeOwnFile(join(run.path, path), read());
  }
  return join(run.path, PROGRAM);
}

function makeFolders(root: string, below: string): void {
  let folder = root;
  for (const name of below.split('/')) {
    folder = join(folder, name);
    makeOwnFolder(folder);
  }
}

function tarOf(files: readonly PackedFile[]): Promise<Uint8Array> {
  return packTar(
    files.map(({ path, read, isExecutable }) => {
      const body = read();
      const mode = isExecutable ? 0o755 : 0o644;
      return { header: { name: path, size: body.length, mode, type: 'file' as const }, body };
    }),
  );
}

async function readFrom(path: string, from: number): Promise<{ text: string; next: number }> {
  let file: number;
  try {
    file = openRegularFile(path, { noLink: true });
  } catch (error) {
    // It has not begun.
    if ((error as StorageError).code === 'not-found') return { text: '', next: from };
    throw error;
  }
  try {
    const { buffer, bytesRead } = await readBytes(file, Buffer.alloc(MOST_LOG_BYTES), 0, MOST_LOG_BYTES, from);
    return wholeLines(buffer.subarray(0, bytesRead), from);
  } finally {
    closeSync(file);
  }
}

/** A character that is only half there comes with the next piece. */
function wholeLines(bytes: Buffer, from: number): { text: string; next: number } {
  const end = bytes.lastIndexOf(10) + 1 || bytes.length;
  return { text: bytes.toString('utf8', 0, end), next: from + end };
}

function elementsOf(job: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${job}_${index}`);
}

function jobsOf(ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => id.split('_')[0] as string))];
}

/** Where a job finds things on the cluster; absolute. */
interface SlurmPlace {
  /** The study file's folder. */
  readonly folder: string;
  readonly studyFile: string;
  /** The program that is a worker. */
  readonly program: string;
  /** For the logs of the jobs. */
  readonly logs: string;
}

/** Seconds before the time limit at which a worker gets the signal to hand its trial back. */
const WARNING_SECONDS = 60;

/** Arguments of `sbatch` for so many workers, which are found by `mark` again. The script is its input. */
function sbatchArguments(
  settings: SlurmSettings,
  { jobName, count, mark }: { readonly jobName: string; readonly count: number; readonly mark: string },
  place: SlurmPlace,
): string[] {
  const { options, arrayLimit } = settings;
  const limit = arrayLimit === null ? '' : `%${arrayLimit}`;
  return [
    '--parsable',
    `--job-name=${jobName}`,
    `--comment=${mark}`,
    `--array=0-${count - 1}${limit}`,
    `--output=${place.logs}/%A_%a.log`,
    '--open-mode=append',
    `--chdir=${place.folder}`,
    // The storage's password is in the environment of sbatch, and only there.
    '--export=ALL',
    `--signal=B:TERM@${WARNING_SECONDS}`,
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
  ];
}

/** The job's script: what is to be there is looked for first, each with its sentence. */
function jobScript(settings: SlurmSettings, order: WorkerOrder, place: SlurmPlace, isApart: boolean): string {
  const quote = (word: string) => shellWord(word);
  const command = [order.node, place.program, ...workerArguments(order, place.studyFile, isApart)];
  const unseen = `tuneboard: $(hostname) does not see ${place.program.replace(/["\\`$]/g, '_')}: the study's folder must be on a disk that all nodes share, or name a login node with "ssh:" under "executor:".`;
  return [
    '#!/bin/sh',
    // Before the setup, which may know better.
    ...Object.entries(order.env).map(([name, value]) => `export ${name}=${quote(value)}`),
    settings.setup.trimEnd(),
    `export ${RUN_VARIABLE}=${quote(order.run)} ${ENGINE_VARIABLE}=slurm`,
    nodeCheck(order.node),
    `[ -r ${quote(place.program)} ] || { echo "${unseen}" >&2; exit 125; }`,
    `exec ${command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}
