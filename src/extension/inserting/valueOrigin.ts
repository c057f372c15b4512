import { type Uri, window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { readNote } from '../studies/provenance.ts';
import { t } from '../window/words.ts';

/** Opens the trial that the comment of a line names: of the line given, or of the cursor's. */
export async function showValueOrigin(
  parts: Pick<Collaborators, 'panels' | 'registry' | 'settled' | 'view'>,
  uri?: Uri,
  line?: number,
): Promise<void> {
  const editor = window.activeTextEditor;
  const document = uri ? await workspace.openTextDocument(uri) : editor?.document;
  const at = line ?? editor?.selection.active.line ?? 0;
  const text = document && at < document.lineCount ? document.lineAt(at).text : '';
  const note = readNote(text);
  if (!document || !note) throw new TuneboardError('no-note', t('originUnknown'));
  const { name, number } = note;
  await parts.settled();
  const named = parts.registry.studies.filter((study) => study.name === name);
  const path = document.uri.fsPath;
  // Of several studies of a name the one of this file.
  const isOfFile = ({ ranBy }: (typeof named)[number]) =>
    ranBy?.record.source === path || ranBy?.record.script === path;
  const study = named.find(isOfFile) ?? named[0];
  if (!study) throw new TuneboardError('no-study', t('originGone', { name }));
  await parts.registry.readNow([study]);
  if (number >= (study.history?.length ?? 0))
    throw new TuneboardError('no-trial', t('originNoTrial', { name, number }));
  parts.panels.show(study);
  await parts.view.reveal(study, number);
  parts.panels.select(study, number);
}
