/** Models and tokenizers in every form that their folders have, against Python's transformers: see shapes.py. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import { BertForSequenceClassification, BertModel } from '../../../src/trainer/models/bert.ts';
import type { EncodedBatch } from '../../../src/trainer/models/encodedBatch.ts';
import { AutoTokenizer } from '../../../src/trainer/tokenization/autoTokenizer.ts';
import { repository } from '../../support/cache.ts';
import { needs, pythonOf } from '../../support/parts.ts';
import { runToEnd } from '../../support/processes.ts';

interface Facts {
  readonly ids: readonly number[];
  readonly types: readonly number[];
  readonly models: Readonly<
    Record<string, { readonly hidden: readonly number[]; readonly logits: readonly number[] | null }>
  >;
  readonly texts: readonly string[];
  readonly tokenizers: Readonly<
    Record<string, Readonly<Record<'ids' | 'cut' | 'pairs' | 'types' | 'padded', unknown>>>
  >;
}

const folder = mkdtempSync(join(tmpdir(), 'tuneboard-shapes-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function assertClose(actual: ArrayLike<number>, expected: readonly number[], name: string): void {
  assert.equal(actual.length, expected.length, name);
  for (const [at, value] of expected.entries()) {
    assert.ok(Math.abs((actual[at] as number) - value) < 1e-4, `${name}: ${actual[at]} and ${value}`);
  }
}

test('every form of a BERT and of its tokenizer is read as in Python', needs('transformers'), async (t) => {
  const script = join(repository, 'test', 'integration', 'trainer', 'shapes.py');
  await runToEnd(pythonOf('transformers'), [script, folder], {});
  const facts = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as Facts;
  const { tf } = await chooseBackend('cpu');
  const inputIds = Int32Array.from(facts.ids);
  const batch: EncodedBatch = {
    inputIds,
    attentionMask: inputIds.map((id) => Math.sign(id)),
    tokenTypeIds: Int32Array.from(facts.types),
    size: 2,
    length: 6,
  };

  for (const [name, { hidden, logits }] of Object.entries(facts.models)) {
    await t.test(`model: ${name}`, async () => {
      const options = { tf, seed: 1, warn: () => undefined };
      const encoder = await BertModel.fromPretrained(join(folder, name), options);
      const width = encoder.config.hidden_size;
      const states = tf.tidy(() => encoder.forward(batch, null).lastHiddenState.dataSync());
      assertClose([...states.slice(0, width), ...states.slice(6 * width, 7 * width)], hidden, name);
      const model = await BertForSequenceClassification.fromPretrained(join(folder, name), options);
      if (logits)
        assertClose(
          tf.tidy(() => model.logits(batch, null).dataSync()),
          logits,
          name,
        );
      for (const one of [encoder, model]) one.dispose();
    });
  }

  const pairs = facts.texts.filter((text) => text.trim() !== '');
  for (const [name, expected] of Object.entries(facts.tokenizers)) {
    await t.test(`tokenizer: ${name}`, async () => {
      const tokenizer = await AutoTokenizer.fromPretrained(join(folder, name));
      const both = tokenizer(pairs, { text_pair: pairs.toReversed() });
      assert.deepEqual(
        {
          ids: tokenizer(facts.texts).input_ids,
          cut: tokenizer(facts.texts, { truncation: true, max_length: 5 }).input_ids,
          pairs: both.input_ids,
          types: both.token_type_ids,
          padded: tokenizer(facts.texts.slice(0, 4), { padding: true }).input_ids,
        },
        expected,
      );
    });
  }
});
