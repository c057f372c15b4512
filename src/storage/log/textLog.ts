import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { Mutex, TimeSlice } from '../eventLoop.ts';
import { type FileRules, openRegularFile } from '../regularFile.ts';
import { fromSystemError } from '../storageError.ts';
import { LogStudy, type Missing } from './logStudy.ts';
import { type LogEvent, OptunaLogParser } from './optunaLogParser.ts';
import { textEncoding } from './textEncoding.ts';

const CHUNK_BYTES = 1 << 18;
/** Metric lines of one trial and studies of one log beyond which nothing more is kept: such a log is damaged. */
const MOST_METRIC_LINES = 100_000;
const MOST_STUDIES = 1000;

/**
 * The printed output of a run as a trial log: studies are rebuilt from Optuna's lines. Reading again takes only what was
 * added. `studies()` may return a new record for a study when the log has shown more about its direction or space.
 */
export class TextLog implements TrialLog {
  readonly kind = 'text';
  readonly location: string;
  readonly #rules: FileRules;
  readonly #reading = new Mutex();
  #parser = new OptunaLogParser();
  #decoder = new StringDecoder('utf8');
  #studies: LogStudy[] = [];
  #missing: Missing = { trials: 0 };
  /** What was printed since the last trial ended. */
  #metrics: Readonly<Record<string, number>>[] = [];
  #offset = 0;
  #inode = '';

  private constructor(path: string, rules: FileRules) {
    this.location = path;
    this.#rules = rules;
  }

  static async open(path: string, rules: FileRules = {}): Promise<TextLog> {
    const log = new TextLog(resolve(path), rules);
    await log.refresh();
    return log;
  }

  get warnings(): readonly string[] {
    if (!this.#studies.some((study) => study.hasInferredSpace)) return [];
    return [
      `${this.location} is a printed log: directions and search spaces are not in it and were inferred from the values.`,
      ...(this.#studies.length < MOST_STUDIES
        ? []
        : [`${this.location} has ${MOST_STUDIES} studies or more: the first ${MOST_STUDIES} are shown.`]),
    ];
  }

  studies(): readonly StudyRecord[] {
    return this.#studies.map((study) => study.record);
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(async () => {
      try {
        return await this.#read();
      } catch (error) {
        throw fromSystemError(error, 'read', this.location);
      }
    });
  }

  async close(): Promise<void> {
    await this.#reading.run(async () => {});
  }

  async #read(): Promise<boolean> {
    const stat = statSync(this.location, { bigint: true });
    const inode = `${stat.dev}:${stat.ino}`;
    const isRestart = inode !== this.#inode || Number(stat.size) < this.#offset;
    if (isRestart) this.#restart(inode);
    if (Number(stat.size) === this.#offset) return isRestart;
    const fd = openRegularFile(this.location, this.#rules);
    try {
      return (await this.#readOn(fd)) || isRestart;
    } finally {
      closeSync(fd);
    }
  }

  #restart(inode: string): void {
    this.#inode = inode;
    this.#offset = 0;
    this.#parser = new OptunaLogParser();
    this.#decoder = new StringDecoder('utf8');
    this.#studies = [];
    this.#missing = { trials: 0 };
    this.#metrics = [];
  }

  async #readOn(fd: number): Promise<boolean> {
    const slice = new TimeSlice();
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let isChanged = false;
    for (let size = fstatSync(fd).size; this.#offset < size; ) {
      const length = readSync(fd, buffer, 0, Math.min(buffer.length, size - this.#offset), this.#offset);
      if (length === 0) break;
      if (this.#offset === 0) this.#decoder = new StringDecoder(textEncoding(fd));
      this.#offset += length;
      const text = this.#decoder.write(buffer.subarray(0, length));
      for (const event of this.#parser.push(text)) if (this.#apply(event)) isChanged = true;
      if (slice.isOver) await slice.yield();
    }
    for (const event of this.#parser.peek()) if (this.#apply(event)) isChanged = true;
    return isChanged;
  }

  #apply(event: LogEvent): boolean {
    switch (event.type) {
      case 'metrics':
        if (this.#metrics.length < MOST_METRIC_LINES) this.#metrics.push(event.metrics);
        return false;
      case 'study':
        // What a script prints before its study begins belongs to no trial.
        this.#metrics = [];
        if (event.isNew || !this.#takeUp(event.name)) {
          if (this.#studies.length >= MOST_STUDIES) return false;
          this.#begin(event.name, event.isNew);
        }
        return true;
      case 'bestRun':
        (this.#studies.at(-1) ?? this.#begin(basename(this.location), false)).bestRun(event);
        return true;
      default: {
        let study = this.#studies.at(-1);
        if (!study?.accepts(event)) {
          if (this.#studies.length >= MOST_STUDIES) return false;
          study = this.#begin(basename(this.location), event.number === 0);
        }
        study.apply(event, this.#metrics);
        this.#metrics = [];
        return true;
      }
    }
  }

  /** A study that is taken up again goes on, as when a second run appends to the log. */
  #takeUp(name: string): boolean {
    const known = this.#studies.findLastIndex((study) => study.name === name);
    if (known < 0) return false;
    this.#studies.push(...this.#studies.splice(known, 1));
    return true;
  }

  #begin(name: string, isWhole: boolean): LogStudy {
    const study = new LogStudy(this.#studies.length, name, isWhole, this.#missing);
    this.#studies.push(study);
    return study;
  }
}
