import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkpointsIn, lastCheckpoint, removeRemains } from '../checkpoints/checkpointFolders.ts';
import { readState } from '../checkpoints/readCheckpoint.ts';
import { stateText } from '../checkpoints/trainerState.ts';
import { FILES } from '../checkpoints/writeCheckpoint.ts';
import { removeAside, removeGone } from '../io/removeAside.ts';
import { writeTextAside } from '../io/writeAside.ts';
import { isRunning } from '../training/isRunning.ts';
import type { Metrics } from '../training/trainerOptions.ts';
import type { StudySettings } from './studySettings.ts';
import { TrialMarks } from './trialMarks.ts';

type Values = readonly (number | null)[];

/** `trial.json` beside a trial's checkpoints. */
interface TrialRecord {
  /** What the training depends on: a trial with the same is the same training. */
  readonly key: string;
  readonly host: string;
  readonly pid: number;
  /** Of the process, in the system's ticks; null where the system does not tell: another process may have the pid later. */
  readonly startedAt: string | null;
  readonly state: 'running' | 'finished';
  /** Of a finished trial, by objective; null where it is no number. */
  readonly values: Values | null;
}

const RECORD = 'trial.json';
/** What of a checkpoint only a training that goes on needs: most of its size. */
const FOR_RESUMING = [FILES.optimizer, FILES.scheduler, FILES.randomness];

/** The folder `run-N` of a trial: its checkpoints, and what became of it. */
export class TrialFolder {
  readonly path: string;
  /** The checkpoint of the same training that was cut off, taken over; undefined: it begins anew. */
  readonly resumeFrom: string | undefined;
  readonly #marks: TrialMarks;
  readonly #key: string;

  private constructor(marks: TrialMarks, path: string, key: string, resumeFrom: string | undefined) {
    this.#marks = marks;
    this.path = path;
    this.#key = key;
    this.resumeFrom = resumeFrom;
  }

  /** Makes `base/run-{number}`, with the checkpoints of a process that was killed in the same training. */
  static async open(
    base: string,
    number: number,
    settings: StudySettings,
    params: Readonly<Record<string, unknown>>,
  ): Promise<TrialFolder> {
    const key = keyOf(settings, params);
    const path = join(base, `run-${number}`);
    await mkdir(base, { recursive: true });
    const marks = await TrialMarks.open(base, recordOf);
    await removeGone(base);
    const cutOff = await findCutOff(marks, key);
    // Before it moves: a kill between would leave it where nobody looks.
    await marks.add('running', path, key);
    if (cutOff === undefined) await removeAside(path);
    else await takeOver(cutOff, path);
    await mkdir(path, { recursive: true });
    const folder = new TrialFolder(marks, path, key, cutOff === undefined ? undefined : lastCheckpoint(path));
    await folder.#write('running', null);
    if (cutOff !== undefined && cutOff !== path) await marks.remove('running', cutOff, key);
    return folder;
  }

  /** Notes the values, and deletes the checkpoints that `checkpoints` does not ask for: of other trials too. */
  async finish(settings: StudySettings, metrics: Metrics): Promise<void> {
    const values = settings.objectives.map(({ metric, isMinimised }) =>
      isMinimised ? -(metrics[metric] as number) : (metrics[metric] as number),
    );
    await this.#marks.add('kept', this.path);
    await this.#write('finished', values);
    await this.#marks.remove('running', this.path, this.#key);
    if (settings.checkpoints === 'none') await removeCheckpoints(this.path);
    for (const { path } of checkpointsIn(this.path)) {
      for (const name of FOR_RESUMING) await rm(join(path, name), { force: true });
    }
    if (settings.checkpoints !== 'best') return;
    const finished = (await recordsOf(await this.#marks.kept())).filter(({ record }) => record.state === 'finished');
    for (const one of finished) {
      const isBeaten = finished.some((other) => beats(other.record.values ?? [], one.record.values ?? []));
      if (!isBeaten) continue;
      await removeCheckpoints(one.path);
      await this.#marks.remove('kept', one.path);
    }
  }

  #write(state: TrialRecord['state'], values: Values | null): Promise<void> {
    const record: TrialRecord = {
      key: this.#key,
      host: hostname(),
      pid: process.pid,
      startedAt: startOf(process.pid) ?? null,
      state,
      values,
    };
    return writeTextAside(join(this.path, RECORD), `${JSON.stringify(record)}\n`);
  }
}

/** More is better: no value is less, and one is more. What is no number, and so null in JSON, is less than any. */
function beats(values: Values, others: Values): boolean {
  const pairs = values.map((value, index): [number, number] => [
    value ?? Number.NEGATIVE_INFINITY,
    others[index] ?? Number.NEGATIVE_INFINITY,
  ]);
  return pairs.every(([one, other]) => one >= other) && pairs.some(([one, other]) => one > other);
}

function keyOf(settings: StudySettings, params: Readonly<Record<string, unknown>>): string {
  const { checkpoints, objective_from, backend, objectives, output, ...training } = settings;
  return createHash('sha256')
    .update(JSON.stringify([training, params]))
    .digest('hex');
}

/** Undefined where another process has just moved or removed it. */
async function recordOf(folder: string): Promise<TrialRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as TrialRecord;
  } catch {
    return undefined;
  }
}

async function recordsOf(folders: readonly string[]) {
  const found: { readonly path: string; readonly record: TrialRecord }[] = [];
  for (const path of folders) {
    const record = await recordOf(path);
    if (record) found.push({ path, record });
  }
  return found;
}

/** A folder with a checkpoint of this training, whose process is gone. */
async function findCutOff(marks: TrialMarks, key: string): Promise<string | undefined> {
  for (const { path, record } of await recordsOf(await marks.running(key))) {
    if (record.key !== key || record.state !== 'running' || !isGone(record)) continue;
    await removeRemains(path);
    if (lastCheckpoint(path) !== undefined) return path;
  }
  return undefined;
}

function isGone({ host, pid, startedAt }: TrialRecord): boolean {
  if (host !== hostname()) return false;
  if (startedAt !== null) return startOf(pid) !== startedAt;
  return !isRunning(pid);
}

/** When a process was started, on Linux; undefined when there is none that runs (a dead one may wait to be reaped). */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Gives `from` the name `to`, if it is another. Only one process wins where several try: a rename is whole. */
async function takeOver(from: string, to: string): Promise<void> {
  if (from !== to) {
    await removeAside(to);
    try {
      await rename(from, to);
    } catch {
      return;
    }
  }
  for (const { path } of checkpointsIn(to)) await nameBestHere(path);
}

/** A checkpoint that has moved, with all the others, still names the best of them by its old path. */
async function nameBestHere(checkpoint: string): Promise<void> {
  const state = await readState(checkpoint).catch(() => undefined);
  if (!state || state.bestModelCheckpoint === null) return;
  const best = join(dirname(checkpoint), basename(state.bestModelCheckpoint));
  if (best === state.bestModelCheckpoint || !existsSync(best)) return;
  state.bestModelCheckpoint = best;
  await writeTextAside(join(checkpoint, FILES.state), stateText(state));
}

async function removeCheckpoints(folder: string): Promise<void> {
  await removeRemains(folder);
  for (const { path } of checkpointsIn(folder)) await removeAside(path);
}
