import { components, isCycle } from '../../core/space/components.ts';
import { choiceIndex, contains } from '../../core/space/distributionRules.ts';
import type { Choice } from '../../core/space/distributions.ts';
import { closest } from '../../core/text/closest.ts';
import type { Path } from '../editing/positions.ts';
import { asRecord, choicesOf, type Raw, type Report } from './report.ts';

/** Ranges, scales, choices and conditions of the search space. */
export function checkSpace(file: Raw, report: Report): void {
  const space = asRecord(file['space']);
  for (const [name, value] of Object.entries(space)) {
    const parameter = asRecord(value);
    if (!PLACEHOLDER_NAME.test(name)) report('parameter-name', ['space', name], { name }, { part: 'key' });
    if (parameter['type'] === 'float' || parameter['type'] === 'int') checkRange(name, parameter, report);
    if (parameter['type'] === 'categorical' || parameter['type'] === 'ordinal') checkChoices(name, parameter, report);
    checkPrior(name, parameter, report);
    if (parameter['default'] !== undefined) checkDefault(name, parameter, report);
  }
  checkConditions(space, report);
  for (const name of namesInCycles(space)) {
    report('condition-cycle', ['space', name, 'when'], { name }, { part: 'key' });
  }
}

function checkPrior(name: string, { prior, type, choices, values, low, high }: Raw, report: Report): void {
  const { about } = asRecord(prior);
  const listed = choices ?? values;
  if (about === undefined) return;
  const isInside =
    type === 'categorical' || type === 'ordinal'
      ? !Array.isArray(listed) || choiceIndex(listed as Choice[], about) >= 0
      : typeof low !== 'number' || typeof high !== 'number' || (Number(about) >= low && Number(about) <= high);
  if (!isInside) report('prior-outside', ['space', name, 'prior', 'about'], { name, value: JSON.stringify(about) });
}

const PLACEHOLDER_NAME = /^[\p{L}_][\p{L}\p{N}_./-]*$/u;

function checkRange(name: string, { low, high, log, step, type }: Raw, report: Report): void {
  const at = (key: string) => ['space', name, key];
  for (const [key, value] of Object.entries({ low, high })) {
    if (typeof value === 'number' && !Number.isFinite(value)) report('not-finite', at(key), { key, name });
  }
  if (typeof low !== 'number' || typeof high !== 'number') return;
  if (low > high) report('low-above-high', at('low'), { name, low, high });
  else if (low === high) report('one-value', at('low'), { name, low }, { severity: 'warning' });
  if (log === true && low <= 0) report(type === 'int' ? 'log-below-one' : 'log-not-positive', at('low'), { name, low });
  if (log === true && step !== undefined && !(type === 'int' && step === 1)) {
    report('log-with-step', at('step'), { name }, { part: 'key' });
  }
  if (typeof step === 'number' && step > 0 && low < high && step > high - low) {
    report('step-too-wide', at('step'), { name, step, low, width: high - low }, { severity: 'warning' });
  }
}

function checkChoices(name: string, range: Raw, report: Report): void {
  const choices = choicesOf(range);
  if (!choices) return;
  const key = range['type'] === 'ordinal' ? 'values' : 'choices';
  const seen = new Set<unknown>();
  for (const [index, choice] of choices.entries()) {
    if (seen.has(choice))
      report('duplicate-choice', ['space', name, key, index], { name, choice: JSON.stringify(choice) });
    seen.add(choice);
  }
}

/** What earlier trials count as may lie outside of the range, as they may themselves. */
function checkDefault(name: string, { type, choices, default: value }: Raw, report: Report): void {
  const isValue = Array.isArray(choices)
    ? isChoice(choices as readonly Choice[], value)
    : typeof value === 'number' && Number.isFinite(value) && (type !== 'int' || Number.isInteger(value));
  if (!isValue)
    report('bad-default', ['space', name, 'default'], { name, value: JSON.stringify(value), type: String(type) });
}

/** Guesses beyond this many are not made: each compares a name with all others. */
const MOST_GUESSES = 200;

function checkConditions(space: Raw, report: Report): void {
  const names = Object.keys(space);
  let guesses = 0;
  for (const name of names) {
    for (const [parent, wanted] of Object.entries(asRecord(asRecord(space[name])['when']))) {
      const path = ['space', name, 'when', parent];
      if (space[parent] === undefined) {
        const guess = ++guesses > MOST_GUESSES ? null : closest(parent, names);
        if (guess === null) report('unknown-parent', path, { name, parent }, { part: 'key' });
        else report('misspelt-parent', path, { name, parent, guess }, { part: 'key', replaceBy: guess });
        continue;
      }
      for (const value of new Set<unknown>(Array.isArray(wanted) ? wanted : [wanted])) {
        checkWantedValue(name, parent, asRecord(space[parent]), value, path, report);
      }
    }
  }
}

/** Tells a condition that can never hold, or hardly ever. */
function checkWantedValue(name: string, parent: string, range: Raw, value: unknown, path: Path, report: Report): void {
  const shown = JSON.stringify(value);
  const choices = choicesOf(range) as readonly Choice[] | undefined;
  if (choices) {
    if (isChoice(choices, value)) return;
    const list = choices.slice(0, SHOWN_CHOICES).map((choice) => JSON.stringify(choice));
    if (choices.length > SHOWN_CHOICES) list.push('…');
    report('never-active', path, { name, parent, shown, list: list.join(', ') });
    return;
  }
  const { low, high, type, step } = range;
  if (typeof low !== 'number' || typeof high !== 'number') return;
  // The sampler takes true for 1.
  const number = typeof value === 'boolean' ? Number(value) : value;
  const isReachable = typeof number === 'number' && number >= low && number <= high;
  if (!isReachable || (type === 'int' && !Number.isInteger(number))) {
    report('out-of-range-parent', path, { name, parent, shown, low, high });
  } else if (
    typeof step === 'number' &&
    step > 0 &&
    !contains({ type: 'float', low, high, log: false, step }, number)
  ) {
    report('off-grid-parent', path, { name, parent, shown, low, high, step });
  } else if (type === 'float' && step === undefined) {
    report('continuous-parent', path, { name, parent, shown }, { severity: 'warning' });
  }
}

const SHOWN_CHOICES = 50;
const choiceSets = new WeakMap<readonly Choice[], ReadonlySet<unknown>>();

function isChoice(choices: readonly Choice[], value: unknown): boolean {
  let known = choiceSets.get(choices);
  if (!known) {
    known = new Set(choices);
    choiceSets.set(choices, known);
  }
  // Only a number may stand for a truth value and the other way round, and only lists have to be compared one by one.
  const isPlain = typeof value === 'string' || (typeof value === 'number' && value !== 0 && value !== 1);
  return known.has(value) || (!isPlain && choiceIndex(choices, value) >= 0);
}

function namesInCycles(space: Raw): string[] {
  const parents = (name: string) =>
    Object.keys(asRecord(asRecord(space[name])['when'])).filter((parent) => space[parent] !== undefined);
  const inCycles = new Set(
    components(Object.keys(space), parents)
      .filter((found) => isCycle(found, parents))
      .flat(),
  );
  return Object.keys(space).filter((name) => inCycles.has(name));
}
