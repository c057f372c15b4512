import { basename } from 'node:path';
import { commands, type Disposable, type TextDocumentContentProvider, Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { type CodeState, codeAt, textIn } from '../../runs/codeState.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { chooseTrial } from '../commands/studyChoice.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

const SCHEME = 'tuneboard-trial';

/** Texts that diff editors show on their left, by their address; dropped with the window. */
class TrialTexts implements TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  #registration: Disposable | undefined;

  add(uri: Uri, text: string): void {
    this.#registration ??= workspace.registerTextDocumentContentProvider(SCHEME, this);
    this.#texts.set(uri.toString(), text);
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }
}

const texts = new TrialTexts();

/** Opens the diff editor: a file as it was when a trial ran, and as it is now. */
export async function compareCode(
  parts: Pick<Collaborators, 'focus' | 'panels' | 'ready' | 'registry' | 'settled' | 'view'>,
  arg: unknown,
): Promise<void> {
  const chosen = await chooseTrial(parts, arg, {
    placeHolder: t('studyTrial'),
    none: t('noTrialYet'),
    fits: ({ history, ranBy }) => (history?.length ?? 0) > 0 && ranBy !== null,
  });
  if (!chosen) return;
  // Git runs in the folder, and its configuration is a stranger's.
  if (!workspace.isTrusted) throw new TuneboardError('untrusted', t('codeUntrusted'));
  const { study, number } = chosen;
  const state = stateOf(study, number);
  if (!state) throw new TuneboardError('no-code', t('codeUnknown', { number }));
  const path = await chooseFile(study, state);
  if (path === undefined) return;
  const before = await textIn(state, path);
  if (before === null) throw new TuneboardError('no-code', t('codeUnknownFile', { number, name: basename(path) }));
  const current = Uri.file(path);
  const left = current.with({ scheme: SCHEME, query: `${state.at}` });
  texts.add(left, before);
  const commit =
    state.commit === undefined ? '' : ` (${[state.branch, state.commit.slice(0, 8)].filter(Boolean).join(' ')})`;
  const title = t('codeTitle', { name: basename(path), number: `${number}${commit}` });
  await commands.executeCommand('vscode.diff', left, current, title);
}

function stateOf({ history, ranBy }: StudyEntry, number: number): CodeState | null {
  const startedAt = history?.startedAt[number] ?? Number.NaN;
  if (!ranBy) return null;
  // A trial whose start is not known belongs to the last run, as far as can be told.
  return codeAt(ranBy.folder, Number.isFinite(startedAt) ? startedAt : Number.MAX_SAFE_INTEGER);
}

/** The file that the study ran, or one that had been changed; asked where there are several. */
async function chooseFile({ ranBy }: StudyEntry, state: CodeState): Promise<string | undefined> {
  const { source, script } = ranBy?.record ?? {};
  const paths = [...new Set([script, source, ...Object.keys(state.files)])].filter(
    (path): path is string => path !== undefined && workspace.getWorkspaceFolder(Uri.file(path)) !== undefined,
  );
  if (paths.length < 2) return paths[0];
  const items = paths.map((path) => ({ label: basename(path), description: workspace.asRelativePath(path), path }));
  return (await pick(items, { placeHolder: t('codeWhich') }))?.path;
}
