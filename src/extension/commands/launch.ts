import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { ProgressLocation, Uri, type WorkspaceConfiguration, window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { launchTuner } from '../../runs/launchTuner.ts';
import { interpreterFor } from '../launching/python.ts';
import { storageServer } from '../storages/storageServer.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { Setting, View } from '../window/ids.ts';
import { isStudyFile } from '../window/relevance.ts';
import { t } from '../window/words.ts';
import type { Collaborators, Launching } from './collaborators.ts';
import { askPassword, isAboutPassword } from './openStorage.ts';
import { textOf } from './studyFiles.ts';

/** Throws in Restricted Mode: there, studies are looked at and nothing is run. */
export function requireTrust(): void {
  if (workspace.isTrusted) return;
  const sentence = t('untrustedRun');
  throw new TuneboardError('untrusted', sentence);
}

/** Starts the tuner on a study file, script or notebook, and shows the study. */
export function launch(
  parts: Launching,
  source: string,
  args: readonly string[] = [],
): Promise<StudyEntry | undefined> {
  return parts.starting(start(parts, source, args));
}

async function start(parts: Launching, source: string, args: readonly string[]): Promise<StudyEntry | undefined> {
  requireTrust();
  const uri = Uri.file(source);
  const began = performance.now();
  const title = t('startingStudy');
  const attempt = () =>
    window.withProgress({ location: { viewId: View.studies }, title }, () =>
      window.withProgress({ location: ProgressLocation.Window, title }, () => run(parts, uri, args)),
    );
  const record = await withStoragePassword(parts, () => storageServer(source, args), attempt);
  parts.log.info(`Started ${source} (pid ${record.pid}) in ${Math.round(performance.now() - began)} ms`);
  parts.launched.add(record.pid);
  // What a person starts here says where its trials are: its storage is meant.
  await parts.registry.addRun(record, undefined, true);
  return parts.registry.studiesFrom(source).find(({ run }) => run?.record.pid === record.pid);
}

async function run(parts: Launching, source: Uri, args: readonly string[]): Promise<RunRecord> {
  // A study file that names its interpreter means it.
  const python = (await namesPython(source))
    ? undefined
    : await interpreterFor(source, (error) => parts.notices.report(error));
  const settings = workspace.getConfiguration(undefined, source);
  const attach = settings.get<string>(Setting.optunaAttach, 'hook');
  const options = [...args];
  if (python !== undefined) options.push('--python', python);
  if (attach === 'log') options.push('--attach', 'log');
  if (/\.(py|ipynb)$/i.test(source.fsPath)) options.push(...suggestOptions(settings));
  return launchTuner({
    // The editor's own executable is a Node when it is told so: nothing has to be installed for the tuner.
    node: process.execPath,
    cli: parts.dist('tuneboard.mjs'),
    source: source.fsPath,
    args: options,
    cwd: dirname(source.fsPath),
    env: {
      ...tunerEnvironment(parts, python),
      ...(await storageSecret(parts, await storageServer(source.fsPath, args))),
    },
  });
}

async function namesPython(source: Uri): Promise<boolean> {
  if (!isStudyFile(source.path)) return false;
  const { parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const text = await textOf(source);
  const objective = parseStudyFile(text).file?.objective;
  return objective !== undefined && 'python' in objective && objective.python !== null;
}

/** Asks for the password of the study's database when it is missing or wrong, and tries again. */
async function withStoragePassword<T>(
  parts: Pick<Collaborators, 'notices' | 'passwords'>,
  server: () => Promise<string | undefined>,
  attempt: () => PromiseLike<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const location = await server();
      const password =
        location !== undefined && isAboutPassword(error) ? await askPassword(parts.notices.explain(error)) : undefined;
      if (password === undefined || location === undefined) throw error;
      await parts.passwords.keep(location, password);
    }
  }
}

/** In the environment, where other people of the machine do not see it as they see arguments. */
export async function storageSecret(
  parts: Pick<Collaborators, 'passwords'>,
  location: string | undefined,
): Promise<NodeJS.ProcessEnv> {
  const password = location === undefined ? undefined : await parts.passwords.of(location);
  return password === undefined ? {} : { TUNEBOARD_STORAGE_PASSWORD: password };
}

/** Who suggests and prunes where an Optuna script names nobody. */
function suggestOptions(settings: WorkspaceConfiguration): string[] {
  const sampler = settings.get<string>(Setting.optunaSampler, '');
  const pruner = settings.get<string>(Setting.optunaPruner, '');
  const options: string[] = [];
  if (sampler !== '') options.push('--sampler', sampler);
  if (pruner !== '') options.push('--pruner', pruner);
  if (options.length > 0 && settings.get<boolean>(Setting.optunaOverride, false)) options.push('--override');
  return options;
}

/**
 * With the chosen interpreter first on the PATH, so that a study file's `python …` means it too, and with where the
 * trainer finds its backend.
 */
export function tunerEnvironment(parts: Pick<Collaborators, 'context'>, python?: string): NodeJS.ProcessEnv {
  const settings = workspace.getConfiguration();
  const tensorflow = settings.get(Setting.trainerTensorflowPath, '').trim();
  const backend = settings.get(Setting.trainerBackend, 'auto');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ELECTRON_RUN_AS_NODE: '1',
    TUNEBOARD_BACKENDS: join(parts.context.globalStorageUri.fsPath, 'backends'),
    ...(tensorflow !== '' && { TUNEBOARD_TENSORFLOW: tensorflow }),
    ...(backend !== 'auto' && { TUNEBOARD_BACKEND: backend }),
  };
  if (python === undefined || !isAbsolute(python)) return env;
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[key] = `${dirname(python)}${delimiter}${env[key] ?? ''}`;
  return env;
}
