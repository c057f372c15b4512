import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { setOwn } from '../ownProperty.ts';
import type { JsonValue, TrialChange, TrialTemplate } from './changes.ts';
import { History } from './history.ts';
import { type Direction, isFinished, TrialState } from './states.ts';
import type { ClaimOptions, CommitOptions, CreateOptions, StudyRecord, WritableTrialLog } from './studyStore.ts';

interface MutableRecord extends StudyRecord {
  readonly userAttrs: Record<string, JsonValue>;
  readonly systemAttrs: Record<string, JsonValue>;
}

/** A trial log without a file: for tests, benches and throw-away studies. Same contract as the journal. */
export class MemoryLog implements WritableTrialLog {
  readonly kind = 'memory';
  readonly location = 'memory';
  readonly warnings: readonly string[] = [];
  readonly #studies: MutableRecord[] = [];

  studies(): readonly StudyRecord[] {
    return this.#studies;
  }

  async refresh(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    if (this.#studies.some((study) => study.name === name)) {
      throw new TuneboardError(
        'duplicate-study',
        coreMessage('thereStudyAlreadyChooseAnother', { name: JSON.stringify(name) }),
      );
    }
    const history = new History(directions);
    const study = { id: this.#studies.length, name, directions, userAttrs: {}, systemAttrs: {}, history };
    this.#studies.push(study);
    return study;
  }

  async setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    const own = this.#own(study);
    const attrs = kind === 'user' ? own.userAttrs : own.systemAttrs;
    setOwn(attrs, key, value);
  }

  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    { ifNumber }: CreateOptions = {},
  ): Promise<number | undefined> {
    const { history } = this.#own(study);
    if (ifNumber !== undefined && ifNumber !== history.length) return undefined;
    const now = Date.now();
    const startedAt = template.startedAt ?? (template.state === TrialState.waiting ? Number.NaN : now);
    const completedAt = template.completedAt ?? (isFinished(template.state) ? now : Number.NaN);
    return history.add({ ...template, startedAt, completedAt });
  }

  async claimWaiting(
    study: StudyRecord,
    { number: wanted, systemAttrs = {}, onlyIf }: ClaimOptions = {},
  ): Promise<number | undefined> {
    const { history } = this.#own(study);
    const number = wanted ?? history.firstWaiting;
    if (number === undefined || !history.waiting.has(number) || onlyIf?.() === false) return undefined;
    history.apply({ type: 'state', number, state: TrialState.running, at: Date.now() });
    for (const [key, value] of Object.entries(systemAttrs)) history.apply({ type: 'systemAttr', number, key, value });
    return number;
  }

  async commit(
    study: StudyRecord,
    changes: readonly TrialChange[],
    { onApplied, onlyIf }: CommitOptions = {},
  ): Promise<void> {
    const { history } = this.#own(study);
    for (const { number } of changes) {
      if (number >= history.length) throw new TuneboardError('no-trial', coreMessage('thereNoTrial', { number }));
      if (isFinished(history.state(number))) {
        throw new TuneboardError('finished-trial', coreMessage('trialFinishedCantChangeAny', { number }));
      }
    }
    if (onlyIf?.() === false) throw new TuneboardError('changed-meanwhile', coreMessage('trialChangedMeanwhile'));
    for (const change of changes) {
      history.apply(change.type === 'state' && change.at === undefined ? { ...change, at: Date.now() } : change);
    }
    onApplied?.();
  }

  #own(study: StudyRecord): MutableRecord {
    const own = this.#studies[study.id];
    if (own !== study)
      throw new TuneboardError('no-study', coreMessage('thereNoStudyHere', { name: JSON.stringify(study.name) }));
    return own;
  }
}
