import { basename, dirname } from 'node:path';
import {
  commands,
  NotebookCellKind,
  Position,
  ProgressLocation,
  Range,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { DraftStudyFile } from '../../protocol/editor.ts';
import type { StudyEstimate } from '../../protocol/estimate.ts';
import type { Launch } from '../../protocol/launch.ts';
import { isSweepText } from '../../studyfile/commandLine.ts';
import { bestLaunch, type ChosenLaunch, chooseLaunch, launchesOf } from '../launching/scriptLaunch.ts';
import { tuneValues } from '../tuning/tuneValues.ts';
import { activeUri } from '../window/activeUri.ts';
import { Command, Setting } from '../window/ids.ts';
import { formatDuration } from '../window/numbers.ts';
import { showBriefly, showError, showInformation } from '../window/plainWindow.ts';
import { isStartable, isStudyFile } from '../window/relevance.ts';
import { saveFirst } from '../window/saveFirst.ts';
import { showDocument } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import type { Collaborators, Launching } from './collaborators.ts';
import { launch, requireTrust, tunerEnvironment } from './launch.ts';
import { pickSource } from './sourcePick.ts';
import { resumeStudy } from './steerStudy.ts';
import { exists, studyFileFor } from './studyFiles.ts';
import { runTunerCommand } from './tunerCommand.ts';

/** Start Study on a file: a study file or an Optuna script is run, a script with arguments gets a study file first. */
export async function startStudy(parts: Collaborators, target: Uri | undefined): Promise<void> {
  requireTrust();
  const uri = target ?? (await chooseSource(parts));
  if (!uri) return;
  const source = await saveFirst(uri);
  if (!source) return;
  if (source.scheme !== 'file') {
    throw new TuneboardError('not-local', t('notOnDisk', { path: basename(source.path) }));
  }
  await parts.ready();
  if (showIfRunning(parts, source.fsPath)) return;
  if (isStudyFile(source.path) || (await isSweep(source))) await startStudyFile(parts, source);
  else await startScript(parts, source);
}

/** A W&B sweep runs as a study file does. */
async function isSweep(uri: Uri): Promise<boolean> {
  if (!/\.ya?ml$/i.test(uri.path)) return false;
  return isSweepText((await workspace.openTextDocument(uri)).getText());
}

function showIfRunning(parts: Pick<Collaborators, 'panels' | 'registry'>, path: string): boolean {
  const running = parts.registry.studiesFrom(path).find((study) => study.isLive && study.otherAccount === null);
  if (!running) return false;
  parts.panels.show(running);
  showBriefly(t('studyRunningAlready', { name: running.name }), 5000);
  return true;
}

/** A study file with errors is not run: the first one is shown where it is. */
async function startStudyFile(parts: Collaborators, uri: Uri): Promise<void> {
  const document = await workspace.openTextDocument(uri);
  const { parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const { file, problems } = parseStudyFile(document.getText(), basename(uri.path).replace(/(\.study)?\.ya?ml$/i, ''));
  const first = problems.find(({ severity }) => severity === 'error');
  if (!file && first) {
    const range = new Range(document.positionAt(first.start), document.positionAt(first.end));
    await showDocument(document, { selection: range });
    const line = range.start.line + 1;
    throw new TuneboardError(
      'study-file',
      t('problemAtLine', { file: basename(uri.path), line, reason: plainText(first.message) }),
    );
  }
  // A study whose trials are all finished would end at once: what a person wants is more of them.
  const trials = file && file.objective.kind !== 'optuna' ? file.budget.trials : null;
  await parts.registry.readNow(parts.registry.studiesFrom(uri.fsPath));
  const own = parts.registry.studiesFrom(uri.fsPath).filter(({ otherAccount }) => otherAccount === null);
  const usedUp = own.find(({ finished }) => trials !== null && finished >= trials);
  if (usedUp) await resumeStudy(parts, usedUp.id);
  else if (file?.objective.kind !== 'trainer' || (await agreeToEstimate(parts, uri))) await run(parts, uri);
}

async function startScript(parts: Collaborators, uri: Uri): Promise<void> {
  const beside = await studyFileFor(uri);
  if (beside) {
    if (!showIfRunning(parts, beside.fsPath)) await startStudyFile(parts, beside);
    return;
  }
  const found = await launchesOf(parts, uri);
  const draft = await chosenDraft(parts, uri, found);
  if (!draft) return;
  if (draft.kind === 'optuna' && draft.text === null) await run(parts, uri);
  else if (draft.kind === 'optuna' || ((draft.kind === 'arguments' || draft.kind === 'sites') && draft.text !== null))
    await showDraft(uri, draft);
  else if (draft.why !== undefined) {
    const create = t('newStudyFile');
    if ((await showError(plainText(draft.why), create)) === create)
      await commands.executeCommand(Command.newStudyFile, uri);
  } else {
    // A script with neither has its values in the code: what is chosen of them is the study, and it starts.
    const made = await tuneValues(parts, uri);
    // What it is run with is looked at first.
    if (made && Object.keys(found[0]?.env ?? {}).length > 0) offerStart(t('checkVariables'), () => made);
    else if (made) await startStudyFile(parts, made);
  }
}

/** Where a script is run in several ways, the person says which is meant. Undefined: they left the list. */
async function chosenDraft(
  parts: Pick<Collaborators, 'language'>,
  uri: Uri,
  found: readonly Launch[],
): Promise<DraftStudyFile | undefined> {
  const draft = await draftOf(parts, uri, bestLaunch(found));
  if (found.length < 2 || draft.kind === 'plain' || draft.why !== undefined) return draft;
  const chosen = await chooseLaunch(found);
  return chosen && (chosen.launch === found[0] ? draft : draftOf(parts, uri, chosen));
}

async function run(parts: Launching, uri: Uri): Promise<void> {
  const study = await launch(parts, uri.fsPath);
  const reveals = workspace.getConfiguration(undefined, uri).get(Setting.studiesRevealOnStart, true);
  if (study && (reveals || parts.view.isVisible)) await parts.view.reveal(study, null, { select: true, focus: false });
}

async function draftOf(
  parts: Pick<Collaborators, 'language'>,
  uri: Uri,
  launch: ChosenLaunch,
): Promise<DraftStudyFile> {
  const { text, languageId } = await sourceText(uri);
  return parts.language.draftStudyFile({
    uri: uri.toString(),
    languageId,
    text,
    scriptPath: basename(uri.path),
    ...launch,
  });
}

/** A notebook's code cells one after the other, anything else as it is. */
async function sourceText(uri: Uri): Promise<{ text: string; languageId: string }> {
  if (/\.ipynb$/i.test(uri.path)) {
    const notebook = await workspace.openNotebookDocument(uri);
    const cells = notebook.getCells().filter(({ kind }) => kind === NotebookCellKind.Code);
    return { text: cells.map(({ document }) => document.getText()).join('\n\n'), languageId: 'python' };
  }
  const document = await workspace.openTextDocument(uri);
  return { text: document.getText(), languageId: document.languageId };
}

/** Opens the draft unsaved, beside the script's name, and says in one message what to look at. */
export async function showDraft(script: Uri, draft: DraftStudyFile): Promise<void> {
  const saved = await draftUri(script);
  const document = await newDocument(saved, draft.text ?? '');
  await showDocument(document);
  const check = plainText(draft.check.join(' '));
  const sentence = t('draftedStudyFile', { script: basename(script.path), check });
  // Once it is saved, the draft is a file with an address of its own.
  offerStart(sentence, () => (document.isClosed ? saved : document.uri));
}

/** Not awaited: the command is over, the person reads and edits now. */
function offerStart(sentence: string, studyFile: () => Uri): void {
  const start = t('startStudy');
  void showInformation(sentence, start).then((chosen) =>
    chosen === start ? commands.executeCommand(Command.startStudy, studyFile()) : undefined,
  );
}

/** A message shows the marks around code as they are. */
function plainText(sentence: string): string {
  return sentence.replaceAll('`', '"');
}

async function draftUri(script: Uri): Promise<Uri> {
  const stem = basename(script.path).replace(/\.[^.]+$/, '');
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(script, '..', `${stem}${count === 1 ? '' : `-${count}`}.study.yaml`);
    if (!(await exists(uri))) return uri;
  }
}

async function newDocument(uri: Uri, text: string): Promise<TextDocument> {
  const document = await workspace.openTextDocument(uri.with({ scheme: 'untitled' }));
  const editor = await showDocument(document);
  const all = new Range(new Position(0, 0), document.lineAt(document.lineCount - 1).range.end);
  await editor.edit((edit) => edit.replace(all, text));
  return document;
}

/** A script that has no name yet: it gets one when it is saved, before it runs. */
function isUntitledScript(uri: Uri): boolean {
  const document = window.activeTextEditor?.document;
  return uri.scheme === 'untitled' && document?.uri.toString() === uri.toString() && document.languageId === 'python';
}

/** The file that a person means: the active editor's, else one that they pick. */
async function chooseSource(parts: Pick<Collaborators, 'ready' | 'registry'>): Promise<Uri | undefined> {
  const active = activeUri();
  if (active && (isStartable(active.path) || isUntitledScript(active) || (await isSweep(active)))) return active;
  if (active && /\.study\.json$/i.test(active.path)) {
    const sentence = t('nameStudyFileEnds', { path: basename(active.path) });
    throw new TuneboardError('nothing-to-start', sentence);
  }
  const picked = await pickSource(parts);
  if (picked !== null) return picked;
  throw workspace.workspaceFolders
    ? new TuneboardError('no-script', t('noScriptHere'))
    : new TuneboardError('no-folder', t('noFolderOpen'));
}

/**
 * Times a few training steps of a study of the trainer and asks whether it is to start. True at once where the setting
 * says that nobody is to be asked.
 */
async function agreeToEstimate(parts: Pick<Collaborators, 'context' | 'dist'>, source: Uri): Promise<boolean> {
  if (!workspace.getConfiguration(undefined, source).get(Setting.trainerConfirmEstimate, true)) return true;
  const found: { estimate?: StudyEstimate } = {};
  const title = t('timingFewTrainingSteps');
  const isLeft = await window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (_, token) => {
      const onMessage = (message: Readonly<Record<string, unknown>>) => {
        found.estimate = message as unknown as StudyEstimate;
      };
      const [args, cwd] = [['estimate', source.fsPath, '--json'], dirname(source.fsPath)];
      return runTunerCommand(parts, { args, cwd, env: tunerEnvironment(parts), token, onMessage }, 'estimate');
    },
  );
  if (!isLeft || !found.estimate) return false;
  const start = t('start');
  const asked = { modal: true, detail: estimateDetail(found.estimate) };
  const question = t('startStudyOf', { file: basename(source.path) });
  return (await showInformation(question, asked, start)) === start;
}

function estimateDetail({ trials, epochs, secondsPerTrial, seconds, backend, why }: StudyEstimate): string {
  const cost =
    trials === null || seconds === null
      ? t('estimateOfOne', { epochs, time: timeText(secondsPerTrial), backend })
      : t('estimate', { trials, epochs, time: timeText(seconds), backend });
  return `${cost}\n${asSentence(why)}`;
}

/** On a line of its own, what elsewhere stands after a colon. */
function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function timeText(seconds: number): string {
  return formatDuration(seconds * 1000, t);
}
