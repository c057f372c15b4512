/** What the History panel asks for beyond the commands; loaded with them when it is first needed. */
import { CancellationTokenSource, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { PanelAsk } from '../../protocol/panel.ts';
import { kindOf } from '../../storage/kinds.ts';
import type { Collaborators } from '../commands/collaborators.ts';
import { requireTrust, storageSecret, tunerEnvironment } from '../commands/launch.ts';
import { order, steer } from '../commands/steerStudy.ts';
import { runTunerCommand } from '../commands/tunerCommand.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { showBriefly } from '../window/plainWindow.ts';
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
    case 'enqueue':
      await enqueue(parts, study, asked);
      return true;
    default:
      return asked satisfies never;
  }
}

/** A running study's process takes them; otherwise they wait in the storage for the next run. */
async function enqueue(
  parts: Collaborators,
  study: StudyEntry,
  { numbers, edits, free }: Extract<PanelAsk, { type: 'enqueue' }>,
): Promise<void> {
  const { history } = study;
  if (!history) return;
  const all = numbers.map((number) => {
    const params = new Map(history.paramNames(number).map((name) => [name, history.param(number, name) ?? null]));
    for (const [name, value] of edits) params.set(name, value);
    for (const name of free) params.delete(name);
    return Object.fromEntries(params);
  });
  if (study.canSteer('enqueue')) {
    requireTrust();
    for (const params of all) await order(study, 'enqueue', { params });
    showBriefly(t('trialsWaiting', { count: all.length }), 5000);
    return;
  }
  await write(parts, study, ['enqueue', '--params', '-'], JSON.stringify(all));
  showBriefly(t('trialsWaitingNextRun', { count: all.length }), 5000);
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
