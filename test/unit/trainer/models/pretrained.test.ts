/** Models from folders, as transformers saves them and as older programs did: fixtures/trainer/models/record.py. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { type NamedTensor, SafetensorsFile, writeSafetensors } from '../../../../src/trainer/io/safetensors.ts';
import { BertForSequenceClassification, BertModel } from '../../../../src/trainer/models/bert.ts';
import { AutoConfig } from '../../../../src/trainer/models/configFile.ts';
import type { EncodedBatch } from '../../../../src/trainer/models/encodedBatch.ts';
import type { PretrainedOptions } from '../../../../src/trainer/models/pretrained.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/trainer/models/', import.meta.url));
const tiny = join(fixtures, 'tiny');
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  readonly inputIds: number[][];
  readonly tokenTypeIds: number[][];
  readonly logits: Readonly<Record<'gelu' | 'gelu_new' | 'relu' | 'silu', number[][]>>;
  readonly hidden: number[][][];
  readonly pooled: number[][];
};
const ids = expected.inputIds.flat();
const batch: EncodedBatch = {
  inputIds: Int32Array.from(ids),
  attentionMask: Int32Array.from(ids, (id) => (id === 0 ? 0 : 1)),
  tokenTypeIds: Int32Array.from(expected.tokenTypeIds.flat()),
  size: 3,
  length: 6,
};

const root = mkdtempSync(join(tmpdir(), 'models-'));
after(() => rmSync(root, { recursive: true, force: true }));
let tf: Tf;
before(async () => {
  ({ tf } = await chooseBackend('wasm'));
});

let made = 0;
/** A copy of the tiny model with another config. */
function copy(config: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(root, String(made++));
  cpSync(tiny, folder, { recursive: true });
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...config }));
  return folder;
}

/** A copy whose weights have other names, or are fewer or more. */
async function renamed(change: (tensor: NamedTensor) => readonly NamedTensor[]): Promise<string> {
  const folder = copy();
  const file = await SafetensorsFile.open(join(tiny, 'model.safetensors'));
  const tensors: NamedTensor[] = [];
  for (const [name, { shape }] of file.tensors)
    tensors.push(...change({ name, shape, values: await file.readFloats(name) }));
  await file.close();
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

async function load(folder: string, options: PretrainedOptions = {}) {
  const said: string[] = [];
  const model = await BertForSequenceClassification.fromPretrained(folder, {
    tf,
    seed: 1,
    warn: (sentence) => said.push(sentence),
    ...options,
  });
  return { model, said };
}

function close(actual: ArrayLike<number>, wanted: readonly number[]): void {
  assert.equal(actual.length, wanted.length);
  for (const [at, value] of wanted.entries()) {
    assert.ok(Math.abs((actual[at] as number) - value) < 1e-5, `[${at}]: ${actual[at]} instead of ${value}`);
  }
}

/** Checks the logits and frees the model. */
function hasLogits(model: BertForSequenceClassification, wanted = expected.logits.gelu): void {
  close(
    tf.tidy(() => model.logits(batch, null).dataSync()),
    wanted.flat(),
  );
  model.dispose();
}

const TRAIN =
  'You should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.';

describe('a model of a folder', () => {
  test('has the outputs of transformers, with token types', async () => {
    const tensors = tf.memory().numTensors;
    const { model, said } = await load(tiny);
    assert.deepEqual(said, []);
    assert.deepEqual(model.config.id2label, { 0: 'bad', 1: 'so-so', 2: 'good' });
    assert.equal(model.config.num_labels, 3);
    hasLogits(model);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('may be made anew from its config alone', async () => {
    const config = await AutoConfig.fromPretrained(tiny, { num_labels: 5, hidden_dropout_prob: 0.3 });
    assert.deepEqual(
      [config.hidden_size, config.num_labels, config.hidden_dropout_prob, config.id2label],
      [8, 5, 0.3, null],
    );
    const model = BertForSequenceClassification.fromConfig(tf, config, 1);
    assert.deepEqual(model.parameters.get('classifier.weight')?.shape, [8, 5]);
    model.dispose();
  });

  test('has the activation of its config', async () => {
    for (const [name, logits] of Object.entries(expected.logits)) {
      hasLogits((await load(copy({ hidden_act: name }))).model, logits);
    }
    hasLogits((await load(tiny, { hidden_act: 'relu' })).model, expected.logits.relu);
  });

  test('may be without a head', async () => {
    const said: string[] = [];
    const base = await BertModel.fromPretrained(tiny, { tf, warn: (sentence) => said.push(sentence) });
    assert.match(
      said.join(),
      /were not used when initializing BertModel: \['classifier\.bias', 'classifier\.weight'\]\n- This IS expected/,
    );
    const { hidden, pooled } = tf.tidy(() => {
      const { lastHiddenState, poolerOutput } = base.forward(batch, null);
      return { hidden: lastHiddenState.dataSync(), pooled: poolerOutput.dataSync() };
    });
    close(hidden, expected.hidden.flat(2));
    close(pooled, expected.pooled.flat());
    await base.savePretrained(join(root, 'base'));
    base.dispose();
    const { model, said: told } = await load(join(root, 'base'), { num_labels: 2 });
    assert.deepEqual(told, [
      `Some weights of BertForSequenceClassification were not initialized from the model checkpoint at ${join(root, 'base')} and are newly initialized: ['classifier.bias', 'classifier.weight']\n${TRAIN}`,
    ]);
    assert.deepEqual(model.parameters.get('classifier.weight')?.shape, [8, 2]);
    model.dispose();
  });

  test('is the same when it was saved and read again, and when its weights are put back', async () => {
    const { model } = await load(tiny);
    const folder = join(root, 'saved');
    await model.savePretrained(folder);
    const kept = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    const config = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
    assert.deepEqual({ ...kept, ...config }, kept, 'nothing of the config is lost');
    hasLogits((await load(folder)).model);
    for (const variable of model.parameters.values()) tf.tidy(() => variable.assign(tf.zeros(variable.shape)));
    await model.loadPretrained(folder);
    hasLogits(model);
  });

  test('is read by the names of all times', async () => {
    const old = await renamed((tensor) => [
      {
        ...tensor,
        name: tensor.name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      },
    ]);
    const { model, said } = await load(old);
    assert.deepEqual(said, []);
    hasLogits(model);
    const extra = await renamed((tensor) =>
      tensor.name === 'classifier.bias'
        ? [
            tensor,
            { name: 'bert.embeddings.position_ids', shape: [1, 2], values: BigInt64Array.of(0n, 1n) },
            { name: 'cls.predictions.bias', shape: [1], values: Float32Array.of(0) },
          ]
        : [tensor],
    );
    const other = await load(extra);
    assert.match(
      other.said.join(),
      /were not used when initializing BertForSequenceClassification: \['cls\.predictions\.bias'\]/,
    );
    hasLogits(other.model);
  });

  test('may be in several files, and named after RoBERTa', async () => {
    const folder = copy({ architectures: ['RobertaForSequenceClassification'], model_type: null });
    const file = await SafetensorsFile.open(join(tiny, 'model.safetensors'));
    const map: Record<string, string> = {};
    const parts: NamedTensor[][] = [[], []];
    for (const [name, { shape }] of file.tensors) {
      const part = Object.keys(map).length % 2;
      map[name] = `model-0000${part + 1}-of-00002.safetensors`;
      parts[part]?.push({ name, shape, values: await file.readFloats(name) });
    }
    await file.close();
    for (const [part, tensors] of parts.entries())
      await writeSafetensors(join(folder, `model-0000${part + 1}-of-00002.safetensors`), tensors);
    rmSync(join(folder, 'model.safetensors'));
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: map }));
    hasLogits((await load(folder)).model);
    writeFileSync(index, JSON.stringify({ weight_map: { a: '../elsewhere.safetensors' } }));
    await assert.rejects(load(folder), /names no file for "a"/);
    writeFileSync(index, JSON.stringify({ weight_map: { none: 'model-00001-of-00002.safetensors' } }));
    await assert.rejects(load(folder), /has no tensor "none"/);
  });

  test('gets a new head for other labels when it is asked to, the same for a seed', async () => {
    await assert.rejects(load(tiny, { num_labels: 2 }), (error: TuneboardError) => {
      assert.equal(
        error.message,
        `Size mismatch for classifier.weight: it is [3, 8] in the checkpoint at ${tiny} and [2, 8] in the model: set num_labels to 3, or ignoreMismatchedSizes for a new head.`,
      );
      return true;
    });
    const options = { num_labels: 2, ignoreMismatchedSizes: true } as const;
    const { model, said } = await load(tiny, options);
    assert.equal(
      said.join('\n'),
      `Some weights of BertForSequenceClassification were not initialized from the model checkpoint at ${tiny} and are newly initialized because the shapes did not match:\n` +
        '- classifier.weight: found shape torch.Size([3, 8]) in the checkpoint and torch.Size([2, 8]) in the model instantiated\n' +
        `- classifier.bias: found shape torch.Size([3]) in the checkpoint and torch.Size([2]) in the model instantiated\n${TRAIN}`,
    );
    assert.equal(model.config.id2label, null);
    const head = (one: BertForSequenceClassification) => one.parameters.get('classifier.weight')?.dataSync();
    const [same, different] = [await load(tiny, options), await load(tiny, { ...options, seed: 2 })];
    assert.deepEqual(head(same.model), head(model));
    assert.notDeepEqual(head(different.model), head(model));
    const onlyHead = await load(tiny, { num_labels: 2, ignoreMismatchedSizes: 'head' });
    assert.deepEqual(onlyHead.said, said);
    for (const one of [model, same.model, different.model, onlyHead.model]) one.dispose();
    await assert.rejects(
      load(copy({ vocab_size: 21 }), { ignoreMismatchedSizes: 'head' }),
      /its config\.json does not belong/,
    );
  });
});

describe('a folder that is none of a BERT is refused in a sentence:', () => {
  const cases: Readonly<Record<string, readonly [() => string | Promise<string>, RegExp]>> = {
    'a name of the hub': [() => 'hfl/rbt3', /hfl\/rbt3 is no folder of a model: .*models are not downloaded/],
    'no weights': [
      () => {
        const folder = copy();
        rmSync(join(folder, 'model.safetensors'));
        return folder;
      },
      /has no model\.safetensors and no pytorch_model\.bin: give a folder that has one/,
    ],
    'weights of TensorFlow': [
      () => {
        const folder = copy();
        rmSync(join(folder, 'model.safetensors'));
        writeFileSync(join(folder, 'tf_model.h5'), '');
        return folder;
      },
      /only tf_model\.h5, which is not supported/,
    ],
    'truncated weights': [
      () => {
        const folder = copy();
        const path = join(folder, 'model.safetensors');
        writeFileSync(path, readFileSync(path).subarray(0, 7000));
        return folder;
      },
      /is no whole safetensors file, it should have 9788 bytes and has 7000/,
    ],
    'weights of another model': [
      () => renamed((tensor) => [{ ...tensor, name: tensor.name.replace('bert.', 'transformer.') }]),
      /are none of BERT's, by their names/,
    ],
    'a real RoBERTa': [
      () => copy({ model_type: 'roberta' }),
      /of the kind "roberta", which has positions that begin after the padding/,
    ],
    'a model of a kind that nobody knows': [() => copy({ model_type: 'mamba' }), /of the kind "mamba": give a BERT/],
    'relative positions': [() => copy({ position_embedding_type: 'relative_key' }), /has relative_key positions/],
    'a decoder': [() => copy({ is_decoder: true }), /is a decoder: give an encoder/],
    'a config that its weights do not have': [
      () => copy({ vocab_size: 21 }),
      /it is \[20, 8\] in the checkpoint .* and \[21, 8\] in the model: its config\.json does not belong/,
    ],
    'an unknown activation': [
      () => copy({ hidden_act: 'prelu' }),
      /hidden_act of the model is prelu, which has weights of its own that are not there: there are gelu,/,
    ],
    'no number of layers': [() => copy({ num_hidden_layers: 'two' }), /num_hidden_layers of the model is two/],
    'a config that is no JSON': [
      () => {
        const folder = copy();
        writeFileSync(join(folder, 'config.json'), '{');
        return folder;
      },
      /config\.json is no JSON/,
    ],
  };
  for (const [name, [make, sentence]] of Object.entries(cases)) {
    test(name, async () => {
      const tensors = tf.memory().numTensors;
      await assert.rejects(load(await make()), (error) => {
        assert.ok(error instanceof TuneboardError, String(error));
        assert.match(error.message, sentence);
        return error.message.endsWith('.') && !error.message.includes('\n');
      });
      assert.equal(tf.memory().numTensors, tensors, 'nothing is left in memory');
    });
  }

  test('weights to put back that are not all there', async () => {
    const { model } = await load(tiny);
    const folder = await renamed((tensor) => (tensor.name === 'bert.pooler.dense.bias' ? [] : [tensor]));
    await assert.rejects(model.loadPretrained(folder), /lacks \['bert\.pooler\.dense\.bias'\]/);
    hasLogits(model);
  });
});

test('a batch that does not fit the model is refused in a sentence', async () => {
  const { model } = await load(tiny);
  const one =
    (inputIds: number[], more: Partial<EncodedBatch> = {}) =>
    () =>
      tf.tidy(() =>
        model.logits(
          {
            inputIds: Int32Array.from(inputIds),
            attentionMask: Int32Array.from(inputIds, () => 1),
            size: 1,
            length: inputIds.length,
            ...more,
          },
          null,
        ),
      );
  assert.throws(
    one([2, 5, 5, 5, 5, 5, 3]),
    /A text has 7 tokens and the model's position table has 6: set max_length to 6 or less/,
  );
  assert.throws(
    one([2, 20, 3]),
    /gave the id 20 and the model's embedding has 20 rows: take the tokenizer that belongs/,
  );
  assert.throws(one([2, -1, 3]), /gave the id -1/);
  assert.throws(one([2, 3], { tokenTypeIds: Int32Array.of(0, 2) }), /the token type 2 and the model knows 2/);
  model.dispose();
});
