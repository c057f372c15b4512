import { dirname } from 'node:path';
import { CancellationTokenSource, type DebugConfiguration, debug, extensions, Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { PAUSED, SCRIPT_RUN } from '../../core/study/attributes.ts';
import type { DebuggedTrial, DebugLaunch } from '../../protocol/debugTrial.ts';
import { recordedPython } from '../../runs/recordTrust.ts';
import type { Choosing, Collaborators } from '../commands/collaborators.ts';
import { requireTrust, tunerEnvironment } from '../commands/launch.ts';
import { chooseTrial } from '../commands/studyChoice.ts';
import { runTunerCommand } from '../commands/tunerCommand.ts';
import { interpreterFor } from '../launching/python.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { saveFirst } from '../window/saveFirst.ts';
import { t } from '../window/words.ts';
import { canDebug } from './failureText.ts';

type Parts = Choosing & Pick<Collaborators, 'context' | 'dist' | 'notices'>;

/** Debuggers of Python: Microsoft's own extension, and the older one that brought it along. */
const PYTHON_DEBUGGERS = [
  ['ms-python.debugpy', 'debugpy'],
  ['ms-python.python', 'python'],
] as const;

/** Starts the editor's debugger on a trial: with its parameters, in its folder and environment. It counts as no trial. */
export async function debugTrial(parts: Parts, arg: unknown): Promise<void> {
  requireTrust();
  const wish = { placeHolder: t('study'), none: t('nothingToDebug'), fits: ({ run }: StudyEntry) => run !== null };
  const trial = await chooseTrial(parts, arg, wish);
  if (!trial) return;
  const { study, number } = trial;
  if (!study.run || !canDebug(study, number)) throw new TuneboardError('not-possible', t('nothingToDebug'));
  const source = Uri.file(study.run.record.source);
  if (!(await saveFirst(source))) return;
  const launch = await launchOf(parts, study, number, source);
  const configuration = debugConfiguration(launch, t('debugTrial', { number }));
  if (!(await debug.startDebugging(workspace.getWorkspaceFolder(source), configuration))) {
    throw new TuneboardError('not-possible', t('debuggerRefused'));
  }
}

async function launchOf(parts: Parts, study: StudyEntry, number: number, source: Uri): Promise<DebugLaunch> {
  const recorded = study.run ? recordedPython(study.run.record, study.run.folder) : undefined;
  const python = recorded ?? (await interpreterFor(source, (error) => parts.notices.report(error)));
  let launch: DebugLaunch | undefined;
  await runTunerCommand(
    parts,
    {
      args: [
        'debug',
        source.fsPath,
        '--trial',
        String(number),
        '--given',
        JSON.stringify(debugged(study, number)),
        ...(python === undefined ? [] : ['--python', python]),
      ],
      cwd: dirname(source.fsPath),
      env: tunerEnvironment(parts, python),
      token: new CancellationTokenSource().token,
      onMessage: (message) => {
        launch = message as unknown as DebugLaunch;
      },
    },
    'not-possible',
  );
  if (!launch) throw new TuneboardError('not-possible', t('nothingToDebug'));
  return launch;
}

function debugged({ history, record }: StudyEntry, number: number): DebuggedTrial {
  const paused = history?.systemAttrs(number)[PAUSED] as { step?: number } | undefined;
  const index = (record?.systemAttrs[SCRIPT_RUN] as { index?: number } | undefined)?.index;
  const step = paused?.step ?? history?.lastReport(number)?.step;
  return {
    number,
    params: history?.params(number) ?? {},
    ...(record && { study: record.name }),
    ...(index !== undefined && { index }),
    ...(step !== undefined && { step }),
  };
}

/** What `startDebugging` takes. Throws where the editor has no debugger for it. */
export function debugConfiguration(launch: DebugLaunch, name: string): DebugConfiguration {
  const { type, program, module, args, runtime, runtimeArgs, cwd, env } = launch;
  const common = { name, request: 'launch', args: [...args], cwd, env: { ...env } };
  const what = program === undefined ? { module } : { program };
  if (type === 'node') {
    return { ...common, ...what, type: 'node', runtimeExecutable: runtime, runtimeArgs: [...runtimeArgs] };
  }
  const found = PYTHON_DEBUGGERS.find(([id]) => extensions.getExtension(id));
  if (!found) throw new TuneboardError('no-debugger', t('noPythonDebugger'));
  return { ...common, ...what, type: found[1], python: [runtime, ...runtimeArgs], console: 'integratedTerminal' };
}
