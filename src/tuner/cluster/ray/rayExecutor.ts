import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, rmSync, writeSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { Zip, ZipDeflate } from 'fflate';
import { TuneboardError } from '../../../core/errors.ts';
import { shellWord } from '../../../core/text/shellWord.ts';
import { ENGINE_VARIABLE, JOB_VARIABLE, type LeftWorkers, RUN_VARIABLE } from '../../../protocol/workers.ts';
import { makeOwnFolder, openOwnFile } from '../../../runs/ownFiles.ts';
import { secretFor } from '../../../runs/recordTrust.ts';
import type { RunFolder } from '../../../runs/runFolder.ts';
import type { RaySettings } from '../../../studyfile/executor.ts';
import { clusterMessage } from '../../../words/en/cluster.ts';
import { countText } from '../../render/text.ts';
import { KEY_FILE, newKey, SEALED_VARIABLE, sealed } from '../../worker/sealedPassword.ts';
import { type Executor, type WorkerOrder, type WorkerReport, workerArguments } from '../executor.ts';
import { nodeCheck } from '../nodeCheck.ts';
import { type PackedFile, packFolder } from '../packFolder.ts';
import { PROGRAM, PROGRAM_FOLDER, programFiles } from '../workerProgram.ts';
import { MOST_PACKAGE_BYTES, RayClient, type RayJob } from './rayClient.ts';

const MOST_REASON = 300;

/** Ray's JobErrorType (dashboard/modules/job/common.py). */
const SETUP_FAILED = /^RUNTIME_ENV_SETUP_FAIL/;

/** What Ray's memory monitor leaves of a job that it has ended. */
const LOW_MEMORY = /killed due to the node running low on memory/;

/** So often a Ray that answers says that it has no job, and it will not have it. */
const ENOUGH_MISSES = 3;
/** Asked at a time about jobs: a dashboard is one process. */
const AT_A_TIME = 8;

/** Workers as jobs of a Ray cluster. */
export class RayExecutor implements Executor {
  readonly engine = 'ray';
  readonly isApart = true;
  readonly #settings: RaySettings;
  readonly #order: WorkerOrder;
  readonly #client: RayClient;
  readonly #verify: string | null;
  readonly #run: RunFolder;
  #workingDir = '';
  /** What Ray has, and is given again when its head node lost it. */
  #package: RayPackage | undefined;
  /** What Ray was asked for and has not answered, and how often it has said since that it has no such job. */
  readonly #unheard = new Map<string, number>();
  /** What it is being asked for. */
  #asked: string | undefined;
  #isOver = false;
  #storageKey: string | undefined;

  constructor(settings: RaySettings, order: WorkerOrder, run: RunFolder) {
    this.#run = run;
    this.#settings = settings;
    this.#order = order;
    const { address, verify } = settings;
    this.#verify = verify === null ? null : resolve(dirname(order.source), verify);
    this.#client = new RayClient(address, process.env, this.#verify);
  }

  get place(): string {
    return this.#client.address;
  }

  get isElsewhere(): boolean {
    return !/^https?:\/\/(localhost|127\.|\[::1\])/i.test(this.place);
  }

  async prepare(note: (sentence: string) => void): Promise<void> {
    const version = await this.#client.version();
    const key = Buffer.from(this.#key);
    const files = [
      ...packFolder(this.#packOptions()),
      ...programFiles(this.#order.cli),
      { path: `${PROGRAM_FOLDER}/${KEY_FILE}`, isExecutable: false, read: () => key },
    ];
    this.#package = await writePackage(this.#packagePath, files);
    const { bytes } = this.#package;
    if (bytes > MOST_PACKAGE_BYTES) {
      this.#removePackage();
      throw new TuneboardError(
        'too-large',
        clusterMessage('workingFolderMbEvenWhen', {
          bytes: Math.ceil(bytes / 2 ** 20),
          mostPackageBytes: MOST_PACKAGE_BYTES / 2 ** 20,
        }),
      );
    }
    this.#workingDir = await this.#client.upload(this.#package);
    const sent = `${countText(files.length, 'file')}, ${sizeText(bytes)}`;
    note(`Ray ${version} at ${this.place} has the working folder (${sent}).`);
  }

  async submit(count: number): Promise<readonly string[]> {
    // A head node that was started again has lost it.
    if (this.#package && existsSync(this.#package.path)) await this.#client.upload(this.#package);
    const ids = [...(await this.unheard())];
    // Under the same name one that Ray takes note of only now is not made twice.
    const names = [...this.#unheard.keys()];
    while (ids.length < count && !this.#isOver) {
      const id = names.pop() ?? `tuneboard-${this.#order.run}-${randomBytes(4).toString('hex')}`;
      await this.#submitOne(id);
      ids.push(id);
    }
    for (const id of ids) this.#unheard.delete(id);
    return ids;
  }

  /** Those that Ray took before it refused another one, or was away; and that one, where only the answer was lost. */
  async unheard(): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const id of [...this.#unheard.keys()]) {
      if (await this.#client.job(id)) ids.push(id);
      else this.#miss(id);
    }
    for (const id of ids) this.#unheard.delete(id);
    return ids;
  }

  get heardAt(): number {
    return this.#client.heardAt;
  }

  get isAsking(): boolean {
    return this.#unheard.size > 0;
  }

  stopAsking(): void {
    this.#isOver = true;
    this.#client.stopSending();
  }

  left(ids: readonly string[]): LeftWorkers {
    const all = [...new Set([...ids, ...this.#unheard.keys()])];
    const verify = this.#verify === null ? {} : { verify: this.#verify };
    return { engine: this.engine, place: this.place, ids: all, ...verify };
  }

  /** After a lost acknowledgement Ray may register the job later, but not much. */
  #miss(id: string): void {
    const misses = (this.#unheard.get(id) ?? 0) + 1;
    if (this.#isOver && id !== this.#asked && misses >= ENOUGH_MISSES) this.#unheard.delete(id);
    else this.#unheard.set(id, misses);
  }

  async #submitOne(id: string): Promise<void> {
    this.#unheard.set(id, 0);
    this.#asked = id;
    try {
      await this.#client.submit({
        submission_id: id,
        entrypoint: this.#entrypoint(),
        runtime_env: this.#runtimeEnv(id),
        metadata: { 'tuneboard.study': this.#order.studyName, 'tuneboard.run': this.#order.run },
        ...this.#settings.resources,
      });
    } catch (error) {
      if ((error as TuneboardError).code !== 'no-cluster') this.#unheard.delete(id);
      throw error;
    } finally {
      this.#asked = undefined;
    }
  }

  async poll(ids: readonly string[]): Promise<ReadonlyMap<string, WorkerReport>> {
    const reports = new Map<string, WorkerReport>();
    await inTurns(ids, async (id) => {
      const job = await this.#client.job(id);
      if (job) reports.set(id, reportOf(job));
    });
    return reports;
  }

  async cancel(ids: readonly string[]): Promise<void> {
    await inTurns(ids, (id) => this.#client.stop(id));
  }

  async readLog(id: string, from: number): Promise<{ text: string; next: number }> {
    const text = await this.#client.logs(id);
    return { text: text.slice(from), next: Math.max(from, text.length) };
  }

  close(): void {
    this.#client.close();
    this.#removePackage();
  }

  /**
   * The same for every run of the study, so that its package is: one that Ray has is not sent again. It comes from this
   * user's own key, as a file in the run folder could be a stranger's.
   */
  get #key(): string {
    this.#storageKey ??= secretFor(`ray ${this.#run.path}`)?.toString('base64') ?? newKey();
    return this.#storageKey;
  }

  get #packagePath(): string {
    return join(this.#run.path, 'package.zip');
  }

  /** Also one that is being written: a study may be stopped before it is whole. */
  #removePackage(): void {
    rmSync(this.#packagePath, { force: true });
  }

  get #folder(): string {
    return resolve(dirname(this.#order.source), this.#settings.workingDir);
  }

  #packOptions() {
    return {
      folder: this.#folder,
      excludes: this.#settings.excludes,
      ignoreFiles: ['.rayignore'],
      mostBytes: 5 * MOST_PACKAGE_BYTES,
      limitOf: 'Ray',
    };
  }

  #entrypoint(): string {
    const { source, node } = this.#order;
    const studyFile = relative(this.#folder, source).replaceAll('\\', '/');
    if (studyFile.startsWith('../../executors/') || isAbsolute(studyFile)) {
      throw new TuneboardError('usage', clusterMessage('studyFileMustFolderSent', { folder: this.#folder }));
    }
    const command = [node, PROGRAM, ...workerArguments(this.#order, studyFile, true)];
    return `${nodeCheck(node)} exec ${command.map((word) => shellWord(word)).join(' ')}`;
  }

  #runtimeEnv(job: string): Record<string, unknown> {
    const { runtimeEnv } = this.#settings;
    const { password } = this.#order;
    const given = (runtimeEnv['env_vars'] ?? {}) as Readonly<Record<string, string>>;
    const variables = {
      ...this.#order.env,
      ...given,
      ...(password === undefined ? {} : { [SEALED_VARIABLE]: sealed(password, this.#key) }),
      [RUN_VARIABLE]: this.#order.run,
      [ENGINE_VARIABLE]: this.engine,
      [JOB_VARIABLE]: job,
    };
    return { ...runtimeEnv, working_dir: this.#workingDir, env_vars: variables };
  }
}

async function inTurns(ids: readonly string[], act: (id: string) => Promise<void>): Promise<void> {
  for (let start = 0; start < ids.length; start += AT_A_TIME) {
    await Promise.all(ids.slice(start, start + AT_A_TIME).map(act));
  }
}

function sizeText(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** What Ray says of a job, as a worker. */
export function reportOf(job: RayJob): WorkerReport {
  const where = hostOf(job);
  const reason = reasonOf(job);
  switch (job.status) {
    case 'PENDING':
      return { state: 'queued', where: null, reason };
    case 'RUNNING':
      return { state: 'running', where, reason: null };
    case 'SUCCEEDED':
      return { state: 'ended', where, reason: null };
    case 'STOPPED':
      return { state: 'lost', where, reason: 'stopped' };
    case 'FAILED':
      return { state: isOwnFailure(job) ? 'failed' : 'lost', where, reason };
    default:
      return { state: 'running', where, reason: String(job.status satisfies never) };
  }
}

function hostOf({ driver_agent_http_address: agent }: RayJob): string | null {
  return agent && URL.canParse(agent) ? new URL(agent).hostname.replace(/^\[|\]$/g, '') : null;
}

/** Ray's message, of which a failed job's holds its whole log: that has a file of its own. */
function reasonOf({ message, error_type: type, driver_exit_code: code }: RayJob): string | null {
  if (typeof code === 'number' && code < 0) return `killed by signal ${-code}`;
  const text = message ?? '';
  if (SETUP_FAILED.test(type ?? '')) return shortened(`Ray could not set up \`runtime_env\`: ${lastLineOf(text)}`);
  if (LOW_MEMORY.test(text)) {
    return 'Ray ended it because the memory of its node was used up: raise `entrypoint_memory` under `executor`, so that fewer run on a node';
  }
  const [line = ''] = text.split(/,? last available logs|\n/);
  return shortened(line.replace(/^Job has not started yet\. /, '').trim()) || null;
}

/** A traceback, or what pip has said, ends with what is wrong. */
function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function shortened(text: string): string {
  return text.length > MOST_REASON ? `${text.slice(0, MOST_REASON)}…` : text;
}

/** The program ended by itself with an error; 130: it got the order to end, negative: it was killed. */
function isOwnFailure({ driver_exit_code: code, error_type: type }: RayJob): boolean {
  if (typeof code === 'number') return code > 0 && code < 128;
  return SETUP_FAILED.test(type ?? '') || type === 'JOB_ENTRYPOINT_COMMAND_START_ERROR';
}

/** A zip file on disk, under the name that Ray is to know it by: that of its content. */
export interface RayPackage {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** 1980-01-01, the first day that a zip file knows: the same files make the same package. */
const ZIP_TIME = new Date(1980, 0, 1);
const LEVEL = 6;

/** Writes files into a zip file at `path`, one after another: only one of them is in memory. */
export async function writePackage(path: string, files: readonly PackedFile[]): Promise<RayPackage> {
  makeOwnFolder(dirname(path));
  const target = openOwnFile(path, 'empty');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    const zip = new Zip((error, piece) => {
      if (error) throw error;
      hash.update(piece);
      for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
      bytes += piece.length;
    });
    for (const file of files) {
      const entry = new ZipDeflate(file.path, { level: LEVEL });
      entry.mtime = ZIP_TIME;
      // 3: the attributes are those of Unix.
      entry.os = 3;
      entry.attrs = ((0o100000 | (file.isExecutable ? 0o755 : 0o644)) << 16) >>> 0;
      zip.add(entry);
      entry.push(file.read(), true);
      await otherWork();
    }
    zip.end();
    return { name: `tuneboard_${hash.digest('hex').slice(0, 32)}.zip`, path, bytes };
  } finally {
    closeSync(target);
  }
}
