import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import {
  CancellationTokenSource,
  commands,
  extensions,
  ProgressLocation,
  type QuickPickItem,
  type Uri,
  window,
  workspace,
} from 'vscode';
import type { RunRecord } from '../../protocol/runRecord.ts';
import type { Launching } from '../commands/collaborators.ts';
import { tunerEnvironment } from '../commands/launch.ts';
import { runTunerCommand } from '../commands/tunerCommand.ts';
import { activeUri } from '../window/activeUri.ts';
import { Setting } from '../window/ids.ts';
import { pick, showBriefly } from '../window/plainWindow.ts';
import { isStudyFile } from '../window/relevance.ts';
import { t } from '../window/words.ts';
import { changeStudyFile, restart } from './mendStart.ts';

/** The part of the Python extension's API that is used here; the extension may be missing. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: Uri): { readonly path: string };
    resolveEnvironment(environment: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: Uri } } | undefined>;
  };
}

const PYTHON_EXTENSION = 'ms-python.python';

/**
 * The interpreter for a file: the setting, else what the Python extension has chosen, else none (the tuner looks for
 * one). A Python extension that fails is told to `report` and hinders nothing.
 */
export async function interpreterFor(file: Uri, report: (error: unknown) => void): Promise<string | undefined> {
  const configured = configuredInterpreter(file);
  if (configured !== undefined) return configured;
  try {
    return await chosenInPythonExtension(file);
  } catch (error) {
    report(error);
    return undefined;
  }
}

function configuredInterpreter(file: Uri): string | undefined {
  const configured = workspace.getConfiguration(undefined, file).get(Setting.pythonInterpreterPath, '').trim();
  if (configured === '') return undefined;
  const folder = workspace.getWorkspaceFolder(file)?.uri.fsPath ?? '';
  const path = configured.replace(/^\$\{workspaceFolder\}/, folder).replace(/^~(?=[\\/])/, homedir());
  // A bare name like `python3.12` is looked up on the PATH.
  return isAbsolute(path) || !/[\\/]/.test(path) ? path : join(folder, path);
}

async function chosenInPythonExtension(file: Uri): Promise<string | undefined> {
  const extension = extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
  if (!extension) return undefined;
  const { environments } = extension.isActive ? extension.exports : await extension.activate();
  if (!environments) return undefined;
  const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(file));
  return environment?.executable.uri?.fsPath;
}

interface FoundInterpreter {
  readonly path: string;
  readonly version: string;
  readonly origin: string;
}

/**
 * Lets a person choose from the interpreters that are found for a file, or one of their own. The choice goes into the
 * study file of a run that failed, which then starts again; else into the settings.
 */
export async function chooseInterpreter(parts: Launching, failed?: RunRecord): Promise<void> {
  const near = failed?.source ?? activeUri()?.fsPath ?? workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
  const chosen = await pickInterpreter(parts, near);
  if (chosen === undefined) return;
  const path = chosen ?? undefined;
  if (failed && path !== undefined && isStudyFile(failed.source)) {
    const inside = relative(dirname(failed.source), path);
    const python = inside.startsWith('..') || isAbsolute(inside) ? path : inside.replaceAll('\\', '/');
    await changeStudyFile(failed, () => ({ keys: { python } }));
  } else if (path !== undefined) {
    const isGlobal = workspace.workspaceFolders === undefined;
    await workspace.getConfiguration().update(Setting.pythonInterpreterPath, path, isGlobal);
    showBriefly(t('pythonInterpreter', { path }), 5000);
  }
  if (failed) await restart(parts, failed, failed.source);
}

/** Null: the Python extension has it now. Undefined: none was chosen. */
async function pickInterpreter(parts: Launching, near: string): Promise<string | null | undefined> {
  const found: FoundInterpreter[] = [];
  const onMessage = (message: Readonly<Record<string, unknown>>) => found.push(message as unknown as FoundInterpreter);
  const command = { args: ['interpreters', near, '--json'], env: tunerEnvironment(parts), onMessage };
  await window.withProgress({ location: ProgressLocation.Window, title: t('lookingForInterpreters') }, () =>
    // None found: the list has the other ways still.
    runTunerCommand(parts, { ...command, token: new CancellationTokenSource().token }, 'interpreters').catch(
      () => false,
    ),
  );
  const items: (QuickPickItem & { readonly path?: string; readonly isExtension?: boolean })[] = found.map(
    ({ path, version, origin }) => ({
      label: `Python ${version}`,
      description: path,
      detail: originText(origin),
      path,
    }),
  );
  if (extensions.getExtension(PYTHON_EXTENSION)) items.push({ label: t('listOfPythonExtension'), isExtension: true });
  items.push({ label: t('browse') });
  const chosen = await pick(items, { placeHolder: t('choosePythonInterpreter'), matchOnDescription: true });
  if (!chosen) return undefined;
  if (chosen.path !== undefined) return chosen.path;
  if (chosen.isExtension) {
    await commands.executeCommand('python.setInterpreter');
    return null;
  }
  const [file] = (await window.showOpenDialog({ title: t('choosePythonInterpreter'), openLabel: t('choose') })) ?? [];
  return file?.fsPath;
}

function originText(origin: string): string {
  switch (origin) {
    case 'active':
      return t('originActive');
    case 'folder':
      return t('originFolder');
    case 'path':
      return t('originPath');
    default:
      return origin;
  }
}
