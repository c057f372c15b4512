/** What the History panel asks for beyond the commands; loaded with them when it is first needed. */
import { CancellationTokenSource, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { PanelAsk } from '../../protocol/panel.ts';
import { kindOf } from '../../storage/kinds.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { storageSecret, tunerEnvironment } from '../commands/launch.ts';
import { steer } from '../commands/steerStudy.ts';
import { runTunerCommand } from '../commands/tunerCommand.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { t } from '../window/words.ts';
import { readOnlyText } from './annotations.ts';

/** `studyId`: as the registry knows the study. Throws what keeps it from being done. */
export async function actInPanel(parts: Collaborators, studyId: unknown, asked: PanelAsk): Promise<unknown> {
  const study = parts.registry.study(String(studyId));
  if (!study) return undefined;
  switch (asked.type) {
    case 'order':
      return steer(parts, study, asked.order);
    case 'note':
      await write(
        parts,
        study,
        ['note', ...trialOf(asked), '--text', '-', '--since', String(asked.version)],
        asked.text,
      );
      return true;
    case 'marks': {
      const tags = asked.tags.map((tag) => tag.replaceAll(',', ' '));
      const star = asked.star ? '--star' : '--no-star';
      await write(parts, study, ['note', ...trialOf(asked), star, `--tags=${tags.join(',')}`]);
      return true;
    }
    default:
      return asked satisfies never;
  }
}

function trialOf({ number }: { readonly number: number | null }): string[] {
  return number === null ? [] : ['--trial', String(number)];
}

/**
 * Writes to the study's storage, with the command line: a process of its own opens it, and the window reads what came of it.
 * `command`: its first word is the command. Throws its sentence.
 */
export async function write(
  parts: Collaborators,
  study: StudyEntry,
  [command = '', ...options]: readonly string[],
  input?: string,
): Promise<void> {
  const problem = readOnlyText(study, workspace.isTrusted, t);
  const { storage, record } = study;
  if (problem !== null || !storage || !record)
    throw new TuneboardError('read-only', problem ?? t('studyNoLongerThere'));
  const { location } = storage;
  const env = { ...tunerEnvironment(parts), ...(await storageSecret(parts, serverLocation(location))) };
  const args = [command, location, '--study', record.name, ...options];
  const { token } = new CancellationTokenSource();
  await runTunerCommand(
    parts,
    { args, env, token, onMessage: () => undefined, ...(input !== undefined && { input }) },
    'write-failed',
  );
  await parts.registry.refresh();
}

/** A storage on a server, whose password is kept by its location. */
function serverLocation(location: string): string | undefined {
  return kindOf(location)?.takesPassword ? location : undefined;
}
