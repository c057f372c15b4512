import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import { createScheduler } from '../../core/schedulers/createScheduler.ts';
import { ReplayScheduler } from '../../core/schedulers/replay.ts';
import type { ScheduleSegment } from '../../core/schedulers/schedule.ts';
import { prunePaused } from '../../core/schedulers/scheduledStudy.ts';
import { Study } from '../../core/study/study.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { clientSocketPath } from '../../runs/platform.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import type { StoragePlace } from '../../storage/writableStorage.ts';
import type { CommandObjective, SchedulerSettings, StudyFile } from '../../studyfile/studyFile.ts';
import { trainerProgram } from '../../trainer/backend/tensorflow.ts';
import { CommandRunner } from '../objectives/commandObjective.ts';
import type { RunOutcome } from '../objectives/optunaRun.ts';
import { Checkpoints, type KeptCheckpoints } from './checkpoints.ts';
import type { SessionEvents, SessionView } from './events.ts';
import { createOrResume, describeStudy, openStorage, settleSeed, storagePlaceOf } from './openStudy.ts';
import { newOwner, SignedLog } from './ownership.ts';
import { repairTrials } from './repair.ts';
import { failureOf, RunHost } from './runHost.ts';
import { ScheduledTrials } from './scheduledTrials.ts';
import { StudySession } from './studySession.ts';

/** What the command line may set over the study file. */
export interface RunOverrides {
  readonly trials?: number;
  readonly timeoutMs?: number;
  readonly parallel?: number;
  readonly seed?: number;
  readonly python?: string;
  /** Go on where a script's last run ended (a study file always does). */
  readonly resume?: boolean;
  /** Train one set of weights along the schedule at this path instead of searching. */
  readonly replay?: { readonly path: string; readonly segments: readonly ScheduleSegment[] };
  /** How an Optuna script is watched (see OptunaObjective). */
  readonly attach?: 'hook' | 'log';
  /** The sampler and pruner of a script that leaves them to Optuna; with `override` also of one that does not. */
  readonly sampler?: string;
  readonly pruner?: string;
  readonly override?: boolean;
}

export interface CommandStudyRun {
  readonly source: string;
  readonly file: StudyFile & { readonly objective: CommandObjective };
  readonly overrides: RunOverrides;
  readonly events: SessionEvents;
  /** Called once the study runs, with what stops it. */
  readonly onRunning: (host: RunHost, session: { stop(mode: 'afterCurrent' | 'now'): void }) => void;
  /** Called when the first trial is about to start. */
  readonly onStarted: (host: RunHost) => void;
}

/** Runs a study file with a command to its end. Throws when the study cannot be opened; then nothing was started. */
export async function runCommandStudy(run: CommandStudyRun): Promise<RunOutcome> {
  const { source, file, overrides, events } = run;
  const storage = storagePlaceOf(file.storage, source, runFolderOf(source, file.name));
  const script = scriptOf(file.objective, dirname(source));
  const host = RunHost.open({
    source,
    ...(script ? { script } : {}),
    studyName: file.name,
    ...(file.metrics[0] ? { metric: file.metrics[0] } : {}),
    python: overrides.python,
    replay: overrides.replay?.path,
    storage: storage.path,
    budget: (previous) => budgetOf(file.budget, overrides, previous?.budget),
    parallel: overrides.parallel ?? file.parallel,
    steering: ['pause', 'setBudget', 'setParallel', 'enqueue', 'killTrial'],
  });
  try {
    const { session, close } = await openSession(run, host, storage, script);
    await host.serve(session);
    events.opened?.(viewOf(session, host, run));
    run.onRunning(host, session);
    run.onStarted(host);
    const outcome = await session.run();
    await close();
    await host.end(outcome);
    return outcome;
  } catch (error) {
    await host.end(failureOf(error));
    throw error;
  }
}

async function openSession(run: CommandStudyRun, host: RunHost, storage: StoragePlace, script: string | undefined) {
  const { source, file, overrides, events } = run;
  const owner = newOwner();
  const log = new SignedLog(await openStorage(storage, host.wasCutOff), owner);
  const record = await createOrResume(log, file);
  const say = (sentence: string) => {
    host.note(sentence);
    events.note?.(sentence);
  };
  for (const { number, retry } of await repairTrials(log, record, owner.host, {
    retry: true,
    pause: isScheduled(run),
  })) {
    const then = retry === number ? 'it goes on' : `it runs again as trial ${retry}`;
    say(`Trial ${number} was cut off when its tuner died; ${then}.`);
  }
  await describeStudy(log, record, { metrics: file.metrics, source, script });
  const seed = await settleSeed(log, record, overrides.seed ?? file.sampler.seed);
  const study = new Study(log, record, {
    space: file.space,
    sampler: createSampler({ type: file.sampler.type, seed, options: file.sampler.options }),
    pruner: createPruner(file.pruner),
  });
  const runner = await CommandRunner.open({
    socket: clientSocketPath(host.record.socket),
    objective: file.objective,
    studyName: file.name,
    parameters: file.space.parameters.map(({ name }) => name),
    metrics: file.metrics,
    folder: host.folder,
    cwd: resolve(dirname(source), file.objective.cwd),
    base: dirname(source),
    env: process.env,
    python: overrides.python ?? null,
  });
  const scheduled = openScheduled(run, study, seed, host.folder.checkpoints);
  if (!scheduled && (await prunePaused(study)).length > 0) {
    say('Trials that a scheduler had paused were pruned: the study has no scheduler any more.');
  }
  const { metrics, constraints, gpus } = file;
  const session = new StudySession({ host, study, owner, runner, metrics, constraints, gpus, events, scheduled });
  return { session, close: () => log.close() };
}

function isScheduled({ file, overrides }: CommandStudyRun): boolean {
  return file.scheduler !== null || overrides.replay !== undefined;
}

function openScheduled(run: CommandStudyRun, study: Study, seed: number, folder: string): ScheduledTrials | null {
  const { scheduler: settings } = run.file;
  const { replay } = run.overrides;
  if (!settings && !replay) return null;
  if (study.record.directions.length > 1) {
    throw new TuneboardError(
      'several-objectives',
      'A scheduler compares trials by one value: name one metric and one direction, or remove `scheduler`.',
    );
  }
  const { type: pruner } = run.file.pruner;
  // Both keep what a trial had on its rungs under the same names.
  if (pruner === 'hyperband' || pruner === 'successive_halving') {
    throw new TuneboardError(
      'two-schedulers',
      `The pruner ${pruner} and the scheduler both decide how far a trial goes: remove one of them.`,
    );
  }
  const scheduler = replay
    ? new ReplayScheduler(replay.segments)
    : createScheduler({ ...(settings as SchedulerSettings), seed });
  const kept = replay ? 'complete' : (settings?.options['keepCheckpoints'] ?? 'complete');
  return new ScheduledTrials(study, scheduler, new Checkpoints(folder, kept as KeptCheckpoints));
}

/** Going on with a run that was given more trials than the study file says means going on to those. */
export function budgetOf(
  file: RunBudget,
  { trials, timeoutMs, resume }: RunOverrides,
  previous: RunBudget | undefined,
): RunBudget {
  const before = resume ? (previous?.trials ?? null) : null;
  const most = file.trials !== null && before !== null ? Math.max(file.trials, before) : file.trials;
  return { trials: trials ?? most, timeoutMs: timeoutMs ?? file.timeoutMs };
}

/** The script that a command runs: its first argument that is an existing file with a name like one. */
function scriptOf({ argv, shell, cwd }: CommandObjective, base: string): string | undefined {
  const words = shell ? (argv[0] ?? '').split(/\s+/) : argv;
  return words
    .filter((word) => word !== trainerProgram())
    .filter((word) => /\.(py|ipynb|[cm]?[jt]sx?|r|jl|sh|rb|lua)$/i.test(word))
    .map((word) => resolve(base, cwd, word))
    .find((path) => existsSync(path) && statSync(path).isFile());
}

function viewOf(session: StudySession, host: RunHost, { file }: CommandStudyRun): SessionView {
  return {
    studyName: file.name,
    knownTrials: session.history.length,
    storage: host.record.storage ?? '',
    history: session.history,
    metrics: file.metrics,
    state: () => host.record.state,
    budget: () => session.budget.limits,
    finished: () => session.budget.finished,
    runningTrials: () => session.running().map(({ number }) => number),
  };
}
