import { TuneboardError } from '../../core/errors.ts';
import { FIXED_PARAMS, METRIC_NAMES } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog, WritableTrialLog } from '../../core/study/studyStore.ts';
import type { ControlStatus, StopMode } from '../../protocol/control.ts';
import {
  MOST_RAN_STUDIES,
  type RanStudy,
  type RunBudget,
  type RunRecord,
  type Steering,
} from '../../protocol/runRecord.ts';
import { serverUrl } from '../../storage/kinds.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { watchTrialLog } from '../../storage/watchTrialLog.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { OptunaRunControl, OptunaRunEvents } from '../objective/optuna/optunaRun.ts';
import type { SessionEvents } from '../run/events.ts';
import { checkedFixed } from '../run/orders.ts';
import type { RunOutcome } from '../run/outcome.ts';
import type { RunHost } from '../run/runHost.ts';
import { Session } from '../run/session.ts';

type FoundStudy = Parameters<OptunaRunEvents['study']>[0];

/** What can be steered of a script that owns its study: its end, its pauses, and trials waiting in our journal. */
export class ScriptSession extends Session<RunHost> {
  readonly #log: WritableTrialLog;
  readonly #metrics: readonly string[];
  readonly #trials: ScriptTrials;
  readonly #stopOrder = new Order<StopMode>();
  readonly #pauseOrder = new Order<boolean>();
  readonly #limitOrder = new Order<number | null>();
  #scriptTrials: number | null = null;
  #pid: number | null = null;
  #isBudgetUsedUp = false;
  #timer: NodeJS.Timeout | undefined;

  /** `metrics`: as the study file names them; may be empty. */
  constructor(host: RunHost, log: WritableTrialLog, events: SessionEvents, metrics: readonly string[]) {
    super(host, events, undefined, WORDS);
    this.#log = log;
    this.#metrics = metrics;
    this.#limitOrder.give(this.limits.trials);
    this.#showBudget();
    this.#trials = new ScriptTrials({
      journal: log,
      startedAt: host.record.startedAt,
      note: (sentence) => this.say(sentence),
      onOpened: (study, known) => this.#opened(study, known),
      onChanged: (study, numbers) => this.#changed(study, numbers),
    });
    this.#watchTime();
  }

  /** The orders as the runner of the script hears them. */
  get control(): OptunaRunControl {
    return { onStop: this.#stopOrder.on, onPause: this.#pauseOrder.on, onTrialLimit: this.#limitOrder.on };
  }

  readonly runEvents = {
    started: (pid: number) => {
      this.#pid = pid;
      this.host.note(`The script runs as process ${pid}.`);
      this.host.changed();
    },
    study: (study: FoundStudy) => this.#found(study),
    note: (sentence: string) => this.say(sentence),
    hookFailed: () => this.host.update({ steering: this.#steering().filter((order) => order === 'setBudget') }),
    output: (line: string) => this.events.output?.(line),
  };

  /** The record shows the script's own number of trials where that is less. */
  override setBudget(limits: RunBudget): void {
    this.budget.limits = limits;
    this.#limitOrder.give(limits.trials);
    this.#showBudget();
    this.#watchTime();
  }

  override setParallel(): void {
    unsupported('given more parallel trials');
  }

  killTrial(): void {
    unsupported('left with one trial ended');
  }

  async enqueue(params: unknown): Promise<number> {
    const { study } = this.#trials;
    if (!study) throw new TuneboardError('no-study', tunerMessage('scriptNotMadeStudyYet'));
    if (!this.#steering().includes('enqueue')) unsupported('given a trial while it keeps its own storage');
    const number = await this.#log.createTrial(study, {
      state: TrialState.waiting,
      systemAttrs: { [FIXED_PARAMS]: checkedFixed(params, study.history) },
    });
    return number as number;
  }

  override setPaused(isPaused: boolean): void {
    if (!this.isStopping && !this.#steering().includes('pause')) unsupported('paused while its printed lines are read');
    super.setPaused(isPaused);
  }

  override get isStopping(): boolean {
    return this.stopMode !== undefined || this.#isBudgetUsedUp;
  }

  protected override onPaused(isPaused: boolean): void {
    this.#pauseOrder.give(isPaused);
    this.#watchTime();
  }

  protected override onStop(mode: StopMode): void {
    if (mode === 'now') this.#isBudgetUsedUp = false;
    this.#stopOrder.give(mode);
  }

  /** What the script's end means: one that its budget ended has finished. */
  judge(outcome: RunOutcome): RunOutcome {
    return outcome.state === 'stopped' && this.#isBudgetUsedUp ? { state: 'finished' } : outcome;
  }

  running(): ControlStatus['running'] {
    const { history } = this.#trials.study ?? {};
    if (!history || history.count(TrialState.running) === 0) return [];
    const own = { pid: this.#pid, startedAt: this.host.record.startedAt };
    return Array.from(history.states.keys())
      .filter((number) => history.state(number) === TrialState.running)
      .map((number) => ({ ...own, number, startedAt: history.startedAt[number] || own.startedAt }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#trials.close();
  }

  #steering(): readonly Steering[] {
    return this.host.record.steering ?? [];
  }

  #found({ location: given, name, metric, trials, objective }: FoundStudy): void {
    const { record } = this.host;
    // Python names the driver too.
    const location = serverUrl(given)?.location ?? given;
    if (trials !== undefined) this.#scriptTrials = trials;
    const isHooked = this.#steering().includes('pause');
    const canEnqueue = isHooked && location === this.#log.location;
    const steering = this.#steering().filter((order) => order !== 'enqueue');
    this.host.update({
      storage: location,
      ...storedNameOf(record, name),
      studies: withStudy(record.studies ?? [], { name, ...(objective && { objective }) }),
      ...(metric === undefined || this.#metrics.length > 0 ? {} : { metric }),
      steering: canEnqueue ? [...steering, 'enqueue'] : steering,
    });
    this.#showBudget();
    void this.#trials.follow(location, name);
  }

  #showBudget(): void {
    const asked = this.limits.trials;
    const own = this.#scriptTrials;
    const trials = asked === null || own === null ? (asked ?? own) : Math.min(asked, own);
    this.host.update({ budget: { ...this.limits, trials }, askedTrials: asked });
  }

  #opened(study: StudyRecord, knownTrials: number): void {
    const current = () => this.#trials.study ?? study;
    const objectiveNames = () => this.#objectiveNames(current());
    this.events.opened?.({
      studyName: this.host.record.studyName,
      knownTrials,
      storage: this.host.record.storage ?? this.#log.location,
      // A printed log may show its study anew.
      get history() {
        return current().history;
      },
      // What a script prints tells the name in the course of its first trials.
      get metrics() {
        return objectiveNames();
      },
      state: () => this.host.record.state,
      budget: () => this.host.record.budget,
      finished: () => this.finished(),
      runningTrials: () => this.running().map(({ number }) => number),
    });
  }

  #objectiveNames({ directions, systemAttrs }: StudyRecord): readonly string[] {
    const stored = systemAttrs[METRIC_NAMES];
    const named = this.#metrics.length > 0 ? this.#metrics : Array.isArray(stored) ? stored.map(String) : [];
    if (named.length === directions.length) return named;
    if (directions.length === 1) return [this.host.record.metric ?? 'value'];
    return directions.map((_, objective) => `values_${objective}`);
  }

  #changed({ history }: StudyRecord, numbers: readonly number[]): void {
    for (const number of numbers) {
      const state = history.state(number);
      if (state === TrialState.waiting) continue;
      if (state === TrialState.running) this.events.trialStarted?.(number, history.params(number));
      else this.events.trialEnded?.(number, state, valuesOf(history, number), undefined);
    }
    this.budget.count(history);
    this.lookAtValues(history);
    this.host.changed();
    // Processes that share a storage count their own trials only.
    const isHooked = this.#steering().includes('pause');
    if (isHooked && this.limits.trials !== null && this.finished() >= this.limits.trials) this.#endByBudget();
  }

  #watchTime(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.limits;
    if (timeoutMs === null || this.isPaused) return;
    const { leftMs } = this.budget;
    this.#timer = setTimeout(
      () => {
        if (leftMs > LONGEST_TIMER_MS) return this.#watchTime();
        this.say('The time is up: the running trial finishes, no new one starts.');
        this.#endByBudget();
      },
      Math.min(leftMs, LONGEST_TIMER_MS),
    );
  }

  #endByBudget(): void {
    if (this.isStopping) return;
    this.#isBudgetUsedUp = true;
    this.#stopOrder.give('afterCurrent');
  }
}

const WORDS = {
  afterCurrent: 'Stopping after the running trial.',
  paused: 'Paused: the running trial finishes, no new one starts.',
};

/** Node's timers count in 32 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One kind of order, passed on to all listeners; a new listener gets the present one at once. */
class Order<T> {
  #last: T | undefined;
  readonly #listeners: ((value: T) => void)[] = [];

  readonly on = (listener: (value: T) => void): void => {
    this.#listeners.push(listener);
    if (this.#last !== undefined) listener(this.#last);
  };

  give(value: T): void {
    this.#last = value;
    for (const listener of this.#listeners) listener(value);
  }
}

/** The studies with one more, or with what is new of one, at the end. */
function withStudy(studies: readonly RanStudy[], study: RanStudy): readonly RanStudy[] {
  const known = studies.find(({ name }) => name === study.name);
  const others = studies.filter((one) => one !== known);
  return [...others, { ...known, ...study }].slice(-MOST_RAN_STUDIES);
}

function storedNameOf({ studyName, storedName }: RunRecord, name: string): Partial<RunRecord> {
  return name === studyName && storedName === undefined ? {} : { storedName: name };
}

function valuesOf(history: StudyRecord['history'], number: number): number[] | null {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  return values.some(Number.isNaN) ? null : values;
}

function unsupported(what: string): never {
  throw new TuneboardError('unsupported', tunerMessage('scriptOwnsOptunaStudyCant', { what }));
}

interface ScriptTrialsOptions {
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
class ScriptTrials {
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
