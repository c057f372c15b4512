import { setOwn } from '../../core/ownProperty.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { History } from '../../core/study/history.ts';
import { type Direction, MOST_STUDIES, type TrialState } from '../../core/study/states.ts';
import type { StudyRecord } from '../../core/study/studyStore.ts';
import { ExactAttrs } from '../exactAttrs.ts';

/** A study of a journal. `trialIds` maps its trial numbers to the journal's trial ids, which count over all studies. */
export interface JournalStudy extends StudyRecord {
  readonly trialIds: number[];
  readonly userAttrs: Record<string, JsonValue>;
  readonly systemAttrs: Record<string, JsonValue>;
}

/** The state that a journal's lines amount to, folded in file order with Optuna's rules for what is ignored. */
export class JournalReplay {
  /** By study id; undefined once deleted. */
  readonly #studies: (JournalStudy | undefined)[] = [];
  readonly #byName = new Map<string, JournalStudy>();
  readonly exact = new ExactAttrs();
  /** By trial id. */
  readonly #owners: JournalStudy[] = [];
  readonly #numbers: number[] = [];
  /** Whether studies were left out. */
  hasMoreStudies = false;

  studies(): JournalStudy[] {
    return [...this.#byName.values()];
  }

  studyNamed(name: string): JournalStudy | undefined {
    return this.#byName.get(name);
  }

  get nextTrialId(): number {
    return this.#owners.length;
  }

  /** A name that exists consumes no id. */
  createStudy(name: string, directions: readonly Direction[]): void {
    if (this.#byName.has(name)) return;
    if (this.#byName.size >= MOST_STUDIES) {
      this.#studies.push(undefined);
      this.hasMoreStudies = true;
      return;
    }
    const study: JournalStudy = {
      id: this.#studies.length,
      name,
      directions,
      userAttrs: {},
      systemAttrs: {},
      history: new History(directions),
      trialIds: [],
    };
    this.#studies.push(study);
    this.#byName.set(name, study);
  }

  deleteStudy(id: number): void {
    const study = this.#studies[id];
    if (!study) return;
    this.#studies[id] = undefined;
    this.#byName.delete(study.name);
  }

  setStudyAttr(kind: 'user' | 'system', id: number, attrs: Readonly<Record<string, JsonValue>>): void {
    const study = this.#studies[id];
    if (!study) return;
    const own = kind === 'user' ? study.userAttrs : study.systemAttrs;
    for (const key of Object.keys(attrs)) setOwn(own, key, attrs[key] as JsonValue);
  }

  /** A missing study consumes no trial id. */
  createTrial(studyId: number, template: TrialTemplate): void {
    const study = this.#studies[studyId];
    if (!study) return;
    study.trialIds.push(this.#owners.length);
    this.#owners.push(study);
    this.#numbers.push(study.history.add(template));
  }

  directionsOf(studyId: number): number {
    return this.#studies[studyId]?.directions.length ?? 1;
  }

  numberOf(trialId: number): number {
    return this.#numbers[trialId] ?? -1;
  }

  /** `change.number` must be `numberOf(trialId)`. Changes to unknown or finished trials are ignored. */
  apply(trialId: number, change: TrialChange): boolean {
    return this.#owners[trialId]?.history.apply(change) === true;
  }

  setState(trialId: number, state: TrialState, values: readonly number[] | null, at: number): void {
    const number = this.numberOf(trialId);
    if (number >= 0) this.apply(trialId, { type: 'state', number, state, values, at });
  }
}
