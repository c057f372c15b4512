import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { ScheduleSegment } from '../../core/schedulers/schedule.ts';
import { prunePaused } from '../../core/schedulers/scheduledStudy.ts';
import type { Params } from '../../core/space/distributions.ts';
import type { SearchSpace } from '../../core/space/searchSpace.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { parameterOutside } from '../../core/study/living/presentHistory.ts';
import { shown } from '../../core/text/shown.ts';
import type { RunBudget } from '../../protocol/runRecord.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import type { StoragePlace } from '../../storage/kinds.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { launchRecord, scriptOf } from '../objective/launch/launchContext.ts';
import { collectLeftOverlays } from '../objective/sites/overlay.ts';
import { resolveSites, valuesInCode } from '../objective/sites/resolveSites.ts';
import { type CommandStudyFile, openCommandSession } from '../trials/commandSession.ts';
import { type ConductedRun, conduct, type Defer, openStudy, type RunFrame, sayLaunch } from './conduct.ts';
import { storagePlaceOf } from './openStudy.ts';
import type { RunOutcome } from './outcome.ts';
import { RunHost } from './runHost.ts';
import { codeStart, spaceInCode } from './startPoints.ts';

/** What the command line may set over the study file. */
export interface RunOverrides {
  readonly trials?: number;
  readonly timeoutMs?: number;
  readonly parallel?: number;
  readonly seed?: number;
  readonly python?: string;
  /** Where the trials are kept instead of where the study file says; never with a password. */
  readonly storage?: string;
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
  /** Of a study file that names none: which printed number is the metric, and which way is better. */
  readonly metric?: string;
  readonly direction?: 'minimize' | 'maximize';
}

export interface CommandStudyRun extends RunFrame {
  readonly source: string;
  /** Path of this program: workers on a cluster run it too. */
  readonly cli: string;
  readonly file: CommandStudyFile;
  readonly overrides: RunOverrides;
  /** The values that stand in the code, for trial 0. */
  readonly startParams?: Params | null;
  /** Trial 0, where it ran before its study was made. */
  readonly firstTrial?: TrialTemplate | null;
}

/** A run whose folder, lock and record are this process's. */
export interface OpenedRun {
  readonly host: RunHost;
  readonly storage: StoragePlace;
  /** The script that the command runs. */
  readonly script: string | undefined;
}

/** Runs a study file with a command to its end. Throws when the study cannot be opened; then nothing was started. */
export async function runCommandStudy(run: CommandStudyRun): Promise<RunOutcome> {
  const { source, file, overrides } = run;
  const storage = storagePlaceOf(overrides.storage ?? file.storage, source, runFolderOf(source, file.name));
  const script = scriptOf(file.objective, dirname(source));
  const host = RunHost.open({
    source,
    ...(script ? { script } : {}),
    studyName: file.name,
    ...(file.metrics[0] ? { metric: file.metrics[0] } : {}),
    python: overrides.python,
    replay: overrides.replay?.path,
    storage: storage.path,
    givenStorage: overrides.storage,
    budget: (previous) => budgetOf(file.budget, overrides, previous?.budget),
    parallel: overrides.parallel ?? file.parallel,
    steering: [
      'pause',
      'setBudget',
      'setParallel',
      'enqueue',
      'killTrial',
      ...(isReloaded(run) ? (['reload'] as const) : []),
    ],
  });
  // A schedule is trained along by one program, here.
  if (file.executor.type !== 'local' && !overrides.replay) {
    const { runClusterStudy } = await import('../cluster/runClusterStudy.ts');
    return runClusterStudy(run, { host, storage, script }, file.executor);
  }
  const opened = { host, storage, script };
  return conduct(host, run, async (defer) => {
    const placed = { ...run, startParams: run.startParams ?? (await startInCode(file, dirname(source), host)) };
    if (file.metrics.length > 0) {
      if (overrides.metric === undefined) return openHere(placed, opened, defer);
      throw new TuneboardError('usage', tunerMessage('metricTwice', { metric: file.metrics.join(', ') }));
    }
    saveLeft(opened, dirname(source));
    const { settleMetric } = await import('./firstRun.ts');
    const settled = await settleMetric(placed, opened);
    return 'state' in settled ? settled : openHere({ ...placed, ...settled }, opened, defer);
  });
}

async function openHere(run: CommandStudyRun, opened: OpenedRun, defer: Defer): Promise<ConductedRun> {
  const { source, overrides, events } = run;
  const { host } = opened;
  const replay = overrides.replay?.segments;
  const { log, record, owner, seed } = await openStudy(
    { ...run, ...opened, seed: overrides.seed, heartbeatMs: HEARTBEAT_MS },
    defer,
  );
  saveLeft(opened, dirname(source));
  const file = { ...run.file, space: await spaceInCode(run.file, dirname(source)) };
  sayBestOutside(record.history, file.space, (sentence) => {
    host.note(sentence);
    events.note?.(sentence);
  });
  const { session, signs, study, scheduled, launch } = await openCommandSession({
    source,
    file,
    host,
    folder: host.folder,
    socket: host.record.socket,
    log,
    record,
    owner,
    seed,
    python: overrides.python ?? null,
    events,
    replay,
    checkpoints: { folder: host.folder.checkpoints, isShared: false },
    heartbeatMs: HEARTBEAT_MS,
  });
  sayLaunch(host, events, launchRecord(launch), dirname(source));
  if (!scheduled && (await prunePaused(study)).length > 0) {
    const sentence = 'Trials that a scheduler had paused were pruned: the study has no scheduler any more.';
    host.note(sentence);
    events.note?.(sentence);
  }
  signs.start();
  defer(() => signs.stop());
  const view = session.view({ name: file.name, metrics: file.metrics, storage: host.record.storage ?? '' });
  return { session, view, run: () => session.run() };
}

/** The best trial may be of a space that was narrowed since: a person wants to know before it is inserted. */
function sayBestOutside(history: History, space: SearchSpace, say: (sentence: string) => void): void {
  const { best } = history;
  const name = best === undefined ? undefined : parameterOutside(space, history, best);
  if (best === undefined || name === undefined) return;
  say(tunerMessage('bestOutside', { number: best, name, value: shown(history.param(best, name)) }).text);
}

/** Whether the study file may be read again while the study runs. */
function isReloaded({ file, overrides }: CommandStudyRun): boolean {
  return file.executor.type === 'local' && !overrides.replay;
}

/** Gives a person what the trials of a killed tuner made, once their programs have been ended. */
function saveLeft({ host }: OpenedRun, base: string): void {
  for (const note of collectLeftOverlays(host.folder.trials, realpathSync(base))) host.note(note.text);
}

/** What stands in the code, where the study varies that: trial 0 is what the person has. */
async function startInCode({ sites, space }: CommandStudyFile, base: string, host: RunHost): Promise<Params | null> {
  if (sites.size === 0) return null;
  const { startParams, notes } = codeStart(space, valuesInCode(await resolveSites(sites, base)));
  for (const note of notes) host.note(note.text);
  return startParams;
}

/** Time between two heartbeats: workers on other machines may share any storage. */
const HEARTBEAT_MS = 30_000;

/** Going on with a run that was given more trials than the study file says means going on to those. */
export function budgetOf(
  file: RunBudget,
  { trials, timeoutMs, resume }: RunOverrides,
  previous: RunBudget | undefined,
): RunBudget {
  const before = resume ? (previous?.trials ?? null) : null;
  const most = file.trials !== null && before !== null ? Math.max(file.trials, before) : file.trials;
  return { ...file, trials: trials ?? most, timeoutMs: timeoutMs ?? file.timeoutMs };
}
