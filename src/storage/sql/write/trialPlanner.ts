import { setOwn } from '../../../core/ownProperty.ts';
import type { JsonValue, StoredParam, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import { TrialState } from '../../../core/study/states.ts';
import type { AttrOwner } from '../../exactAttrs.ts';
import type { OpenedServer } from '../connect/openServer.ts';
import type { TrialRef } from '../dialect.ts';
import { Limits } from '../limits.ts';
import { type RowDecoder, STATE_NAMES, writtenFloat } from '../read/rowDecoder.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import type { RowBatch } from './rowBatch.ts';
import { storableValues, TrialEncoder } from './trialEncoder.ts';

/** A new trial as it will be read: attributes are noted in Python's spelling once it has its id. */
export interface PlannedTrial {
  readonly ref: TrialRef;
  readonly template: TrialTemplate;
  noteExact(): void;
}

/** Turns trials and changes into rows of a batch, checked against what the database can keep. Nothing is asked of the server. */
export class TrialPlanner {
  readonly limits: Limits;
  readonly #decoder: RowDecoder;
  readonly #encoder: TrialEncoder;
  readonly #keepsMinusZero: boolean;

  constructor({ database, facts, zone }: OpenedServer, decoder: RowDecoder) {
    this.limits = new Limits(database.url.location, facts);
    this.#decoder = decoder;
    this.#encoder = new TrialEncoder(decoder, zone, facts.secondDigits);
    this.#keepsMinusZero = database.url.kind === 'postgresql';
  }

  time(millis: number) {
    return this.#encoder.time(millis);
  }

  /** Throws `unstorable` before any row is added. */
  requireStorable(study: RdbStudy, changes: readonly TrialChange[]): void {
    const names = new Map<number, Map<string, string[]>>();
    const known = (number: number, kind: string, before: () => string[]): string[] => {
      const ofTrial = names.get(number) ?? names.set(number, new Map()).get(number);
      const list = ofTrial?.get(kind) ?? before();
      ofTrial?.set(kind, list);
      return list;
    };
    const { history } = study;
    for (const change of changes) {
      const { number } = change;
      if (change.type === 'param') {
        this.#requireParam(
          change.param,
          known(number, 'param', () => history.paramNames(number)),
        );
      } else if (change.type === 'intermediate') this.limits.requireInt(change.step, 'the step');
      else if (change.type !== 'state') {
        const attrs = () =>
          Object.keys(change.type === 'userAttr' ? history.userAttrs(number) : history.systemAttrs(number));
        this.requireAttr(change.key, change.value, known(number, change.type, attrs));
      }
    }
  }

  requireAttr(key: string, value: JsonValue, others: string[]): void {
    this.limits.requireName('attribute', key);
    this.limits.requireDistinct('attribute', key, others);
    this.limits.requireText(
      'trial_user_attributes.value_json',
      this.#encoder.attr(value).text,
      `the attribute "${key}"`,
    );
    others.push(key);
  }

  requireTemplate({ params = [], intermediate = [], userAttrs = {}, systemAttrs = {} }: TrialTemplate): void {
    const names: string[] = [];
    for (const param of params) this.#requireParam(param, names);
    for (const [step] of intermediate) this.limits.requireInt(step, 'the step');
    for (const attrs of [userAttrs, systemAttrs]) {
      const keys: string[] = [];
      for (const [key, value] of Object.entries(attrs)) this.requireAttr(key, value, keys);
    }
  }

  create(batch: RowBatch, study: RdbStudy, number: number, template: TrialTemplate): PlannedTrial {
    const { state } = template;
    const start = this.time(template.startedAt ?? (state === TrialState.waiting ? Number.NaN : Date.now()));
    const complete = this.time(template.completedAt ?? Number.NaN);
    const ref = batch.addTrial([number, study.id, STATE_NAMES[state], start.text, complete.text]);
    const notes: (() => void)[] = [];
    const attrs = (kind: 'user' | 'system', given: Readonly<Record<string, JsonValue>> = {}) => {
      const read: Record<string, JsonValue> = {};
      for (const [key, value] of Object.entries(given)) {
        notes.push(this.attr(batch, 'trial', ref, kind, key, value, read));
      }
      return read;
    };
    const read: TrialTemplate = {
      state,
      params: (template.params ?? []).map((param) => this.#param(batch, ref, param)),
      values: this.#values(batch, ref, template.values),
      intermediate: (template.intermediate ?? []).map(([step, value]) => [step, this.#report(batch, ref, step, value)]),
      userAttrs: attrs('user', template.userAttrs),
      systemAttrs: attrs('system', template.systemAttrs),
      startedAt: start.millis,
      completedAt: complete.millis,
    };
    const noteExact = () => {
      for (const note of notes) note();
    };
    return { ref, template: read, noteExact };
  }

  /** Adds the rows of one change and returns it as it is read again. */
  change(batch: RowBatch, study: RdbStudy, ref: TrialRef, change: TrialChange): TrialChange {
    switch (change.type) {
      case 'param':
        return { ...change, param: this.#param(batch, ref, change.param) };
      case 'intermediate':
        return { ...change, value: this.#report(batch, ref, change.step, change.value) };
      case 'userAttr':
      case 'systemAttr': {
        const kind = change.type === 'userAttr' ? 'user' : 'system';
        const read: Record<string, JsonValue> = {};
        this.attr(batch, 'trial', ref, kind, change.key, change.value, read)();
        return { ...change, value: read[change.key] as JsonValue };
      }
      case 'state': {
        const { text, millis } = this.time(change.at ?? Date.now());
        const isStart = change.state === TrialState.running;
        const isEnd = !isStart && change.state !== TrialState.waiting;
        const state = STATE_NAMES[change.state];
        batch.changeTrial([ref.id, study.id, change.number, state, isStart ? text : null, isEnd ? text : null]);
        return { ...change, values: this.#values(batch, ref, change.values), at: millis };
      }
      default:
        return change satisfies never;
    }
  }

  /** Returns what keeps Python's spelling of the value; the owner must have its id by then. */
  attr(
    batch: RowBatch,
    owner: 'study' | 'trial',
    ref: TrialRef,
    kind: 'user' | 'system',
    key: string,
    value: JsonValue,
    into: Record<string, JsonValue>,
  ): () => void {
    const { text, read } = this.#encoder.attr(value);
    batch.add(`${owner}_${kind}_attributes`, ref, key, text);
    setOwn(into, key, read);
    return () => {
      const whose: AttrOwner = `${owner} ${ref.id} ${kind}`;
      this.#decoder.exact.note(whose, [key], text, (parsed) => ({ [key]: parsed }));
    };
  }

  #requireParam({ name, distribution, internal }: StoredParam, others: string[]): void {
    this.limits.requireName('parameter', name);
    this.limits.requireDistinct('parameter', name, others);
    const { text } = this.#encoder.param({ name, distribution, internal });
    this.limits.requireText('trial_params.distribution_json', text, `the choices of the parameter "${name}"`);
    others.push(name);
  }

  #param(batch: RowBatch, ref: TrialRef, param: StoredParam): StoredParam {
    const { text, read } = this.#encoder.param(param);
    const internal = this.#float(param.internal);
    batch.add('trial_params', ref, param.name, internal, text);
    return { ...read, internal };
  }

  #values(batch: RowBatch, ref: TrialRef, values: readonly number[] | null | undefined): readonly number[] | null {
    const stored = storableValues(values)?.map((value) => this.#float(value)) ?? null;
    for (const [objective, value] of stored?.entries() ?? []) {
      batch.add('trial_values', ref, objective, ...writtenFloat(value));
    }
    return stored;
  }

  #report(batch: RowBatch, ref: TrialRef, step: number, given: number): number {
    const value = this.#float(given);
    batch.add('trial_intermediate_values', ref, step, ...writtenFloat(value));
    return value;
  }

  #float(value: number): number {
    return this.#keepsMinusZero || value !== 0 ? value : 0;
  }
}
