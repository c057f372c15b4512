/**
 * Does what its arguments name on the backend `tensorflow` and prints what came of it as JSON: `cases` compares those of
 * operationCases.ts with plain JavaScript, `stock` does so with TensorFlow's own operations, `digest` runs operations that are
 * large enough for several threads.
 */
import { createHash } from 'node:crypto';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { forgetNativeOperations, type NativeOperations, nativeOf } from '../../src/trainer/kernels/nativeOperations.ts';
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
const problems = given.has('cases') ? [...problemsNow(), ...accepted()] : [];
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

/** Operations that take inputs that do not go together, where TensorFlow's own refuse them: they would read other memory. */
function accepted(): string[] {
  const ones = (...shape: number[]) => tf.ones(shape);
  const mask = [0, 0, 0, 0, 0];
  const three = [ones(6, 4), ones(6, 4), ones(6, 4)];
  const misfits: readonly (readonly [Parameters<NativeOperations['run']>[1], (Tensor | Int32Array)[]])[] = [
    ['AddBias', [ones(3, 5), ones(4)]],
    ['AddBias', [ones(5), ones(5)]],
    ['GeluGradient', [ones(3), ones(4)]],
    ['Drop', [ones(3, 4), Int32Array.of(1)]],
    ['SumNorm', [ones(3, 4), ones(4), ones(4), Int32Array.of(...mask, 0), ones(2, 4)]],
    ['NormGradient', [ones(3, 4), ones(3, 4), ones(3), Int32Array.of(...mask, 0)]],
    ['Attention', [...three, ones(1, 3), Int32Array.of(...mask, 2, 2, 3, 3)]],
    ['Attention', [...three, ones(2, 3), Int32Array.of(...mask, 2, 0, 3, 3)]],
    ['Attention', [...three, ones(2, 3), Int32Array.of(...mask, 2, 3, 3, 3)]],
    ['AttentionGradient', [ones(6, 4), ...three, ones(2, 2, 3, 3), Int32Array.of(...mask, 2, 2, 3, 3)]],
  ];
  const found = misfits.flatMap(([name, inputs]) => {
    try {
      tf.tidy(() => nativeOf(tf)?.run(tf, name, inputs));
      return [`${name} takes inputs that do not go together`];
    } catch (error) {
      return /is no matrix|elements, not|do not share/.test(String(error)) ? [] : [String(error)];
    }
  });
  tf.dispose(misfits.flatMap(([, inputs]) => inputs.filter((one) => !(one instanceof Int32Array))));
  return found;
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
