import assert from 'node:assert/strict';
import { type PlannedEdits, planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import type { BestParam, CodeFile } from '../../../src/language/insertion/sites.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import type { BestTrial } from '../../../src/protocol/editor.ts';

export function bestOf(params: Readonly<Record<string, BestParam['value'] | { float: number }>>): BestTrial {
  return {
    number: 6,
    value: 0.93,
    params: Object.entries(params).map(([name, value]) => {
      if (typeof value === 'object' && value !== null && 'float' in value) {
        return { name, value: value.float as number, kind: 'float' };
      }
      if (typeof value === 'number') return { name, value, kind: Number.isInteger(value) ? 'int' : 'float' };
      return { name, value: value as BestParam['value'], kind: 'categorical' };
    }),
  };
}

export function open(languageId: string, text: string): CodeFile {
  const file = openCodeFile(languageId, text);
  assert.ok(file, `no adapter for ${languageId}`);
  return file;
}

export function apply(text: string, { edits }: Pick<PlannedEdits, 'edits'>): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    assert.ok(edit.start >= at && edit.end >= edit.start, 'edits are in order and do not overlap');
    result += text.slice(at, edit.start) + edit.newText;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The text with the best parameters in, after checking that a second run changes nothing. */
export function insertBest(languageId: string, text: string, best: BestTrial, cursor: number | null = null): string {
  const once = apply(text, planBestParams(open(languageId, text), best, cursor));
  const again = planBestParams(open(languageId, once), best, cursor);
  assert.deepEqual(again.edits, [], `a second run changes nothing, in:\n${once}`);
  return once;
}
