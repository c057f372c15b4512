import { dirname } from 'node:path';
import type { Params } from '../../core/space/distributions.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import type { LaunchRecord } from '../../protocol/runRecord.ts';
import { recordCode } from '../../runs/codeState.ts';
import type { StoragePlace } from '../../storage/writableStorage.ts';
import { launchText } from '../objective/launch/launchContext.ts';
import { type CommandStudyFile, repairFirst } from '../trials/commandSession.ts';
import { newOwner, SignedLog } from '../trials/ownership.ts';
import type { SessionEvents, SessionView } from './events.ts';
import { createOrResume, describeStudy, openStorage, sayRisks, sayWaiting, settleSeed } from './openStudy.ts';
import { steeringOf } from './orders.ts';
import { failureOf, type RunOutcome } from './outcome.ts';
import type { RunHost } from './runHost.ts';
import type { Session } from './session.ts';
import { enqueueStart } from './startPoints.ts';

/** What the caller gives to every kind of run. */
export interface RunFrame {
  readonly events: SessionEvents;
  /** Called once the study can be stopped. */
  readonly onRunning: (host: RunHost, session: Pick<Session, 'stop'>) => void;
  /** Called when the first trial is about to start. */
  readonly onStarted: (host: RunHost) => void;
}

/** What differs between a study of this process, one on a cluster, and a script that owns its study. */
export interface ConductedRun {
  readonly session: Session;
  /** Done while the study can be stopped already, and is not announced yet. */
  readonly prepare?: () => Promise<void>;
  /** Null: the run itself announces its study and its start, when they are there. */
  readonly view: SessionView | null;
  /** Runs all trials. */
  readonly run: () => Promise<RunOutcome>;
  /** Closes what was opened (`close`), in its own way. */
  readonly conclude?: (outcome: RunOutcome, close: () => Promise<void>) => Promise<void>;
}

/** Has something closed when the run ends, before its end is recorded; what was opened last is closed first. */
export type Defer = (close: () => Promise<unknown>) => void;

/**
 * One run of a study from its opening to its recorded end: opens, announces, runs, closes and records. Throws when it could
 * not be opened or closed; the record has that too.
 */
export async function conduct(
  host: RunHost,
  { events, onRunning, onStarted }: RunFrame,
  open: (defer: Defer) => Promise<ConductedRun | RunOutcome>,
): Promise<RunOutcome> {
  const deferred: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let next = deferred.pop(); next; next = deferred.pop()) await next();
  };
  try {
    const opened = await open((next) => deferred.push(next));
    if (!('session' in opened)) {
      await close();
      await host.end(opened);
      return opened;
    }
    const { session, prepare, view, run, conclude } = opened;
    onRunning(host, session);
    const { source, script, startedAt } = host.record;
    const sources = [...new Set([source, ...(script === undefined ? [] : [script])])];
    // Beside the start: git may take a while in a large repository.
    const code = recordCode(host.folder, dirname(script ?? source), sources, startedAt);
    deferred.push(() => code);
    await prepare?.();
    await host.serve(steeringOf(session, host));
    if (view) events.opened?.(view);
    if (session.isStopping) host.update({ state: 'stopping' });
    if (view) onStarted(host);
    const outcome = await run();
    await (conclude ? conclude(outcome, close) : close());
    await host.end(outcome);
    return outcome;
  } catch (error) {
    // A pool of connections would keep this process alive.
    await close().catch(() => undefined);
    await host.end(failureOf(error));
    throw error;
  }
}

export interface StudyOpening {
  readonly host: RunHost;
  readonly events: SessionEvents;
  readonly storage: StoragePlace;
  /** Absolute path of the study file. */
  readonly source: string;
  readonly file: CommandStudyFile;
  /** The script that the command runs. */
  readonly script: string | undefined;
  /** Of the command line. */
  readonly seed: number | undefined;
  /** Time between two heartbeats, in milliseconds. */
  readonly heartbeatMs: number;
  /** A schedule is trained along by one trial: nothing else starts. */
  readonly replay?: readonly unknown[] | undefined;
  /** See StartPoints. */
  readonly startParams?: Params | null | undefined;
  /** Trial 0, where it has run already. */
  readonly firstTrial?: TrialTemplate | null | undefined;
}

export interface OpenedStudy {
  readonly log: SignedLog;
  readonly record: StudyRecord;
  readonly owner: ReturnType<typeof newOwner>;
  readonly seed: number;
}

/** Says how the program is launched, and keeps it in the record. */
export function sayLaunch(host: RunHost, events: SessionEvents, launch: LaunchRecord, base: string): void {
  host.update({ launch });
  const text = launchText(launch, base);
  if (text === undefined) return;
  host.note(text);
  events.note?.(text);
}

/** Opens the study of a study file in its storage, repairs what dead tuners left there, and describes it. */
export async function openStudy(options: StudyOpening, defer: Defer): Promise<OpenedStudy> {
  const { host, events, storage, source, file, script, heartbeatMs } = options;
  const opened = await openStorage(storage, host.wasCutOff, {
    studyName: file.name,
    onWaiting: sayWaiting(host, events),
  });
  defer(() => opened.close());
  sayRisks(opened, host, events);
  const owner = newOwner({ beats: heartbeatMs / 1000 });
  const log = new SignedLog(opened, owner);
  const record = await createOrResume(log, file);
  const { startParams = null, firstTrial = null } = options;
  // Another machine may have begun the study meanwhile: then it has its trial 0.
  if (firstTrial) await log.createTrial(record, firstTrial, { ifNumber: 0 });
  if (!options.replay) {
    const learnt = record.history.length <= 1 ? await pointsOfOthers(options) : [];
    await enqueueStart(log, record, { startParams, start: file.start, learnt, space: file.space });
  }
  await repairFirst({ log, record, owner, host, events });
  await describeStudy(log, record, { metrics: file.metrics, source, script });
  const seed = await settleSeed(log, record, options.seed ?? file.sampler.seed);
  return { log, record, owner, seed };
}

async function pointsOfOthers({ file, source, host, events }: StudyOpening): Promise<readonly Params[]> {
  if (file.learnFrom.length === 0) return [];
  const { learntPoints } = await import('./learnFrom.ts');
  const { points, notes } = await learntPoints(file.learnFrom, source, file.space, host.record.budget.trials);
  for (const { text } of notes) {
    host.note(text);
    events.note?.(text);
  }
  return points;
}
