import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { TuneboardError } from '../../../core/errors.ts';
import type { StopMode } from '../../../protocol/control.ts';
import { processStart } from '../../../runs/processIdentity.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import { pythonFolder } from '../../pythonFolder.ts';
import { failureOf, type RunOutcome } from '../../run/outcome.ts';
import { killTree } from '../../run/processTree.ts';
import { startCause } from '../launch/causes.ts';
import { findOptunaInterpreter, type Interpreter } from '../launch/findInterpreter.ts';
import { launchRecord, scriptEnvironment } from '../launch/launchContext.ts';
import { LineSplitter, readInTurns } from '../metrics/printedLines.ts';
import { explainScriptEnd, placed } from './explain.ts';
import { LauncherChannel } from './launcherChannel.ts';
import { failLeftTrials } from './leftTrials.ts';
import { LogWatcher } from './logWatcher.ts';
import type { OptunaRunOptions, ScriptSuggestions } from './optunaRun.ts';
import { MarkSplitter, ScriptOutput } from './scriptOutput.ts';
import { ScriptStudies } from './scriptStudies.ts';
import { isQuestion, SuggestService } from './suggestService.ts';

/** What is kept of each stream, in UTF-16 units: enough for a traceback with its causes. */
const KEPT = 32 * 1024;

/** The last part of what a script printed. Errors are on standard error, so it comes last. */
class OutputTail {
  readonly #texts = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };

  push(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const text =
      this.#texts[stream] + this.#decoders[stream].write(bytes.length > KEPT ? bytes.subarray(-KEPT) : bytes);
    this.#texts[stream] = text.length > KEPT ? text.slice(-KEPT) : text;
  }

  get text(): string {
    return `${this.#texts.stdout}\n${this.#texts.stderr}`;
  }
}

const MARKER = 'TUNEBOARD_SCRIPT_KEY';

/**
 * Runs a script or notebook that owns its Optuna studies, and resolves when it has ended and the storage holds no trial
 * of it that still counts as running. Never rejects for what the script does.
 */
export async function runOptunaScript(options: OptunaRunOptions): Promise<RunOutcome> {
  const stop = followStop(options);
  if (stop.mode) return { state: 'stopped', message: tunerMessage('scriptStoppedBeforeStarted') };
  if (!existsSync(options.script))
    return { state: 'failed', code: 'not-found', message: tunerMessage('thereNoFile', { script: options.script }) };
  let python: Interpreter;
  try {
    python = await findOptunaInterpreter({ ...options.launch, folder: dirname(options.script) });
  } catch (error) {
    if (error instanceof TuneboardError) return failureOf(error);
    throw error;
  }
  options.events.note(
    `Running ${options.script} with ${python.executable} (Python ${python.version}, Optuna ${python.optuna}).`,
  );
  options.events.launched?.(launchRecord({ ...options.launch, python }));
  return new ScriptRun(options, python).run(stop);
}

interface Stop {
  mode: StopMode | undefined;
  listener: ((mode: StopMode) => void) | undefined;
}

function followStop({ control }: OptunaRunOptions): Stop {
  const stop: Stop = { mode: undefined, listener: undefined };
  control.onStop((mode) => {
    stop.mode = mode;
    stop.listener?.(mode);
  });
  return stop;
}

class ScriptRun {
  readonly #options: OptunaRunOptions;
  readonly #python: Interpreter;
  readonly #output: ScriptOutput;
  readonly #tail = new OutputTail();
  readonly #studies: ScriptStudies;
  readonly #runId = randomBytes(8).toString('hex');
  #watcher: LogWatcher | undefined;
  #limit: number | null = null;
  /** The script was interrupted because its printed trials have reached the limit. */
  #reachedLimit = false;
  #script: ScriptProcess | undefined;
  #onTrialEnd: () => void = () => undefined;

  constructor(options: OptunaRunOptions, python: Interpreter) {
    this.#options = options;
    this.#python = python;
    this.#output = new ScriptOutput(options.folder);
    this.#studies = new ScriptStudies(options, this.#output, () => {
      this.#watchLog();
      options.events.hookFailed();
    });
    if (options.attach === 'log') this.#watchLog();
  }

  async run(stop: Stop): Promise<RunOutcome> {
    const suggestions = new SuggestService(this.#options.suggest ?? {});
    const channel = await LauncherChannel.listen((event, reply) => {
      if (isQuestion(event)) reply(suggestions.answer(event));
      else this.#studies.take(event);
    });
    const nonce = randomBytes(8).toString('hex');
    const script = this.#start(channel, nonce);
    if (script.pid !== undefined) {
      this.#options.events.started(script.pid);
      channel.order({ order: 'process', pid: script.pid, start: processStart(script.pid) ?? '' });
    }
    this.#script = script;
    this.#follow(channel, stop);
    const exit = await script.exit;
    await channel.close();
    this.#watcher?.end();
    this.#output.close();
    await this.#settle(exit, stop.mode);
    return this.#outcome(exit, stop.mode);
  }

  #follow(channel: LauncherChannel, stop: Stop): void {
    stop.listener = (mode) => {
      if (mode === 'now') void this.#script?.end();
      else channel.order({ order: 'stop' });
    };
    if (stop.mode) stop.listener(stop.mode);
    this.#onTrialEnd = () => {
      this.#reachedLimit ||= this.#limit !== null && (this.#watcher?.ended ?? 0) >= this.#limit;
      if (stop.mode || this.#reachedLimit) this.#script?.interrupt();
    };
    const { control } = this.#options;
    control.onPause((on) => channel.order({ order: 'pause', on }));
    control.onTrialLimit((trials) => {
      this.#limit = trials;
      channel.order({ order: 'limit', trials });
    });
  }

  #start(channel: LauncherChannel, nonce: string): ScriptProcess {
    const { options, splitters } = { options: this.#options, splitters: this.#splitters(nonce) };
    const settings = {
      port: channel.port,
      token: channel.token,
      nonce,
      journal: options.folder.journal,
      studyName: options.studyName,
      runId: this.#runId,
      resume: options.resume ?? false,
      hook: options.attach === 'hook',
      owner: options.owner ?? null,
      metrics: options.metrics,
      trials: this.#limit,
      suggest: suggestSettings(options.suggest),
      // Optuna's own sampler takes over from a tuner that has died; without ours a script has nothing to go on for.
      log: options.suggest ? options.folder.scriptLog : null,
      module: options.launch.module,
      root: options.launch.root,
    };
    const env = scriptEnvironment(options.launch, this.#python);
    return new ScriptProcess({
      command: this.#python.command,
      args: [join(pythonFolder, 'launcher.py'), '--', options.script, ...options.args],
      cwd: options.launch.cwd,
      env: { ...env, TUNEBOARD_LAUNCH: JSON.stringify(settings), [MARKER]: this.#runId },
      marker: `${MARKER}=${this.#runId}`,
      onOutput: (stream, chunk) => splitters[stream].push(chunk),
    });
  }

  #splitters(nonce: string): Record<'stdout' | 'stderr', MarkSplitter> {
    const make = (stream: 'stdout' | 'stderr') => {
      // The live view shows what belongs to no trial: the trials have rows of their own.
      const lines = new LineSplitter((line) => this.#options.events.output?.(line));
      return new MarkSplitter(nonce, (tag, bytes) => {
        this.#output.write(tag, bytes);
        this.#tail.push(stream, bytes);
        if (tag === null && !this.#watcher) lines.push(bytes);
        this.#watcher?.push(stream, bytes);
      });
    };
    return { stdout: make('stdout'), stderr: make('stderr') };
  }

  /** From here on trials are taken from the printed lines. */
  #watchLog(): void {
    this.#watcher ??= new LogWatcher(this.#options, () => this.#onTrialEnd());
  }

  get #hadTrial(): boolean {
    return this.#studies.hadTrial || (this.#watcher?.ended ?? 0) > 0;
  }

  #startCause() {
    const { script, launch, base } = this.#options;
    return startCause(this.#tail.text, {
      script,
      cwd: launch.cwd,
      base: base ?? dirname(script),
      python: this.#python,
      isBare: base === null,
    });
  }

  /** No trial of the ended process may stay RUNNING. */
  async #settle(exit: ScriptExit, stopped: StopMode | undefined): Promise<void> {
    const reason = stopped ? 'stopped' : exit.signal ? `the script was ended by ${exit.signal}` : 'the script ended';
    try {
      await failLeftTrials(this.#options, this.#python, this.#studies.running(), reason);
    } catch (error) {
      this.#options.events.note(
        `Trials that were running could not be recorded as failed: ${(error as Error).message}`,
      );
    }
  }

  #outcome(exit: ScriptExit, stopped: StopMode | undefined): RunOutcome {
    if (exit.error) {
      return {
        state: 'failed',
        message: tunerMessage('couldNotStarted', { command: this.#python.command, reason: exit.error.message }),
      };
    }
    if (stopped) return { state: 'stopped' };
    if (this.#reachedLimit) return { state: 'finished' };
    const hadStudy = this.#studies.any || (this.#watcher?.hadStudy ?? false);
    const explanation = explainScriptEnd({ script: this.#options.script, ...exit, output: this.#tail.text, hadStudy });
    const start = exit.signal || exit.code === 0 || this.#hadTrial ? undefined : this.#startCause();
    if (start) {
      const message = placed(this.#options.script, explanation, start.message);
      return { state: 'failed', code: start.cause.code, message, cause: start.cause };
    }
    if (explanation) return { state: 'failed', message: explanation.message };
    const { unrecorded } = this.#studies;
    if (unrecorded === undefined) return { state: 'finished' };
    const message = tunerMessage('scriptCameEndButNot', { unrecorded });
    return { state: 'failed', code: 'not-recorded', message };
  }
}

/** What the launcher has to know: which choices are ours. */
function suggestSettings({ sampler, pruner, override }: ScriptSuggestions = {}) {
  return { sampler: sampler?.type ?? null, pruner: pruner?.type ?? null, override: override ?? false };
}

/** How long a script may take to end after SIGTERM, in milliseconds. */
const GRACE_MS = 5000;
/** How long output may still arrive from a descendant after the script itself has ended. */
const DRAIN_MS = 1000;

interface ScriptExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** The process of a script, in a group of its own. */
class ScriptProcess {
  readonly exit: Promise<ScriptExit>;
  readonly #child: ChildProcess;
  readonly #marker: string;
  #ending: Promise<void> | undefined;

  constructor(options: {
    readonly command: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** `NAME=value` of the environment by which descendants are found. */
    readonly marker: string;
    readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  }) {
    this.#marker = options.marker;
    this.#child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    for (const name of ['stdout', 'stderr'] as const) {
      readInTurns(this.#child[name], (chunk) => options.onOutput(name, chunk));
    }
    this.exit = this.#ended();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the script to end as Ctrl+C would. */
  interrupt(): void {
    this.#child.kill(process.platform === 'win32' ? 'SIGTERM' : 'SIGINT');
  }

  /** Ends the script and everything that it started. */
  end(graceMs = GRACE_MS): Promise<void> {
    const { pid } = this.#child;
    this.#ending ??= pid === undefined ? Promise.resolve() : killTree(pid, { graceMs, marker: this.#marker });
    return this.#ending;
  }

  /** Resolves when the script is gone and its output has been read. What it leaves holding its output is ended. */
  #ended(): Promise<ScriptExit> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: null, error });
      });
      let exit: ScriptExit | undefined;
      let timer: NodeJS.Timeout | undefined;
      this.#child.once('exit', (code, signal) => {
        exit = { code, signal };
        timer = setTimeout(() => void this.end(GRACE_MS / 2).then(() => this.#release()), DRAIN_MS);
      });
      this.#child.once('close', async (code, signal) => {
        clearTimeout(timer);
        await this.#ending;
        resolve(exit ?? { code, signal });
      });
    });
  }

  #release(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}
