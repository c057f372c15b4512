import { TuneboardError } from '../core/errors.ts';
import { closest } from '../core/text/closest.ts';
import { camelCase } from '../core/text/letterCase.ts';
import type { EitherCase } from '../core/text/pythonNames.ts';

/**
 * Options by their names here, which were given by these or by Python's; null and undefined leave one out, as None does.
 * `owner` begins the sentences. `rename` maps a name that is known elsewhere, and gets it as it was given too; undefined
 * leaves it out. Throws `invalid-option` for a name that there is not and for what is no object.
 */
export function optionsOf<T extends object>(
  given: EitherCase<T>,
  known: Readonly<Record<keyof T, true>>,
  owner: string,
  rename: (name: string, given: string, value: unknown) => string | undefined = (name) => name,
): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const names = Object.keys(known).join(', ');
    throw new TuneboardError('invalid-option', `${owner} takes an object of options, with some of ${names}.`);
  }
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const name = rename(camelCase(key), key, value);
    if (name === undefined) continue;
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known);
      throw new TuneboardError(
        'invalid-option',
        `${owner} has no option ${key}: use ${closest(name, names) ?? names.join(', ')}.`,
      );
    }
    options[name] = value;
  }
  return options as T;
}
