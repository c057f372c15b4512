import { randomBytes } from 'node:crypto';
import { wordsOf } from '../../core/errors.ts';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import { Study } from '../../core/study/study.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { isAtWork, type WorkerRecord } from '../../protocol/workers.ts';
import { isOfThisMachine, storageForWorkers } from '../../storage/kinds.ts';
import type { RaySettings, SlurmSettings } from '../../studyfile/executor.ts';
import { countText } from '../render/text.ts';
import { conduct, openStudy } from '../run/conduct.ts';
import type { RunOutcome } from '../run/outcome.ts';
import type { CommandStudyRun, OpenedRun } from '../run/runCommandStudy.ts';
import { lookMs, signsOf } from '../trials/commandSession.ts';
import { ClusterSession } from './clusterSession.ts';
import { Attempt } from './dismissal.ts';
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
  opened: OpenedRun,
  settings: ClusterSettings,
): Promise<RunOutcome> {
  const { source, file, events, overrides } = run;
  const { host, storage } = opened;
  const known = takenOver(host.previous, settings.type);
  const runId = (known.length > 0 ? host.previous?.runId : undefined) ?? randomBytes(5).toString('hex');
  // Before the storage and the cluster are asked: where they are away, the next tuner finds them.
  host.update({ engine: settings.type, runId, workers: known });
  // An earlier stop could not confirm their end.
  if (host.previous?.left) endInBackground(run.cli, host.folder.path, host.previous.left, settings);
  let executor: Executor | undefined;
  try {
    const outcome = await conduct(host, run, async (defer) => {
      const { log, record, owner, seed } = await openStudy(
        { ...run, ...opened, seed: overrides.seed, heartbeatMs: settings.heartbeatMs },
        defer,
      );
      const study = new Study(log, record, {
        space: file.space,
        sampler: createSampler({ type: file.sampler.type, seed, options: file.sampler.options }),
        pruner: createPruner(file.pruner),
      });
      const order: WorkerOrder = {
        source,
        studyName: file.name,
        cli: run.cli,
        ...(await storageForWorkers(storage)),
        run: runId,
        heartbeatMs: settings.heartbeatMs,
        checkpoints: settings.checkpoints,
        node: settings.node,
        python: overrides.python ?? null,
      };
      const used: Executor =
        settings.type === 'ray'
          ? new RayExecutor(settings, order, host.folder)
          : new SlurmExecutor(settings, order, host.folder);
      executor = used;
      const say = (sentence: string) => {
        host.note(sentence);
        events.note?.(sentence);
      };
      const workforce = new Workforce(
        {
          executor: used,
          logs: new WorkerLogs(used, host.folder, say),
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
      const signs = signsOf({ log, record, owner, host, events }, settings.heartbeatMs, {
        active: () => [],
        onTick: () => session.wake(),
      });
      defer(() => signs.stop());
      const prepare = async () => {
        if (used.isElsewhere && isOfThisMachine(storage))
          say(
            `${storage.path} is on this machine by its name: workers on other machines do not find it, name the host that they reach.`,
          );
        await orStopped(used.prepare(say), session);
        const are = known.length === 1 ? 'is' : 'are';
        if (known.length > 0) say(`${countText(known.length, 'worker')} of this study ${are} on the cluster already.`);
      };
      return {
        session,
        prepare,
        view: session.view({ name: file.name, metrics: file.metrics, storage: host.record.storage ?? '' }),
        run: () => {
          signs.start();
          return session.run();
        },
        conclude: (ended, close) => (ended.state === 'stopped' ? closeSoon(close, host) : close()),
      };
    });
    if (host.record.left) endInBackground(run.cli, host.folder.path, host.record.left, settings);
    return outcome;
  } finally {
    executor?.close();
  }
}

/** Workers that an earlier tuner left at work, unless it was to end them. */
function takenOver(previous: RunRecord | undefined, engine: ClusterSettings['type']): readonly WorkerRecord[] {
  if (previous?.engine !== engine || previous.left) return [];
  return (previous.workers ?? []).filter(isAtWork);
}

/** A study that was stopped is stopped, whatever its storage has to say at the end, and however long that takes it. */
async function closeSoon(close: () => Promise<void>, host: OpenedRun['host']): Promise<void> {
  const closing = new Attempt(close, (error) => host.note(wordsOf(error).text));
  if (await closing.try(CLOSING_MS)) return;
  // What still asks a server that is away would keep this process alive.
  setTimeout(() => process.exit(), CLOSING_MS).unref();
}

/** A person who stops the study does not wait until the working folder is sent. */
async function orStopped(prepared: Promise<void>, session: ClusterSession): Promise<void> {
  prepared.catch(() => undefined);
  await Promise.race([prepared, session.stopped]);
}
