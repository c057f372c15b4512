import { coreMessage } from '../../../words/en/core.ts';
import type { Message } from '../../../words/message.ts';
import type { History } from '../../study/history.ts';
import { inferredSpace } from '../../study/inferredSpace.ts';
import { startTrialOf } from '../../study/startComparison.ts';
import { TrialState } from '../../study/states.ts';
import { formatNumber } from '../../text/numbers.ts';
import { expectedBest } from './expectedBest.ts';

/** Of fewer complete trials nothing is said. */
const FEWEST = 10;
/** An objective is called noisy from this share of the variance among its values on. */
const NOISY = 0.05;
/** A trial is called better than the first one from this probability on. */
const SURE = 0.95;

/**
 * What to say of a noisy study, in whole sentences: which trial is expected to be best, with its value and an interval of 90 %,
 * and whether it is better than the person's own values. Nothing where there is little noise. Up to a second's work.
 */
export function noiseFindings(history: History): Message[] {
  if (history.count(TrialState.complete) < FEWEST) return [];
  const start = startTrialOf(history);
  const found = expectedBest(history, inferredSpace(history), start);
  if (!found || found.noise < NOISY) return [];
  const { number, value, low, high, better } = found;
  const places = { number, value: rounded(value), low: rounded(low), high: rounded(high) };
  const sentence = coreMessage('expectedBest', places);
  if (start === undefined || better === null) return [sentence];
  const percent = Math.min(99, Math.floor(100 * better));
  return [
    sentence,
    better < SURE ? coreMessage('noDifference', { start }) : coreMessage('surelyBetter', { start, percent }),
  ];
}

function rounded(value: number): string {
  return formatNumber(Number(value.toPrecision(4)));
}
