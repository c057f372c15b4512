import { oneLine } from '../../../core/text/printable.ts';
import type { DraftStudyFile, DraftStudyFileParams } from '../../../protocol/editor.ts';
import { printedRange, printedValue } from '../../../studyfile/sweep/ranges.ts';
import { sweepStudy } from '../../../studyfile/sweep/sweepFile.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import type { Say } from '../../say.ts';
import { quoteWord } from '../commandLine.ts';
import { readSearch, readWandbSweep, type ScriptSearch, type SearchRange } from './readSearch.ts';

const USUAL_TRIALS = 30;

/** The draft of a script that defines a search for another tuner; null where it defines none that can be read. */
export function searchDraft(file: PythonFile, params: DraftStudyFileParams, say: Say): DraftStudyFile | null {
  const { scriptPath, given = [] } = params;
  const script = scriptPath.slice(Math.max(scriptPath.lastIndexOf('/'), scriptPath.lastIndexOf('\\')) + 1);
  const sweep = readWandbSweep(file);
  if (sweep) {
    const raw = { ...sweep, command: ['python', scriptPath, ...given] };
    const source = { raw, isFloat: () => false, span: () => ({ start: 0, end: 0 }) };
    const made = sweepStudy(source, { fileName: script, program: scriptPath });
    if (made.text !== null) return { kind: 'arguments', text: made.text, check: made.notes };
  }
  const search = readSearch(file);
  if (!search) return null;
  const words = ['python', scriptPath, ...given].map(quoteWord).join(' ');
  const unread = search.unread.map((name) => say('searchUnread', { name: oneLine(name) }));
  const lines = [
    `# ${say('searchHead', { script: oneLine(script), tuner: search.kind })}`,
    `name: ${printedValue(script.replace(/\.[^.]+$/, '') || 'study')}`,
    ...(search.metric === null ? [] : [`direction: ${search.direction}`, `metric: ${printedValue(search.metric)}`]),
    'objective:',
    `  command: ${printedValue(words)}`,
    `  search: ${search.kind}`,
    'space:',
    ...[...search.space].map(([name, one]) => parameterLine(name, one, search)),
    ...unread.map((sentence) => `  # ${sentence}`),
    `budget: { trials: ${search.trials ?? USUAL_TRIALS} }`,
  ];
  return { kind: 'arguments', text: `${lines.join('\n')}\n`, check: unread };
}

function parameterLine(name: string, { range, when }: SearchRange, { space }: ScriptSearch): string {
  const line = `  ${printedValue(name)}: ${printedRange(range)}`;
  if (!when || !space.has(when.parent)) return line;
  return line.replace(/ \}$/, `, when: { ${printedValue(when.parent)}: ${printedValue(when.choice)} } }`);
}
