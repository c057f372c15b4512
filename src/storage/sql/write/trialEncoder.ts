import { distributionToJson } from '../../../core/space/distributionJson.ts';
import type { Distribution } from '../../../core/space/distributions.ts';
import type { JsonValue, StoredParam } from '../../../core/study/changes.ts';
import { dumpJson, parseJson } from '../../../core/text/pythonJson.ts';
import { DatetimeParser, formatNaive, type NaiveZone } from '../../datetimes.ts';
import type { RowDecoder } from '../read/rowDecoder.ts';

/** What is written into Optuna's tables, beside what reading it again gives. */
export class TrialEncoder {
  readonly #decoder: RowDecoder;
  readonly #zone: NaiveZone;
  readonly #datetimes: DatetimeParser;
  readonly #secondDigits: number;
  /** Distributions of a study repeat on every trial: their text is kept. */
  readonly #distributions = new WeakMap<Distribution, { text: string; read: Distribution }>();

  constructor(decoder: RowDecoder, zone: NaiveZone, secondDigits = 6) {
    this.#decoder = decoder;
    this.#zone = zone;
    this.#datetimes = new DatetimeParser(zone);
    this.#secondDigits = secondDigits;
  }

  param({ name, internal, distribution }: StoredParam): { text: string; read: StoredParam } {
    let known = this.#distributions.get(distribution);
    if (!known) {
      const text = distributionToJson(distribution);
      known = { text, read: this.#decoder.distribution(text) ?? distribution };
      this.#distributions.set(distribution, known);
    }
    return { text: known.text, read: { name, internal, distribution: known.read } };
  }

  attr(value: JsonValue): { text: string; read: JsonValue } {
    const text = dumpJson(value, 'spaced');
    return { text, read: typeof value === 'object' ? (parseJson(text) as JsonValue) : value };
  }

  /** Epoch milliseconds, cut to what the database keeps. */
  time(millis: number): { text: string | null; millis: number } {
    if (Number.isNaN(millis)) return { text: null, millis };
    const full = formatNaive(millis, this.#zone);
    const text =
      this.#secondDigits >= 6 ? full : full.slice(0, this.#secondDigits === 0 ? 19 : 20 + this.#secondDigits);
    return { text, millis: this.#datetimes.parse(text) };
  }
}

/** Values of which one is NaN are none: Optuna has no row for it. */
export function storableValues(values: readonly number[] | null | undefined): readonly number[] | null {
  return values && !values.some(Number.isNaN) ? values : null;
}
