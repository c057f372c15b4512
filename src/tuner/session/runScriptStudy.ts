import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { isProcessAlive, processStart } from '../../runs/processIdentity.ts';
import { killTree } from '../../runs/processTree.ts';
import { scriptStudyName } from '../../runs/runFolder.ts';
import type { JournalLog } from '../../storage/journal/journalLog.ts';
import type { RunOptunaScript, RunOutcome, StopMode } from '../objectives/optunaRun.ts';
import type { SessionEvents } from './events.ts';
import { openJournal } from './openStudy.ts';
import { newOwner } from './ownership.ts';
import { repairTrials } from './repair.ts';
import type { RunOverrides } from './runCommandStudy.ts';
import { RunHost, type Steerable } from './runHost.ts';

export interface ScriptStudyRun {
  /** Absolute path of what was started: the script, or the study file that names it. */
  readonly source: string;
  readonly script: string;
  readonly studyName?: string;
  readonly args: readonly string[];
  readonly attach: 'hook' | 'log';
  readonly python: string | null;
  readonly overrides: RunOverrides;
  readonly events: SessionEvents;
  readonly onRunning: (host: RunHost, session: { stop(mode: StopMode): void }) => void;
  /** Called when the script's process is there. */
  readonly onStarted: (host: RunHost) => void;
}

/** File in the run folder that names the script's process. */
const SCRIPT_PROCESS = 'script.pid.json';

/** Runs a script or notebook that owns its Optuna study. */
export async function runScriptStudy(run: ScriptStudyRun, runOptunaScript: RunOptunaScript): Promise<RunOutcome> {
  const studyName = run.studyName ?? scriptStudyName(run.source);
  const host = RunHost.open({
    source: run.source,
    ...(run.script === run.source ? {} : { script: run.script }),
    studyName,
    python: run.overrides.python,
    storage: null,
    budget: () => ({ trials: run.overrides.trials ?? null, timeoutMs: run.overrides.timeoutMs ?? null }),
    parallel: 1,
  });
  try {
    const owner = newOwner();
    const log = await openJournal(host.folder.journal, host.wasCutOff);
    await endOrphanScript(host);
    for (const study of log.studies()) await repairTrials(log, study, owner.host, { retry: false });
    const session = new ScriptSession(host, log, run.events);
    await host.serve(session);
    run.onRunning(host, session);
    const outcome = await runOptunaScript({
      script: run.script,
      args: run.args,
      attach: run.overrides.attach ?? run.attach,
      python: run.overrides.python ?? run.python,
      cwd: dirname(run.script),
      env: process.env,
      studyName: basename(run.script).replace(/\.\w+$/, ''),
      resume: run.overrides.resume === true || host.wasCutOff,
      owner,
      folder: host.folder,
      log,
      control: { onStop: (listener) => session.onStop(listener) },
      events: {
        ...session.runEvents,
        started: (pid) => {
          session.runEvents.started(pid);
          run.onStarted(host);
        },
      },
    });
    await session.close();
    rmSync(join(host.folder.path, SCRIPT_PROCESS), { force: true });
    await log.close();
    await host.end(outcome.state, outcome.message);
    return outcome;
  } catch (error) {
    await host.end('failed', error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Which process the script is, for the next start after this tuner has died. */
function rememberScript({ folder }: RunHost, pid: number): void {
  writeFileSync(join(folder.path, SCRIPT_PROCESS), JSON.stringify({ pid, start: processStart(pid) }), { mode: 0o600 });
}

async function endOrphanScript({ folder }: RunHost): Promise<void> {
  const path = join(folder.path, SCRIPT_PROCESS);
  try {
    const { pid, start } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; start: string };
    if (isProcessAlive(pid, start)) await killTree(pid, { graceMs: 2000 });
  } catch {
    // The last run ended in order.
  }
  rmSync(path, { force: true });
}

/** What can be steered of a script that owns its study: its end, and trials waiting in our journal. */
class ScriptSession implements Steerable {
  readonly #host: RunHost;
  readonly #log: JournalLog;
  readonly #events: SessionEvents;
  readonly #stopListeners: ((mode: StopMode) => void)[] = [];
  readonly #startedAt = Date.now();
  readonly #known: number;
  readonly #knownTrials = new Map<string, number>();
  #pid: number | null = null;
  #stop: StopMode | undefined;
  #studyName: string | undefined;
  #seenRevision = 0;
  #shownTrials = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: RunHost, log: JournalLog, events: SessionEvents) {
    this.#host = host;
    this.#log = log;
    this.#events = events;
    this.#known = log.studies().length;
    for (const { name, history } of log.studies()) this.#knownTrials.set(name, history.length);
  }

  readonly runEvents = {
    started: (pid: number) => {
      this.#pid = pid;
      rememberScript(this.#host, pid);
      this.#host.note(`The script runs as process ${pid}.`);
      this.#host.changed();
    },
    study: (study: { location: string; name: string; metric?: string; trials?: number | null }) => this.#onStudy(study),
    note: (sentence: string) => {
      this.#host.note(sentence);
      this.#events.note?.(sentence);
    },
    output: (line: string) => this.#events.output?.(line),
  };

  readonly handlers: Steerable['handlers'] = {
    stop: ({ mode }) => {
      this.stop(mode === 'now' ? 'now' : 'afterCurrent');
      return this.#host.status();
    },
    pause: () => unsupported('paused'),
    resume: () => unsupported('paused'),
    setBudget: () => unsupported('given another budget'),
    setParallel: () => unsupported('given more parallel trials'),
    killTrial: () => unsupported('left with one trial ended'),
    enqueue: async ({ params }) => {
      const study = this.#study();
      if (!study) throw new TuneboardError('no-study', 'The script has not made its study yet: try again later.');
      const number = await this.#log.createTrial(study, {
        state: TrialState.waiting,
        systemAttrs: { fixed_params: params as Record<string, string> },
      });
      return { number: number as number };
    },
  };

  stop(mode: StopMode): void {
    if (this.#stop === 'now' || this.#stop === mode) return;
    this.#stop = mode;
    const what = mode === 'now' ? 'Stopping now.' : 'Stopping after the running trial.';
    this.#host.note(what);
    this.#events.note?.(what);
    this.#host.update({ state: 'stopping' });
    for (const listener of this.#stopListeners) listener(mode);
  }

  onStop(listener: (mode: StopMode) => void): void {
    this.#stopListeners.push(listener);
    if (this.#stop) listener(this.#stop);
  }

  running() {
    const { history } = this.#study() ?? {};
    if (!history || history.count(TrialState.running) === 0) return [];
    const number = history.states.lastIndexOf(TrialState.running);
    return [{ number, pid: this.#pid, startedAt: history.startedAt[number] ?? this.#startedAt }];
  }

  finished(): number {
    const { history } = this.#study() ?? {};
    if (!history) return 0;
    return history.length - history.count(TrialState.running) - history.count(TrialState.waiting);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look();
  }

  #onStudy({
    location,
    name,
    metric,
    trials,
  }: {
    location: string;
    name: string;
    metric?: string;
    trials?: number | null;
  }) {
    this.#studyName = name;
    const change: Partial<RunRecord> = {
      storage: location,
      ...(name === this.#host.record.studyName ? {} : { storedName: name }),
      ...(metric === undefined ? {} : { metric }),
      ...(trials === undefined ? {} : { budget: { ...this.#host.record.budget, trials } }),
    };
    this.#host.update(change);
    if (location === this.#log.location) void this.#watch();
    else this.#events.note?.(`The script keeps its study in ${location}.`);
  }

  /** Shows the trials that Python writes into our journal. */
  async #watch(): Promise<void> {
    await this.#log.refresh();
    const study = this.#study();
    if (!study || this.#timer) return;
    // A trial may be under way already when the study's name arrives: it is shown from its start.
    this.#seenRevision = 0;
    this.#shownTrials = this.#knownTrials.get(study.name) ?? 0;
    this.#events.opened?.({
      studyName: study.name,
      knownTrials: this.#knownTrials.get(study.name) ?? 0,
      storage: this.#log.location,
      history: study.history,
      metrics: [this.#host.record.metric ?? 'value'],
      state: () => this.#host.record.state,
      budget: () => this.#host.record.budget,
      finished: () => this.finished(),
      runningTrials: () => this.running().map(({ number }) => number),
    });
    this.#timer = setInterval(() => void this.#look(), 200);
  }

  async #look(): Promise<void> {
    await this.#log.refresh().catch(() => undefined);
    const { history } = this.#study() ?? {};
    if (!history) return;
    const changed = history.changedSince(this.#seenRevision);
    this.#seenRevision = history.revision;
    for (const number of changed) {
      if (number < this.#shownTrials) continue;
      const state = history.state(number);
      if (state === TrialState.waiting) continue;
      if (state === TrialState.running) this.#events.trialStarted?.(number, history.params(number));
      else this.#events.trialEnded?.(number, state, valuesOf(history, number), undefined);
    }
    if (changed.length > 0) this.#host.changed();
  }

  /** The script's study: the one that it named, else the newest that this run has added. */
  #study(): StudyRecord | undefined {
    const studies = this.#log.studies();
    if (this.#studyName !== undefined) return studies.find(({ name }) => name === this.#studyName);
    return studies.length > this.#known ? studies.at(-1) : undefined;
  }
}

function valuesOf(history: StudyRecord['history'], number: number): number[] | null {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  return values.some(Number.isNaN) ? null : values;
}

function unsupported(what: string): never {
  throw new TuneboardError('unsupported', `A script that owns its Optuna study can't be ${what}: it can be stopped.`);
}
