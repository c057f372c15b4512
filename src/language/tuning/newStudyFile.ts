import { stringify } from 'yaml';
import type { Launch } from '../../protocol/launch.ts';
import { commandWord, launchKeys, startWords } from '../draft/launchedCommand.ts';
import { launchNotes } from '../draft/writeDraft.ts';
import type { Say } from '../say.ts';

const PROGRAMS: Readonly<Record<string, string>> = { python: 'python', 'jupyter-notebook': 'python' };

/** The study file of a script that has none, with nothing to vary yet. What the first run prints says what its metric is. */
export function newStudyFile(script: string, languageId: string, say: Say, launch?: Launch): string {
  const word = /^[\p{L}\p{N}._/-]+$/u.test(script) ? script : `"${script.replace(/["\\]/g, '\\$&')}"`;
  const command = launch
    ? [...startWords(launch), ...launch.args].map((one) => commandWord(one, launch.isShell)).join(' ')
    : `${PROGRAMS[languageId] ?? 'node'} ${word}`;
  const name = script.replace(/\.[^.]+$/, '') || 'study';
  return [
    `# ${say('tunedHead', { script: script.replace(/\s+/g, ' ') })}`,
    ...(launch ? launchNotes(launch, [], say) : []).map((note) => `# ${note}`),
    `name: ${stringify(name, { lineWidth: 0 }).trimEnd()}`,
    'objective:',
    `  command: ${stringify(command, { lineWidth: 0 }).trimEnd()}`,
    ...(launch ? launchKeys(launch) : []),
    'space:',
    'budget: { trials: 30 }',
    '',
  ].join('\n');
}
