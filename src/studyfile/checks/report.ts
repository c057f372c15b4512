import type { STUDY_FILE } from '../../words/en/studyFile.ts';
import type { StudyFileCode } from '../../words/en.ts';
import type { ValuesFor } from '../../words/message.ts';
import type { Part, Path } from '../editing/positions.ts';

/** A record as YAML gives it, before anything is known about it. */
export type Raw = Readonly<Record<string, unknown>>;

/** Adds a finding: the name of its sentence, where it stands and what fills the sentence in. */
export type Report = <K extends StudyFileCode>(
  code: K,
  path: Path,
  ...rest: ValuesFor<(typeof STUDY_FILE)[K]> extends readonly [infer V]
    ? [values: V, options?: ReportOptions]
    : [values?: Readonly<Record<string, never>>, options?: ReportOptions]
) => void;

export interface ReportOptions {
  readonly part?: Part;
  readonly severity?: 'error' | 'warning';
  /** What the place should say instead, without quotes. */
  readonly replaceBy?: string;
}

export function asRecord(value: unknown): Raw {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
}

/** The values of a list of choices, in an order or not; undefined for a range of numbers. */
export function choicesOf({ type, choices, values }: Raw): readonly unknown[] | undefined {
  const list = type === 'ordinal' ? values : choices;
  return Array.isArray(list) ? list : undefined;
}

/** The kind that is named, alone or in a block. */
export function typeOf(value: unknown): string | undefined {
  const type = typeof value === 'string' ? value : asRecord(value)['type'];
  return typeof type === 'string' ? type : undefined;
}
