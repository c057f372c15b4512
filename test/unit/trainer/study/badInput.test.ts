/** What a person may hand to a study by mistake: each is one sentence that says where and what to do. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { type Backend, chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { runTrialOf } from '../../../../src/trainer/study/studyObjective.ts';
import type { StudySettings } from '../../../../src/trainer/study/studySettings.ts';
import { CharacterTokenizer } from '../../../../src/trainer/tokenization/characterTokenizer.ts';
import { REVIEW_SIZES, reviewsStudy } from '../../../support/reviewsStudy.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

let backend: Backend;
before(async () => {
  backend = await chooseBackend('cpu');
});

interface Mistake {
  readonly settings?: Partial<StudySettings>;
  /** In place of reviews.csv. */
  readonly rows?: readonly string[];
  /** Damages the folder of a model, which is then the study's. */
  readonly damage?: (model: string) => void;
  readonly sentence: RegExp;
}

const GOOD = Array.from({ length: 12 }, (_, index) => `${index % 2},text ${index}`);

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'no such column': {
    settings: { text: 'words' },
    sentence: /^The data set has no column "words": it has "label", "text"\.$/,
  },
  'labels of which some are no number': {
    rows: [...GOOD, 'good,well'],
    sentence:
      /^The label "good" of column label is no number and "0" is one: use whole numbers from 0 on, or names, for all/,
  },
  'a label that is no whole number': {
    rows: [...GOOD, '0.5,well'],
    sentence: /^The label 0\.5 of column label is no class: use whole numbers from 0 on, or names\.$/,
  },
  'no text at all': {
    rows: ['1,', '0," "', '1,NA'],
    sentence: /^\S+reviews\.csv has no row with text and label: give others\.$/,
  },
  'one class': {
    rows: GOOD.map((row) => row.replace(/^./, '1')),
    sentence: /^Column label has one class only, 1 in all 12 rows, so there is nothing to learn: shuffle before/,
  },
  'an optimiser that there is not': {
    settings: { args: { optim: 'lamb' } },
    sentence: /^optim: lamb is not a valid OptimizerNames, please select one of \['adamw_torch', .*'sgd'\]\.$/,
  },
  'an optimiser that there is in Python': {
    settings: { args: { optim: 'lion_32bit' } },
    sentence: /^The optimiser lion_32bit of transformers is not there: use adamw_torch, /,
  },
  'a training argument that is misspelt': {
    settings: { args: { learning_rte: 1 } },
    sentence: /^There is no training argument learning_rte here: use learning_rate\.$/,
  },
  'a metric for the best model that there is not': {
    settings: { args: { num_train_epochs: 1, metric_for_best_model: 'bleu' } },
    sentence:
      /^The `metric_for_best_model` training argument is set to 'eval_bleu', which is not found in the evaluation metrics/,
  },
  'a checkpoint that is cut off': {
    damage: (model) => truncateSync(join(model, 'model.safetensors'), 500),
    sentence: /^\S+model\.safetensors .*\.$/,
  },
  'a checkpoint that is another file': {
    damage: (model) => writeFileSync(join(model, 'model.safetensors'), 'version https://git-lfs.github.com/spec/v1\n'),
    sentence: /^\S+model\.safetensors .*\.$/,
  },
  'a checkpoint that would run a program': {
    damage: (model) => {
      rmSync(join(model, 'model.safetensors'));
      writeFileSync(join(model, 'pytorch_model.bin'), attack());
    },
    sentence: /^\S+pytorch_model\.bin asks for os\.system, .*might run code.*\.$/,
  },
  'a vocabulary that does not fit the embedding': {
    damage: (model) => editJson(join(model, 'config.json'), 'vocab_size', () => 6),
    sentence: /^The tokenizer of \S+ has 12 tokens but its model knows 6: they do not belong together\.$/,
  },
  'a longer text than the position table': {
    settings: { max_length: 13 },
    damage: () => undefined,
    sentence: /^max_length is 13 but \S+ has 12 places: write `max_length: 12` or less\.$/,
  },
  'a model of another kind': {
    damage: (model) => editJson(join(model, 'config.json'), 'model_type', () => 'distilbert'),
    sentence: /is of the kind "distilbert", which has no token types and no pooler: give a BERT/,
  },
  'no model': {
    settings: { model: './none' },
    sentence: /^\.\/none is no folder of a model: give the path of one/,
  },
};

function editJson(path: string, key: string, change: (value: never) => unknown): void {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...json, [key]: change(json[key] as never) }));
}

/** PyTorch's older form, as torch wrote it, up to its own pickle; then one that calls a program. */
function attack(): Buffer {
  const legacy = readFileSync(new URL('../../../fixtures/trainer/torch/legacy.bin', import.meta.url));
  const start = legacy.subarray(0, legacy.indexOf('collections') - 3);
  const call = Buffer.from('\x80\x02cos\nsystem\n\x8c\x04echo\x85R.', 'latin1');
  return Buffer.concat([start, call]);
}

describe('one sentence for', () => {
  for (const [name, { settings = {}, rows, damage, sentence }] of Object.entries(MISTAKES)) {
    test(name, async (t) => {
      const folder = temporaryFolder(t);
      const study = reviewsStudy(folder);
      if (rows) writeFileSync(study.dataset, ['label,text', ...rows].join('\n'));
      const model = join(folder, 'model');
      if (damage) {
        const tokenizer = CharacterTokenizer.fromTexts(['so good too bad']);
        const sizes = { ...REVIEW_SIZES, vocab_size: tokenizer.vocabSize, max_position_embeddings: 12 };
        const made = BertForSequenceClassification.fromConfig(backend.tf, bertConfig(sizes), 1);
        await made.savePretrained(model);
        await tokenizer.savePretrained(model);
        made.dispose();
        damage(model);
      }
      const lines: string[] = [];
      const trial = { number: 0, params: {} };
      const wanted = { ...study, ...(damage && { model }), ...settings };
      await assert.rejects(
        runTrialOf(backend, wanted, trial, (line) => lines.push(line)),
        (error: unknown) => {
          assert.ok(error instanceof TuneboardError, String(error));
          assert.match(error.message, sentence);
          assert.ok(!/\n/.test(error.message), error.message);
          return true;
        },
      );
      assert.ok(!lines.some((line) => line.startsWith("{'train_runtime'")), lines.join('\n'));
    });
  }
});

test('rows whose text is blank are left out, and told', async (t) => {
  const study = reviewsStudy(temporaryFolder(t));
  writeFileSync(study.dataset, ['label,text', ...GOOD, ...GOOD, '1,', '0,"  "', ',lost'].join('\n'));
  const lines: string[] = [];
  await runTrialOf(backend, { ...study, checkpoints: 'none' }, { number: 0, params: {} }, (line) => lines.push(line));
  assert.ok(lines.includes('3 rows without text or label left out.'), lines[0]);
});
