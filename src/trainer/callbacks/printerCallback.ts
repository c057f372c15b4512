import { pythonFloat, pythonString } from '../../core/text/pythonRepr.ts';
import type { CallbackContext, Logs, TrainerCallback } from './trainerCallback.ts';

export interface PrinterOptions {
  readonly print: (line: string) => void;
  /** Print numbers as they are, as transformers 4 does; by default to four significant digits in quotes, as transformers 5. */
  readonly isExact?: boolean;
}

/** Prints what is logged, a line a dict, as Hugging Face's Trainer does on the console. */
export class PrinterCallback implements TrainerCallback {
  readonly #options: PrinterOptions;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  onLog({ logs = {} }: CallbackContext): void {
    const { print, isExact = false } = this.#options;
    print(logLine(logs, isExact));
  }
}

/** `{'eval_loss': '0.2712', 'epoch': '1'}`, or exactly: `{'eval_loss': 0.27115, 'epoch': 1.0}`. `total_flos` is left out. */
export function logLine(logs: Logs, isExact = false): string {
  const shown = Object.entries(logs)
    .filter(([name]) => name !== 'total_flos')
    .map(([name, value]) => `${pythonString(name)}: ${isExact ? pythonFloat(value) : `'${general(value, 4)}'`}`);
  return `{${shown.join(', ')}}`;
}

/** A number as C's and Python's `%.{digits}g` writes it. */
export function general(value: number, digits: number): string {
  if (!Number.isFinite(value)) return pythonFloat(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < digits) return withoutZeros(value.toFixed(digits - 1 - power));
  const size = String(Math.abs(power)).padStart(2, '0');
  return `${withoutZeros(mantissa)}e${power < 0 ? '-' : '+'}${size}`;
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
