import { PythonNumber, parseExactJson } from '../core/text/pythonJson.ts';

/**
 * Attributes whose numbers JavaScript would not print as Python does (`1.0`, ints beyond 2^53), kept beside the history,
 * which holds plain values. For dumps that must equal Optuna's to the last digit.
 */
export class ExactAttrs {
  readonly #values = new Map<string, unknown>();

  /** `text` is the JSON that the attributes `keys` come from; `pick` finds them in it. Nothing is kept unless it is needed. */
  note(
    owner: AttrOwner,
    keys: readonly string[],
    text: string,
    pick: (parsed: unknown) => Readonly<Record<string, unknown>>,
  ): void {
    if (this.#values.size > 0) for (const key of keys) this.#values.delete(`${owner}:${key}`);
    if (!LOSSY.test(text)) return;
    try {
      const exact = pick(parseExactJson(text));
      for (const key of keys) if (isLossy(exact[key])) this.#values.set(`${owner}:${key}`, exact[key]);
    } catch {
      // Deeper than the exact parser goes: the plain value stands.
    }
  }

  get(owner: AttrOwner, key: string): unknown {
    return this.#values.get(`${owner}:${key}`);
  }
}

/** Whose attributes: of a study or of a trial, by the storage's own id. */
export type AttrOwner = `${'study' | 'trial'} ${number} ${'user' | 'system'}`;

function isLossy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof PythonNumber || Object.values(value).some(isLossy);
}

/** Whole floats, exponents and long ints, maybe: the parser decides. */
const LOSSY = /\d\.0(?!\d)|\d[eE]|\d{16}/;
