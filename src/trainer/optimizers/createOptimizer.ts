import { TuneboardError } from '../../core/errors.ts';
import type { OPTIMIZERS } from '../../core/trainerWords.ts';
import { Adafactor } from './adafactor.ts';
import { AdamW } from './adamW.ts';
import type { Optimizer } from './optimizer.ts';
import { Sgd } from './sgd.ts';

export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface OptimizerArguments {
  readonly optim: OptimizerName;
  /** `momentum=0.9, nesterov=True` for sgd; the others have none. */
  readonly optim_args: string | null;
  readonly adam_beta1: number;
  readonly adam_beta2: number;
  readonly adam_epsilon: number;
}

/** The optimiser that `optim` and `optim_args` name. Throws `training-arguments`. */
export function createOptimizer(args: OptimizerArguments): Optimizer {
  const given = parseOptimArgs(args.optim_args);
  const known = args.optim === 'sgd' ? SGD_ARGUMENTS : [];
  const wrong = [...given.keys()].find((key) => !known.includes(key));
  if (wrong !== undefined) {
    const use = known.length > 0 ? `use ${known.join(', ')}` : `${args.optim} takes none`;
    throw invalid(`optim_args has ${wrong}, which ${args.optim} does not know: ${use}.`);
  }
  if (args.optim === 'adafactor') return new Adafactor();
  if (args.optim === 'sgd') return createSgd(given);
  return new AdamW({ beta1: args.adam_beta1, beta2: args.adam_beta2, epsilon: args.adam_epsilon });
}

const SGD_ARGUMENTS: readonly string[] = ['momentum', 'dampening', 'nesterov'];

function createSgd(given: ReadonlyMap<string, string>): Sgd {
  const momentum = numberIn(given, 'momentum');
  const dampening = numberIn(given, 'dampening');
  // Python's Trainer takes the same three words for true and all others for false.
  const nesterov = /^(true|1|yes)$/i.test(given.get('nesterov') ?? '');
  if (nesterov && (momentum <= 0 || dampening !== 0)) {
    throw invalid('optim_args: Nesterov momentum requires a momentum and zero dampening.');
  }
  return new Sgd({ momentum, dampening, nesterov });
}

function numberIn(given: ReadonlyMap<string, string>, key: string): number {
  const text = given.get(key) ?? '0';
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) {
    throw invalid(`optim_args: ${key} is ${JSON.stringify(text)}: use a number from 0 on.`);
  }
  return value;
}

function parseOptimArgs(text: string | null): Map<string, string> {
  const given = new Map<string, string>();
  for (const part of (text ?? '').replaceAll(' ', '').split(',')) {
    if (part === '') continue;
    const [key = '', value, ...rest] = part.split('=');
    if (value === undefined || rest.length > 0) {
      throw invalid(
        `optim_args has ${JSON.stringify(part)}: write key=value, with commas between, as in momentum=0.9.`,
      );
    }
    given.set(key, value);
  }
  return given;
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('training-arguments', message);
}
