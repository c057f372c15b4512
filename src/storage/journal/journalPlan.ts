import { PAUSED } from '../../core/study/attributes.ts';
import type { TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { type Direction, isFinished, TrialState } from '../../core/study/states.ts';
import type { ClaimOptions, CommitOptions } from '../../core/study/studyStore.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { changedMeanwhile, StorageError } from '../storageError.ts';
import type { JournalEncoder } from './journalOps.ts';
import type { JournalReplay, JournalStudy } from './journalReplay.ts';
import { PlanDependence } from './planDependence.ts';

/**
 * The lines of one commit. Several callers' requests are planned one after the other on the state that was read under
 * the lock, each seeing what the earlier ones will have done, before anything is written.
 */
export class JournalPlan {
  readonly #path: string;
  readonly #replay: JournalReplay;
  readonly #encoder: JournalEncoder;
  readonly #created = new Map<JournalStudy, number>();
  readonly #states = new Map<number, TrialState>();
  readonly #studyNames = new Set<string>();
  #nextTrialId: number;
  readonly dependence = new PlanDependence();
  text = '';

  constructor(path: string, replay: JournalReplay, encoder: JournalEncoder) {
    this.#path = path;
    this.#replay = replay;
    this.#encoder = encoder;
    this.#nextTrialId = replay.nextTrialId;
  }

  createStudy(name: string, directions: readonly Direction[]): void {
    if (this.#replay.studyNamed(name) || this.#studyNames.has(name)) {
      throw new StorageError(
        'duplicate-study',
        storageMessage('alreadyStudyNamedResumeChoose', { path: this.#path, name }),
      );
    }
    this.#studyNames.add(name);
    this.dependence.onStudies = true;
    this.text += this.#encoder.createStudy(name, directions);
  }

  addLine(line: string): void {
    this.text += line;
  }

  /** The new trial's number, or undefined when it would not be `ifNumber`. */
  createTrial(study: JournalStudy, template: TrialTemplate, ifNumber: number | undefined): number | undefined {
    const created = this.#created.get(study) ?? 0;
    const number = study.history.length + created;
    if (ifNumber !== undefined && ifNumber !== number) return undefined;
    this.text += this.#encoder.createTrial(study.id, template, study.directions.length);
    this.#created.set(study, created + 1);
    this.dependence.newTrialsOf.add(study.id);
    this.#states.set(this.#nextTrialId++, template.state);
    return number;
  }

  /** Takes one waiting trial (see WritableTrialLog) and signs it in the same append. */
  claimWaiting(study: JournalStudy, { number: wanted, systemAttrs = {}, onlyIf }: ClaimOptions): number | undefined {
    const { history } = study;
    if (onlyIf) {
      this.dependence.newTrialsOf.add(study.id);
      this.dependence.onStates = true;
      if (!onlyIf()) return undefined;
    }
    const candidates = wanted === undefined ? [...history.waiting].sort((a, b) => a - b) : [wanted];
    for (const number of candidates) {
      if (this.#stateOf(study, number) !== TrialState.waiting) continue;
      if (wanted === undefined && history.systemAttrs(number)[PAUSED] !== undefined) continue;
      const trialId = study.trialIds[number] as number;
      this.dependence.trials.add(trialId);
      this.text += this.#encoder.change(trialId, { type: 'state', number, state: TrialState.running });
      for (const [key, value] of Object.entries(systemAttrs)) {
        this.text += this.#encoder.change(trialId, { type: 'systemAttr', number, key, value });
      }
      this.#states.set(trialId, TrialState.running);
      return number;
    }
    return undefined;
  }

  commit(study: JournalStudy, changes: readonly TrialChange[], onlyIf?: CommitOptions['onlyIf']): void {
    let text = '';
    const states = new Map<number, TrialState>();
    for (const change of changes) {
      const { number } = change;
      const trialId = study.trialIds[number];
      if (trialId === undefined) {
        throw new StorageError(
          'unknown-trial',
          storageMessage('studyNoTrial', { name: study.name, path: this.#path, number }),
        );
      }
      if (isFinished(states.get(trialId) ?? this.#stateOf(study, number))) {
        throw new StorageError(
          'finished-trial',
          storageMessage('trialStudyFinishedCannotChange', { number, name: study.name, path: this.#path }),
        );
      }
      this.dependence.trials.add(trialId);
      if (change.type === 'state') states.set(trialId, change.state);
      if (change.type === 'param') this.#checkParam(study, change);
      text += this.#encoder.change(trialId, change);
    }
    if (onlyIf && (this.#isPlanned(study, changes) || !onlyIf())) throw changedMeanwhile(this.#path, study, changes);
    for (const [trialId, state] of states) this.#states.set(trialId, state);
    this.text += text;
  }

  /** Whether another request of this commit changes the state of one of these trials: the history does not show it yet. */
  #isPlanned(study: JournalStudy, changes: readonly TrialChange[]): boolean {
    return changes.some(({ number }) => this.#states.has(study.trialIds[number] as number));
  }

  #stateOf(study: JournalStudy, number: number): TrialState {
    return this.#states.get(study.trialIds[number] as number) ?? study.history.state(number);
  }

  #checkParam(study: JournalStudy, { param }: TrialChange & { type: 'param' }): void {
    const column = study.history.parameters.get(param.name);
    if (!column) this.dependence.onParameters = true;
    if (!column || column.accepts(param.distribution)) return;
    throw new StorageError(
      'incompatible-distribution',
      storageMessage('parameterStudyOtherChoicesAnother', { name: param.name, name2: study.name }),
    );
  }
}
