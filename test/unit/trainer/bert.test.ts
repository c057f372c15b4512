/** The model and its training step against PyTorch, on every backend: see fixtures/trainer/bert.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import { BACKENDS, chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import type { LabelledBatch } from '../../../src/trainer/datasets/collator.ts';
import type { KernelFile } from '../../../src/trainer/kernels/kernels.ts';
import { forgetWasmKernels, heapOf, registerWasmKernels } from '../../../src/trainer/kernels/registerWasmKernels.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import { crossEntropy } from '../../../src/trainer/models/loss.ts';
import { Dropout, type Mask, maskTensor } from '../../../src/trainer/ops/dropout.ts';
import type { Tf } from '../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../src/trainer/training/trainingStep.ts';
import { needs } from '../../support/parts.ts';
import { useTestBackends } from '../../support/tensorflow.ts';
import { prepareKernels } from '../../support/trainerKernels.ts';

interface Fixture {
  readonly config: Record<string, number>;
  readonly inputIds: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly weights: Readonly<Record<string, string>>;
  readonly logits: readonly (readonly number[])[];
  readonly gradients: Readonly<Record<string, string>>;
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly after: Readonly<Record<string, string>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/trainer/bert.json', import.meta.url), 'utf8'),
) as Fixture;
const ids = fixture.inputIds.flat();
const batch: LabelledBatch = {
  inputIds: Int32Array.from(ids),
  attentionMask: Int32Array.from(ids, (id) => (id === 0 ? 0 : 1)),
  labels: Int32Array.from(fixture.labels),
  size: fixture.inputIds.length,
  length: 6,
};

function unpacked(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function recorded(tf: Tf, changes: Record<string, number> = {}): BertForSequenceClassification {
  const model = BertForSequenceClassification.fromConfig(tf, bertConfig({ ...fixture.config, ...changes }), 1);
  for (const [name, variable] of model.parameters) {
    tf.tidy(() => variable.assign(tf.tensor(unpacked(fixture.weights[name] as string), variable.shape)));
  }
  return model;
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let at = 0; at < expected.length; at++) {
    const difference = Math.abs((actual[at] as number) - (expected[at] as number));
    assert.ok(difference <= tolerance, `${what}[${at}]: ${actual[at]} instead of ${expected[at]}`);
  }
}

function gradientsOf(tf: Tf, model: BertForSequenceClassification, loss: () => ReturnType<typeof crossEntropy>) {
  const gradients = new Map<string, Float32Array>();
  tf.tidy(() => {
    const { grads } = tf.variableGrads(loss, [...model.parameters.values()]);
    for (const [name, { name: id }] of model.parameters) {
      gradients.set(name, Float32Array.from(grads[id]?.dataSync() ?? []));
    }
  });
  return gradients;
}

useTestBackends();
/** The wasm backend with each build of our kernels, and with TensorFlow.js's own. */
const VARIANTS = BACKENDS.flatMap((name) => {
  const files: readonly (KernelFile | null)[] = name === 'wasm' ? ['relaxed', 'simd', null] : [null];
  return files.map((kernels) => ({ name, kernels }));
});

before(prepareKernels);

for (const { name, kernels } of VARIANTS) {
  const title = name === 'wasm' ? `on wasm with ${kernels ?? 'stock'} kernels` : `on ${name}`;
  describe(title, name === 'tensorflow' ? needs('tensorflow') : {}, () => {
    let tf: Tf;
    let model: BertForSequenceClassification;
    before(async () => {
      const backend = await chooseBackend(name);
      assert.equal(backend.name, name);
      tf = backend.tf;
      if (name === 'wasm') {
        if (kernels) assert.equal(registerWasmKernels(tf, kernels), kernels);
        else forgetWasmKernels(tf);
        assert.equal(heapOf(tf)?.file, kernels ?? undefined);
      }
      model = recorded(tf);
    });
    after(() => model.dispose());

    test('has the parameters of transformers, and its logits', () => {
      assert.deepEqual([...model.parameters.keys()], Object.keys(fixture.weights));
      const logits = tf.tidy(() => model.logits(batch, null).dataSync());
      close(logits, fixture.logits.flat(), 1e-5, 'logits');
    });

    test('has the gradients of PyTorch', () => {
      const gradients = gradientsOf(tf, model, () => crossEntropy(tf, model.logits(batch, null), batch.labels, 0));
      for (const [parameter, packed] of Object.entries(fixture.gradients)) {
        close(gradients.get(parameter) as Float32Array, unpacked(packed), 1e-5, parameter);
      }
    });

    test('takes three steps of AdamW as PyTorch does, and leaves no tensor behind', () => {
      const args = new TrainingArguments({
        learning_rate: fixture.learningRate,
        weight_decay: fixture.weightDecay,
        max_grad_norm: fixture.maxGradNorm,
        warmup_steps: fixture.warmupSteps,
      });
      const trained = recorded(tf);
      const step = new TrainingStep(tf, trained, args, { total: fixture.totalSteps });
      const tensors = tf.memory().numTensors;
      const updates = [0, 1, 2].map((number) => step.update([batch], number));
      assert.equal(tf.memory().numTensors, tensors);
      const last = tf.tidy(
        () => crossEntropy(tf, trained.logits(batch, null), batch.labels, 0).dataSync()[0] as number,
      );
      close([...updates.map(({ loss }) => loss), last], fixture.losses, 1e-5, 'losses');
      close(
        updates.map(({ gradNorm }) => gradNorm),
        fixture.norms,
        1e-4,
        'norms',
      );
      // The schedule begins at 0.
      close(
        updates.map(({ learningRate }) => learningRate / fixture.learningRate),
        [0, 1, 2 / 3],
        1e-12,
        'schedule',
      );
      for (const [parameter, packed] of Object.entries(fixture.after)) {
        // Softmax does not feel it: its gradient is rounding alone, which Adam scales up to a step.
        if (parameter.endsWith('.key.bias')) continue;
        close(trained.parameters.get(parameter)?.dataSync() ?? [], unpacked(packed), 1e-5, parameter);
      }
      trained.dispose();
    });

    test('has the gradient that finite differences have, with dropout and label smoothing', () => {
      const rates = { hidden_dropout_prob: 0.2, attention_probs_dropout_prob: 0.3 };
      const dropping = recorded(tf, rates);
      const loss = () => crossEntropy(tf, dropping.logits(batch, new Dropout(5, 1)), batch.labels, 0.1);
      const value = () => tf.tidy(() => loss().dataSync()[0] as number);
      assert.notEqual(
        value(),
        tf.tidy(() => crossEntropy(tf, dropping.logits(batch, null), batch.labels, 0.1).dataSync()[0]),
      );
      const gradients = gradientsOf(tf, dropping, loss);
      for (const [parameter, variable] of dropping.parameters) {
        const gradient = gradients.get(parameter) as Float32Array;
        const norm = Math.hypot(...gradient);
        if (norm < 1e-4) continue;
        // Along the gradient, where a float32 loss changes most.
        const values = Float32Array.from(variable.dataSync());
        const at = (shift: number) => {
          const moved = values.map((one, index) => one + (shift * (gradient[index] as number)) / norm);
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return value();
        };
        const slope = (at(5e-3) - at(-5e-3)) / 1e-2;
        at(0);
        assert.ok(Math.abs(slope - norm) < 0.02 * norm + 1e-4, `${parameter}: ${slope} instead of ${norm}`);
      }
      dropping.dispose();
    });

    test('pays no attention to padding', () => {
      const longer: LabelledBatch = {
        inputIds: Int32Array.of(2, 5, 3, 0, 0),
        attentionMask: Int32Array.of(1, 1, 1, 0, 0),
        labels: Int32Array.of(0),
        size: 1,
        length: 5,
      };
      const shorter = { ...longer, inputIds: Int32Array.of(2, 5, 3), attentionMask: Int32Array.of(1, 1, 1), length: 3 };
      const [long, short] = [longer, shorter].map((one) => tf.tidy(() => model.logits(one, null).dataSync()));
      close(long as Float32Array, short as Float32Array, 1e-5, 'logits');
    });
  });
}

test('new weights are as transformers draws them, and depend on the seed alone', async () => {
  const { tf } = await chooseBackend();
  const config = bertConfig({
    vocab_size: 500,
    hidden_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 64,
  });
  const [one, same, other] = [3, 3, 4].map((seed) => BertForSequenceClassification.fromConfig(tf, config, seed));
  const words = (model?: BertForSequenceClassification) =>
    model?.parameters.get('bert.embeddings.word_embeddings.weight')?.dataSync() as Float32Array;
  assert.deepEqual(words(one), words(same));
  assert.notDeepEqual(words(one), words(other));
  assert.ok(
    words(one)
      .subarray(0, 64)
      .every((value) => value === 0),
    'the row of the padding',
  );
  const drawn = words(one).subarray(64);
  const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length);
  assert.ok(Math.abs(deviation - 0.02) < 0.0005, String(deviation));
  for (const [name, variable] of one?.parameters ?? []) {
    const values = variable.dataSync();
    if (name.endsWith('bias'))
      assert.ok(
        values.every((value) => value === 0),
        name,
      );
    if (name.endsWith('LayerNorm.weight'))
      assert.ok(
        values.every((value) => value === 1),
        name,
      );
  }
  for (const model of [one, same, other]) model?.dispose();
});

test('a dropout mask has its rate, and is the same for the same seed, step and place', async () => {
  const { tf } = await chooseBackend();
  const draw = (seed: number, step: number) =>
    tf.tidy(() => maskTensor(tf, new Dropout(seed, step).next(0.25) as Mask, [40_001]).dataSync());
  const mask = draw(1, 2) as Float32Array;
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.01, String(dropped));
  assert.ok(mask.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
  assert.deepEqual(draw(1, 2), mask);
  assert.notDeepEqual(draw(1, 3), mask);
  assert.notDeepEqual(draw(2, 2), mask);
  const dropout = new Dropout(1, 2);
  const [first, second] = tf.tidy(() => [0, 1].map(() => maskTensor(tf, dropout.next(0.25) as Mask, [100]).dataSync()));
  assert.notDeepEqual(first, second);
});

test('a model that cannot be is refused in a sentence', () => {
  assert.throws(() => bertConfig({ hidden_size: 10, num_attention_heads: 3 }), /no multiple of num_attention_heads/);
  assert.throws(() => bertConfig({ hidden_act: 'lamp' }), /hidden_act of the model is lamp: there are gelu, /);
  assert.throws(() => bertConfig({ num_hidden_layers: 0 }), /whole number from 1/);
  assert.throws(() => bertConfig({ hidden_dropout_prob: 1 }), /from 0 to below 1/);
  for (const size of ['vocab_size', 'num_hidden_layers', 'intermediate_size', 'max_position_embeddings']) {
    assert.throws(() => bertConfig({ [size]: 1e12 }), /A model with .* is larger than any memory: use smaller sizes/);
  }
  assert.throws(() => bertConfig({ layers: 2 }), /no setting layers/);
});
