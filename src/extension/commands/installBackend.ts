import { ProgressLocation, Uri, window, workspace } from 'vscode';
import type { BackendInstallMessage } from '../../protocol/backendInstall.ts';
import { interpreterFor } from '../launching/python.ts';
import { showInformation } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Collaborators } from './collaborators.ts';
import { requireTrust, tunerEnvironment } from './launch.ts';
import { runTunerCommand } from './tunerCommand.ts';

type Ready = Extract<BackendInstallMessage, { stage: 'ready' }>;
type Progress = Exclude<BackendInstallMessage, Ready>;

/** Install TensorFlow Backend: into the extension's own storage, with progress, and stopped by Cancel. */
export async function installBackend(
  parts: Pick<Collaborators, 'context' | 'dist' | 'log' | 'notices'>,
): Promise<void> {
  requireTrust();
  const python = await interpreterFor(workspace.workspaceFolders?.[0]?.uri ?? Uri.file('/'), (error) =>
    parts.notices.report(error),
  );
  const title = t('installingTensorflowBackend');
  const found: { ready?: Ready } = {};
  await window.withProgress({ location: ProgressLocation.Notification, title, cancellable: true }, (bar, token) => {
    let percent = 0;
    const onMessage = (given: Readonly<Record<string, unknown>>) => {
      const message = given as unknown as BackendInstallMessage;
      if (message.stage === 'ready') found.ready = message;
      else {
        const share = overallPercent(message);
        bar.report({ message: stageText(message), increment: Math.max(0, share - percent) });
        percent = Math.max(percent, share);
      }
    };
    const args = ['backend', 'install', '--json', ...(python === undefined ? [] : ['--python', python])];
    const env = tunerEnvironment(parts, python);
    return runTunerCommand(parts, { args, env, token, onMessage }, 'backend-install');
  });
  const { ready } = found;
  if (!ready) return;
  parts.log.info(`TensorFlow ${ready.version} from ${ready.from} is installed`);
  void showInformation(t('tensorflowReadyStudiesTrainer', { version: ready.version }));
}

/** Where each stage begins and ends on the bar. */
const SPANS: Readonly<Record<Progress['stage'], readonly [number, number]>> = {
  search: [0, 5],
  link: [5, 80],
  download: [5, 55],
  check: [55, 60],
  unpack: [60, 85],
  test: [85, 100],
};

function overallPercent(progress: Progress): number {
  const [start, end] = SPANS[progress.stage];
  return 'total' in progress ? start + ((end - start) * progress.done) / progress.total : start;
}

function stageText(progress: Progress): string {
  switch (progress.stage) {
    case 'search':
      return t('lookingInstalledTensorflow');
    case 'link':
      return t('linkingLibtensorflow');
    case 'download':
      return t('downloadingMb', { done: megabytes(progress.done), total: megabytes(progress.total) });
    case 'check':
      return t('checkingSha256Download');
    case 'unpack':
      return t('unpackingMb', { done: megabytes(progress.done), total: megabytes(progress.total) });
    case 'test':
      return t('tryingOut');
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
