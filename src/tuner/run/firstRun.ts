import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { wordsOf } from '../../core/errors.ts';
import type { Params } from '../../core/space/distributions.ts';
import { CONSTRAINT, FIXED_PARAMS } from '../../core/study/attributes.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { failReasonChanges } from '../../core/study/failReason.ts';
import { Direction } from '../../core/study/states.ts';
import { checkedFixed, storedParams } from '../../core/study/trialParams.ts';
import { formatNumber } from '../../core/text/numbers.ts';
import type { StopMode } from '../../protocol/control.ts';
import type { MetricCandidate } from '../../protocol/runRecord.ts';
import { clientSocketPath } from '../../runs/platform.ts';
import { withMetric } from '../../studyfile/editing/writeMetric.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { CommandRunner } from '../objective/command/commandObjective.ts';
import { commandContext } from '../objective/launch/launchContext.ts';
import { StepCounter } from '../objective/metrics/lineReport.ts';
import { meaningOf } from '../objective/metrics/metricWords.ts';
import { PrintedCandidates } from '../objective/metrics/printedCandidates.ts';
import type { ObjectiveOutcome, RunningObjective, TrialHandle } from '../objective/objective.ts';
import type { CommandStudyFile } from '../trials/commandSession.ts';
import { newOwner, trialMarker } from '../trials/ownership.ts';
import { judge } from '../trials/verdict.ts';
import type { MetricChoice } from './events.ts';
import { adoptMetric, openStorage, sayWaiting } from './openStudy.ts';
import { checkedStopMode, invalidOrder } from './orders.ts';
import { failureOf, type RunOutcome, StartFailure } from './outcome.ts';
import type { CommandStudyRun, OpenedRun } from './runCommandStudy.ts';
import type { Steerable } from './runHost.ts';
import { startPoints } from './startPoints.ts';

/** How long an answer to an order may take to be sent before the socket closes. */
const ANSWER_MS = 50;

/** What a study needs that its file does not say. */
interface Settled {
  readonly file: CommandStudyFile;
  readonly firstTrial: TrialTemplate | null;
}

/**
 * Finds the metric of a study file that names none: the command line says it, the study has it already, or the command
 * is run once as it is, and what it prints is read. That run becomes trial 0. The answer is written into the study file.
 * Returns an outcome where there will be no study.
 */
export async function settleMetric(run: CommandStudyRun, opened: OpenedRun): Promise<Settled | RunOutcome> {
  const { file, overrides } = run;
  if (overrides.metric !== undefined) return { file: told(run, opened, overrides.metric), firstTrial: null };
  const kept = await keptMetric(run, opened);
  if (kept) return { file: kept, firstTrial: null };
  const first = new FirstRun(run, opened);
  const end = await first.run();
  if ('state' in end) return end;
  const { choice } = end;
  write(run, opened, choice);
  const chosen = { ...file, metrics: [choice.metric], directions: [Direction[choice.direction]] };
  const firstTrial = first.trialFor(chosen);
  const value = firstTrial.values?.[0];
  if (value !== undefined) {
    const gave = tunerMessage('firstRunGave', { metric: choice.metric, value: formatNumber(value) });
    opened.host.note(gave.text);
    run.events.note?.(gave.text);
  }
  return { file: chosen, firstTrial };
}

function told(run: CommandStudyRun, opened: OpenedRun, metric: string): CommandStudyFile {
  const { file, overrides } = run;
  const direction = overrides.direction ?? wordOf(file.directions[0]) ?? meaningOf(metric)?.direction;
  if (!direction) throw invalidOrder(tunerMessage('metricUnsure', { metric }));
  write(run, opened, { metric, direction });
  return { ...file, metrics: [metric], directions: [Direction[direction]] };
}

/** The study may be there already: of another machine, or of a file whose `metric:` was removed since. */
async function keptMetric(
  { file, events }: CommandStudyRun,
  { host, storage }: OpenedRun,
): Promise<CommandStudyFile | undefined> {
  if (!('url' in storage) && !statSync(storage.path, { throwIfNoEntry: false })) return undefined;
  const onWaiting = sayWaiting(host, events);
  const log = await openStorage(storage, host.wasCutOff, { studyName: file.name, onWaiting });
  try {
    const adopted = adoptMetric(log, file);
    return adopted.metrics.length > 0 ? adopted : undefined;
  } finally {
    await log.close();
  }
}

/** Puts the answer into the study file, unless a person has put one there meanwhile. */
function write({ source, events }: CommandStudyRun, { host }: OpenedRun, { metric, direction }: MetricChoice): void {
  const say = (sentence: string) => {
    host.note(sentence);
    events.note?.(sentence);
  };
  host.update({ metric });
  say(tunerMessage('metricChosen', { metric, direction }).text);
  try {
    const path = realpathSync(source);
    const text = withMetric(readFileSync(path, 'utf8'), metric, direction);
    if (text === null) return;
    const aside = `${path}.${process.pid}.tmp`;
    writeFileSync(aside, text, { mode: statSync(path).mode });
    renameSync(aside, path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    say(tunerMessage('metricNotWritten', { metric, path: basename(source), reason }).text);
  }
}

/** The command, run once as it is before its study exists. */
class FirstRun {
  readonly #run: CommandStudyRun;
  readonly #opened: OpenedRun;
  readonly #params: Params;
  readonly #printed = new PrintedCandidates();
  readonly #constraints = new Map<string, number>();
  readonly #attrs = new Map<string, JsonValue>();
  readonly #choice = Promise.withResolvers<MetricChoice>();
  readonly #stopped = Promise.withResolvers<'stopped'>();
  #isStopped = false;
  #isAsking = false;
  #process: RunningObjective | undefined;
  #outcome: ObjectiveOutcome | undefined;
  #startedAt = Date.now();
  #endedAt = Date.now();

  constructor(run: CommandStudyRun, opened: OpenedRun) {
    this.#run = run;
    this.#opened = opened;
    const { startParams = null, file } = run;
    const [point = {}] = startPoints({ startParams, start: file.start });
    this.#params = checkedFixed(file.space, point);
  }

  async run(): Promise<{ readonly choice: MetricChoice } | RunOutcome> {
    const { onRunning, onStarted, events, file } = this.#run;
    const { host } = this.#opened;
    const { steering = [] } = host.record;
    host.update({ steering: [] });
    host.showFirstRun({});
    onRunning(host, { stop: (mode) => this.#stop(mode) });
    await host.serve(this.#steerable());
    const sentence = tunerMessage('firstRun');
    host.note(sentence.text);
    events.note?.(sentence.text);
    onStarted(host);
    const end = (await this.#execute()) ?? (await this.#choose(file.directions));
    host.showFirstRun(undefined);
    host.update({ steering });
    return this.#isStopped ? { state: 'stopped' } : end;
  }

  /** The run as a trial of its study. */
  trialFor({ space, metrics, constraints }: CommandStudyFile): TrialTemplate {
    const reports = this.#printed.metricsOf(metrics, constraints);
    const last = new Map<string, number>(this.#constraints);
    const steps = new StepCounter();
    const curve = new Map<number, number>();
    const metric = metrics[0] as string;
    for (const { metrics: values, step } of reports) {
      for (const [name, value] of Object.entries(values)) last.set(name, value);
      if (!Object.hasOwn(values, metric)) continue;
      const at = steps.next(step);
      if (at !== null) curve.set(at, values[metric] as number);
    }
    const { state, values, failure } = judge(this.#outcome as ObjectiveOutcome, { metrics, constraints }, last);
    const userAttrs: Record<string, JsonValue> = Object.fromEntries(this.#attrs);
    const systemAttrs: Record<string, JsonValue> = { [FIXED_PARAMS]: this.#params as JsonValue };
    for (const [name, value] of last) {
      if (constraints.includes(name) && !Number.isNaN(value)) systemAttrs[`${CONSTRAINT}${name}`] = value;
      if (!metrics.includes(name)) userAttrs[name] = value;
    }
    for (const change of failure ? failReasonChanges(0, failure.reason, failure.lastLines) : []) {
      if (change.type === 'userAttr') userAttrs[change.key] = change.value;
      if (change.type === 'systemAttr') systemAttrs[change.key] = change.value;
    }
    return {
      state,
      params: storedParams(space, this.#params),
      values,
      intermediate: [...curve].sort(([a], [b]) => a - b),
      userAttrs,
      systemAttrs,
      startedAt: this.#startedAt,
      completedAt: this.#endedAt,
    };
  }

  /** Runs the program. Undefined: it ended well. */
  async #execute(): Promise<RunOutcome | undefined> {
    const { source, file, overrides } = this.#run;
    const { host } = this.#opened;
    const base = dirname(source);
    const { python = null } = overrides;
    const runner = await CommandRunner.open({
      socket: clientSocketPath(host.record.socket),
      objective: file.objective,
      studyName: file.name,
      space: file.space,
      sites: file.sites,
      metrics: [],
      constraints: file.constraints,
      folder: host.folder,
      base,
      launch: await commandContext({ objective: file.objective, base, python, env: process.env }),
      reader: {
        read: (line) => {
          this.#printed.read(line);
          return undefined;
        },
      },
      onNote: (sentence) => host.note(sentence),
    });
    try {
      if (this.#isStopped) return { state: 'stopped' };
      this.#startedAt = Date.now();
      this.#process = await runner.start(this.#handle());
      if (this.#isStopped) this.#process.end('stopped');
      this.#outcome = await this.#process.outcome;
      this.#endedAt = Date.now();
    } finally {
      await runner.close();
    }
    if (this.#isStopped) return { state: 'stopped' };
    if (this.#outcome.type === 'done') {
      const { neverRead } = this.#outcome;
      return neverRead ? { state: 'failed', code: 'never-read', message: neverRead } : undefined;
    }
    const { failure } = judge(this.#outcome, { metrics: [], constraints: [] }, new Map());
    const reason = failure?.reason ?? wordsOf(new Error('The program was ended.'));
    if (failure?.cause) return failureOf(new StartFailure(failure.cause, tunerMessage('firstRunFailed', { reason })));
    const code = failure && failure.code !== 'exit' ? failure.code : 'first-run-failed';
    return { state: 'failed', code, message: tunerMessage('firstRunFailed', { reason }) };
  }

  async #choose(directions: readonly Direction[]): Promise<{ readonly choice: MetricChoice } | RunOutcome> {
    const { events } = this.#run;
    const { host } = this.#opened;
    const [given] = directions;
    const { candidates, isClear } = this.#printed.ranked(wordOf(given));
    const [top] = candidates;
    if (!top) return { state: 'failed', code: 'no-metric', message: tunerMessage('firstRunNoMetric') };
    if (isClear) return { choice: { metric: top.name, direction: top.direction } };
    this.#isAsking = true;
    host.showFirstRun({ question: candidates });
    const asked = new AbortController();
    const here = events.askMetric?.(candidates, asked.signal);
    const answer = await Promise.race([this.#choice.promise, this.#stopped.promise, ...(here ? [here] : [])]);
    asked.abort();
    if (answer === 'stopped') return { state: 'stopped' };
    if (answer !== 'nobody') return { choice: answer };
    const message = tunerMessage('metricUnclear', { candidates: candidates.map(shown).join('; ') });
    return { state: 'failed', code: 'unclear-metric', message };
  }

  #stop(_mode: StopMode): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#opened.host.update({ state: 'stopping' });
    // There is no trial yet that would be worth waiting for.
    this.#process?.end('stopped');
    // The answer to the order goes first.
    setTimeout(() => this.#stopped.resolve('stopped'), ANSWER_MS);
  }

  #steerable(): Steerable {
    const { host } = this.#opened;
    const busy = () => {
      throw invalidOrder(tunerMessage('firstRunBusy'));
    };
    return {
      handlers: {
        stop: ({ mode }) => {
          this.#stop(checkedStopMode(mode));
          return host.status();
        },
        pause: busy,
        resume: busy,
        setBudget: busy,
        setParallel: busy,
        enqueue: busy,
        killTrial: busy,
        reload: busy,
        chooseMetric: ({ metric, direction }) => {
          if (!this.#isAsking) return busy();
          if (typeof metric !== 'string' || (direction !== 'minimize' && direction !== 'maximize')) return busy();
          if (this.#printed.valuesOf(metric).length === 0) {
            const names = this.#printed.ranked().candidates.map(({ name }) => name);
            throw invalidOrder(tunerMessage('metricNotPrinted', { metric, names: names.join(', ') }));
          }
          this.#choice.resolve({ metric, direction });
          return host.status();
        },
      },
      running: () =>
        this.#process && !this.#outcome ? [{ number: 0, pid: this.#process.pid, startedAt: this.#startedAt }] : [],
      finished: () => 0,
    };
  }

  #handle(): TrialHandle {
    const printed = this.#printed;
    return {
      number: 0,
      params: this.#params,
      marker: trialMarker(newOwner({}), 0),
      gpu: this.#run.file.gpus?.[0] ?? null,
      best: null,
      part: null,
      isBeyondEnd: false,
      report: (metrics, step) => printed.report(metrics, step),
      flush: () => Promise.resolve(),
      earlyEnd: () => undefined,
      onEarlyEnd: () => undefined,
      setUserAttr: async (key, value) => void this.#attrs.set(key, value),
      reportGradient: () => undefined,
      setConstraint: async (name, value) => void this.#constraints.set(name, value),
    };
  }
}

function wordOf(direction: Direction | undefined): MetricChoice['direction'] | null {
  if (direction === undefined) return null;
  return direction === Direction.maximize ? 'maximize' : 'minimize';
}

function shown({ name, last, direction, isDirectionSure }: MetricCandidate): string {
  return `${name} ${formatNumber(last)}${isDirectionSure ? ` ${direction}` : ''}`;
}
