import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { commands, extensions, type Uri, window, workspace } from 'vscode';
import { Setting } from '../window/ids.ts';
import { showBriefly } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

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

/** Lets a person choose: with the Python extension's own list where it is there, else a file. */
export async function chooseInterpreter(): Promise<void> {
  if (extensions.getExtension(PYTHON_EXTENSION)) {
    await commands.executeCommand('python.setInterpreter');
    return;
  }
  const [file] = (await window.showOpenDialog({ title: t('choosePythonInterpreter'), openLabel: t('choose') })) ?? [];
  if (!file) return;
  const isGlobal = workspace.workspaceFolders === undefined;
  await workspace.getConfiguration().update(Setting.pythonInterpreterPath, file.fsPath, isGlobal);
  showBriefly(t('pythonInterpreter', { path: file.fsPath }), 5000);
}
