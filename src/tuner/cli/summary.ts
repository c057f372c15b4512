import type { RunRecord } from '../../protocol/runRecord.ts';
import { isRemoteUrl } from '../../storage/remoteUrl.ts';
import type { RunOutcome } from '../objective/optuna/optunaRun.ts';
import { durationText, paramText, shortNumber, stateCounts } from '../render/text.ts';
import type { SessionView } from '../run/events.ts';

/** What is printed when a study has ended: how it went, the best parameters, where it is and how to see it. */
export function summaryLines(outcome: RunOutcome, view: SessionView | undefined, record: RunRecord): string[] {
  const took = durationText((record.endedAt ?? Date.now()) - record.startedAt);
  const lines = [
    '',
    `Study "${record.studyName}" ${outcome.state} after ${took}${view ? `: ${stateCounts(view.history)}` : ''}.`,
  ];
  if (view) lines.push(...bestLines(view));
  if (record.storage) {
    lines.push('', `Trials: ${record.storage}`);
    lines.push(
      `In VS Code: run "Tuneboard: Open Storage…" from the Command Palette and ${isRemoteUrl(record.storage) ? 'enter that URL' : 'choose that file'}.`,
    );
  }
  if (outcome.state === 'stopped') {
    const isScript = /\.(py|ipynb)$/i.test(record.source);
    lines.push(`Continue with: tuneboard run ${isScript ? '--resume ' : ''}${quoted(record.source)}`);
  }
  return lines;
}

function bestLines({ history, metrics }: SessionView): string[] {
  if (history.directions.length > 1) {
    return [`It has ${history.directions.length} objectives: look at the best compromises in the editor.`];
  }
  const { best } = history;
  if (best === undefined) return [];
  const params = Object.entries(history.params(best));
  const width = Math.max(0, ...params.map(([name]) => name.length));
  return [
    `Best ${metrics[0] ?? 'value'}: ${shortNumber(history.value(best))} (trial ${best})`,
    ...params.map(
      ([name, value]) => `  ${name.padEnd(width)}  ${typeof value === 'number' ? String(value) : paramText(value)}`,
    ),
  ];
}

function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}
