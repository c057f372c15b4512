import { SOURCE } from '../../core/study/attributes.ts';
import type { StopMode } from '../../protocol/control.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { ENGINE_VARIABLE, JOB_VARIABLE, RUN_VARIABLE } from '../../protocol/workers.ts';
import { newSocketPath, removeSockets } from '../../runs/platform.ts';
import { TrialRuns } from '../../runs/trialOwner.ts';
import { StudyRenderer, Terminal } from '../render/studyRenderer.ts';
import type { SessionEvents } from '../run/events.ts';
import { describeStudy, settleSeed } from '../run/openStudy.ts';
import { failureOf, type RunOutcome } from '../run/outcome.ts';
import type { SessionHost } from '../run/session.ts';
import { openCommandSession, repairFirst } from '../trials/commandSession.ts';
import { newOwner, SignedLog } from '../trials/ownership.ts';
import { cutOff } from '../trials/repair.ts';
import type { StudySession } from '../trials/studySession.ts';
import { type OpenedWorker, openWorker, type WorkerPlace } from './openWorker.ts';
import { isToBeKilled, ordersOf } from './studyOrders.ts';
import { TrialEcho } from './trialEcho.ts';

/** A worker has no run record: it prints what it has to say, for the log of its job. */
class WorkerHost implements SessionHost {
  readonly record: SessionHost['record'];
  readonly #print: (line: string) => void;

  constructor(budget: RunBudget, parallel: number, print: (line: string) => void) {
    this.record = { budget, parallel, state: 'running' };
    this.#print = print;
  }

  note(sentence: string): void {
    this.#print(timed(sentence));
  }

  update(): void {
    // There is no record.
  }

  waitFor(): void {
    // It is printed already.
  }

  changed(): void {
    // There is no control socket.
  }
}

export interface WorkerOptions extends WorkerPlace {
  readonly trials: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly parallel: number;
  readonly heartbeatMs: number;
  /** Folder for checkpoints that all workers see; undefined: in the run folder. */
  readonly checkpoints: string | undefined;
  readonly python: string | undefined;
  /** Print what trials print, for a job's log. */
  readonly echo: boolean;
}

export interface Worker {
  /** Resolves when its last trial has ended: the budget is reached, it was stopped, or could not go on. */
  readonly ended: Promise<RunOutcome>;
  /** `now`: running trials are given to other workers. */
  stop(mode: StopMode): void;
}

/** Joins a study: asks for trials, runs them, tells how they ended, as long as the budget that all workers share has room. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const terminal = new Terminal();
  const opened = await openWorker(options, (sentence) => terminal.line(timed(sentence.text)));
  try {
    return await joinStudy(opened, options, terminal);
  } catch (error) {
    await opened.log.close();
    throw error;
  }
}

async function joinStudy(opened: OpenedWorker, options: WorkerOptions, terminal: Terminal): Promise<Worker> {
  const { source, file, folder, record } = opened;
  const owner = newOwner({ beats: options.heartbeatMs / 1000, ...engineOf(process.env) });
  const log = new SignedLog(opened.log, owner);
  const host = new WorkerHost(budgetFor(opened, options), options.parallel, (line) => terminal.line(line));
  const renderer = new StudyRenderer(terminal);
  const echo = options.echo ? new TrialEcho((line) => terminal.line(line)) : undefined;
  const events = echo ? withEcho(renderer, echo) : renderer;
  await repairFirst({ log, record, owner, host, events: {} });
  if (record.userAttrs[SOURCE] === undefined) {
    await describeStudy(log, record, { metrics: file.metrics, source, script: undefined });
  }
  const socket = newSocketPath();
  const orders = () => ordersOf(record, process.env[RUN_VARIABLE]);
  const { session, signs } = await openCommandSession({
    source,
    file,
    host,
    folder,
    socket,
    log,
    record,
    owner,
    seed: await settleSeed(log, record, file.sampler.seed),
    python: options.python ?? null,
    events,
    checkpoints: { folder: options.checkpoints ?? folder.checkpoints, isShared: true },
    heartbeatMs: options.heartbeatMs,
    handBack: async (number) => {
      await log.refresh().catch(() => false);
      if (orders()?.stop === 'now') return false;
      const runs = new TrialRuns(record.history);
      return (await cutOff(log, record, number, runs, { type: 'handed-back' })) !== undefined;
    },
    onTick: () => heed(session),
    onOutput: echo && ((number, chunk) => echo.push(number, chunk)),
  });
  /** What has been ordered since. */
  function heed(steered: StudySession): void {
    const now = orders();
    for (const { number } of steered.running()) if (isToBeKilled(record, number)) steered.killTrial(number);
    if (!now) return;
    steered.budget.limits = { ...steered.budget.limits, trials: now.trials };
    if (now.stop) steered.stop(now.stop);
    else if (!steered.isStopping) steered.setPaused(now.isPaused);
  }
  events.opened?.(session.view({ name: file.name, metrics: file.metrics, storage: log.location }));
  heed(session);
  signs.start();
  const end = async () => {
    try {
      return await session.run();
    } catch (error) {
      return failureOf(error);
    } finally {
      await signs.stop();
      renderer.close();
      await log.close();
      removeSockets(socket);
    }
  };
  return { ended: end(), stop: (mode) => session.stop(mode) };
}

function budgetFor({ file, record }: OpenedWorker, { trials, timeoutMs }: WorkerOptions) {
  const ordered = ordersOf(record, process.env[RUN_VARIABLE]);
  if (ordered) return { ...file.budget, trials: ordered.trials, timeoutMs: null };
  return { ...file.budget, trials: trials ?? file.budget.trials, timeoutMs: timeoutMs ?? file.budget.timeoutMs };
}

/** Which engine runs this worker, and as what. */
function engineOf(env: NodeJS.ProcessEnv): { engine?: string; job?: string } {
  const engine = env[ENGINE_VARIABLE];
  const array = env['SLURM_ARRAY_JOB_ID'];
  const slurm = array ? `${array}_${env['SLURM_ARRAY_TASK_ID']}` : env['SLURM_JOB_ID'];
  const job = env[JOB_VARIABLE] ?? slurm;
  return { ...(engine && { engine }), ...(job && { job }) };
}

/** A trial's last words come before its end. */
function withEcho(renderer: StudyRenderer, echo: TrialEcho): SessionEvents {
  return {
    opened: (view) => renderer.opened(view),
    trialStarted: (number) => renderer.trialStarted(number),
    trialReported: (number, value, step) => renderer.trialReported(number, value, step),
    trialPaused: (number, value, step) => {
      echo.end(number);
      renderer.trialPaused(number, value, step);
    },
    trialEnded: (number, state, values, reason) => {
      echo.end(number);
      renderer.trialEnded(number, state, values, reason);
    },
    note: (sentence) => renderer.note(sentence),
  };
}

/** A line of a log. */
function timed(sentence: string): string {
  return `${new Date().toISOString()} ${sentence}`;
}
