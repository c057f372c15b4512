import { choiceIndex, contains } from '../../core/space/distributionRules.ts';
import type { Choice } from '../../core/space/distributions.ts';
import { closest } from '../../core/text/closest.ts';
import type { Path } from '../editing/positions.ts';
import { asRecord, choicesOf, type Raw, type Report } from './report.ts';

/** Points that the search starts at: each value is one that the space has. An Optuna script has its space to itself. */
export function checkStart(file: Raw, report: Report): void {
  const { start } = file;
  if (!Array.isArray(start) || asRecord(file['objective'])['optuna'] !== undefined) return;
  const space = asRecord(file['space']);
  const names = Object.keys(space);
  if (names.length === 0) return;
  for (const [index, point] of start.entries()) {
    for (const [name, value] of Object.entries(asRecord(point))) {
      const path = ['start', index, name];
      if (Object.hasOwn(space, name)) checkValue(name, value, asRecord(space[name]), path, report);
      else reportUnknown(name, names, path, report);
    }
  }
}

function reportUnknown(name: string, names: readonly string[], path: Path, report: Report): void {
  const guess = closest(name, names);
  if (guess === null) report('start-unknown', path, { name, known: names.join(', ') }, { part: 'key' });
  else report('start-misspelt', path, { name, guess }, { part: 'key', replaceBy: guess });
}

/** Of a range that is wrong itself nothing is said here. */
function checkValue(name: string, given: unknown, range: Raw, path: Path, report: Report): void {
  const value = JSON.stringify(given);
  const { type, low, high, step } = range;
  if (type === 'categorical' || type === 'ordinal') {
    const choices = choicesOf(range);
    if (!choices || choiceIndex(choices as Choice[], given) >= 0) return;
    const list = choices.slice(0, SHOWN_CHOICES).map((choice) => JSON.stringify(choice));
    if (choices.length > SHOWN_CHOICES) list.push('…');
    report('start-choice', path, { name, value, list: list.join(', ') });
    return;
  }
  if (typeof low !== 'number' || typeof high !== 'number' || (type !== 'float' && type !== 'int')) return;
  const isInside = typeof given === 'number' && given >= low && given <= high;
  const isWhole = type === 'int' && !(isInside && Number.isInteger(given));
  if (isWhole) report('start-whole', path, { name, value, low, high });
  else if (!isInside) report('start-number', path, { name, value, low, high });
  else if (typeof step === 'number' && step > 0 && !contains({ type: 'float', low, high, log: false, step }, given)) {
    report('start-steps', path, { name, value, low, high, step });
  }
}

const SHOWN_CHOICES = 50;
