import type { Raw, Report } from './checks.ts';
import { asRecord } from './checks.ts';
import { closest } from './closest.ts';

/** Ranges, scales, choices and conditions of the search space. */
export function checkSpace(file: Raw, report: Report): void {
  const space = asRecord(file['space']);
  for (const [name, value] of Object.entries(space)) {
    const parameter = asRecord(value);
    if (!/^[\p{L}_][\p{L}\p{N}_./-]*$/u.test(name)) {
      report(
        'parameter-name',
        ['space', name],
        `"${name}" cannot be a placeholder; use letters, digits, "_", ".", "-" and start with a letter.`,
        { part: 'key' },
      );
    }
    if (parameter['type'] === 'float' || parameter['type'] === 'int') checkRange(name, parameter, report);
    if (parameter['type'] === 'categorical') checkChoices(name, parameter, report);
    checkCondition(name, parameter, space, report);
  }
  for (const name of namesInCycles(space)) {
    report(
      'condition-cycle',
      ['space', name, 'when'],
      `The condition of "${name}" depends on itself; remove one of the conditions.`,
      { part: 'key' },
    );
  }
}

function checkRange(name: string, { low, high, log, step, type }: Raw, report: Report): void {
  const at = (key: string) => ['space', name, key];
  for (const [key, value] of Object.entries({ low, high })) {
    if (typeof value === 'number' && !Number.isFinite(value))
      report('not-finite', at(key), `${key} of "${name}" must be finite; write a number.`);
  }
  if (typeof low !== 'number' || typeof high !== 'number') return;
  if (low > high)
    report('low-above-high', at('low'), `low of "${name}" is ${low} and high is ${high}; write low below high.`);
  else if (low === high) {
    report(
      'one-value',
      at('low'),
      `low and high of "${name}" are both ${low}, so there is nothing to search; widen the range, or put the value into the command.`,
      { severity: 'warning' },
    );
  }
  if (log === true && low <= 0) {
    const message = `low of "${name}" is ${low}, but a logarithmic scale needs it above 0; write ${type === 'int' ? 'at least 1' : 'a small positive number such as 1.0e-6'}, or remove \`log\`.`;
    report('log-not-positive', at('low'), message);
  }
  if (log === true && step !== undefined && !(type === 'int' && step === 1)) {
    report('log-with-step', at('step'), `"${name}" has both \`log\` and \`step\`; remove one of them.`, {
      part: 'key',
    });
  }
  if (typeof step === 'number' && step > 0 && low < high && step > high - low) {
    report(
      'step-too-wide',
      at('step'),
      `step of "${name}" is ${step}, wider than the range; only ${low} is left. Write at most ${high - low}.`,
      { severity: 'warning' },
    );
  }
}

function checkChoices(name: string, { choices }: Raw, report: Report): void {
  if (!Array.isArray(choices)) return;
  const seen = new Set<unknown>();
  for (const [index, choice] of choices.entries()) {
    if (seen.has(choice)) {
      report(
        'duplicate-choice',
        ['space', name, 'choices', index],
        `"${name}" lists ${JSON.stringify(choice)} twice; write each choice once.`,
      );
    }
    seen.add(choice);
  }
}

function checkCondition(name: string, parameter: Raw, space: Raw, report: Report): void {
  for (const [parent, wanted] of Object.entries(asRecord(parameter['when']))) {
    const path = ['space', name, 'when', parent];
    if (space[parent] === undefined) {
      const guess = closest(parent, Object.keys(space));
      const advice = guess ? `write "${guess}"` : 'name a parameter of `space`';
      report(
        'unknown-parent',
        path,
        `The condition of "${name}" names "${parent}", which is no parameter; ${advice}.`,
        {
          part: 'key',
          ...(guess ? { fix: { title: `Change to "${guess}"`, newText: guess } } : {}),
        },
      );
      continue;
    }
    const { choices } = asRecord(space[parent]);
    if (!Array.isArray(choices)) continue;
    for (const value of Array.isArray(wanted) ? wanted : [wanted]) {
      if (choices.includes(value)) continue;
      report(
        'never-active',
        path,
        `"${name}" waits for ${parent} = ${JSON.stringify(value)}, which is none of its choices; write one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}.`,
      );
    }
  }
}

function namesInCycles(space: Raw): string[] {
  const parents = (name: string) =>
    Object.keys(asRecord(asRecord(space[name])['when'])).filter((parent) => space[parent] !== undefined);
  const reaches = (from: string, target: string, seen: Set<string>): boolean =>
    parents(from).some(
      (parent) => parent === target || (!seen.has(parent) && reaches(parent, target, seen.add(parent))),
    );
  return Object.keys(space).filter((name) => reaches(name, name, new Set()));
}
