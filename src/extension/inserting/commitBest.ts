import { basename, dirname } from 'node:path';
import { Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import { Git } from '../../runs/git.ts';
import { branchOf, commitMessage } from '../studies/provenance.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { pick, showBriefly, showWarning } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';

/**
 * Commits one file that the best parameters were put into: that file alone, whatever else is changed or staged. The message
 * names study, value and what changed against trial 0; on the branch that is checked out, or on a new one. Hooks do not run, and the commit is not signed.
 */
export async function commitBest(study: StudyEntry, best: BestTrial): Promise<void> {
  if (!workspace.isTrusted) throw new TuneboardError('untrusted', t('codeUntrusted'));
  const changed = await changedFiles(study);
  if (changed.length === 0) throw new TuneboardError('nothing-changed', t('commitNothing'));
  const items = changed.map((path) => ({ label: basename(path), description: workspace.asRelativePath(path), path }));
  const chosen = items.length === 1 ? items[0] : await pick(items, { placeHolder: t('commitWhich') });
  if (!chosen) return;
  const { path } = chosen;
  const document = workspace.textDocuments.find((open) => open.uri.fsPath === path);
  if (document?.isDirty && !(await document.save()))
    throw new TuneboardError('unsaved', t('commitUnsaved', { name: basename(path) }));
  const message = commitMessage(study, best);
  const name = basename(path);
  const [here, apart] = [t('commitYes'), t('commitOnBranch')];
  const answer = await showWarning(t('commitAsk', { name }), { modal: true, detail: message }, here, apart);
  if (answer !== here && answer !== apart) return;
  const made = await new Git(dirname(path)).commitFile(
    path,
    message,
    answer === apart ? branchOf(study, best) : undefined,
  );
  if (!made) throw new TuneboardError('commit-failed', t('commitFailed', { name }));
  const { commit, branch } = made;
  showBriefly(branch ? t('commitDoneOn', { name, commit, branch }) : t('commitDone', { name, commit }), 5000);
}

/** Files of this window that the study may have changed, and git knows to be changed: the study's own, and open ones. */
async function changedFiles({ ranBy }: StudyEntry): Promise<string[]> {
  const { source, script } = ranBy?.record ?? {};
  const open = workspace.textDocuments.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  const notebooks = workspace.notebookDocuments.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  const paths = [...new Set([script, source, ...notebooks, ...open])].filter(
    (path): path is string => path !== undefined && workspace.getWorkspaceFolder(Uri.file(path)) !== undefined,
  );
  const isChanged = await Promise.all(
    paths.map(async (path) => {
      const isUnsaved = workspace.textDocuments.some((one) => one.uri.fsPath === path && one.isDirty);
      const status = await new Git(dirname(path)).text([
        'status',
        '--porcelain',
        '--ignore-submodules=all',
        '--',
        path,
      ]);
      return status !== null && (isUnsaved || status !== '');
    }),
  );
  return paths.filter((_, place) => isChanged[place]);
}
