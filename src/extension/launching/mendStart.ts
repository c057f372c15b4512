import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import {
  ProcessExecution,
  Range,
  ShellExecution,
  Task,
  TaskScope,
  tasks,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import { type RunRecord, recordMessage, type StartCause } from '../../protocol/runRecord.ts';
import { LaunchFailure, replayArguments } from '../../runs/launchTuner.ts';
import type { LaunchChange } from '../../studyfile/editing/launchKeys.ts';
import type { Launching } from '../commands/collaborators.ts';
import { launch } from '../commands/launch.ts';
import { showError } from '../window/plainWindow.ts';
import { needsInterpreter } from '../window/problem.ts';
import { isStudyFile } from '../window/relevance.ts';
import { t } from '../window/words.ts';
import { chooseInterpreter } from './python.ts';

/** Something that mends a start, as a button; then the study starts again. */
export interface Mend {
  readonly title: string;
  run(): Promise<void>;
}

/** What a person can do about the cause that a run failed for; none where it is not known. */
export function mendsOf(parts: Launching, record: RunRecord): readonly Mend[] {
  const cause = record.cause ?? lackingOptuna(record);
  const again = async (source: string | undefined) => {
    if (source !== undefined) await restart(parts, record, source).catch((error: unknown) => tellFailure(parts, error));
  };
  const interpreter: Mend = {
    title: t('chooseInterpreter'),
    run: () => chooseInterpreter(parts, record).catch((error: unknown) => tellFailure(parts, error)),
  };
  if (!cause) return needsInterpreter(record.code) ? [interpreter] : [];
  const folder: Mend = { title: t('runInFolder'), run: async () => again(await runInFolder(record, cause)) };
  switch (cause.code) {
    case 'needs-module':
      return [{ title: t('runAsModule'), run: async () => again(await runAsModule(record, cause)) }, folder];
    case 'missing-module': {
      const name = cause.values['package'] ?? '';
      const setup = setupOf(cause);
      const install: Mend = {
        title: setup ? t('runSetup', { command: setup.join(' ') }) : t('installPackage', { name }),
        run: async () => again((await installIn(record, cause)) ? record.source : undefined),
      };
      return cause.values['python'] === '' ? [install] : [install, interpreter];
    }
    case 'file-not-found':
      return [folder];
    case 'missing-arguments':
      return [{ title: t('addArguments'), run: async () => again(await addArguments(record, cause)) }];
    case 'old-syntax':
      return [interpreter];
    default:
      return cause.code satisfies never;
  }
}

/** A start that failed, with the buttons that mend it. `args` go to the commands of other buttons. */
export async function tellFailure(parts: Launching, error: unknown, ...args: unknown[]): Promise<void> {
  const mends = error instanceof LaunchFailure ? mendsOf(parts, error.record) : [];
  if (mends.length === 0) return parts.notices.error(error, ...args);
  parts.notices.report(error);
  const chosen = await showError(parts.notices.explain(error), ...mends.map(({ title }) => title));
  await mends.find(({ title }) => title === chosen)?.run();
}

/** A script whose interpreter has no Optuna is mended as any that lacks a module. */
function lackingOptuna(record: RunRecord): StartCause | undefined {
  const python = recordMessage(record)?.values['executable'];
  if (record.code !== 'no-optuna' || typeof python !== 'string') return undefined;
  return { code: 'missing-module', values: { module: 'optuna', package: 'optuna', python } };
}

/** Starts the study again, from where it is. */
export async function restart(parts: Launching, record: RunRecord, source: string): Promise<void> {
  const study = await launch(parts, source, source === record.source ? ['--resume', ...replayArguments(record)] : []);
  if (study && parts.view.isVisible) await parts.view.reveal(study, null, { select: true, focus: false });
}

async function runAsModule(record: RunRecord, { values }: StartCause): Promise<string> {
  const { module = '', folder = '' } = values;
  const change = (base: string, isCommand: boolean, word: string | undefined): LaunchChange => {
    const cwd = shown(base, folder);
    if (!isCommand) return { keys: { module, cwd } };
    return { keys: { cwd }, ...(word !== undefined && { replace: { word, by: ['-m', module] } }) };
  };
  return changeStudyFile(record, change);
}

/** The folder is the one that has the file, unless a person chooses another. */
async function runInFolder(record: RunRecord, { values }: StartCause): Promise<string | undefined> {
  const near = values['folder'] || record.launch?.cwd || dirname(record.source);
  const [chosen] =
    (await window.showOpenDialog({
      title: t('chooseFolder'),
      openLabel: t('runHere'),
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: Uri.file(near),
    })) ?? [];
  if (!chosen) return undefined;
  return changeStudyFile(record, (base, isCommand, word) => {
    const keys = { cwd: shown(base, chosen.fsPath) };
    if (!isCommand || word === undefined || !record.script) return { keys };
    return { keys, replace: { word, by: [shown(chosen.fsPath, record.script)] } };
  });
}

async function addArguments(record: RunRecord, { values }: StartCause): Promise<string | undefined> {
  const wanted = values['arguments'] ?? '';
  const value = wanted
    .split(/,\s*/)
    .map((name) => (name.startsWith('-') ? `${name.split('/')[0]} ` : ''))
    .join('');
  const given = await window.showInputBox({
    title: t('addArgumentsTitle', { wanted }),
    value,
    valueSelection: [value.length, value.length],
    ignoreFocusOut: true,
  });
  if (given === undefined || given.trim() === '') return undefined;
  const { splitCommandLine } = await import('../../studyfile/parseStudyFile.ts');
  const args = splitCommandLine(given) ?? given.trim().split(/\s+/);
  return changeStudyFile(record, () => ({ keys: {}, args }));
}

/**
 * Writes into the study file that was started, or into a new one beside a script that has none. Resolves with its path.
 * The change is told the file's folder, whether its objective is a command, and the command's word for the script.
 */
export async function changeStudyFile(
  record: Pick<RunRecord, 'source' | 'script' | 'launch'>,
  change: (base: string, isCommand: boolean, word: string | undefined) => LaunchChange,
): Promise<string> {
  const { changeLaunch, parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const base = dirname(record.source);
  if (!isStudyFile(record.source)) {
    const path = freePath(record.source);
    const made = change(base, false, undefined);
    const keys = { optuna: basename(record.source), ...made.keys };
    await workspace.fs.writeFile(Uri.file(path), new TextEncoder().encode(changeLaunch('', { ...made, keys })));
    return path;
  }
  const document = await workspace.openTextDocument(Uri.file(record.source));
  const { file } = parseStudyFile(document.getText());
  const objective = file?.objective;
  const isCommand = objective?.kind === 'command';
  const word = isCommand
    ? objective.argv.find((one) => record.script && resolve(base, objective.cwd, one) === record.script)
    : undefined;
  const text = changeLaunch(document.getText(), change(base, isCommand, word));
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, new Range(document.positionAt(0), document.positionAt(document.getText().length)), text);
  await workspace.applyEdit(edit);
  await document.save();
  return record.source;
}

function freePath(script: string): string {
  const stem = script.slice(0, script.length - extname(script).length);
  for (let count = 1; ; count++) {
    const path = `${stem}${count === 1 ? '' : `-${count}`}.study.yaml`;
    if (!existsSync(path)) return path;
  }
}

/** A path as a study file has it. */
function shown(base: string, path: string): string {
  return relative(base, path).replaceAll('\\', '/') || '.';
}

/** By the tool's name, as a record may be a stranger's: what makes the environment of a project. */
const SETUPS: Readonly<Record<string, readonly string[]>> = {
  uv: ['uv', 'sync'],
  poetry: ['poetry', 'install'],
  pipenv: ['pipenv', 'install'],
  conda: ['conda', 'env', 'create'],
};

function setupOf({ values: { setup = '' } }: StartCause): readonly string[] | undefined {
  return Object.hasOwn(SETUPS, setup) ? SETUPS[setup] : undefined;
}

/** Installs in a terminal that a person sees. Resolves with whether it went well. */
async function installIn(record: RunRecord, cause: StartCause): Promise<boolean> {
  const { values } = cause;
  const { package: name = '' } = values;
  const python = record.launch?.python ?? (values['python'] || 'python');
  const setup = setupOf(cause);
  const cwd = (setup && values['folder']) || dirname(record.script ?? record.source);
  const [program, ...args] = setup
    ? setup
    : values['python'] === ''
      ? ['npm', 'install', name]
      : isOfUv(python)
        ? ['uv', 'pip', 'install', '--python', python, name]
        : [python, '-m', 'pip', 'install', name];
  // npm is a script for a shell on Windows.
  const execution =
    program === 'npm'
      ? new ShellExecution(program, args, { cwd })
      : new ProcessExecution(program as string, args, { cwd });
  const title = setup ? setup.join(' ') : t('installPackage', { name });
  const task = new Task({ type: 'tuneboard', name }, TaskScope.Workspace, title, 'Tuneboard', execution);
  const running = await tasks.executeTask(task);
  return new Promise((settle) => {
    const listening = tasks.onDidEndTaskProcess(({ execution: ended, exitCode }) => {
      if (ended !== running) return;
      listening.dispose();
      settle(exitCode === 0);
    });
  });
}

/** uv makes environments without pip. */
function isOfUv(python: string): boolean {
  try {
    return /^uv\s*=/m.test(readFileSync(join(dirname(dirname(python)), 'pyvenv.cfg'), 'utf8'));
  } catch {
    return false;
  }
}
