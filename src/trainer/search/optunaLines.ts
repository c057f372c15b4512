import type { Params } from '../../core/space/distributions.ts';
import { pythonFloat, pythonRepr, pythonString } from '../../core/text/pythonRepr.ts';

/** The lines that Optuna logs of a study, so that what reads Optuna's output reads this too. Header: `[I 2024-01-12 03:10:00,001]`. */
export function optunaLine(level: 'I' | 'W', text: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':');
  return `[${level} ${day} ${time},${String(now.getMilliseconds()).padStart(3, '0')}] ${text}`;
}

export function finishedText(
  number: number,
  values: readonly number[],
  params: Params,
  best: { readonly number: number; readonly value: number } | null,
): string {
  const shown = values.map(pythonFloat);
  if (values.length > 1)
    return `Trial ${number} finished with values: [${shown.join(', ')}] and parameters: ${pythonRepr(params)}.`;
  const ending = best ? ` Best is trial ${best.number} with value: ${pythonFloat(best.value)}.` : '';
  return `Trial ${number} finished with value: ${shown[0]} and parameters: ${pythonRepr(params)}.${ending}`;
}

/** Optuna's two lines of a trial whose objective threw. */
export function failedTexts(number: number, params: Params, error: unknown): string[] {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return becauseOf(number, params, `${name}(${pythonString(message)})`, 'None');
}

/** Optuna's two lines of a trial with a value that is NaN. */
export function noNumberTexts(number: number, params: Params, values: readonly number[]): string[] {
  const wrong = values.filter(Number.isNaN).map(() => 'The value nan is not acceptable');
  const shown = values.map(pythonFloat).join(', ');
  return becauseOf(number, params, wrong.join('; '), values.length > 1 ? `[${shown}]` : shown);
}

function becauseOf(number: number, params: Params, error: string, value: string): string[] {
  return [
    `Trial ${number} failed with parameters: ${pythonRepr(params)} because of the following error: ${error}.`,
    `Trial ${number} failed with value ${value}.`,
  ];
}
