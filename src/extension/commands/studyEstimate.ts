import { basename, dirname } from 'node:path';
import { l10n, ProgressLocation, type Uri, window, workspace } from 'vscode';
import type { StudyEstimate } from '../../protocol/estimate.ts';
import type { Tuneboard } from '../tuneboard.ts';
import { Setting } from '../window/ids.ts';
import { showInformation } from '../window/plainWindow.ts';
import { t } from '../window/translated.ts';
import { formatDuration } from '../words/numbers.ts';
import { tunerEnvironment } from './launch.ts';
import { runTunerCommand } from './tunerCommand.ts';

/**
 * Times a few training steps of a study of the trainer and asks whether it is to start. True at once where the setting
 * says that nobody is to be asked.
 */
export async function agreeToEstimate(tuneboard: Tuneboard, source: Uri): Promise<boolean> {
  if (!workspace.getConfiguration(undefined, source).get(Setting.trainerConfirmEstimate, true)) return true;
  const found: { estimate?: StudyEstimate } = {};
  const title = l10n.t('Timing a few training steps');
  const isLeft = await window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (_, token) => {
      const onMessage = (message: Readonly<Record<string, unknown>>) => {
        found.estimate = message as unknown as StudyEstimate;
      };
      const [args, cwd] = [['estimate', source.fsPath, '--json'], dirname(source.fsPath)];
      return runTunerCommand(tuneboard, { args, cwd, env: tunerEnvironment(tuneboard), token, onMessage }, 'estimate');
    },
  );
  if (!isLeft || !found.estimate) return false;
  const start = l10n.t('Start');
  const asked = { modal: true, detail: estimateDetail(found.estimate) };
  const question = l10n.t('Start the study of {0}?', basename(source.path));
  return (await showInformation(question, asked, start)) === start;
}

function estimateDetail({ trials, epochs, secondsPerTrial, seconds, backend, why }: StudyEstimate): string {
  const cost =
    trials === null || seconds === null
      ? t('One trial of {0} epochs ≈ {1} on {2}.', epochs, timeText(secondsPerTrial), backend)
      : t('{0} trials × {1} epochs ≈ {2} on {3}.', trials, epochs, timeText(seconds), backend);
  return `${cost}\n${asSentence(why)}`;
}

/** On a line of its own, what elsewhere stands after a colon. */
function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function timeText(seconds: number): string {
  return formatDuration(seconds * 1000, t);
}
