import type { History } from '../../core/study/history.ts';
import { isFinished } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { watchTrialLog } from '../../storage/watchTrialLog.ts';

export interface ScriptTrialsOptions {
  /** The run's own journal, which holds the script's in-memory studies. */
  readonly journal: TrialLog;
  /** Begin of the run, epoch milliseconds: what started earlier was there before. */
  readonly startedAt: number;
  readonly note: (sentence: string) => void;
  /** The study can be read now; `known` trials were there before this run. */
  readonly onOpened: (study: StudyRecord, known: number) => void;
  /** Trials of this run that changed, in the order of their numbers. */
  readonly onChanged: (study: StudyRecord, numbers: readonly number[]) => void;
}

interface Told {
  readonly history: History | undefined;
  readonly revision: number;
  readonly ended: Set<number>;
}

/** How often our own journal is read, in milliseconds; a storage of the script's own is watched. */
const LOOK_MS = 200;

/** Follows the trials of the study that a script works on, in our journal or wherever the script keeps them. */
export class ScriptTrials {
  readonly #options: ScriptTrialsOptions;
  readonly #logs = new Map<string, Promise<TrialLog | undefined>>();
  readonly #closers: (() => void)[] = [];
  /** By location and name: what has been told of a study. */
  readonly #told = new Map<string, Told>();
  #log: TrialLog | undefined;
  #name: string | undefined;

  constructor(options: ScriptTrialsOptions) {
    this.#options = options;
    this.#logs.set(options.journal.location, Promise.resolve(options.journal));
    // A database of the script's own is only read when it has changed: a reader gets in the way of its writers.
    const timer = setInterval(() => {
      if (this.#log === options.journal) void this.refresh();
    }, LOOK_MS);
    this.#closers.push(() => clearInterval(timer));
  }

  get study(): StudyRecord | undefined {
    return this.#log?.studies().find(({ name }) => name === this.#name);
  }

  /** The script works on this study now. */
  async follow(location: string, name: string): Promise<void> {
    this.#name = name;
    const log = await this.#open(location);
    if (this.#name !== name) return;
    this.#log = log;
    await this.refresh();
  }

  /** Reads what is new. */
  async refresh(): Promise<void> {
    await this.#log?.refresh().catch(() => undefined);
    this.#tell();
  }

  async close(): Promise<void> {
    await this.refresh();
    for (const close of this.#closers) close();
    for (const opened of this.#logs.values()) {
      const log = await opened;
      if (log !== this.#options.journal) await log?.close();
    }
  }

  #open(location: string): Promise<TrialLog | undefined> {
    const known = this.#logs.get(location);
    if (known) return known;
    const opened = openTrialLog(location).then(
      (log) => {
        this.#options.note(`The script keeps its study in ${location}.`);
        const watcher = watchTrialLog(log, () => this.#tell());
        this.#closers.push(() => watcher.dispose());
        return log;
      },
      (error: unknown) => {
        const { message } = error as Error;
        this.#options.note(`The script keeps its study in ${location}, which is not shown here: ${message}`);
        return undefined;
      },
    );
    this.#logs.set(location, opened);
    return opened;
  }

  #tell(): void {
    const { study } = this;
    if (!study) return;
    const { history } = study;
    const key = `${this.#log?.location}\n${study.name}`;
    const told = this.#told.get(key) ?? { history: undefined, revision: 0, ended: new Set<number>() };
    if (told.history === history && told.revision === history.revision) return;
    if (!this.#told.has(key)) this.#opened(study);
    // A printed log may show the whole study anew.
    const since = told.history === history ? told.revision : 0;
    const changed = history.changedSince(since).filter((number) => this.#isOfThisRun(study, number));
    const news = changed.filter((number) => !told.ended.has(number));
    for (const number of news) if (isFinished(history.state(number))) told.ended.add(number);
    this.#told.set(key, { history, revision: history.revision, ended: told.ended });
    if (news.length > 0) this.#options.onChanged(study, news);
  }

  #opened(study: StudyRecord): void {
    const numbers = Array.from(study.history.states.keys());
    const known = numbers.filter((number) => !this.#isOfThisRun(study, number)).length;
    this.#options.onOpened(study, known);
  }

  /** A printed log may not tell when a trial began. */
  #isOfThisRun({ history }: StudyRecord, number: number): boolean {
    return !((history.startedAt[number] as number) < this.#options.startedAt);
  }
}
