import type { History } from '../../core/study/history.ts';
import type { ComparedStudy, ToPanel } from '../../protocol/panel.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { heldText } from '../studies/studyLine.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Coalescer } from '../window/coalescer.ts';
import { Disposable } from '../window/disposable.ts';
import { pickSeveral } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import { reached } from './panelRows.ts';

/** How often studies that run are sent anew. */
const UPDATE_MS = 1000;
/** Studies beside the panel's own; of more nobody could tell the lines apart. */
const MOST_COMPARED = 23;

/** The studies that one panel compares with its own: kept up to date for as long as the comparison is in sight. */
export class ComparedStudies extends Disposable {
  readonly #registry: StudyRegistry;
  readonly #post: (message: ToPanel) => void;
  readonly #updates = this.register(new Coalescer(UPDATE_MS, () => this.#send(false)));
  readonly #keeping = new Map<StudyEntry, { dispose(): void }>();
  /** What the page has of each study, by its id. */
  readonly #sent = new Map<string, { readonly history: History | null; readonly revision: string }>();
  #own: StudyEntry | undefined;
  #ids: readonly string[] | null = null;

  constructor(registry: StudyRegistry, post: (message: ToPanel) => void) {
    super();
    this.#registry = registry;
    this.#post = post;
    this.register(registry.onDidChange(() => this.#ids && this.#updates.request()));
    this.register({ dispose: () => this.#keep([]) });
  }

  /** `ids`: the studies beside the panel's own; null while nobody looks. `isAsked`: a person has just chosen them. */
  show(own: StudyEntry | undefined, ids: readonly string[] | null, isAsked = false): void {
    if (this.#own !== own || ids === null) this.#sent.clear();
    this.#own = own;
    this.#ids = ids?.slice(0, MOST_COMPARED) ?? null;
    this.#send(isAsked);
  }

  /** Asks the person for the studies beside `own`, those of the comparison ticked; undefined where they leave the list. */
  async choose(own: StudyEntry): Promise<readonly string[] | undefined> {
    const others = this.#registry.studies.filter((study) => study !== own && !study.isArchived);
    const chosen = new Set((this.#ids ?? []).map((id) => this.#registry.study(id)));
    const rank = (study: StudyEntry) => Number(chosen.has(study)) * 2 + Number(problemOf(study, own) === null);
    const items = others
      .sort((one, other) => rank(other) - rank(one))
      .map((study) => ({
        label: study.name,
        description: problemOf(study, own) ?? t('countFinished', { finished: study.finished }),
        picked: chosen.has(study),
        study,
      }));
    const picked = await pickSeveral(items, {
      title: t('compareWith', { study: own.name }),
      placeHolder: t(items.length > 0 ? 'compareWithHint' : 'compareWithNone'),
      matchOnDescription: true,
    });
    return picked?.slice(0, MOST_COMPARED).map(({ study }) => study.place);
  }

  #send(isAsked: boolean): void {
    const own = this.#own;
    if (!own || !this.#ids) {
      this.#keep([]);
      return;
    }
    const found = this.#ids.map((id) => ({ id, study: this.#registry.study(id) })).filter(({ study }) => study !== own);
    this.#keep(found.flatMap(({ study }) => study ?? []));
    const all = [{ id: own.place, study: own }, ...found];
    const studies = all
      .filter(({ id, study }) => this.#isNews(id, study))
      .map(({ id, study }) => comparedStudy(id, study, own));
    if (studies.length > 0 || isAsked || this.#sent.size !== all.length) {
      this.#post({ type: 'compared', ids: all.map(({ id }) => id), studies, isAsked });
    }
    const ids = new Set(all.map(({ id }) => id));
    for (const id of this.#sent.keys()) if (!ids.has(id)) this.#sent.delete(id);
  }

  #isNews(id: string, study: StudyEntry | undefined): boolean {
    const history = study?.history ?? null;
    const problem = this.#own ? problemOf(study, this.#own) : '';
    const revision = `${history?.revision} ${study?.name} ${problem}`;
    const sent = this.#sent.get(id);
    if (sent && sent.history === history && sent.revision === revision) return false;
    this.#sent.set(id, { history, revision });
    return true;
  }

  /** Their files are watched, and read whole. */
  #keep(studies: readonly StudyEntry[]): void {
    for (const [study, kept] of this.#keeping) {
      if (studies.includes(study)) continue;
      kept.dispose();
      this.#keeping.delete(study);
    }
    for (const study of studies) if (!this.#keeping.has(study)) this.#keeping.set(study, this.#registry.keep(study));
  }
}

/** Why a study cannot be compared with `own`: one sentence; null where it can. */
function problemOf(study: StudyEntry | undefined, own: StudyEntry): string | null {
  if (!study) return t('studyNoLongerThere');
  if (study.storage?.held) return heldText(study.storage.held, t);
  if (study.storageProblem !== null && !study.history) return study.storageProblem;
  const history = study.history;
  if (!history) return study.isUnread ? t('comparedUnread') : t('comparedWithoutTrials');
  if (study.storage?.isDigest) return t('comparedUnread');
  const wanted = own.history?.directions ?? history.directions;
  if (history.directions.length !== wanted.length)
    return t('comparedObjectives', { count: history.directions.length, own: wanted.length });
  return history.directions.some((direction, at) => direction !== wanted[at]) ? t('comparedDirection') : null;
}

/** A study as the page compares it. */
function comparedStudy(id: string, study: StudyEntry | undefined, own: StudyEntry): ComparedStudy {
  const problem = problemOf(study, own);
  const history = study?.history ?? null;
  const facts = { id, name: study?.name ?? id, problem };
  if (!study || !history || problem !== null) {
    const [places, none] = [new Uint32Array(0), new Float64Array(0)];
    return { ...facts, directions: [], metricNames: [], finished: 0, places, elapsed: none, values: none };
  }
  const metricNames = history.directions.map((_, objective) => study.metricName(objective));
  return { ...facts, directions: history.directions, metricNames, ...reached(history) };
}
