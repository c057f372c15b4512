import { type FileHandle, open } from 'node:fs/promises';
import { LINE_LIMIT } from '../../core/text/lines.ts';
import type { MetricCurve } from '../../protocol/panel.ts';
import { Mutex, TimeSlice } from '../../storage/eventLoop.ts';
import { parseMetricLine } from '../../storage/log/metricLines.ts';
import { CurvePoints } from './curvePoints.ts';

const MOST_CURVES = 12;

/** Further names are not kept: a program that makes up a name a line would fill the memory. */
const MOST_NAMES = 200;

/** Names under which programs print how far they are, the most precise first. */
const STEPS = ['step', 'global_step', 'iteration', 'iter', 'round', 'epoch'];

/** What is printed beside metrics and moves no decision. */
const ASIDE = /_(runtime|per_second)$|^(grad_norm|learning_rate|lr|total_flos)$/;

/**
 * The curve of everything that a trial prints at two steps or more, of which its storage has the objective alone: losses,
 * scores. Takes the lines of the output one after the other, as programs print them, and keeps points only.
 */
export class MetricCurves {
  readonly #stepped = new Map<string, CurvePoints>();
  readonly #counted = new Map<string, CurvePoints>();
  #hasSteps = false;
  #count = 0;

  add(line: string): void {
    const metrics = parseMetricLine(line);
    if (!metrics) return;
    const stepName = STEPS.find((name) => Object.hasOwn(metrics, name));
    if (stepName !== undefined && !this.#hasSteps) {
      // Where some lines say the step, others are no reports: `Total optimization steps = 180`.
      this.#hasSteps = true;
      this.#counted.clear();
    }
    if (stepName !== undefined) addTo(this.#stepped, metrics, metrics[stepName] as number);
    else if (!this.#hasSteps) addTo(this.#counted, metrics, ++this.#count);
  }

  /** The curves so far, in the order in which their names were first printed. */
  get curves(): readonly MetricCurve[] {
    return [...(this.#hasSteps ? this.#stepped : this.#counted)]
      .filter(([, points]) => points.size > 1)
      .slice(0, MOST_CURVES)
      .map(([name, points]) => ({ name, points: points.thinned() }));
  }
}

/** Of what is new more is not read: its end tells how training goes. */
const LONGEST_NEWS = 1024 * 1024;
const CHUNK = 64 * 1024;
/** Bytes before the offset by which a file that was written anew is told from one that grew. */
const SIGN = 64;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The curves of one trial's output file, which grows while the trial runs: each look reads what came since the last one. A
 * file that was cut, replaced or written anew is read from its beginning. A line counts when it has come to its end.
 */
export class OutputCurves {
  readonly path: string;
  #curves = new MetricCurves();
  #file = '';
  #offset = 0;
  /** The last bytes before the offset. */
  #sign: Buffer = Buffer.alloc(0);
  /** The line that has not come to its end; as bytes, for a character may be half there. */
  #rest: Buffer = Buffer.alloc(0);
  /** Whether what comes up to the next line feed belongs to a line whose beginning was left out. */
  #skips = false;
  readonly #looks = new Mutex();

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What the file tells now; nothing where there is none. `isOver`: nobody writes to it any more, so that its last line
   * counts even without a line feed.
   */
  read(isOver: boolean): Promise<readonly MetricCurve[]> {
    return this.#looks.run(() => this.#read(isOver));
  }

  async #read(isOver: boolean): Promise<readonly MetricCurve[]> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.path, 'r');
      const { size, dev, ino } = await file.stat();
      if (!(await this.#isSame(file, `${dev}:${ino}`, size))) this.#restart(`${dev}:${ino}`);
      if (size - this.#offset > LONGEST_NEWS) await this.#skipTo(file, size - LONGEST_NEWS);
      await this.#readTo(file, size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#restart('');
    } finally {
      await file?.close();
    }
    if (isOver && this.#rest.length > 0) {
      this.#curves.add(this.#rest.toString());
      this.#rest = Buffer.alloc(0);
      this.#skips = true;
    }
    return this.#curves.curves;
  }

  /** Whether the file still begins with what was read of it. */
  async #isSame(file: FileHandle, id: string, size: number): Promise<boolean> {
    if (id !== this.#file || size < this.#offset) return false;
    const { length } = this.#sign;
    const now = await bytesAt(file, this.#offset - length, length);
    return now.equals(this.#sign);
  }

  #restart(id: string): void {
    this.#curves = new MetricCurves();
    this.#file = id;
    this.#offset = 0;
    this.#sign = Buffer.alloc(0);
    this.#rest = Buffer.alloc(0);
    this.#skips = false;
  }

  async #skipTo(file: FileHandle, offset: number): Promise<void> {
    this.#rest = Buffer.alloc(0);
    this.#offset = offset;
    const length = Math.min(SIGN, offset);
    this.#sign = await bytesAt(file, offset - length, length);
    // Where a line has just ended, the next one is whole.
    this.#skips = this.#sign.at(-1) !== LINE_FEED;
  }

  async #readTo(file: FileHandle, size: number): Promise<void> {
    const slice = new TimeSlice();
    while (this.#offset < size) {
      const chunk = await bytesAt(file, this.#offset, Math.min(CHUNK, size - this.#offset));
      if (chunk.length === 0) return;
      this.#offset += chunk.length;
      this.#sign = Buffer.concat([this.#sign, chunk.subarray(-SIGN)]).subarray(-SIGN);
      await this.#take(chunk, slice);
    }
  }

  async #take(chunk: Buffer, slice: TimeSlice): Promise<void> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const piece = chunk.subarray(from, end);
      if (!this.#skips) this.#curves.add(Buffer.concat([this.#rest, piece]).toString());
      this.#rest = Buffer.alloc(0);
      this.#skips = false;
      from = end + 1;
      if (slice.isOver) await slice.yield();
    }
    if (this.#skips) return;
    const rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
    // Of a progress bar, which overwrites its line for hours, only what it wrote last is looked at.
    const shown = rest.length <= LINE_LIMIT ? rest : rest.subarray(Math.max(0, rest.lastIndexOf(CARRIAGE_RETURN)));
    this.#skips = shown.length > LINE_LIMIT;
    this.#rest = this.#skips ? Buffer.alloc(0) : shown;
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function addTo(curves: Map<string, CurvePoints>, metrics: Readonly<Record<string, number>>, step: number): void {
  if (!Number.isFinite(step)) return;
  for (const [name, value] of Object.entries(metrics)) {
    if (STEPS.includes(name) || ASIDE.test(name) || !Number.isFinite(value)) continue;
    let points = curves.get(name);
    if (!points) {
      if (curves.size >= MOST_NAMES) continue;
      points = new CurvePoints();
      curves.set(name, points);
    }
    points.set(step, value);
  }
}
