import type { Part, Path } from '../editing/positions.ts';
import type { MessageKey } from '../words/english.ts';

/** A record as YAML gives it, before anything is known about it. */
export type Raw = Readonly<Record<string, unknown>>;

/** Adds a finding: the key of its sentence, where it stands and what fills the sentence in. */
export type Report = (
  code: MessageKey,
  path: Path,
  values?: readonly (string | number)[],
  options?: ReportOptions,
) => void;

interface ReportOptions {
  readonly part?: Part;
  readonly severity?: 'error' | 'warning';
  /** What the place should say instead, without quotes. */
  readonly replaceBy?: string;
}

export function asRecord(value: unknown): Raw {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
}

/** The kind that is named, alone or in a block. */
export function typeOf(value: unknown): string | undefined {
  const type = typeof value === 'string' ? value : asRecord(value)['type'];
  return typeof type === 'string' ? type : undefined;
}
