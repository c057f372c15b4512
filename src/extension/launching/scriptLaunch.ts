import { type Uri, workspace } from 'vscode';
import type { Launch } from '../../protocol/launch.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

/** How a script is run, for its draft. */
export interface ChosenLaunch {
  readonly launch?: Launch;
  /** The other ways, as a person reads them. */
  readonly others: readonly string[];
}

/** The ways in which the files of its workspace folder run a script, the best first; none in Restricted Mode. */
export async function launchesOf(parts: Pick<Collaborators, 'language'>, script: Uri): Promise<Launch[]> {
  const folder = workspace.getWorkspaceFolder(script);
  if (!folder || script.scheme !== 'file' || !workspace.isTrusted) return [];
  return parts.language.findLaunches({ uri: script.toString(), root: folder.uri.toString() });
}

/** The one of them, and its neighbours for the comment. */
export function bestLaunch(found: readonly Launch[], chosen: Launch | undefined = found[0]): ChosenLaunch {
  const others = found.filter((one) => one !== chosen).map(sourceOf);
  return chosen ? { launch: chosen, others } : { others };
}

/** Asks where there are several. Undefined: the person left the list. */
export async function chooseLaunch(found: readonly Launch[]): Promise<ChosenLaunch | undefined> {
  if (found.length < 2) return bestLaunch(found);
  const items: { label: string; description?: string; detail?: string; launch: Launch | null }[] = found.map(
    (launch) => ({
      label: launch.name,
      description: launch.file,
      detail: commandOf(launch),
      launch,
    }),
  );
  items.push({ label: t('launchByPath'), launch: null });
  const chosen = await pick(items, { placeHolder: t('whichLaunch'), matchOnDescription: true, matchOnDetail: true });
  if (!chosen) return undefined;
  return chosen.launch ? bestLaunch(found, chosen.launch) : { others: found.map(sourceOf) };
}

function sourceOf({ name, file }: Launch): string {
  return t('launchSource', { name, file });
}

/** `MODE=quick python -m pkg.train --lr 0.1` with its folder. */
function commandOf({ env, before, script, module, args, cwd }: Launch): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = module === null ? [...before, ...(script === null ? [] : [script])] : [...before, '-m', module];
  const line = [...variables, ...program, ...args].join(' ');
  return cwd === '.' ? line : `${line} (${cwd})`;
}
