import { createInterface } from 'node:readline/promises';
import type { MetricCandidate } from '../../protocol/runRecord.ts';
import { print } from '../render/print.ts';
import { shortNumber, table } from '../render/text.ts';
import type { MetricChoice } from '../run/events.ts';

/**
 * Asks the person at the terminal which of the printed numbers is the metric. `nobody`: this is no terminal. Ends without
 * an answer worth having when the signal says that somebody else has answered.
 */
export async function askMetric(
  candidates: readonly MetricCandidate[],
  signal: AbortSignal,
): Promise<MetricChoice | 'nobody'> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return 'nobody';
  const rows = candidates.map(({ name, last, direction, isDirectionSure }, index) => [
    String(index + 1),
    name,
    shortNumber(last),
    isDirectionSure ? (direction === 'minimize' ? 'lower is better' : 'higher is better') : '',
  ]);
  print(['The command printed:', ...table(rows, [0, 2])]);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal's own handler would swallow it.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const ask = (question: string) => terminal.question(question, { signal }).catch(() => '');
  try {
    for (;;) {
      const answer = (await ask('Which is the metric? Number or name [1]: ')).trim();
      if (signal.aborted) return 'nobody';
      const chosen = candidates.find(({ name }, index) => answer === name || Number(answer || 1) === index + 1);
      if (!chosen) continue;
      if (chosen.isDirectionSure) return { metric: chosen.name, direction: chosen.direction };
      const more = (await ask(`Is more of ${chosen.name} better? [y/N]: `)).trim();
      return { metric: chosen.name, direction: /^y/i.test(more) ? 'maximize' : 'minimize' };
    }
  } finally {
    terminal.close();
  }
}
