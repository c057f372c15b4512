/** The article's program, in another project that has the npm package: train, then search. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { compileStrictly, packedProject } from '../../support/packedProject.ts';

let project: string;

/** Stands for a checkpoint that somebody has: not pretrained, but of the same form. */
const CHECKPOINT = `
import { bertConfig, BertForSequenceClassification, CharacterTokenizer, chooseBackend, loadDataset } from 'tuneboard/trainer';
const { tf } = await chooseBackend('cpu');
const dataset = await loadDataset('csv', { dataFiles: 'reviews.csv' });
const tokenizer = CharacterTokenizer.fromTexts(dataset.column('review').filter((one) => one !== null).map(String));
const sizes = { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 };
const config = bertConfig({ ...sizes, vocab_size: tokenizer.vocabSize, max_position_embeddings: 16, initializer_range: 0.2 });
await tokenizer.savePretrained('./rbt3');
await BertForSequenceClassification.fromConfig(tf, config, 1).savePretrained('./rbt3');
`;

const PROGRAM = `
import {
  accuracy, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, EarlyStoppingCallback,
  type EvalPrediction, f1, loadDataset, Trainer, TrainingArguments,
} from 'tuneboard/trainer';
const dataset = await loadDataset('csv', { dataFiles: 'reviews.csv' });
const datasets = dataset.filter((row) => row['review'] !== null).trainTestSplit({ testSize: 0.25, seed: 7 });
const tokenizer = await AutoTokenizer.fromPretrained('./rbt3');
const tokenize = (rows: any) => ({ ...tokenizer(rows.review, { max_length: 16, truncation: true }), labels: rows.label });
const tokenized = datasets.map(tokenize, { batched: true, removeColumns: ['label', 'review'] });
const modelInit = () => AutoModelForSequenceClassification.fromPretrained('./rbt3');
const computeMetrics = ({ predictions, labelIds }: EvalPrediction) => {
  const chosen = predictions.map((logits) => logits.indexOf(Math.max(...logits)));
  return { accuracy: accuracy(labelIds, chosen), f1: f1(labelIds, chosen) };
};
const lines: string[] = [];
const trainer = new Trainer({
  modelInit,
  args: new TrainingArguments({
    output_dir: './checkpoints', per_device_train_batch_size: 8, num_train_epochs: 15, learning_rate: 1e-2,
    evaluation_strategy: 'epoch', save_strategy: 'epoch', save_total_limit: 2, load_best_model_at_end: true,
    metric_for_best_model: 'f1',
  }),
  trainDataset: tokenized['train'],
  evalDataset: tokenized['test'],
  dataCollator: new DataCollatorWithPadding({ tokenizer }),
  processingClass: tokenizer,
  computeMetrics,
  callbacks: [new EarlyStoppingCallback({ earlyStoppingPatience: 10 })],
  print: (line) => lines.push(line),
});
const output = await trainer.train();
const { eval_f1 } = await trainer.evaluate();
// As pasted from Python.
const { label_ids } = await trainer.predict(dataset.train_test_split({ test_size: 0.5 }).test.rename_column('label', 'labels')
  .map((row) => ({ ...tokenizer(String(row['review'] ?? '')) }), { remove_columns: 'review' }));
await trainer.save_model('./final');
const best = await trainer.hyperparameter_search({
  hp_space: (trial) => ({
    learning_rate: trial.suggest_float('learning_rate', 1e-5, 1e-2, { log: true }),
    num_train_epochs: trial.suggestInt('num_train_epochs', 1, 3),
    optim: trial.suggestCategorical('optim', ['sgd', 'adamw_hf']),
  }),
  computeObjective: (metrics) => metrics['eval_f1'] as number,
  direction: 'maximize',
  n_trials: 3,
  backend: 'optuna',
});
console.log(JSON.stringify({ predicted: label_ids.length, steps: output.globalStep, eval_f1, best, text: String(best), lines }));
`;

before(() => {
  project = packedProject('trainer-user');
  const [good, bad] = [
    ['很好', '不错', '满意', '干净'],
    ['很差', '失望', '太吵', '肮脏'],
  ];
  const rows = Array.from({ length: 80 }, (_, index) => {
    const words = index % 2 === 0 ? bad : good;
    return `${index % 2},"酒店${words[index % 4]}，${words[(index * 3 + 1) % 4]}"`;
  });
  writeFileSync(join(project, 'reviews.csv'), ['label,review', ...rows, '0,'].join('\n'));
  writeFileSync(join(project, 'checkpoint.ts'), CHECKPOINT);
  writeFileSync(join(project, 'program.ts'), PROGRAM);
});

describe('the trainer as a library', () => {
  test('runs the article’s program: trains, evaluates, searches', { timeout: 120_000 }, () => {
    const run = (program: string) =>
      execFileSync(process.execPath, [program], {
        cwd: project,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    run('checkpoint.ts');
    const answer = JSON.parse(run('program.ts').trim().split('\n').at(-1) as string);
    // 60 rows in batches of 8, at most fifteen epochs.
    assert.ok(answer.steps % 8 === 0 && answer.steps <= 120, String(answer.steps));
    // The words say it; naming the commonest label alone gives two thirds.
    assert.ok(answer.eval_f1 > 0.9, String(answer.eval_f1));
    assert.ok(answer.lines.includes('evaluation_strategy is called eval_strategy today.'));
    assert.ok(
      answer.lines.some((line: string) => /^{'eval_loss': '[\d.]+', 'eval_accuracy': '[\d.]+', 'eval_f1': /.test(line)),
    );
    assert.deepEqual(Object.keys(answer.best.hyperparameters), ['learning_rate', 'num_train_epochs', 'optim']);
    assert.equal(answer.predicted, 41);
    assert.ok(existsSync(join(project, 'final', 'tokenizer.json')));
    assert.match(answer.text, /^BestRun\(run_id='\d', objective=/);
    const folder = join(project, 'checkpoints');
    const found = readdirSync(folder);
    assert.deepEqual(found.filter((name) => name.startsWith('run-')).sort(), ['run-0', 'run-1', 'run-2']);
    assert.equal(found.filter((name) => name.startsWith('checkpoint-')).length, 2);
    assert.ok(existsSync(join(folder, 'optuna-journal.log')));
    const run0 = readdirSync(join(folder, 'run-0'));
    assert.ok(readdirSync(join(folder, 'run-0', run0[0] as string)).includes('tokenizer.json'));
  });

  test('brings types that a strict project compiles against, without TensorFlow.js', () => {
    for (const program of ['program.ts', 'checkpoint.ts']) compileStrictly(project, program);
    const wrong = readFileSync(join(project, 'program.ts'), 'utf8').replace("direction: 'maximize'", "direction: 'up'");
    writeFileSync(join(project, 'wrong.ts'), wrong);
    assert.throws(() => compileStrictly(project, 'wrong.ts'));
  });
});
