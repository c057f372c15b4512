import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { keyText } from './positions.ts';

/**
 * A study file's text with `metric:` and `direction:`, all else as it was. Null where it has a metric already, or is not
 * a block of keys that can be read.
 */
export function withMetric(text: string, metric: string, direction: 'minimize' | 'maximize'): string | null {
  const document = parseDocument(text);
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents)) return null;
  const pairs = contents.items;
  const keys = pairs.map(keyText);
  if (keys.includes('metric') || keys.includes('metrics')) return null;
  if (contents.flow) {
    document.set('metric', metric);
    document.set('direction', direction);
    // JSON stays JSON.
    return text.trimStart().startsWith('{') && text.includes('"')
      ? `${JSON.stringify(document.toJS(), null, 2)}\n`
      : document.toString({ lineWidth: 0 });
  }
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const line = (key: string, value: string) => stringify({ [key]: value }).replace('\n', newline);
  const objective = pairs[Math.max(0, keys.indexOf('objective'))]?.key;
  const first = text.startsWith('\uFEFF') ? 1 : 0;
  const at = Math.max(first, lineBefore(text, (isScalar(objective) && objective.range?.[0]) || 0));
  const value = pairs[keys.indexOf('direction')]?.value;
  const added = line('metric', metric) + (value ? '' : line('direction', direction));
  const written = `${text.slice(0, at)}${added}${text.slice(at)}`;
  if (!isScalar(value) || !value.range || value.value === direction) return written;
  const shift = value.range[0] >= at ? added.length : 0;
  return `${written.slice(0, value.range[0] + shift)}${direction}${written.slice(value.range[1] + shift)}`;
}

/** The beginning of the line of an offset, or of the comment right above it. */
function lineBefore(text: string, offset: number): number {
  let start = text.lastIndexOf('\n', offset - 1) + 1;
  while (start > 0) {
    const above = text.lastIndexOf('\n', start - 2) + 1;
    if (!text.slice(above, start).startsWith('#')) break;
    start = above;
  }
  return start;
}
