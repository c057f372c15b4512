import { randomBytes } from 'node:crypto';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import { Study } from '../../core/study/study.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { isAtWork, type WorkerRecord } from '../../protocol/workers.ts';
import { isOfThisMachine, storageForWorkers } from '../../storage/kinds.ts';
import type { RaySettings, SlurmSettings } from '../../studyfile/executor.ts';
import type { RunOutcome } from '../objective/optuna/optunaRun.ts';
import { countText } from '../render/text.ts';
import type { SessionView } from '../run/events.ts';
import { createOrResume, describeStudy, openStorage, sayRisks, sayWaiting, settleSeed } from '../run/openStudy.ts';
import type { CommandStudyRun, OpenedRun } from '../run/runCommandStudy.ts';
import { failureOf } from '../run/runHost.ts';
import { steeringOf } from '../run/steering.ts';
import { lookMs, repairFirst, signsOf } from '../trials/commandSession.ts';
import type { LifeSigns } from '../trials/lifeSigns.ts';
import { newOwner, SignedLog } from '../trials/ownership.ts';
import { Attempt } from './attempt.ts';
import { ClusterSession } from './clusterSession.ts';
import { endInBackground } from './endLeft.ts';
import type { Executor, WorkerOrder } from './executor.ts';
import { RayExecutor } from './ray/rayExecutor.ts';
import { SlurmExecutor } from './slurm/slurmExecutor.ts';
import { WorkerLogs } from './workerLogs.ts';
import { Workforce } from './workforce.ts';

type ClusterSettings = RaySettings | SlurmSettings;

/** How long a storage may take to be closed when the study was stopped, in milliseconds. */
const CLOSING_MS = 2000;

/** Runs a study file on a cluster to its end. Throws when it cannot be started; workers that an earlier tuner left are taken over. */
export async function runClusterStudy(
  run: CommandStudyRun,
  { host, storage, script }: OpenedRun,
  settings: ClusterSettings,
): Promise<RunOutcome> {
  const { source, file, events, overrides } = run;
  const owner = newOwner({ beats: settings.heartbeatMs / 1000 });
  const known = takenOver(host.previous, settings.type);
  const runId = (known.length > 0 ? host.previous?.runId : undefined) ?? randomBytes(5).toString('hex');
  // Before the storage and the cluster are asked: where they are away, the next tuner finds them.
  host.update({ engine: settings.type, runId, workers: known });
  // They were to end, and nobody knows whether they have.
  if (host.previous?.left) endInBackground(run.cli, host.folder.path, host.previous.left, settings);
  let log: SignedLog | undefined;
  let signs: LifeSigns | undefined;
  let executor: Executor | undefined;
  try {
    const opened = await openStorage(storage, host.wasCutOff, {
      studyName: file.name,
      onWaiting: sayWaiting(host, events),
    });
    log = new SignedLog(opened, owner);
    sayRisks(opened, host, events);
    const record = await createOrResume(log, file);
    await repairFirst({ log, record, owner, file, replay: undefined, host, events });
    await describeStudy(log, record, { metrics: file.metrics, source, script });
    const seed = await settleSeed(log, record, overrides.seed ?? file.sampler.seed);
    const study = new Study(log, record, {
      space: file.space,
      sampler: createSampler({ type: file.sampler.type, seed, options: file.sampler.options }),
      pruner: createPruner(file.pruner),
    });
    const forWorkers = await storageForWorkers(storage);
    executor = executorOf(
      settings,
      {
        source,
        studyName: file.name,
        cli: run.cli,
        ...forWorkers,
        run: runId,
        heartbeatMs: settings.heartbeatMs,
        checkpoints: settings.checkpoints,
        node: settings.node,
        python: overrides.python ?? null,
      },
      host.folder,
    );
    const say = (sentence: string) => {
      host.note(sentence);
      events.note?.(sentence);
    };
    const workforce = new Workforce(
      {
        executor,
        logs: new WorkerLogs(executor, host.folder, say),
        note: say,
        onChange: (workers) => host.update({ workers }),
        progress: () => record.history.informative,
      },
      known,
    );
    const session = new ClusterSession({
      host,
      log,
      study,
      events,
      workforce,
      run: runId,
      isScheduled: file.scheduler !== null,
      lookMs: Math.max(1000, lookMs(settings.heartbeatMs)),
      session: owner.session,
    });
    run.onRunning(host, session);
    if (executor.isElsewhere && isOfThisMachine(storage))
      say(
        `${storage.path} is on this machine by its name: workers on other machines do not find it, name the host that they reach.`,
      );
    await orStopped(executor.prepare(say), session);
    const are = known.length === 1 ? 'is' : 'are';
    if (known.length > 0) say(`${countText(known.length, 'worker')} of this study ${are} on the cluster already.`);
    signs = signsOf({ log, record, owner, file, replay: undefined, host, events }, settings.heartbeatMs, {
      active: () => [],
      onTick: () => session.wake(),
    });
    await host.serve({
      handlers: steeringOf(session, host, study),
      running: () => session.running(),
      finished: () => session.finished(),
    });
    events.opened?.(viewOf(session, run, study, host.record.storage ?? ''));
    if (session.isStopping) host.update({ state: 'stopping' });
    run.onStarted(host);
    signs.start();
    const outcome = await session.run();
    if (outcome.state === 'stopped') await closeSoon(signs, log, host);
    else {
      await signs.stop();
      await log.close();
    }
    await host.end(outcome);
    if (host.record.left) endInBackground(run.cli, host.folder.path, host.record.left, settings);
    return outcome;
  } catch (error) {
    await signs?.stop();
    await log?.close().catch(() => undefined);
    await host.end(failureOf(error));
    throw error;
  } finally {
    executor?.close();
  }
}

/** Workers that an earlier tuner left at work; those that it was told to end are not. */
function takenOver(previous: RunRecord | undefined, engine: ClusterSettings['type']): readonly WorkerRecord[] {
  if (previous?.engine !== engine || previous.left) return [];
  return (previous.workers ?? []).filter(isAtWork);
}

/** A study that was stopped is stopped, whatever its storage has to say at the end, and however long that takes it. */
async function closeSoon(signs: LifeSigns, log: SignedLog, host: OpenedRun['host']): Promise<void> {
  const closing = new Attempt(
    async () => {
      await signs.stop();
      await log.close();
    },
    (error) => host.note(failureOf(error).message ?? ''),
  );
  if (await closing.try(CLOSING_MS)) return;
  // What still asks a server that is away would keep this process alive.
  setTimeout(() => process.exit(), CLOSING_MS).unref();
}

/** A person who stops the study does not wait until the working folder is sent. */
async function orStopped(prepared: Promise<void>, session: ClusterSession): Promise<void> {
  prepared.catch(() => undefined);
  await Promise.race([prepared, session.stopped]);
}

function executorOf(settings: ClusterSettings, order: WorkerOrder, folder: OpenedRun['host']['folder']): Executor {
  return settings.type === 'ray'
    ? new RayExecutor(settings, order, folder)
    : new SlurmExecutor(settings, order, folder);
}

function viewOf(session: ClusterSession, { file }: CommandStudyRun, study: Study, storage: string): SessionView {
  return {
    studyName: file.name,
    knownTrials: study.history.length,
    storage,
    history: study.history,
    metrics: file.metrics,
    state: () => 'running',
    budget: () => session.budget.limits,
    finished: () => session.budget.finished,
    runningTrials: () => session.running().map(({ number }) => number),
  };
}
