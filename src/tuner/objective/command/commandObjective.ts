import { readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { wordsOf } from '../../../core/errors.ts';
import type { SearchSpace } from '../../../core/space/searchSpace.ts';
import { makeOwnFolder, writeOwnFile } from '../../../runs/ownFiles.ts';
import { type RunFolder, trialOutputPath } from '../../../runs/runFolder.ts';
import type { CommandObjective } from '../../../studyfile/studyFile.ts';
import type { Message } from '../../../words/message.ts';
import { pythonFolder } from '../../pythonFolder.ts';
import { startCause } from '../launch/causes.ts';
import { type LaunchContext, readerOf, scriptOf } from '../launch/launchContext.ts';
import type { LineSource } from '../metrics/lineReport.ts';
import type { ObjectiveOutcome, ObjectiveRunner, RunningObjective, TrialHandle, TrialPart } from '../objective.ts';
import { resolveSites } from '../sites/resolveSites.ts';
import { TrialSites } from '../sites/trialSites.ts';
import { UnreadSites } from '../sites/unreadSites.ts';
import { type PlaceholderValues, renderArguments, renderConfig, renderShellLine } from './arguments.ts';
import { ClientEndpoint } from './clientEndpoint.ts';
import { CommandProcess } from './commandProcess.ts';
import { WandbTrial } from './wandb.ts';

export interface CommandOptions {
  readonly objective: CommandObjective;
  /** Where the endpoint of the Python client listens (a Unix socket; unused on Windows). */
  readonly socket: string;
  readonly studyName: string;
  readonly space: SearchSpace;
  /** Where the values of parameters stand in the code, `FILE#PATH` by parameter. */
  readonly sites: ReadonlyMap<string, string>;
  /** The objectives, one a direction. */
  readonly metrics: readonly string[];
  /** Further values that a trial has to print. */
  readonly constraints: readonly string[];
  readonly folder: RunFolder;
  /** Folder that the study file is in: what its paths are relative to. */
  readonly base: string;
  readonly launch: LaunchContext;
  /** Told what a trial's program prints, as it comes. */
  readonly onOutput?: ((number: number, chunk: Uint8Array) => void) | undefined;
  /** Reads what the programs print instead of the metrics. */
  readonly reader?: LineSource | undefined;
  /** Told in one sentence what else a user should know. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** Of a trial, what its program is given. */
export type TrialInputs = Pick<TrialHandle, 'number' | 'params' | 'marker' | 'gpu' | 'best' | 'part'>;

export interface TrialProgram {
  readonly command: { readonly program: string; readonly args: readonly string[]; readonly shell: boolean };
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sites: TrialSites | null;
}

/** Runs any program once a trial (see DESIGN §5 for how parameters reach it and metrics come back). */
export class CommandRunner implements ObjectiveRunner {
  #options: CommandOptions;
  /** Null: nothing is started, only told how it would be. */
  readonly #endpoint: ClientEndpoint | null;
  #names: ReadonlySet<string>;
  #unread: UnreadSites;

  private constructor(options: CommandOptions, endpoint: ClientEndpoint | null) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#names = new Set(options.space.parameters.map(({ name }) => name));
    this.#unread = new UnreadSites(options.space);
  }

  static async open(options: CommandOptions): Promise<CommandRunner> {
    return new CommandRunner(options, await ClientEndpoint.open(options.socket));
  }

  /** What the program of a trial is started with, without an endpoint to report to: for a debugger. */
  static programOf(options: Omit<CommandOptions, 'socket'>, trial: TrialInputs): Promise<TrialProgram> {
    return new CommandRunner({ ...options, socket: '' }, null).#programOf(trial, {});
  }

  /** Runs the next trials so; running ones go on as they began. */
  adopt(change: Pick<CommandOptions, 'objective' | 'space' | 'sites' | 'launch'>): void {
    this.#options = { ...this.#options, ...change };
    this.#names = new Set(change.space.parameters.map(({ name }) => name));
    this.#unread = new UnreadSites(change.space);
  }

  async #programOf(trial: TrialInputs, clientEnv: Readonly<Record<string, string>>): Promise<TrialProgram> {
    const sites = await this.#sitesOf(trial);
    const config = this.#renderConfig(trial);
    const wandb = this.#wandbOf(trial);
    return {
      command: this.#command({ params: trial.params, names: this.#names, config }, wandb),
      cwd: sites?.cwd ?? this.#options.launch.cwd,
      env: this.#environment(trial, clientEnv, config, sites, wandb),
      sites,
    };
  }

  async start(trial: TrialHandle): Promise<RunningObjective> {
    if (!this.#endpoint) throw new Error('This runner was not opened.');
    const client = this.#endpoint.register(trial, this.#options.metrics[0] ?? 'value');
    try {
      const { sites, ...program } = await this.#programOf(trial, client.env);
      const running = new CommandProcess({
        ...program,
        trial,
        client,
        metrics: this.#options.metrics,
        constraints: this.#options.constraints,
        isExact: this.#options.objective.isExact ?? false,
        outputPath: trialOutputPath(this.#options.folder, trial.number),
        startCause: (output) => this.#startCause(output),
        timeoutMs: this.#options.objective.trialTimeoutMs,
        onOutput: (chunk) => this.#options.onOutput?.(trial.number, chunk),
        reader: this.#options.reader,
        onSkipped: (sentence) => this.#options.onNote?.(`Trial ${trial.number}: ${sentence}`),
      });
      if (!sites) return running;
      return { pid: running.pid, end: (cause) => running.end(cause), outcome: this.#closed(running.outcome, sites) };
    } catch (error) {
      client.close();
      return failedStart('template', wordsOf(error));
    }
  }

  #startCause(output: string) {
    const { objective, base, launch } = this.#options;
    const { cwd, python } = launch;
    return startCause(output, { script: scriptOf(objective, base), cwd, base, python, isBare: false });
  }

  /** Resolved anew: the person may have edited the code since the study began. */
  async #sitesOf(trial: TrialInputs): Promise<TrialSites | null> {
    const { sites, base, folder, launch } = this.#options;
    if (sites.size === 0) return null;
    return new TrialSites({
      sites: await resolveSites(sites, base),
      params: trial.params,
      folder: join(folder.trials, String(trial.number)),
      base: realpathSync(base),
      cwd: realpathSync(launch.cwd),
      reader: readerOf(launch),
    });
  }

  /** A value that no line reads cannot be tuned: the study ends with the trial that shows it. */
  async #closed(outcome: Promise<ObjectiveOutcome>, trial: TrialSites): Promise<ObjectiveOutcome> {
    const ended = await outcome;
    try {
      const unread = ended.type === 'done' ? this.#unread.add(trial.params, trial.reads()) : null;
      for (const note of trial.close()) this.#options.onNote?.(note.text);
      if (!unread || ended.type !== 'done') return ended;
      if (unread.isForGood) return { ...ended, neverRead: unread.sentence };
      this.#options.onNote?.(unread.sentence.text);
    } catch (error) {
      // The trial has its values all the same.
      this.#options.onNote?.(wordsOf(error).text);
    }
    return ended;
  }

  async close(): Promise<void> {
    await this.#endpoint?.close();
  }

  #wandbOf({ number, params }: TrialInputs): WandbTrial | null {
    const { objective, space, folder } = this.#options;
    if (!objective.wandb) return null;
    makeOwnFolder(folder.trials);
    return new WandbTrial(objective.wandb, params, space, join(folder.trials, String(number)));
  }

  #command(values: PlaceholderValues, wandb: WandbTrial | null): { program: string; args: string[]; shell: boolean } {
    const { argv, shell } = this.#options.objective;
    if (shell) return { program: renderShellLine(argv[0] ?? '', values), args: [], shell };
    const render = (words: readonly string[]) => renderArguments(words, values);
    const [program = '', ...args] = wandb ? wandb.words(argv, render) : render(argv);
    // The first word may be a placeholder: then it is what the trial says.
    return { program: program === argv[0] ? this.#options.launch.program : program, args, shell };
  }

  /** The trial's own config file, or null when the study has no template. */
  #renderConfig(trial: TrialInputs): string | null {
    const { objective, base, folder } = this.#options;
    if (objective.configTemplate === null) return null;
    const template = readFileSync(join(base, objective.configTemplate), 'utf8');
    const path = join(folder.trials, String(trial.number), basename(objective.configTemplate));
    makeOwnFolder(join(folder.trials, String(trial.number)));
    writeOwnFile(path, renderConfig(template, { params: trial.params, names: this.#names, config: path }));
    return path;
  }

  #environment(
    trial: TrialInputs,
    clientEnv: Readonly<Record<string, string>>,
    config: string | null,
    sites: TrialSites | null,
    wandb: WandbTrial | null,
  ): Record<string, string> {
    const { launch, metrics, constraints, studyName, objective } = this.#options;
    const env = { ...launch.env, ...sites?.environment(launch.env) };
    return {
      ...env,
      ...(objective.search && searchEnvironment(objective.search, env, metrics)),
      ...wandb?.environment(env, [...metrics, ...constraints], studyName),
      ...clientEnv,
      ...(trial.gpu === null ? {} : { CUDA_VISIBLE_DEVICES: String(trial.gpu) }),
      ...(config === null ? {} : { TUNEBOARD_CONFIG: config }),
      ...(trial.part ? partEnvironment(trial.part) : {}),
      ...(trial.best === null ? {} : { TUNEBOARD_BEST: String(trial.best) }),
      TUNEBOARD_PARAMS: JSON.stringify(trial.params),
      TUNEBOARD_TRIAL_NUMBER: String(trial.number),
      TUNEBOARD_STUDY: this.#options.studyName,
      [trial.marker.name]: trial.marker.value,
    };
  }
}

function partEnvironment({ checkpoint, step, budget }: TrialPart): Record<string, string> {
  return {
    TUNEBOARD_CHECKPOINT: checkpoint,
    TUNEBOARD_STEP: String(step),
    ...(budget === null ? {} : { TUNEBOARD_BUDGET: String(budget) }),
  };
}

/** What the hook in a program needs to take the place of the program's own search. */
function searchEnvironment(
  search: string,
  env: Readonly<Record<string, string | undefined>>,
  metrics: readonly string[],
): Record<string, string> {
  return {
    TUNEBOARD_SEARCH: JSON.stringify({ search, metrics }),
    PYTHONPATH: [join(pythonFolder, 'sites'), env['PYTHONPATH']].filter(Boolean).join(delimiter),
  };
}

function failedStart(code: string, reason: Message): RunningObjective {
  const outcome: ObjectiveOutcome = { type: 'failed', code, reason, lastLines: [], isFatal: true };
  return { pid: null, outcome: Promise.resolve(outcome), end: () => undefined };
}
