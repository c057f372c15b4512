/**
 * The article's program as written, on WebAssembly, in both its forms: TypeScript in another project that has the npm package,
 * compiled strictly, and a study file without code, run by the command line of that package.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { compileStrictly, packedProject } from '../../support/packedProject.ts';

let project: string;

/** Stands for the folder that somebody has: hfl's rbt3 is a BERT that is named after RoBERTa, with an old PyTorch head. */
const CHECKPOINT = `
import { BertForSequenceClassification, bertConfig, CharacterTokenizer, chooseBackend, loadDataset } from 'tuneboard/trainer';
const { tf } = await chooseBackend();
const dataset = await loadDataset('csv', { dataFiles: 'ChnSentiCorp_htl_all.csv' });
const tokenizer = CharacterTokenizer.fromTexts(dataset.column('review').filter((one) => one !== null).map(String));
const sizes = { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 };
const config = bertConfig({ ...sizes, vocab_size: tokenizer.vocabSize, max_position_embeddings: 128, initializer_range: 0.2 });
await tokenizer.savePretrained('./rbt3');
await BertForSequenceClassification.fromConfig(tf, config, 1).savePretrained('./rbt3');
`;

/** Line for line the issue's. */
const PROGRAM = `
import {
  accuracy, argmax, AutoModelForSequenceClassification, AutoTokenizer, type Columns, DataCollatorWithPadding, type EvalPrediction,
  f1, loadDataset, Trainer, TrainingArguments, type Trial,
} from 'tuneboard/trainer';

const dataset = await loadDataset('csv', { dataFiles: 'ChnSentiCorp_htl_all.csv' });
const datasets = dataset.filter((row) => row.review !== null).trainTestSplit({ testSize: 0.1, seed: 7 });
const tokenizer = await AutoTokenizer.fromPretrained('./rbt3');
const tokenize = (rows: Columns) => ({
  ...tokenizer(rows.review!, { max_length: 128, truncation: true }),
  labels: rows.label!,
});
const tokenized = datasets.map(tokenize, { batched: true, removeColumns: ['label', 'review'] });
const modelInit = () => AutoModelForSequenceClassification.fromPretrained('./rbt3');
const computeMetrics = ({ predictions, labelIds }: EvalPrediction) => {
  const chosen = argmax(predictions);
  return { accuracy: accuracy(labelIds, chosen), f1: f1(labelIds, chosen) };
};
const trainer = new Trainer({
  modelInit,
  args: new TrainingArguments({
    output_dir: './checkpoints', per_device_train_batch_size: 64, per_device_eval_batch_size: 64, num_train_epochs: 3,
    evaluation_strategy: 'epoch', save_strategy: 'epoch', save_total_limit: 3, learning_rate: 2e-3, weight_decay: 0.01,
    load_best_model_at_end: true, metric_for_best_model: 'f1', fp16: true,
  }),
  trainDataset: tokenized.train,
  evalDataset: tokenized.test,
  dataCollator: new DataCollatorWithPadding({ tokenizer }),
  tokenizer,
  computeMetrics,
});
await trainer.train();
const hpSpace = (trial: Trial) => ({
  learning_rate: trial.suggestFloat('learning_rate', 1e-6, 1e-4, { log: true }),
  num_train_epochs: trial.suggestInt('num_train_epochs', 1, 2),
  seed: trial.suggestInt('seed', 1, 40),
  per_device_train_batch_size: trial.suggestCategorical('per_device_train_batch_size', [32, 64]),
  optim: trial.suggestCategorical('optim', ['sgd', 'adamw_hf']),
});
const best = await trainer.hyperparameterSearch({ hpSpace, computeObjective: (m) => m.eval_f1!, direction: 'maximize', nTrials: 10 });
console.log(String(best));
for (const backend of ['ray', 'wandb', 'sigopt']) {
  await trainer.hyperparameterSearch({ hpSpace, backend }).catch((error: Error) => console.log(error.message));
}
`;

const STUDY = `
name: article
direction: maximize
metric: eval_f1
objective:
  trainer:
    model: ./rbt3
    dataset: ChnSentiCorp_htl_all.csv
    text: review
    label: label
    test_size: 0.1
    max_length: 128
    backend: wasm
    args: { per_device_eval_batch_size: 64, weight_decay: 0.01, evaluation_strategy: epoch }
space:
  learning_rate: { type: float, low: 1.0e-6, high: 1.0e-4, log: true }
  num_train_epochs: { type: int, low: 1, high: 2 }
  seed: { type: int, low: 1, high: 40 }
  per_device_train_batch_size: { type: categorical, choices: [32, 64] }
  lr_scheduler_type: { type: categorical, choices: [linear, cosine] }
budget: { trials: 2 }
`;

before(() => {
  project = packedProject('article-user');
  const [good, bad] = [
    ['很好', '不错', '满意', '干净'],
    ['很差', '失望', '太吵', '肮脏'],
  ];
  // Sorted by label, with one review missing, as the article's file.
  const rows = Array.from({ length: 160 }, (_, index) => {
    const words = index < 100 ? good : bad;
    return `${index < 100 ? 1 : 0},"酒店${words[index % 4]}，${words[(index * 3 + 1) % 4]}"`;
  });
  writeFileSync(join(project, 'ChnSentiCorp_htl_all.csv'), ['label,review', ...rows, '0,', ''].join('\n'));
  writeFileSync(join(project, 'checkpoint.ts'), CHECKPOINT);
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  writeFileSync(join(project, 'article.study.yaml'), STUDY);
  run('checkpoint.ts');
});

function run(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, TUNEBOARD_BACKEND: 'wasm', XDG_DATA_HOME: project },
  });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

describe('the article’s program', () => {
  test('compiles strictly and runs as written', { timeout: 300_000 }, () => {
    compileStrictly(project, 'program.ts');
    const lines = run('program.ts').split('\n');
    const said = (pattern: RegExp) =>
      assert.ok(
        lines.some((line) => pattern.test(line)),
        String(pattern),
      );
    // Old names and what means nothing here.
    said(/^evaluation_strategy is called eval_strategy today\.$/);
    said(/^Trainer\(tokenizer=\) is called processing_class today\.$/);
    said(/^fp16 has no effect: training here is in float32\.$/);
    said(/^optim adamw_hf is called adamw_torch today\.$/);
    // 160 rows with text: 16 to evaluate, 144 to train in 3 batches an epoch.
    said(/^ {2}Num examples = 144$/);
    said(/^ {2}Total optimization steps = 9$/);
    said(/^{'eval_loss': '[\d.]+', 'eval_accuracy': '[\d.]+', 'eval_f1': '[\d.]+', 'eval_runtime': .*, 'epoch': '3'}$/);
    assert.equal(lines.filter((line) => /^\[I .*\] Trial \d finished with value: /.test(line)).length, 10);
    said(
      /^BestRun\(run_id='\d', objective=[\d.]+, hyperparameters={'learning_rate': .*'optim': '(sgd|adamw_hf)'}, run_summary=None\)$/,
    );
    const sentences = lines.filter((line) =>
      /^The search backend \w+ is not there \(.+\): use "tuneboard", or "optuna"/.test(line),
    );
    assert.deepEqual(
      sentences.map((line) => line.split(' ')[3]),
      ['ray', 'wandb', 'sigopt'],
    );
    const folders = readdirSync(join(project, 'checkpoints'));
    assert.deepEqual(folders.filter((name) => name.startsWith('checkpoint-')).sort(), [
      'checkpoint-3',
      'checkpoint-6',
      'checkpoint-9',
    ]);
    assert.equal(folders.filter((name) => name.startsWith('run-')).length, 10);
    assert.ok(existsSync(join(project, 'checkpoints', 'checkpoint-9', 'tokenizer.json')));
  });

  test('runs without code, as a study file', { timeout: 300_000 }, () => {
    const command = join('node_modules', 'tuneboard', 'dist', 'tuneboard.mjs');
    run(command, 'run', 'article.study.yaml', '--skip-estimate');
    const trials = JSON.parse(run(command, 'trials', 'article.study.yaml', '--json')) as
      | readonly { readonly state: string; readonly values: readonly number[] }[]
      | { readonly trials: readonly { readonly state: string }[] };
    assert.match(JSON.stringify(trials), /"state":"?COMPLETE/i);
    const log = readFileSync(join(project, '.tuneboard', 'article', 'trials', '0.log'), 'utf8');
    assert.match(log, /^TensorFlow\.js [\d.]+ on wasm: /m);
    assert.match(log, /^1 row without text or label left out\.$/m);
    assert.match(log, /^evaluation_strategy is called eval_strategy today\.$/m);
    assert.match(log, /^144 rows to train, 16 to evaluate\. Always saying 1 gives accuracy 0\.625 and F1 0\.769;/m);
    assert.match(log, /^eval_f1 is [\d.]+ with a standard error of [\d.]+\.$/m);
  });
});
