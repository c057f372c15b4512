import { env, Uri, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { PanelAsk } from '../../protocol/panel.ts';
import { debugTrial } from '../failures/debugTrial.ts';
import { showTraceback } from '../failures/tracebackLinks.ts';
import { commitBest } from '../inserting/commitBest.ts';
import { insertParameters } from '../inserting/insertParameters.ts';
import { compareCode } from '../inserting/trialCode.ts';
import { showValueOrigin } from '../inserting/valueOrigin.ts';
import { tellFailure } from '../launching/mendStart.ts';
import { chooseInterpreter } from '../launching/python.ts';
import { tuneLastTerminalCommand } from '../launching/terminalCommands.ts';
import { actInPanel } from '../panel/actInPanel.ts';
import { type ParamsFormat, paramsAs } from '../studies/paramsAs.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { TreeNode } from '../tree/treeNode.ts';
import { editRange, stopTuning, tuneValue, tuneValues } from '../tuning/tuneValues.ts';
import { activeUri } from '../window/activeUri.ts';
import { Command } from '../window/ids.ts';
import { pick, showBriefly } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import { archiveStudy, deleteStudy, findStudy, sortStudies } from './arrangeStudies.ts';
import { chooseMetric } from './chooseMetric.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { installBackend } from './installBackend.ts';
import { openExample } from './openExample.ts';
import { loadStudy, openStorage } from './openStorage.ts';
import { showRunLog, showTrialOutput } from './outputs.ts';
import { startStudy } from './startStudy.ts';
import { enqueueTrial, killTrial, pauseStudy, resumeStudy, stopStudy } from './steerStudy.ts';
import { chooseBest, chooseStudy, chooseTrial, type StudyWish } from './studyChoice.ts';
import { newStudyFile } from './studyFiles.ts';

export { mendsOf } from '../launching/mendStart.ts';
export { continueExample } from './openExample.ts';
export { offerReload } from './steerStudy.ts';

type Handler = (arg: unknown, second: unknown, ...others: unknown[]) => unknown;

/**
 * What every command does. A command that fails tells why, in one sentence. The extension loads this module with the first
 * command, so that state which outlives a command belongs to `Tuneboard`: a variable here is another one there.
 */
export function commandTable(parts: Collaborators): Record<Command, Handler> {
  const table: Record<Command, Handler> = {
    [Command.startStudy]: (arg) => startOrResume(parts, arg),
    [Command.stopStudy]: (arg) => stopStudy(parts, arg),
    [Command.pauseStudy]: (arg) => pauseStudy(parts, arg),
    [Command.resumeStudy]: (arg) => resumeStudy(parts, arg),
    [Command.openStorage]: (arg) => openStorage(parts, arg),
    [Command.closeStorage]: (arg) => closeStorage(parts, arg),
    [Command.loadStudy]: (arg) => loadStudy(parts, arg),
    [Command.refreshStudies]: () => parts.registry.refresh(),
    [Command.showHistory]: (arg) => showHistory(parts, arg),
    [Command.compareStudies]: (arg) => compareStudies(parts, arg),
    [Command.showTrialOutput]: (arg) => showTrialOutput(parts, arg),
    [Command.showRunLog]: (arg) => showRunLog(parts, arg),
    [Command.showLog]: () => parts.log.show(true),
    [Command.insertBestParameters]: (arg, uri) => insertBest(parts, arg, uri),
    [Command.insertTrialParameters]: (arg) => insertTrial(parts, arg),
    [Command.copyBestParametersAs]: (arg) => copyBest(parts, arg),
    [Command.copyTrialParametersAs]: (arg) => copyTrial(parts, arg),
    [Command.enqueueTrial]: (arg) => enqueueTrial(parts, arg),
    [Command.killTrial]: (arg) => killTrial(parts, arg),
    [Command.debugTrial]: (arg) => debugTrial(parts, arg),
    [Command.showTraceback]: (arg) => showTraceback(parts, arg),
    [Command.chooseMetric]: (arg) => chooseMetric(parts, arg),
    [Command.newStudyFile]: (arg) => newStudyFile(arg instanceof Uri ? arg : scriptInEditor()),
    [Command.chooseInterpreter]: (arg) => chooseInterpreter(parts, failedRun(parts, arg)),
    [Command.openExample]: () => openExample(parts),
    [Command.installBackend]: () => installBackend(parts),
    [Command.tuneLastTerminalCommand]: () => tuneLastTerminalCommand(parts),
    [Command.tuneValue]: (file, document, start, end) =>
      tuneValue(parts, Uri.parse(`${file}`), Uri.parse(`${document}`), Number(start), Number(end)),
    [Command.tuneValues]: (arg) => tuneValues(parts, arg instanceof Uri ? arg : undefined),
    [Command.stopTuning]: (uri, parameter) => stopTuning(parts, Uri.parse(`${uri}`), `${parameter}`),
    [Command.showValueOrigin]: (uri, line) =>
      showValueOrigin(
        parts,
        typeof uri === 'string' ? Uri.parse(uri) : undefined,
        typeof line === 'number' ? line : undefined,
      ),
    [Command.compareCodeWithTrial]: (arg) => compareCode(parts, arg),
    [Command.commitBestParameters]: (arg) => commit(parts, arg),
    [Command.sortStudies]: () => sortStudies(parts),
    [Command.findStudy]: () => findStudy(parts),
    [Command.archiveStudy]: (arg) => archiveStudy(parts, arg, true),
    [Command.deleteStudy]: (arg) => deleteStudy(parts, arg),
    [Command.unarchiveStudy]: (arg) => archiveStudy(parts, arg, false),
    [Command.actInPanel]: (studyId, asked) => actInPanel(parts, studyId, asked as PanelAsk),
    [Command.editRange]: (uri, parameter) => editRange(Uri.parse(`${uri}`), `${parameter}`),
  };
  return Object.fromEntries(Object.entries(table).map(([id, run]) => [id, guarded(parts, run)])) as Record<
    Command,
    Handler
  >;
}

function guarded(parts: Collaborators, run: Handler): Handler {
  return async (arg, second, ...others) => {
    try {
      return await run(arg, second, ...others);
    } catch (error) {
      // Not awaited: the command has ended, and the message may stay for as long as the person likes.
      void tellFailure(parts, error, arg);
      return undefined;
    }
  };
}

/** From a lens or the explorer the argument is a file; from the tree it is a study, which is then resumed. */
async function startOrResume(parts: Collaborators, arg: unknown): Promise<void> {
  if (arg instanceof Uri) return startStudy(parts, arg);
  if (typeof arg === 'string') return startStudy(parts, Uri.parse(arg));
  const node = arg as Partial<TreeNode> | undefined;
  if (node?.kind === 'study') return resumeStudy(parts, arg);
  return startStudy(parts, undefined);
}

/** The run of the study that a button stands for, where it has failed. */
function failedRun({ registry }: Pick<Collaborators, 'registry'>, arg: unknown) {
  const study = typeof arg === 'string' ? registry.studies.find(({ id }) => id === arg) : undefined;
  return study?.state === 'failed' ? study.run?.record : undefined;
}

function scriptInEditor(): Uri | undefined {
  const uri = activeUri();
  return uri?.scheme === 'file' && !/\.study\.ya?ml$/i.test(uri.path) ? uri : undefined;
}

async function closeStorage(parts: Pick<Collaborators, 'storages'>, arg: unknown): Promise<void> {
  const node = arg as Partial<TreeNode> | undefined;
  const storage = node?.kind === 'storage' ? node.storage : node?.kind === 'study' ? node.study?.storage : undefined;
  if (storage) await parts.storages.close(storage);
}

async function showHistory(parts: Choosing, arg: unknown): Promise<void> {
  const study = await chooseStudy(parts, arg, anyStudy(t('studyShow')));
  if (study) parts.panels.show(study);
}

async function compareStudies(parts: Choosing, arg: unknown): Promise<void> {
  const study = await chooseStudy(parts, arg, anyStudy(t('studyCompare')));
  if (study) await parts.panels.compare(study);
}

function anyStudy(placeHolder: string): StudyWish {
  return { placeHolder, none: t('noStudyYet'), fits: () => true };
}

function withBest(): StudyWish {
  return {
    placeHolder: t('studyParameters'),
    none: t('noBestYet'),
    fits: ({ hasBest }) => hasBest,
  };
}

function withTrials(): StudyWish {
  const none = t('noTrialYet');
  return { placeHolder: t('studyTrial'), none, fits: ({ history }) => (history?.length ?? 0) > 0 };
}

async function insertBest(
  parts: Choosing & Pick<Collaborators, 'context' | 'language'>,
  arg: unknown,
  uri: unknown,
): Promise<void> {
  const study = await chooseStudy(parts, arg, withBest());
  const file = uri instanceof Uri ? uri : typeof uri === 'string' ? Uri.parse(uri) : undefined;
  const best = study && (await chooseBest(study, t('pointParetoFrontInsert')));
  if (study && best) await insertParameters(parts, study, best, file && (await fileOf(file)));
}

/** The file that a lens stands in: for a notebook's cell, the notebook. */
async function fileOf(uri: Uri): Promise<Uri> {
  const holds = (cell: { document: { uri: Uri } }) => cell.document.uri.toString() === uri.toString();
  return workspace.notebookDocuments.find((notebook) => notebook.getCells().some(holds))?.uri ?? uri;
}

async function trialWithParams(
  parts: Choosing,
  arg: unknown,
): Promise<{ study: StudyEntry; trial: BestTrial } | undefined> {
  const chosen = await chooseTrial(parts, arg, withTrials());
  if (!chosen) return undefined;
  const trial = chosen.study.trialForCode(chosen.number);
  if (!trial) throw new TuneboardError('no-parameters', t('trialNoParameters', { number: chosen.number }));
  return { study: chosen.study, trial };
}

async function insertTrial(parts: Choosing & Pick<Collaborators, 'context' | 'language'>, arg: unknown): Promise<void> {
  const found = await trialWithParams(parts, arg);
  if (found) await insertParameters(parts, found.study, found.trial);
}

async function copyBest(parts: Choosing, arg: unknown): Promise<void> {
  const study = await chooseStudy(parts, arg, withBest());
  const best = study && (await chooseBest(study, t('pointParetoFrontCopy')));
  if (best) await copy(best);
}

async function commit(parts: Choosing, arg: unknown): Promise<void> {
  const study = await chooseStudy(parts, arg, withBest());
  const best = study && (await chooseBest(study, t('pointParetoFrontInsert')));
  if (study && best) await commitBest(study, best);
}

async function copyTrial(parts: Choosing, arg: unknown): Promise<void> {
  const found = await trialWithParams(parts, arg);
  if (found) await copy(found.trial);
}

async function copy(trial: BestTrial): Promise<void> {
  const formats: { label: string; format: ParamsFormat }[] = [
    { label: t('python'), format: 'python' },
    { label: 'JSON', format: 'json' },
    { label: 'YAML', format: 'yaml' },
    { label: t('arguments'), format: 'arguments' },
  ];
  const items = formats.map((item) => ({ ...item, detail: preview(paramsAs(item.format, trial.params)) }));
  const placeHolder = t('copyParametersTrial', { number: trial.number });
  const chosen = await pick(items, { placeHolder });
  if (!chosen) return;
  await env.clipboard.writeText(paramsAs(chosen.format, trial.params));
  showBriefly(t('copiedParametersTrial', { number: trial.number }), 3000);
}

function preview(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
