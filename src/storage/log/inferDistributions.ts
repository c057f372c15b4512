import type { Choice, Distribution } from '../../core/space/distributions.ts';
import type { StoredParam } from '../../core/study/changes.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import type { LoggedParam } from './optunaLogParser.ts';

type Kind = Distribution['type'];

interface Seen {
  kind: Kind;
  low: number;
  high: number;
  readonly choices: Map<string, number>;
  readonly values: Choice[];
  distribution: Distribution | undefined;
}

/**
 * Search spaces guessed from the values that a log shows, as it does not print the distributions: a parameter with
 * floats is a float, with whole numbers an int, with anything else a categorical; the range is what was seen.
 */
export class InferredSpace {
  readonly #seen = new Map<string, Seen>();

  get isEmpty(): boolean {
    return this.#seen.size === 0;
  }

  /** Takes values in. Returns true when a kind or a set of choices changed, so that earlier trials must be read anew. */
  observe(params: readonly LoggedParam[]): boolean {
    let isChanged = false;
    for (const param of params) if (this.#observe(param)) isChanged = true;
    return isChanged;
  }

  /** The stored form of values that were observed before. */
  store(params: readonly LoggedParam[]): StoredParam[] {
    return params.map(({ name, value }) => {
      const seen = this.#seen.get(name) as Seen;
      seen.distribution ??= distributionOf(seen);
      const internal = seen.kind === 'categorical' ? (seen.choices.get(dumpJson(value)) as number) : (value as number);
      return { name, internal, distribution: seen.distribution };
    });
  }

  #observe({ name, value, kind: literal }: LoggedParam): boolean {
    const kind: Kind =
      literal === 'float' && Number.isFinite(value) ? 'float' : literal === 'int' ? 'int' : 'categorical';
    let seen = this.#seen.get(name);
    if (!seen) {
      seen = { kind, low: Infinity, high: -Infinity, choices: new Map(), values: [], distribution: undefined };
      this.#seen.set(name, seen);
    }
    const wider = widerKind(seen.kind, kind);
    let isChanged = wider !== seen.kind;
    seen.kind = wider;
    const key = dumpJson(value);
    if (!seen.choices.has(key) && (wider === 'categorical' || seen.choices.size < CHOICE_LIMIT)) {
      seen.choices.set(key, seen.values.push(value as Choice) - 1);
      if (wider === 'categorical') isChanged = true;
    }
    if (typeof value === 'number' && (value < seen.low || value > seen.high)) {
      seen.low = Math.min(seen.low, value);
      seen.high = Math.max(seen.high, value);
      seen.distribution = undefined;
    }
    if (isChanged) seen.distribution = undefined;
    return isChanged;
  }
}

/** Numbers remembered in case the parameter turns out to be categorical. */
const CHOICE_LIMIT = 64;

function widerKind(a: Kind, b: Kind): Kind {
  if (a === b) return a;
  return a === 'categorical' || b === 'categorical' ? 'categorical' : 'float';
}

function distributionOf({ kind, low, high, values }: Seen): Distribution {
  if (kind === 'categorical') return { type: 'categorical', choices: [...values] };
  return kind === 'int'
    ? { type: 'int', low, high, log: false, step: 1 }
    : { type: 'float', low, high, log: false, step: null };
}
