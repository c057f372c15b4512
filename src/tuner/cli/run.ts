import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { noiseFindings } from '../../core/samplers/gp/noiseFindings.ts';
import { findingsOf } from '../../core/study/startComparison.ts';
import type { StopMode } from '../../protocol/control.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { type LaunchMessage, launchTuner } from '../../runs/launchTuner.ts';
import { runFolderOf } from '../../runs/runFolder.ts';
import { isRemoteUrl } from '../../storage/kinds.ts';
import { withoutParameter } from '../../studyfile/editing/spaceEdits.ts';
import type { StudyFile } from '../../studyfile/studyFile.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import { verbatim } from '../../words/message.ts';
import { estimateStudy } from '../objective/trainerEstimate.ts';
import { asCommandStudy, isTrainerStudy, type TrainerStudy, trainerCommand } from '../objective/trainerObjective.ts';
import { print, printError } from '../render/print.ts';
import { StudyRenderer, Terminal } from '../render/studyRenderer.ts';
import { durationText, paramText, shortNumber, stateCounts } from '../render/text.ts';
import type { SessionEvents, SessionView } from '../run/events.ts';
import { loadStudyToRun } from '../run/openStudy.ts';
import type { RunOutcome } from '../run/outcome.ts';
import { type RunOverrides, runCommandStudy } from '../run/runCommandStudy.ts';
import type { RunHost } from '../run/runHost.ts';
import { runScriptStudy } from '../run/runScriptStudy.ts';
import { askMetric } from './askMetric.ts';
import { estimateText } from './estimate.ts';
import { EXIT, type ExitCode, oneLine, reportError, UsageError } from './exitCodes.ts';
import { readSchedule } from './schedule.ts';

/** Bytes of a script's output that may wait for the terminal. */
const MOST_UNPRINTED = 1 << 20;

export interface RunCommandOptions extends Omit<RunOverrides, 'replay'> {
  /** Path of a schedule. */
  readonly replay?: string;
  readonly detach?: boolean;
  /** Do not time training steps before a study of the trainer starts. */
  readonly skipEstimate?: boolean;
  /** Internal: this process is the detached one; tells its launcher over IPC. */
  readonly background?: boolean;
  /** The study file was drafted by this command, and no person has looked at it. */
  readonly isDrafted?: boolean;
  /** Path of this program, to start it again in the background. */
  readonly cli: string;
  /** The command line's own words for the overrides, handed on to the background process. */
  readonly passOn: readonly string[];
}

/** `tuneboard run FILE`. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<ExitCode> {
  const source = resolve(file);
  if (options.detach && !options.background) return detach(source, options);
  const interruption = new Interruption();
  const terminal = new Terminal();
  const renderer = options.background ? undefined : new StudyRenderer(terminal);
  let view: SessionView | undefined;
  let host: RunHost | undefined;
  const events: SessionEvents = renderer ? withOpened(renderer, (opened) => (view = opened)) : {};
  try {
    const launcher = options.background ? new LauncherLink() : undefined;
    const onStarted = (running: RunHost) => launcher?.ready(running.folder.record);
    const run = () =>
      runSource(source, options, { events, onStarted }, (running, session) => {
        host = running;
        interruption.onStop((mode) => session.stop(mode));
      });
    let outcome = await run();
    while (options.isDrafted && !interruption.hasHappened && isDropped(source, outcome, (text) => renderer?.note(text)))
      outcome = await run();
    launcher?.ended(outcome, host);
    renderer?.close();
    if (renderer && host) for (const line of summaryLines(outcome, view, host.record)) terminal.line(line);
    return exitCode(outcome, interruption, renderer !== undefined);
  } catch (error) {
    renderer?.close();
    if (options.background) tellFailure(error);
    throw error;
  } finally {
    interruption.dispose();
  }
}

/** Takes a parameter that nothing reads out of a draft. False where that is not what a run ended with. */
function isDropped(source: string, { code, message }: RunOutcome, note: (sentence: string) => void): boolean {
  const parameter = message?.values['parameter'];
  if (code !== 'never-read' || typeof parameter !== 'string') return false;
  const text = withoutParameter(readFileSync(source, 'utf8'), parameter);
  if (text === null) return false;
  writeFileSync(source, text);
  note(tunerMessage('unreadDropped', { parameter }).text);
  return true;
}

function exitCode(outcome: RunOutcome, interruption: Interruption, isForeground: boolean): ExitCode {
  if (outcome.state === 'failed') {
    if (outcome.code === 'unclear-metric' && isForeground) {
      printError(`tuneboard: ${oneLine(outcome.message?.text ?? '')}`);
      return EXIT.usage;
    }
    if (isForeground) printError(`tuneboard: ${oneLine(outcome.message?.text ?? 'The study failed.')}`);
    return EXIT.failed;
  }
  return interruption.hasHappened && outcome.state === 'stopped' ? EXIT.interrupted : EXIT.done;
}

async function detach(source: string, options: RunCommandOptions): Promise<ExitCode> {
  const record = await launchTuner({ node: process.execPath, cli: options.cli, source, args: options.passOn });
  const folder = runFolderOf(record.source, record.studyName);
  print([
    `Study "${record.studyName}" runs in the background (process ${record.pid}).`,
    `Watch it with "tuneboard status", end it with "tuneboard stop". Log: ${folder.tunerLog}`,
  ]);
  return EXIT.done;
}

type OnRunning = (host: RunHost, session: { stop(mode: StopMode): void }) => void;

async function runSource(
  source: string,
  options: RunCommandOptions,
  { events, onStarted }: { events: SessionEvents; onStarted: (host: RunHost) => void },
  onRunning: OnRunning,
): Promise<RunOutcome> {
  if (!statSync(source, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`There is no file ${source}.`);
  const { replay: path, ...given } = options;
  const replay = path === undefined ? undefined : { path, segments: readSchedule(path) };
  const overrides: RunOverrides = replay ? { ...given, replay } : given;
  const common = { source, cli: options.cli, overrides, events, onRunning, onStarted };
  switch (extname(source).toLowerCase()) {
    case '.py':
    case '.ipynb':
      refuseScriptOptions(options);
      return runScript({ ...common, script: source, args: [], attach: 'hook', launch: null });
    case '.yaml':
    case '.yml':
    case '.json': {
      const file = await loadStudyToRun(source);
      const command = asCommandStudy(file, source);
      if (command) {
        refuseStudyFileOptions(options);
        if (isTrainerStudy(file)) {
          const objective = trainerCommand(file, source, replay?.segments.at(-1)?.to);
          if (replay) return runCommandStudy({ ...common, file: replayed({ ...file, objective }) });
          if (!options.background && !options.skipEstimate) await tellEstimate(file, source, options);
        }
        return runCommandStudy({ ...common, file: replay ? replayed(command) : command });
      }
      if (file.objective.kind !== 'optuna') throw new UsageError(`${source} names no objective that can run.`);
      const { path, args, attach, sampler, pruner, override } = file.objective;
      const script = resolve(dirname(source), path);
      if (!statSync(script, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`There is no file ${script}.`);
      refuseScriptOptions(options);
      const suggest = { ...(sampler && { sampler }), ...(pruner && { pruner }), override };
      return runScript({ ...common, file, script, args, attach, launch: file.objective, suggest });
    }
    default:
      throw new UsageError(
        `${source} is no study file, Python script or notebook: describe the program in a *.study.yaml and run that.`,
      );
  }
}

/** Says what the study will take. Where it cannot be told, the first trial tells why. */
async function tellEstimate(file: TrainerStudy, source: string, given: RunCommandOptions): Promise<void> {
  const { trials = file.budget.trials, parallel = file.parallel } = given;
  try {
    print(estimateText(await estimateStudy({ ...file, budget: { ...file.budget, trials }, parallel }, source)));
  } catch {
    // As the comment says.
  }
}

/** A replay is a study of its own beside the one whose schedule it is. */
function replayed<T extends StudyFile>(file: T): T {
  return { ...file, name: `${file.name}-replay`, budget: { ...file.budget, trials: null } };
}

function refuseScriptOptions({ parallel, seed, replay, storage }: RunCommandOptions): void {
  if (storage !== undefined) throw new UsageError('An Optuna script names its own storage: leave out --storage.');
  if (replay !== undefined) throw new UsageError('An Optuna script trains by itself: leave out --replay.');
  const option = parallel !== undefined ? '--parallel' : seed !== undefined ? '--seed' : undefined;
  if (option === undefined) return;
  const where = option === '--parallel' ? 'n_jobs of study.optimize' : 'the seed of its sampler';
  throw new UsageError(`An Optuna script decides this itself: leave out ${option}, and set ${where} in the script.`);
}

function refuseStudyFileOptions({ sampler, pruner, override }: RunCommandOptions): void {
  const option = sampler ? '--sampler' : pruner ? '--pruner' : override ? '--override' : undefined;
  if (option === undefined) return;
  throw new UsageError(`${option} is for Optuna scripts: write \`sampler:\` and \`pruner:\` into the study file.`);
}

async function runScript(run: Parameters<typeof runScriptStudy>[0]): Promise<RunOutcome> {
  const { runOptunaScript } = await import('../objective/optuna/runOptunaScript.ts');
  return runScriptStudy(run, runOptunaScript);
}

function withOpened(renderer: StudyRenderer, onOpened: (view: SessionView) => void): SessionEvents {
  return {
    opened: (view) => {
      onOpened(view);
      renderer.opened(view);
    },
    trialStarted: (number) => renderer.trialStarted(number),
    trialReported: (number, value, step) => renderer.trialReported(number, value, step),
    trialPaused: (number, value, step) => renderer.trialPaused(number, value, step),
    trialEnded: (number, state, values, reason) => renderer.trialEnded(number, state, values, reason),
    note: (sentence) => renderer.note(sentence),
    askMetric,
    // A terminal that reads too slowly misses lines: the run folder has them.
    output: (line) => {
      if (process.stdout.writableLength < MOST_UNPRINTED) renderer.output(line);
    },
  };
}

/** Ctrl+C once: no new trials; twice, or SIGTERM, or the terminal is closed: end the running ones too. */
class Interruption {
  hasHappened = false;
  #mode: StopMode | undefined;
  #stop: ((mode: StopMode) => void) | undefined;
  readonly #onInterrupt = () => this.#signal(this.#mode ? 'now' : 'afterCurrent');
  readonly #onEnd = () => this.#signal('now');

  constructor() {
    process.on('SIGINT', this.#onInterrupt);
    process.on('SIGTERM', this.#onEnd);
    process.on('SIGHUP', this.#onEnd);
  }

  /** Calls the listener at once when the signal came before there was anything to stop. */
  onStop(stop: (mode: StopMode) => void): void {
    this.#stop = stop;
    if (this.#mode) stop(this.#mode);
  }

  dispose(): void {
    process.off('SIGINT', this.#onInterrupt);
    process.off('SIGTERM', this.#onEnd);
    process.off('SIGHUP', this.#onEnd);
  }

  #signal(mode: StopMode): void {
    this.hasHappened = true;
    this.#mode = mode;
    this.#stop?.(mode);
  }
}

/** Tells the process that launched this one, once, how the start went. */
class LauncherLink {
  #hasTold = false;

  ready(record: string): void {
    if (!this.#hasTold) tell({ type: 'ready', record });
    this.#hasTold = true;
  }

  /** A script that could not even be started. */
  ended(outcome: RunOutcome, host: RunHost | undefined): void {
    if (this.#hasTold) return;
    if (outcome.state === 'failed') {
      tell({
        type: 'failed',
        code: outcome.code ?? 'study-failed',
        message: outcome.message ?? verbatim('The study failed.'),
        ...(host && { record: host.folder.record }),
      });
    } else if (host) this.ready(host.folder.record);
  }
}

function tell(message: LaunchMessage): void {
  if (!process.connected) return;
  // The launcher may be gone already.
  process.send?.(message, undefined, undefined, () => undefined);
}

function tellFailure(error: unknown): void {
  let text = '';
  reportError(error, (line) => {
    text ||= line.replace(/^tuneboard: /, '');
  });
  const code = (error as { code?: unknown }).code;
  const message = error instanceof TuneboardError && !(error instanceof UsageError) ? error.words : verbatim(text);
  tell({ type: 'failed', code: typeof code === 'string' ? code : 'launch-failed', message });
}

/** What is printed when a study has ended: how it went, the best parameters, where it is and how to see it. */
function summaryLines(outcome: RunOutcome, view: SessionView | undefined, record: RunRecord): string[] {
  const took = durationText((record.endedAt ?? Date.now()) - record.startedAt);
  const lines = [
    '',
    `Study "${record.studyName}" ${outcome.state} after ${took}${view ? `: ${stateCounts(view.history)}` : ''}.`,
  ];
  if (outcome.state === 'finished' && outcome.message) lines.push(outcome.message.text);
  if (view) lines.push(...bestLines(view));
  if (record.storage) {
    lines.push('', `Trials: ${record.storage}`);
    lines.push(
      `In VS Code: run "Tuneboard: Open Storage…" from the Command Palette and ${isRemoteUrl(record.storage) ? 'enter that URL' : 'choose that file'}.`,
    );
  }
  if (outcome.state === 'stopped') {
    const isScript = /\.(py|ipynb)$/i.test(record.source);
    lines.push(`Continue with: tuneboard run ${isScript ? '--resume ' : ''}${quoted(record.source)}`);
  }
  return lines;
}

function bestLines({ history, metrics }: SessionView): string[] {
  if (history.directions.length > 1) {
    return [`It has ${history.directions.length} objectives: look at the best compromises in the editor.`];
  }
  const { best } = history;
  if (best === undefined) return [];
  const params = Object.entries(history.params(best));
  const width = Math.max(0, ...params.map(([name]) => name.length));
  return [
    `Best ${metrics[0] ?? 'value'}: ${shortNumber(history.value(best))} (trial ${best})`,
    ...params.map(
      ([name, value]) => `  ${name.padEnd(width)}  ${typeof value === 'number' ? String(value) : paramText(value)}`,
    ),
    ...[...findingsOf(history), ...noiseFindings(history)].map(({ text }) => text),
  ];
}

function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}
