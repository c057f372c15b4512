import { dirname } from 'node:path';
import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import { createScheduler } from '../../core/schedulers/createScheduler.ts';
import { ReplayScheduler } from '../../core/schedulers/replay.ts';
import type { ScheduleSegment } from '../../core/schedulers/schedule.ts';
import { Study } from '../../core/study/study.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import { clientSocketPath } from '../../runs/platform.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import type { Owner } from '../../runs/trialOwner.ts';
import type { CommandObjective, SchedulerSettings, StudyFile } from '../../studyfile/studyFile.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { CommandRunner } from '../objective/command/commandObjective.ts';
import { commandContext, type LaunchContext } from '../objective/launch/launchContext.ts';
import type { SessionEvents } from '../run/events.ts';
import type { Session, SessionHost } from '../run/session.ts';
import { Checkpoints, type KeptCheckpoints } from './checkpoints.ts';
import { LifeSigns, type LifeSignsOptions } from './lifeSigns.ts';
import type { SignedLog } from './ownership.ts';
import { StudyReload } from './reloadFile.ts';
import { type RepairedTrial, repairTrials } from './repair.ts';
import { ScheduledTrials } from './scheduledTrials.ts';
import { type SessionOptions, StudySession } from './studySession.ts';

export type CommandStudyFile = StudyFile & { readonly objective: CommandObjective };

export interface CommandSessionOptions {
  /** Absolute path of the study file. */
  readonly source: string;
  readonly file: CommandStudyFile;
  readonly host: SessionHost;
  readonly folder: RunFolder;
  /** Path of the control socket: the endpoint of the one-file client is beside it. */
  readonly socket: string;
  readonly log: SignedLog;
  readonly record: StudyRecord;
  readonly owner: Owner;
  readonly seed: number;
  readonly python: string | null;
  readonly events: SessionEvents;
  readonly replay?: readonly ScheduleSegment[] | undefined;
  /** Checkpoints of trials that are trained in parts; `isShared`: other processes use them too. */
  readonly checkpoints: { readonly folder: string; readonly isShared: boolean };
  /** Time between two heartbeats, in milliseconds. */
  readonly heartbeatMs: number;
  readonly handBack?: SessionOptions['handBack'];
  /** Called after other workers' changes were read and their orphans repaired. */
  readonly onTick?: () => void;
  /** Called with the output of a trial's program as it arrives. */
  readonly onOutput?: ((number: number, chunk: Uint8Array) => void) | undefined;
}

/** A waiting worker reads the storage this many times in one heartbeat interval, within these bounds. */
const LOOKS_A_BEAT = 10;
const LOOK_MS = { least: 250, most: 5000 };

export interface CommandSession {
  readonly study: Study;
  readonly session: StudySession;
  readonly scheduled: ScheduledTrials | null;
  readonly launch: LaunchContext;
  readonly signs: LifeSigns;
}

/** Puts together what runs the trials of a study file with a command, over a storage that is open. */
export async function openCommandSession(options: CommandSessionOptions): Promise<CommandSession> {
  const { source, file, host, folder, log, record, seed, events, owner, heartbeatMs } = options;
  const study = new Study(log, record, {
    space: file.space,
    sampler: createSampler({ type: file.sampler.type, seed, options: file.sampler.options }),
    pruner: createPruner(file.pruner),
  });
  const scheduled = openScheduled(options, study);
  const { metrics, constraints, gpus } = file;
  const base = dirname(source);
  const launch = await commandContext({ objective: file.objective, base, python: options.python, env: process.env });
  const runner = await CommandRunner.open({
    socket: clientSocketPath(options.socket),
    objective: file.objective,
    studyName: file.name,
    space: file.space,
    sites: file.sites,
    metrics,
    constraints,
    folder,
    base,
    launch,
    onOutput: options.onOutput,
    onNote: (sentence) => {
      host.note(sentence);
      options.events.note?.(sentence);
    },
  });
  const living = new StudyReload({ source, file, study, runner, seed, python: options.python });
  const active = () => session.running().map(({ number }) => number);
  const onTick = () => {
    options.onTick?.();
    session.lookAround();
  };
  const signs = signsOf(options, heartbeatMs, { active, onTick });
  const session: StudySession = new StudySession({
    host,
    study,
    owner,
    runner,
    metrics,
    constraints,
    gpus,
    events,
    scheduled,
    ...(!options.replay && { reload: (of: Session) => living.reload(of) }),
    idleMs: lookMs(heartbeatMs),
    ...(options.handBack && { handBack: options.handBack }),
  });
  return { study, session, scheduled, signs, launch };
}

export function lookMs(heartbeatMs: number): number {
  return Math.max(LOOK_MS.least, Math.min(LOOK_MS.most, heartbeatMs / LOOKS_A_BEAT));
}

type SignsOptions = Pick<CommandSessionOptions, 'log' | 'record' | 'owner' | 'host' | 'events'>;

/** The heartbeats of the running trials, and the repair of orphans; without running trials only the repair. */
export function signsOf(
  { log, record, owner, events, host }: SignsOptions,
  intervalMs: number,
  { active, onTick }: Pick<LifeSignsOptions, 'active' | 'onTick'>,
): LifeSigns {
  let told: string | undefined;
  return new LifeSigns({
    log,
    study: record,
    host: owner.host,
    intervalMs,
    active,
    onRepaired: (trials) => sayRepaired(trials, host, events),
    onTick: () => {
      told = undefined;
      onTick();
    },
    onError: (error) => {
      const message = wordsOf(error).text;
      if (message !== told) host.note(message);
      told = message;
    },
  });
}

function sayRepaired(trials: readonly RepairedTrial[], host: SessionHost, events: SessionEvents): void {
  for (const { number, goesOn } of trials) {
    const then = goesOn ? 'it goes on' : 'it has ended';
    const sentence = `Trial ${number} was cut off when its tuner died; ${then}.`;
    host.note(sentence);
    events.note?.(sentence);
  }
}

/** Repairs the orphans of dead tuners of this machine, before the first trial. */
export async function repairFirst(options: SignsOptions): Promise<void> {
  const { log, record, owner, host, events } = options;
  sayRepaired(await repairTrials(log, record, { host: owner.host }), host, events);
}

function openScheduled({ file, replay, seed, checkpoints }: CommandSessionOptions, study: Study) {
  const { scheduler: settings } = file;
  if (!settings && !replay) return null;
  if (study.record.directions.length > 1) {
    throw new TuneboardError('several-objectives', tunerMessage('schedulerComparesTrialsOneValue'));
  }
  const { type: pruner } = file.pruner;
  // Both keep what a trial had on its rungs under the same names.
  if (pruner === 'hyperband' || pruner === 'successive_halving') {
    throw new TuneboardError('two-schedulers', tunerMessage('prunerSchedulerBothDecideHow', { pruner }));
  }
  const scheduler = replay
    ? new ReplayScheduler(replay)
    : createScheduler({ ...(settings as SchedulerSettings), seed });
  const kept = (replay ? 'complete' : (settings?.options['keepCheckpoints'] ?? 'complete')) as KeptCheckpoints;
  return new ScheduledTrials(study, scheduler, new Checkpoints(checkpoints.folder, kept, checkpoints.isShared));
}
