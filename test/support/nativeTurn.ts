/**
 * Does what its arguments name on the backend `tensorflow` and prints what came of it as JSON: `cases` compares those of
 * operationCases.ts with plain JavaScript, `stock` does so with TensorFlow's own operations, `digest` runs operations that are
 * large enough for several threads.
 */
import { createHash } from 'node:crypto';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { forgetNativeOperations } from '../../src/trainer/kernels/nativeOperations.ts';
import { gelu } from '../../src/trainer/ops/activations.ts';
import { drop } from '../../src/trainer/ops/dropout.ts';
import { addAndNorm } from '../../src/trainer/ops/layerNorm.ts';
import { linear } from '../../src/trainer/ops/linear.ts';
import { attending, CASES, type Case, close, type Outcome, outcome } from './operationCases.ts';

export interface NativeTurn {
  readonly why: string;
  /** Of the cases that are not right. */
  readonly problems: readonly string[];
  /** The same with TensorFlow's own operations. */
  readonly stockProblems: readonly string[];
  /** Left behind. */
  readonly tensors: number;
  readonly digest: string;
}

const MASK = { seed: 5, step: 9, place: 1, rate: 0.1 };

const WIDE: readonly Case[] = [
  ...CASES,
  // Whole vectors of every build, and rows and heads that are no multiple of one.
  attending(17, 2, 16, true, 37),
  attending(1, 3, 32, true, 64),
  attending(33, 1, 20, true, 33),
  attending(9, 2, 48, false, 9),
];

const LARGE: readonly Case[] = [
  { name: 'gelu', inputs: [[100, 517]], run: (tf, [x]) => gelu(tf, x as Tensor2D) },
  { name: 'dropout', inputs: [[100, 517]], run: (tf, [x]) => drop(tf, x as Tensor2D, MASK) },
  {
    name: 'norm',
    inputs: [[300, 130], [300, 130], [130], [130]],
    run: (tf, [x, r, s, b]) =>
      addAndNorm(tf, x as Tensor2D, r as Tensor2D, MASK, {
        scale: s as Tensor1D,
        shift: b as Tensor1D,
        epsilon: 1e-12,
      }),
  },
  {
    name: 'linear',
    inputs: [[900, 24], [24, 130], [130]],
    run: (tf, [x, w, b]) => linear(tf, x as Tensor2D, w as Tensor2D, b as Tensor1D),
  },
  attending(50, 8, 24, true, 50),
];

const given = new Set(process.argv.slice(2));
const expected = given.has('cases') || given.has('stock') ? await plainOutcomes() : [];
const { tf, why } = await chooseBackend('tensorflow');
const tensors = tf.memory().numTensors;
const problems = given.has('cases') ? problemsNow() : [];
const digest = createHash('sha256');
for (const one of given.has('digest') ? LARGE : []) {
  const { value, gradients } = outcome(tf, one, () => {});
  for (const numbers of [value, ...(one.name === 'linear' ? [] : gradients)]) digest.update(numbers);
}
forgetNativeOperations(tf);
const stockProblems = given.has('stock') ? problemsNow() : [];
const left = tf.memory().numTensors - tensors;
const turn: NativeTurn = { why, problems, stockProblems, tensors: left, digest: digest.digest('hex') };
console.log(JSON.stringify(turn));

async function plainOutcomes(): Promise<Outcome[]> {
  const { tf: plain } = await chooseBackend('cpu');
  return WIDE.map((one) => outcome(plain, one, () => {}));
}

function problemsNow(): string[] {
  return WIDE.flatMap((one, index) => {
    try {
      compare(
        outcome(tf, one, () => {}),
        expected[index] as Outcome,
      );
      return [];
    } catch (error) {
      return [`${one.name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

function compare(have: Outcome, want: Outcome): void {
  close(have.value, want.value, 'value');
  for (const [index, slope] of want.gradients.entries()) close(have.gradients[index], slope, `gradient ${index}`);
}
