import type { Range } from '../../../studyfile/sweep/ranges.ts';
import { numberOf, type PythonCall, type PythonValue, plainOf } from './pythonValues.ts';

/** Standard deviations on each side of the mean that stand for a distribution without bounds. */
const DEVIATIONS = 3;

/** A range without points; undefined where its bounds are not known. */
function between(
  low: number | undefined,
  high: number | undefined,
  rest: { readonly type: 'float' | 'int'; readonly log?: boolean; readonly step?: number | undefined },
): Range | undefined {
  if (low === undefined || high === undefined || !Number.isFinite(low) || !Number.isFinite(high)) return undefined;
  const { type, log, step } = rest;
  if (low >= high || (log && low <= 0)) return undefined;
  const end = step !== undefined && step > 0 ? low + Math.floor((high - low) / step + 1e-9) * step : high;
  const isStepped = step !== undefined && step > 0 && !(type === 'int' && step === 1);
  return {
    type,
    low: tidy(low),
    high: tidy(end),
    ...(log ? { log: true as const } : isStepped ? { step } : {}),
  };
}

/** What an exponent gives is not exact. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

export function choicesOf(items: readonly PythonValue[]): Range | undefined {
  const plain = items.map(plainOf);
  if (plain.includes(undefined)) return undefined;
  const choices = plain.map((one) =>
    typeof one === 'object' && one !== null ? JSON.stringify(one) : (one as string | number | boolean | null),
  );
  const distinct = [...new Set(choices)];
  return distinct.length > 1 ? { type: 'categorical', choices: distinct } : undefined;
}

/** What `GridSearchCV` and its kin take for one parameter: a list, or a distribution of numpy or scipy. */
export function scikitRange(value: PythonValue): Range | undefined {
  if (value.kind === 'list') return choicesOf(value.items);
  if (value.kind !== 'call') return undefined;
  const { call } = value;
  const at = (keyword: string, place: number) => numberOf(call.argument(keyword, place));
  const [a, b, c] = [at('a', 0), at('b', 1), at('c', 2)];
  switch (call.name) {
    case 'logspace': {
      const base = numberOf(call.argument('base')) ?? 10;
      const [start, stop] = [at('start', 0), at('stop', 1)];
      if (start === undefined || stop === undefined) return undefined;
      return between(base ** start, base ** stop, { type: 'float', log: true });
    }
    case 'geomspace':
      return between(at('start', 0), at('stop', 1), { type: 'float', log: true });
    case 'linspace':
      return between(at('start', 0), at('stop', 1), { type: 'float' });
    case 'range':
    case 'arange': {
      const [start, stop] = b === undefined ? [0, a] : [a, b];
      const step = c ?? 1;
      if (start === undefined || stop === undefined || step <= 0) return undefined;
      const isInt = [start, stop, step].every(Number.isInteger);
      // The end is no value.
      return between(start, start + (Math.ceil((stop - start) / step - 1e-9) - 1) * step, {
        type: isInt ? 'int' : 'float',
        step,
      });
    }
    case 'list':
    case 'array':
    case 'asarray': {
      const inner = call.argument('object', 0);
      return inner ? scikitRange(inner) : undefined;
    }
    case 'loguniform':
    case 'reciprocal':
      return between(a, b, { type: 'float', log: true });
    case 'randint': {
      const [low, high] = [at('low', 0), at('high', 1)];
      return between(low, high === undefined ? undefined : high - 1, { type: 'int' });
    }
    case 'uniform': {
      const [loc, scale] = [at('loc', 0) ?? 0, at('scale', 1) ?? 1];
      return between(loc, loc + scale, { type: 'float' });
    }
    case 'expon': {
      const scale = at('scale', 1) ?? 1;
      return between(0, DEVIATIONS * scale, { type: 'float' });
    }
    case 'norm': {
      const [loc, scale] = [at('loc', 0) ?? 0, at('scale', 1) ?? 1];
      return between(loc - DEVIATIONS * scale, loc + DEVIATIONS * scale, { type: 'float' });
    }
    default:
      return undefined;
  }
}

/** `hp.uniform("lr", 0, 1)` of hyperopt ("Parameter Expressions" in its documentation); the label comes first. */
export function hyperoptRange(call: PythonCall): Range | undefined {
  const [a, b, c] = [
    numberOf(call.argument('low', 1)) ?? numberOf(call.argument('mu', 1)),
    numberOf(call.argument('high', 2)) ?? numberOf(call.argument('sigma', 2)),
    numberOf(call.argument('q', 3)),
  ];
  if (call.name === 'choice' || call.name === 'pchoice') {
    const options = call.argument('options', 1) ?? call.argument('p_options', 1);
    if (options?.kind !== 'list') return undefined;
    if (call.name === 'pchoice') return indices(options.items.length);
    return choicesOf(options.items) ?? indices(options.items.length);
  }
  if (call.name === 'randint') {
    const upper = numberOf(call.argument('upper', 1));
    const [low, high] = b === undefined ? [0, upper] : [a, b];
    return between(low, high === undefined ? undefined : high - 1, { type: 'int' });
  }
  return distributed(call.name.replace(/^uniformint$/, 'quniform'), a, b, call.name === 'uniformint' ? 1 : c);
}

/** Choices that have no text of their own go by their places. */
function indices(count: number): Range | undefined {
  return count > 1 ? { type: 'categorical', choices: Array.from({ length: count }, (_, place) => place) } : undefined;
}

function distributed(
  name: string,
  a: number | undefined,
  b: number | undefined,
  q: number | undefined,
): Range | undefined {
  if (a === undefined || b === undefined) return undefined;
  const isLog = name.includes('log');
  const [low, high] = /normal/.test(name) ? [a - DEVIATIONS * b, a + DEVIATIONS * b] : [a, b];
  const [least, most] = isLog ? [Math.exp(low), Math.exp(high)] : [low, high];
  if (!name.startsWith('q') || q === undefined) return between(least, most, { type: 'float', log: isLog });
  if (isLog)
    return between(Math.max(q, Math.round(least / q) * q), Math.round(most / q) * q, { type: 'float', log: true });
  // hyperopt gives 3.0: the type stays a float.
  return between(Math.round(least / q) * q, Math.round(most / q) * q, { type: 'float', step: q });
}

/** `tune.loguniform(1e-4, 1e-1)` of Ray ("Tune Search Space API"). */
export function rayRange(call: PythonCall): Range | undefined {
  const at = (place: number, ...keywords: string[]) =>
    keywords.map((keyword) => numberOf(call.argument(keyword, place))).find((one) => one !== undefined);
  const [low, high, q] = [at(0, 'lower', 'mean'), at(1, 'upper', 'sd'), at(2, 'q')];
  switch (call.name) {
    case 'choice':
    case 'grid_search': {
      const options = call.argument('categories', 0) ?? call.argument('values', 0);
      if (options?.kind === 'list') return choicesOf(options.items);
      return options ? scikitRange(options) : undefined;
    }
    case 'uniform':
      return between(low, high, { type: 'float' });
    case 'quniform':
      return between(low, high, { type: 'float', step: q });
    case 'loguniform':
    case 'qloguniform':
      return between(low, high, { type: 'float', log: true });
    case 'randint':
      return between(low, high === undefined ? undefined : high - 1, { type: 'int' });
    case 'qrandint':
      return between(low, high, { type: 'int', step: q ?? 1 });
    case 'lograndint':
      return between(low, high === undefined ? undefined : high - 1, { type: 'int', log: true });
    case 'qlograndint':
      return between(low, high, { type: 'int', log: true });
    case 'randn': {
      const [mean, deviation] = [low ?? 0, high ?? 1];
      return between(mean - DEVIATIONS * deviation, mean + DEVIATIONS * deviation, { type: 'float' });
    }
    default:
      return undefined;
  }
}

/** `hp.Int("units", 32, 512, step=32)` of keras-tuner. */
export function kerasRange(call: PythonCall): Range | undefined {
  const sampling = call.argument('sampling', 4);
  const log = sampling?.kind === 'literal' && /log/i.test(String(sampling.value));
  const [low, high] = [numberOf(call.argument('min_value', 1)), numberOf(call.argument('max_value', 2))];
  const step = numberOf(call.argument('step', 3));
  switch (call.name) {
    case 'Int':
      return between(low, high, { type: 'int', log, step: log ? undefined : step });
    case 'Float':
      return between(low, high, { type: 'float', log, step: log ? undefined : step });
    case 'Boolean':
      return { type: 'categorical', choices: [true, false] };
    case 'Choice': {
      const values = call.argument('values', 1);
      return values?.kind === 'list' ? choicesOf(values.items) : undefined;
    }
    default:
      return undefined;
  }
}
