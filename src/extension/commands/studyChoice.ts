import { Uri, window } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { studyLine } from '../studies/studyLine.ts';
import { trialOf } from '../tree/studiesView.ts';
import type { TreeNode } from '../tree/treeNode.ts';
import { activeUri } from '../window/activeUri.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { frontItems } from './frontItems.ts';

export interface TrialRef {
  readonly study: StudyEntry;
  readonly number: number;
}

/** What a study must be for a command to make sense, and how to say that none is. */
export interface StudyWish {
  readonly placeHolder: string;
  readonly none: string;
  fits(study: StudyEntry): boolean;
}

/**
 * The study that a command is about: named by its argument (a tree row, a study id, a panel's trial), else the one a
 * person is looking at, else the only one that fits, else chosen from a list.
 */
export async function chooseStudy(parts: Choosing, arg: unknown, wish: StudyWish): Promise<StudyEntry | undefined> {
  await parts.ready();
  const named = namedStudy(parts, arg);
  if (named) {
    await parts.registry.readNow([named]);
    if (wish.fits(named)) return named;
    throw new TuneboardError('not-possible', wish.none);
  }
  const chosen = await chooseFitting(parts, wish);
  if (chosen) await parts.registry.readNow([chosen]);
  return chosen;
}

async function chooseFitting(parts: Choosing, wish: StudyWish): Promise<StudyEntry | undefined> {
  await parts.settled();
  const fitting = parts.registry.studies.filter((study) => wish.fits(study));
  if (fitting.length === 0) {
    throw new TuneboardError(parts.registry.studies.length === 0 ? 'no-study-yet' : 'no-such-study', wish.none);
  }
  const looked = lookedAt(parts).find((study) => fitting.includes(study));
  if (looked) return looked;
  if (fitting.length === 1) return fitting[0];
  const items = fitting.map((study) => ({
    label: study.name,
    description: studyLine(study, t, Date.now()),
    study,
  }));
  return (await pick(items, { placeHolder: wish.placeHolder }))?.study;
}

/** Studies in view: the active panel's, the selected row's and those of the active editor's file, the last focus first. */
function lookedAt(parts: Pick<Collaborators, 'focus' | 'panels' | 'registry' | 'view'>): StudyEntry[] {
  const uri = activeUri();
  const selected = parts.view.selection;
  const ofFile = uri?.scheme === 'file' ? parts.registry.studiesFrom(uri.fsPath) : [];
  const newestFirst = [...ofFile].sort((a, b) => (b.run?.record.startedAt ?? 0) - (a.run?.record.startedAt ?? 0));
  const ofRow = selected && 'study' in selected && parts.view.isVisible ? [selected.study] : [];
  const ofPanel = parts.panels.active;
  return parts.focus.sort({ panel: ofPanel ? [ofPanel] : [], row: ofRow, file: newestFirst });
}

function namedStudy(parts: Pick<Collaborators, 'registry'>, arg: unknown): StudyEntry | undefined {
  if (typeof arg === 'string') return parts.registry.study(arg) ?? newestFrom(parts, arg);
  if (arg instanceof Uri) return newestFrom(parts, arg.toString());
  if (!isObject(arg)) return undefined;
  if (isNode(arg)) return 'study' in arg ? arg.study : undefined;
  const { studyId } = arg as { studyId?: unknown };
  return typeof studyId === 'string' ? parts.registry.study(studyId) : undefined;
}

function newestFrom(parts: Pick<Collaborators, 'registry'>, uri: string): StudyEntry | undefined {
  if (!/^[a-z][\w+.-]+:/i.test(uri)) return undefined;
  const studies = parts.registry.studiesFrom(Uri.parse(uri).fsPath);
  return [...studies].sort((a, b) => (b.run?.record.startedAt ?? 0) - (a.run?.record.startedAt ?? 0))[0];
}

/** The best trial or, of several objectives, the point of the Pareto front that the person chooses. */
export async function chooseBest(study: StudyEntry, placeHolder: string): Promise<BestTrial | null> {
  if ((study.history?.directions.length ?? 1) < 2) return study.best;
  const items = frontItems(study, t);
  const chosen =
    items.length === 1 ? items[0] : await pick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  return chosen ? study.trialForCode(chosen.number) : null;
}

/** The trial that a command is about: its row, a panel's `{ studyId, number }`, else a number that the person gives. */
export async function chooseTrial(parts: Choosing, arg: unknown, wish: StudyWish): Promise<TrialRef | undefined> {
  await parts.settled();
  const node = isObject(arg) && isNode(arg) ? arg : arg === undefined ? parts.view.selection : undefined;
  if (node && 'study' in node) {
    await parts.registry.readNow([node.study]);
    const number = trialOf(node);
    if (number !== null && wish.fits(node.study)) return { study: node.study, number };
  }
  const study = await chooseStudy(parts, arg, wish);
  if (!study) return undefined;
  const given = isObject(arg) ? (arg as { number?: unknown }).number : undefined;
  const number = typeof given === 'number' ? given : await askNumber(study);
  return number === undefined ? undefined : { study, number };
}

async function askNumber(study: StudyEntry): Promise<number | undefined> {
  const last = (study.history?.length ?? 0) - 1;
  const answer = await window.showInputBox({
    prompt: t('numberOfTrial', { last }),
    value: String(study.history?.best ?? last),
    validateInput: (text) => (/^\d+$/.test(text) && Number(text) <= last ? undefined : t('typeNumberUpTo', { last })),
  });
  return answer === undefined ? undefined : Number(answer);
}

function isObject(arg: unknown): arg is object {
  return typeof arg === 'object' && arg !== null;
}

/** While a tree refreshes, the editor may call a row's command without the row, or with something else. */
function isNode(arg: object): arg is TreeNode {
  return 'kind' in arg && 'id' in arg && ('study' in arg || 'storage' in arg || 'run' in arg);
}
