import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LaunchRecord, RunBudget, RunRecord } from '../../protocol/runRecord.ts';
import { writeOwnFile } from '../../runs/ownFiles.ts';
import { isProcessAlive, processStart } from '../../runs/processIdentity.ts';
import { type RunFolder, scriptStudyName } from '../../runs/runFolder.ts';
import { isActiveState } from '../../runs/runRecords.ts';
import { FILE_LIMITS, readRegularFileSync } from '../../storage/regularFile.ts';
import type { OptunaObjective, StudyFile } from '../../studyfile/studyFile.ts';
import { scriptLaunch } from '../objective/launch/launchContext.ts';
import type { OptunaRunOptions, RunOptunaScript, ScriptSuggestions } from '../objective/optuna/optunaRun.ts';
import { newOwner } from '../trials/ownership.ts';
import { repairTrials } from '../trials/repair.ts';
import { ScriptSession } from '../trials/scriptSession.ts';
import { conduct, type RunFrame, sayLaunch } from './conduct.ts';
import { journalPlace, openStorage } from './openStudy.ts';
import type { RunOutcome } from './outcome.ts';
import { killTree } from './processTree.ts';
import { budgetOf, type RunOverrides } from './runCommandStudy.ts';
import { RunHost } from './runHost.ts';

export interface ScriptStudyRun extends RunFrame {
  /** Absolute path of what was started: the script, or the study file that names it. */
  readonly source: string;
  readonly script: string;
  /** What a study file says besides, if one was started. */
  readonly file?: Pick<StudyFile, 'name' | 'metrics' | 'budget'>;
  readonly args: readonly string[];
  readonly attach: 'hook' | 'log';
  /** How the study file says that the script is launched; null: nothing is said. */
  readonly launch: Pick<OptunaObjective, 'python' | 'module' | 'cwd' | 'env'> | null;
  /** What a study file says about sampler and pruner of the script. */
  readonly suggest?: ScriptSuggestions;
  readonly overrides: RunOverrides;
}

const NO_BUDGET = { trials: null, timeoutMs: null };

/** Runs a script or notebook that owns its Optuna study. */
export async function runScriptStudy(run: ScriptStudyRun, runOptunaScript: RunOptunaScript): Promise<RunOutcome> {
  const host = openHost(run);
  return conduct(host, run, async (defer) => {
    const owner = newOwner();
    const log = await openStorage(journalPlace(host.folder), host.wasCutOff);
    defer(() => log.close());
    await endOrphanScript(host.folder);
    await log.refresh();
    for (const study of log.studies()) await repairTrials(log, study, owner.host, { retry: false });
    const session = new ScriptSession(host, log, run.events, run.file?.metrics ?? []);
    defer(() => session.close());
    const started = (pid: number) => {
      rememberScript(host.folder, pid);
      session.runEvents.started(pid);
      run.onStarted(host);
    };
    const launched = (launch: LaunchRecord) => sayLaunch(host, run.events, launch, dirname(run.source));
    const events = { ...session.runEvents, started, launched };
    return {
      session,
      view: null,
      run: async () => {
        const ended = await runOptunaScript({ ...runOptions(run, host), owner, log, control: session.control, events });
        return session.judge(ended);
      },
      conclude: async (_, close) => {
        await close();
        forgetScript(host.folder);
      },
    };
  });
}

function attachOf({ overrides, attach }: ScriptStudyRun): 'hook' | 'log' {
  return overrides.attach ?? attach;
}

function openHost(run: ScriptStudyRun): RunHost {
  const { source, script, file, overrides } = run;
  return RunHost.open({
    source,
    ...(script === source ? {} : { script }),
    studyName: file?.name ?? scriptStudyName(source),
    ...(file?.metrics.length === 1 ? { metric: file.metrics[0] as string } : {}),
    python: overrides.python,
    storage: null,
    budget: (previous) => scriptBudget(run, previous),
    parallel: 1,
    steering: attachOf(run) === 'hook' ? ['pause', 'setBudget'] : ['setBudget'],
  });
}

/** Going on with a run that was cut short means going on to the number of trials that was asked for then. */
function scriptBudget({ file, overrides }: ScriptStudyRun, previous: RunRecord | undefined): RunBudget {
  const goesOn = previous !== undefined && (overrides.resume === true || isActiveState(previous.state));
  const asked = goesOn && previous.state !== 'finished' ? (previous.askedTrials ?? undefined) : undefined;
  const trials = overrides.trials ?? asked;
  return budgetOf(
    file?.budget ?? NO_BUDGET,
    { ...overrides, ...(trials !== undefined && { trials }) },
    previous?.budget,
  );
}

function runOptions(run: ScriptStudyRun, host: RunHost): Omit<OptunaRunOptions, 'log' | 'control' | 'events'> {
  const { script, args, launch, file, overrides } = run;
  return {
    script,
    args,
    attach: attachOf(run),
    base: run.source === script ? null : dirname(run.source),
    launch: scriptLaunch({
      script,
      base: dirname(run.source),
      python: overrides.python ?? null,
      objective: launch,
      env: process.env,
    }),
    metrics: file?.metrics ?? [],
    studyName: basename(script).replace(/\.\w+$/, ''),
    resume: overrides.resume === true || host.wasCutOff,
    ...suggestOf(run),
    folder: host.folder,
  };
}

/** The command line's sampler and pruner go before the study file's. */
function suggestOf({ overrides, suggest = {} }: ScriptStudyRun): Pick<OptunaRunOptions, 'suggest'> {
  const { sampler, pruner, override } = overrides;
  const chosen = {
    ...suggest,
    ...(sampler !== undefined && { sampler: { type: sampler, seed: null, options: {} } }),
    ...(pruner !== undefined && { pruner: { type: pruner, options: {} } }),
    ...(override !== undefined && { override }),
  };
  return chosen.sampler || chosen.pruner ? { suggest: chosen } : {};
}

/** Which process an Optuna script is: it may outlive its tuner, and the next one has to end it. */
interface ScriptProcess {
  readonly pid: number;
  readonly start: string;
}

const GRACE_MS = 2000;

function pathIn(folder: RunFolder): string {
  return join(folder.path, 'script.pid.json');
}

/** Notes the process of a script: the next tuner ends it if this one dies. */
function rememberScript(folder: RunFolder, pid: number): void {
  writeOwnFile(pathIn(folder), JSON.stringify({ pid, start: processStart(pid) }));
}

function forgetScript(folder: RunFolder): void {
  rmSync(pathIn(folder), { force: true });
}

/** The script of a run whose tuner is gone; undefined when it has ended too. */
export function orphanScript(folder: RunFolder): ScriptProcess | undefined {
  try {
    const rules = { noLink: true, maxBytes: FILE_LIMITS.note };
    const script = JSON.parse(readRegularFileSync(pathIn(folder), rules)) as ScriptProcess;
    return isProcessAlive(script.pid, script.start) ? script : undefined;
  } catch {
    // The last run ended in order.
    return undefined;
  }
}

/** Ends it with all that it started. */
export async function endOrphanScript(folder: RunFolder): Promise<void> {
  const script = orphanScript(folder);
  if (script) await killTree(script.pid, { graceMs: GRACE_MS });
  forgetScript(folder);
}
