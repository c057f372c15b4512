import { LINE_LIMIT } from '../../core/text/lines.ts';
import { parseJson } from '../../core/text/pythonJson.ts';
import { parsePythonLiteral } from './pythonLiteral.ts';

/**
 * Metrics that a training script prints, one line at a time: `eval_f1=0.91 epoch=2`, a JSON object, or a Python dict as
 * the Hugging Face Trainer prints it (transformers 5 quotes the numbers).
 */

const CALL = /(?<![\w.])[A-Za-z_][\w.]*\([^()]*\)/g;
/** Not the beginning of something longer: `0,31`, `0:00:12`, `2026-01-02`. */
const PAIR =
  /(?<![\w.%/@?&=-])([A-Za-z_][\w./@%-]*)\s*=\s*(["']?)([+-]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan))\2(?![\w.]|[,:-]\d)/gi;

/** A line with more numbers than this is data and no report. */
const MOST_NUMBERS = 2000;

/** The numbers that a line reports by name; undefined when it reports none. Takes time in proportion to the line. */
export function parseMetricLine(line: string): Record<string, number> | undefined {
  if (line.length > LINE_LIMIT) return undefined;
  const text = shownText(line).trim();
  const coco = text.startsWith('Average ') ? COCO.exec(text) : null;
  if (coco) return cocoMetric(coco);
  const metrics = text.startsWith('{') ? fromObject(text) : text.includes('=') ? fromPairs(text) : undefined;
  return metrics && Object.keys(metrics).length > 0 ? metrics : undefined;
}

/** What a terminal would show of a line that progress bars have overwritten, without colours. */
export function shownText(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one.
  const plain = line.includes('\u001b') ? line.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '') : line;
  const shown = plain.trimEnd();
  return withPlainNumbers(shown.slice(shown.lastIndexOf('\r') + 1));
}

const WRITTEN_NUMBER = String.raw`[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf|nan)`;
/** A number as libraries spell it: `tensor(0.3, device='cuda:0')`, `np.float64(0.3)`. */
const BOXED = new RegExp(
  String.raw`\b(?:tensor|array|(?:np|numpy|jnp)\.(?:float|int|array)\d{0,3}|Array)\(\[?(${WRITTEN_NUMBER})\]?(?:, [^()\n]{0,100})?\)`,
  'g',
);
/** An array of one number behind its name: `episodic_return=[22.]`. */
const ALONE = new RegExp(String.raw`=\[ ?(${WRITTEN_NUMBER}) ?\]`, 'g');

function withPlainNumbers(text: string): string {
  const unboxed = text.includes('(') && /[rty]\d{0,3}\(/.test(text) ? text.replace(BOXED, '$1') : text;
  return unboxed.includes('=[') ? unboxed.replace(ALONE, '=$1') : unboxed;
}

/** As pycocotools prints its evaluation. */
const COCO =
  /^Average (?:Precision|Recall) {1,4}\((A[PR])\) @\[ IoU=([\d.:]{1,12}) {0,8}\| area= {0,8}(\w{1,12}) {0,4}\| maxDets= {0,8}(\d{1,5}) \] = (-?[\d.]{1,12})$/;

/** `AP` of all sizes over all overlaps, `AP50`, `APsmall`, `AR10`. */
function cocoMetric([, name = '', overlap = '', area = '', most = '', value = '']: readonly string[]) {
  const at = overlap.includes(':') ? '' : overlap.replace(/^0?\./, '');
  const size = area === 'all' ? '' : area;
  const count = most === '100' ? '' : most;
  return { [`${name}${at}${size}${count}`]: Number(value) };
}

function fromObject(text: string): Record<string, number> | undefined {
  const parsed = tryJson(text) ?? tryLiteral(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const metrics: Record<string, number> = {};
  const entries = Object.entries(parsed);
  if (entries.length > MOST_NUMBERS) return undefined;
  for (const [name, value] of entries) {
    const number = numberOf(value);
    if (number !== undefined) define(metrics, name, number);
  }
  return metrics;
}

function fromPairs(text: string): Record<string, number> | undefined {
  const metrics: Record<string, number> = {};
  let count = 0;
  // What stands in a call, as in `Namespace(lr=0.1)`, is an argument and no report.
  for (const [, name, , value] of text.replace(CALL, ' ').matchAll(PAIR)) {
    if (++count > MOST_NUMBERS) return undefined;
    const number = numberOf(value);
    if (number !== undefined) define(metrics, name as string, number);
  }
  return metrics;
}

/** A number, or a string that spells one as Python's `float()` reads it. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toLowerCase().replaceAll('_', '');
  if (text === 'nan') return Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/.exec(text);
  if (infinity) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function define(metrics: Record<string, number>, name: string, value: number): void {
  Object.defineProperty(metrics, name, { value, enumerable: true, configurable: true, writable: true });
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function tryLiteral(text: string): unknown {
  const parsed = parsePythonLiteral(text, 0);
  return parsed && text.slice(parsed.end).trim() === '' ? parsed.value : undefined;
}
