import { resolve } from 'node:path';
import type { BackendInstallMessage } from '../../protocol/backendInstall.ts';
import { pythonNames, venvPython } from '../../runs/platform.ts';
import { nodeEnvironment, trainerProgram } from '../../trainer/backend/tensorflow.ts';
import { installTensorflow } from '../../trainer/install/installTensorflow.ts';
import type { Progress } from '../../trainer/install/progress.ts';
import { runProgram } from '../../trainer/install/runProgram.ts';
import { print, printError, printJson } from '../render/print.ts';
import { table } from '../render/text.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

export interface BackendInstallOptions {
  /** Folder with libtensorflow. */
  readonly from?: string;
  readonly python?: string;
  readonly download?: boolean;
  /** Progress as a JSON object a line, for the editor. */
  readonly json?: boolean;
}

/** `tuneboard backend install`: brings the trainer's fastest backend. */
export async function backendInstallCommand(options: BackendInstallOptions): Promise<ExitCode> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const record = await installTensorflow({
      from: options.from ?? null,
      pythons: pythonsFor(options.python),
      download: options.download === true,
      onProgress: options.json ? tellJson : new Lines().tell,
      signal: stop.signal,
    });
    const sentence = `TensorFlow ${record.version} from ${record.from} is ready: studies of the trainer use it from now on.`;
    if (options.json) tellJson({ stage: 'ready', version: record.version, from: record.from });
    else print(sentence);
    return EXIT.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    printError('tuneboard: The installation was stopped; nothing was changed.');
    return EXIT.interrupted;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

export interface BackendState {
  readonly name: string;
  readonly ok: boolean;
  readonly why: string;
}

/** `tuneboard backend list`: each backend of the trainer, and whether it works here; the first that does is used. */
export async function backendListCommand(): Promise<ExitCode> {
  const states = await backendStates();
  const used = states.find(({ ok }) => ok)?.name;
  const rows = states.map(({ name, ok, why }) => [ok ? '✓' : '✗', name, name === used ? `is used: ${why}` : why]);
  print(table(rows));
  return used === undefined ? EXIT.failed : EXIT.done;
}

/** Asks the trainer, in a process of its own. */
export async function backendStates(): Promise<readonly BackendState[]> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [trainerProgram(), '--backends'], {
    env: nodeEnvironment(),
  });
  if (code === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as BackendState[];
  const why =
    stderr.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? `it ended without a word (exit code ${code})`;
  return [{ name: 'trainer', ok: false, why }];
}

function pythonsFor(named: string | undefined): readonly string[] {
  if (named !== undefined) return [named];
  const active = process.env['VIRTUAL_ENV'] ? [venvPython(process.env['VIRTUAL_ENV'])] : [];
  return [...active, ...['.venv', 'venv'].map((name) => venvPython(resolve(name))), ...pythonNames()];
}

function tellJson(message: BackendInstallMessage): void {
  printJson(JSON.stringify(message));
}

const STAGES: Readonly<Record<Progress['stage'], string>> = {
  search: 'Looking for an installed TensorFlow',
  link: 'Linking libtensorflow',
  download: 'Downloading',
  check: 'Checking the SHA-256 of the download',
  unpack: 'Unpacking',
  test: 'Trying it out',
};

/** A line a stage, and one every tenth of what takes longer. */
class Lines {
  #last = '';

  readonly tell = (progress: Progress): void => {
    const share =
      'total' in progress && progress.stage !== 'check' ? Math.floor((10 * progress.done) / progress.total) : 0;
    const line = share === 0 ? STAGES[progress.stage] : `${STAGES[progress.stage]} ${share * 10} %`;
    if (line === this.#last) return;
    this.#last = line;
    print(line);
  };
}
