import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { dumpJson, jsonFloat, parseExactJson, parseJson } from '../text/pythonJson.ts';
import { pythonInt } from '../text/pythonRepr.ts';
import type { CategoricalDistribution, Choice, Distribution } from './distributions.ts';

/** Distributions as Optuna's `distribution_to_json` writes them: key order, spacing and number format are part of it. */

/** The text a distribution was read from where it alone still tells `1.0` from `1`, or an int beyond 2^53 from its neighbour. */
const sources = new WeakMap<Distribution, string>();

export function distributionToJson(distribution: Distribution): string {
  const source = sources.get(distribution);
  if (source !== undefined) return source;
  const { type } = distribution;
  if (type === 'categorical') {
    return `{"name": "CategoricalDistribution", "attributes": {"choices": ${dumpJson(distribution.choices, 'spaced')}}}`;
  }
  const { low, high, log, step } = distribution;
  if (type === 'float') {
    const stepText = step === null ? 'null' : jsonFloat(step);
    return `{"name": "FloatDistribution", "attributes": {"step": ${stepText}, "low": ${jsonFloat(low)}, "high": ${jsonFloat(high)}, "log": ${log}}}`;
  }
  return `{"name": "IntDistribution", "attributes": {"log": ${log}, "step": ${pythonInt(step as number)}, "low": ${pythonInt(low)}, "high": ${pythonInt(high)}}}`;
}

/**
 * The choices of a categorical distribution with Python's spelling of numbers (`PythonNumber` where JavaScript would
 * lose it), as far as the distribution was read from text.
 */
export function exactChoices(distribution: CategoricalDistribution): readonly unknown[] {
  const source = sources.get(distribution);
  if (source === undefined || !/\d\.0|\d[eE]|\d{16}/.test(source)) return distribution.choices;
  const { attributes } = parseExactJson(source) as { attributes: { choices: readonly unknown[] } };
  return attributes.choices;
}

const WRITTEN_BY_PYTHON =
  /^\{"name": "(?:CategoricalDistribution", "attributes": \{"choices": \[|IntDistribution", "attributes": \{"log": (?:true|false), "step": )/;

function isLossy(distribution: Distribution): boolean {
  if (distribution.type !== 'int') return distribution.type === 'categorical';
  return !Number.isSafeInteger(distribution.low) || !Number.isSafeInteger(distribution.high);
}

interface Fields {
  readonly low?: unknown;
  readonly high?: unknown;
  readonly log?: unknown;
  readonly step?: unknown;
  readonly q?: unknown;
  readonly choices?: unknown;
}

/**
 * Reads today's classes, those of Optuna 0.x–2.x (`UniformDistribution`, …) and the abbreviated form
 * `{"type": "float", "low": 0, "high": 1}`. Throws `invalid-distribution`.
 */
export function distributionFromJson(text: string): Distribution {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (cause) {
    throw new TuneboardError('invalid-distribution', coreMessage('distributionNotJson', { text: shorten(text) }), {
      cause,
    });
  }
  const { name, type, attributes } = (parsed ?? {}) as { name?: unknown; type?: unknown; attributes?: unknown };
  const fields = (name === undefined ? parsed : attributes) as Fields | null | undefined;
  const distribution = fields && fromFields(String(name ?? type), fields);
  if (!distribution) {
    throw new TuneboardError('invalid-distribution', coreMessage('distributionNoKnownKind', { text: shorten(text) }));
  }
  if (isLossy(distribution) && WRITTEN_BY_PYTHON.test(text)) sources.set(distribution, text);
  return distribution;
}

function fromFields(name: string, fields: Fields): Distribution | undefined {
  const isLog = fields.log === true || name.includes('Log');
  switch (name) {
    case 'float':
    case 'FloatDistribution':
    case 'UniformDistribution':
    case 'LogUniformDistribution':
    case 'DiscreteUniformDistribution': {
      const step = fields.step ?? fields.q ?? null;
      if (!areNumbers(fields.low, fields.high) || (step !== null && !areNumbers(step))) return undefined;
      return {
        type: 'float',
        low: Number(fields.low),
        high: Number(fields.high),
        log: isLog,
        step: step as number | null,
      };
    }
    case 'int':
    case 'IntDistribution':
    case 'IntUniformDistribution':
    case 'IntLogUniformDistribution': {
      const step = fields.step ?? 1;
      if (!areNumbers(fields.low, fields.high, step)) return undefined;
      return { type: 'int', low: Number(fields.low), high: Number(fields.high), log: isLog, step: Number(step) };
    }
    case 'categorical':
    case 'CategoricalDistribution':
      return Array.isArray(fields.choices) ? { type: 'categorical', choices: fields.choices as Choice[] } : undefined;
    default:
      return undefined;
  }
}

function areNumbers(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'number');
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
