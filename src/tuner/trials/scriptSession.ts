import { TuneboardError } from '../../core/errors.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunBudget, RunRecord, Steering } from '../../protocol/runRecord.ts';
import { serverUrl } from '../../storage/kinds.ts';
import type { OptunaRunControl, OptunaRunEvents, RunOutcome, StopMode } from '../objective/optuna/optunaRun.ts';
import { Budget, RunningTime } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { checkedBudget, checkedFixed, checkedStopMode, invalidOrder } from '../run/orders.ts';
import type { RunHost, Steerable } from '../run/runHost.ts';
import { ScriptTrials } from './scriptTrials.ts';

type FoundStudy = Parameters<OptunaRunEvents['study']>[0];

/** What can be steered of a script that owns its study: its end, its pauses, and trials waiting in our journal. */
export class ScriptSession implements Steerable {
  readonly #host: RunHost;
  readonly #log: WritableTrialLog;
  readonly #events: SessionEvents;
  readonly #metrics: readonly string[];
  readonly #trials: ScriptTrials;
  readonly #time = new RunningTime();
  readonly #orders = new Orders();
  /** What was asked for; the record shows the script's own number of trials where that is less. */
  #limits: RunBudget;
  #scriptTrials: number | null = null;
  #budget: Budget | undefined;
  #pid: number | null = null;
  #isBudgetUsedUp = false;
  #timer: NodeJS.Timeout | undefined;

  /** `metrics`: as the study file names them; may be empty. */
  constructor(host: RunHost, log: WritableTrialLog, events: SessionEvents, metrics: readonly string[]) {
    this.#host = host;
    this.#log = log;
    this.#events = events;
    this.#metrics = metrics;
    this.#limits = host.record.budget;
    this.#orders.setLimit(this.#limits.trials);
    this.#showBudget();
    this.#trials = new ScriptTrials({
      journal: log,
      startedAt: host.record.startedAt,
      note: (sentence) => this.#note(sentence),
      onOpened: (study, known) => this.#opened(study, known),
      onChanged: (study, numbers) => this.#changed(study, numbers),
    });
    this.#watchTime();
  }

  get control(): OptunaRunControl {
    return this.#orders;
  }

  readonly runEvents = {
    started: (pid: number) => {
      this.#pid = pid;
      this.#host.note(`The script runs as process ${pid}.`);
      this.#host.changed();
    },
    study: (study: FoundStudy) => this.#found(study),
    note: (sentence: string) => this.#note(sentence),
    hookFailed: () => this.#host.update({ steering: this.#steering().filter((order) => order === 'setBudget') }),
    output: (line: string) => this.#events.output?.(line),
  };

  readonly handlers: Steerable['handlers'] = {
    stop: ({ mode }) => {
      this.stop(checkedStopMode(mode));
      return this.#host.status();
    },
    pause: () => this.#setPaused(true),
    resume: () => this.#setPaused(false),
    setBudget: (change) => {
      this.#limits = checkedBudget(this.#limits, change);
      this.#orders.setLimit(this.#limits.trials);
      this.#showBudget();
      this.#watchTime();
      return this.#host.status();
    },
    setParallel: () => unsupported('given more parallel trials'),
    killTrial: () => unsupported('left with one trial ended'),
    enqueue: async ({ params }) => {
      const { study } = this.#trials;
      if (!study) throw new TuneboardError('no-study', 'The script has not made its study yet: try again later.');
      if (!this.#steering().includes('enqueue')) unsupported('given a trial while it keeps its own storage');
      const number = await this.#log.createTrial(study, {
        state: TrialState.waiting,
        systemAttrs: { fixed_params: checkedFixed(params, study.history) },
      });
      return { number: number as number };
    },
  };

  stop(mode: StopMode): void {
    const { stopMode } = this.#orders;
    if (stopMode === 'now' || (stopMode === mode && !this.#isBudgetUsedUp)) return;
    if (mode === 'now') this.#isBudgetUsedUp = false;
    this.#note(mode === 'now' ? 'Stopping now.' : 'Stopping after the running trial.');
    this.#host.update({ state: 'stopping' });
    this.#orders.stop(mode);
  }

  /** What the script's end means: one that its budget ended has finished. */
  judge(outcome: RunOutcome): RunOutcome {
    return outcome.state === 'stopped' && this.#isBudgetUsedUp ? { state: 'finished' } : outcome;
  }

  running(): ControlStatus['running'] {
    const { history } = this.#trials.study ?? {};
    if (!history || history.count(TrialState.running) === 0) return [];
    const own = { pid: this.#pid, startedAt: this.#host.record.startedAt };
    return Array.from(history.states.keys())
      .filter((number) => history.state(number) === TrialState.running)
      .map((number) => ({ ...own, number, startedAt: history.startedAt[number] || own.startedAt }));
  }

  finished(): number {
    return this.#budget?.finished ?? 0;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#trials.close();
  }

  #note(sentence: string): void {
    this.#host.note(sentence);
    this.#events.note?.(sentence);
  }

  #steering(): readonly Steering[] {
    return this.#host.record.steering ?? [];
  }

  #setPaused(isPaused: boolean): ControlStatus {
    if (this.#orders.stopMode) throw invalidOrder('The study is stopping.');
    if (!this.#steering().includes('pause')) unsupported('paused while its printed lines are read');
    if (this.#orders.isPaused !== isPaused) {
      this.#orders.pause(isPaused);
      if (isPaused) this.#time.pause();
      else this.#time.resume();
      this.#watchTime();
      this.#host.update({ state: isPaused ? 'paused' : 'running' });
      this.#note(isPaused ? 'Paused: the running trial finishes, no new one starts.' : 'Resumed.');
    }
    return this.#host.status();
  }

  #found({ location: given, name, metric, trials }: FoundStudy): void {
    const { record } = this.#host;
    // Python names the driver too.
    const location = serverUrl(given)?.location ?? given;
    if (trials !== undefined) this.#scriptTrials = trials;
    const isHooked = this.#steering().includes('pause');
    const canEnqueue = isHooked && location === this.#log.location;
    const steering = this.#steering().filter((order) => order !== 'enqueue');
    this.#host.update({
      storage: location,
      ...storedNameOf(record, name),
      ...(metric === undefined || this.#metrics.length > 0 ? {} : { metric }),
      steering: canEnqueue ? [...steering, 'enqueue'] : steering,
    });
    this.#showBudget();
    void this.#trials.follow(location, name);
  }

  #showBudget(): void {
    const asked = this.#limits.trials;
    const own = this.#scriptTrials;
    const trials = asked === null || own === null ? (asked ?? own) : Math.min(asked, own);
    this.#host.update({ budget: { ...this.#limits, trials }, askedTrials: asked });
  }

  #opened(study: StudyRecord, knownTrials: number): void {
    const current = () => this.#trials.study ?? study;
    const objectiveNames = () => this.#objectiveNames(current());
    this.#events.opened?.({
      studyName: this.#host.record.studyName,
      knownTrials,
      storage: this.#host.record.storage ?? this.#log.location,
      // A printed log may show its study anew.
      get history() {
        return current().history;
      },
      // What a script prints tells the name in the course of its first trials.
      get metrics() {
        return objectiveNames();
      },
      state: () => this.#host.record.state,
      budget: () => this.#host.record.budget,
      finished: () => this.finished(),
      runningTrials: () => this.running().map(({ number }) => number),
    });
  }

  #objectiveNames({ directions, systemAttrs }: StudyRecord): readonly string[] {
    const stored = systemAttrs['study:metric_names'];
    const named = this.#metrics.length > 0 ? this.#metrics : Array.isArray(stored) ? stored.map(String) : [];
    if (named.length === directions.length) return named;
    if (directions.length === 1) return [this.#host.record.metric ?? 'value'];
    return directions.map((_, objective) => `values_${objective}`);
  }

  #changed({ history }: StudyRecord, numbers: readonly number[]): void {
    for (const number of numbers) {
      const state = history.state(number);
      if (state === TrialState.waiting) continue;
      if (state === TrialState.running) this.#events.trialStarted?.(number, history.params(number));
      else this.#events.trialEnded?.(number, state, valuesOf(history, number), undefined);
    }
    if (this.#budget?.history !== history) this.#budget = new Budget(history, this.#limits);
    this.#host.changed();
    // Processes that share a storage count their own trials only.
    const isHooked = this.#steering().includes('pause');
    if (isHooked && this.#limits.trials !== null && this.finished() >= this.#limits.trials) this.#endByBudget();
  }

  #watchTime(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.#limits;
    if (timeoutMs === null || this.#orders.isPaused) return;
    const leftMs = Math.max(0, timeoutMs - this.#time.spentMs);
    this.#timer = setTimeout(
      () => {
        if (leftMs > LONGEST_TIMER_MS) return this.#watchTime();
        this.#note('The time is up: the running trial finishes, no new one starts.');
        this.#endByBudget();
      },
      Math.min(leftMs, LONGEST_TIMER_MS),
    );
  }

  #endByBudget(): void {
    if (this.#orders.stopMode) return;
    this.#isBudgetUsedUp = true;
    this.#orders.stop('afterCurrent');
  }
}

/** Node's timers count in 32 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Passes orders on, at once to who listens and later to who comes. */
class Orders implements OptunaRunControl {
  stopMode: StopMode | undefined;
  isPaused = false;
  #limit: number | null = null;
  readonly #onStop: ((mode: StopMode) => void)[] = [];
  readonly #onPause: ((isPaused: boolean) => void)[] = [];
  readonly #onLimit: ((trials: number | null) => void)[] = [];

  onStop(listener: (mode: StopMode) => void): void {
    this.#onStop.push(listener);
    if (this.stopMode) listener(this.stopMode);
  }

  onPause(listener: (isPaused: boolean) => void): void {
    this.#onPause.push(listener);
    if (this.isPaused) listener(true);
  }

  onTrialLimit(listener: (trials: number | null) => void): void {
    this.#onLimit.push(listener);
    listener(this.#limit);
  }

  stop(mode: StopMode): void {
    this.stopMode = mode;
    for (const listener of this.#onStop) listener(mode);
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    for (const listener of this.#onPause) listener(isPaused);
  }

  setLimit(trials: number | null): void {
    this.#limit = trials;
    for (const listener of this.#onLimit) listener(trials);
  }
}

function storedNameOf({ studyName, storedName }: RunRecord, name: string): Partial<RunRecord> {
  return name === studyName && storedName === undefined ? {} : { storedName: name };
}

function valuesOf(history: StudyRecord['history'], number: number): number[] | null {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  return values.some(Number.isNaN) ? null : values;
}

function unsupported(what: string): never {
  throw new TuneboardError('unsupported', `A script that owns its Optuna study can't be ${what}.`);
}
