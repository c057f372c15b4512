/** Commands about the list of studies itself. */
import { TuneboardError } from '../../core/errors.ts';
import { write } from '../panel/actInPanel.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { studyLine } from '../studies/studyLine.ts';
import { TREE_ORDERS, type TreeOrderName } from '../tree/treeOrder.ts';
import { pick, showBriefly, showWarning } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { requireTrust } from './launch.ts';
import { chooseStudy } from './studyChoice.ts';

const NAMES: Readonly<Record<TreeOrderName, 'orderName' | 'orderNewest' | 'orderRunning'>> = {
  name: 'orderName',
  newest: 'orderNewest',
  running: 'orderRunning',
};

/** Asks how studies are listed, and whether those that are put away are. */
export async function sortStudies({ view, registry }: Choosing): Promise<void> {
  const { order } = view;
  const orders = TREE_ORDERS.map((name) => ({
    label: t(NAMES[name]),
    description: order.name === name ? t('orderNow') : '',
    run: () => order.setName(name),
  }));
  const count = order.countArchived(registry.studies);
  const away = {
    label: order.showsArchived ? t('hideArchived') : t('showArchived'),
    description: t('countStudies', { count }),
    run: () => order.setShowsArchived(!order.showsArchived),
  };
  const chosen = await pick(count > 0 ? [...orders, away] : orders, { placeHolder: t('sortStudies') });
  await chosen?.run();
  view.rearrange();
}

/** Puts a study away or takes it back; its trials stay where they are. */
export async function archiveStudy(parts: Choosing, arg: unknown, isArchived: boolean): Promise<void> {
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('study'),
    none: t('noStudyCanDoThis'),
    fits: (one) => !one.isLive && one.isArchived !== isArchived,
  });
  if (!study) return;
  await parts.view.order.setArchived(study, isArchived);
  parts.view.rearrange();
  if (isArchived) showBriefly(t('archivedStudy', { name: study.name }), 5000);
}

/** Deletes a study from its storage, after the person has seen what goes and what stays. */
export async function deleteStudy(parts: Collaborators, arg: unknown): Promise<void> {
  requireTrust();
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('study'),
    none: t('noStudyToDelete'),
    fits: ({ record, isLive, atWorkElsewhere }) => record !== null && !isLive && atWorkElsewhere === 0,
  });
  if (!study?.history || !study.storage) return;
  const { name, history, storage } = study;
  const detail = t('deleteWhat', { count: history.length, place: storage.location });
  const remove = t('deleteStudy');
  if ((await showWarning(t('deleteQuestion', { name }), { modal: true, detail }, remove)) !== remove) return;
  await write(parts, study, ['delete', '--yes']);
  showBriefly(t('deletedStudy', { name }), 5000);
}

/** Lets a person type a part of a study's name, and shows its row. */
export async function findStudy(parts: Choosing): Promise<void> {
  await parts.settled();
  const { studies } = parts.registry;
  if (studies.length === 0) throw new TuneboardError('no-study-yet', t('noStudyYet'));
  const items = studies.map((study: StudyEntry) => ({
    label: study.name,
    description: studyLine(study, t, Date.now()),
    study,
  }));
  const chosen = await pick(items, { placeHolder: t('findStudy'), matchOnDescription: true });
  if (!chosen) return;
  const { study } = chosen;
  if (study.isArchived && !parts.view.order.showsArchived) {
    await parts.view.order.setArchived(study, false);
    parts.view.rearrange();
  }
  await parts.view.reveal(study, null, { select: true, focus: true });
}
