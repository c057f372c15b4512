/** What the trainer writes, read by Python: Optuna goes on with its study, transformers opens its checkpoints and state. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Trial } from '../../src/core/study/trial.ts';
import { createStudy } from '../../src/library/node.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { removeFolders, tinyTf, tinyTrainer } from '../support/tinyTrainer.ts';

const place = mkdtempSync(join(tmpdir(), 'tuneboard-trainer-'));
after(() => {
  removeFolders();
  rmSync(place, { recursive: true, force: true });
});

function python(venv: 'optuna' | 'transformers', program: string, ...args: string[]): unknown {
  const output = execFileSync(pythonOf(venv), ['-c', program, ...args], {
    encoding: 'utf8',
    // A tiny model gains nothing from a second thread.
    env: { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output.trim().split('\n').at(-1) as string);
}

const CONTINUE = `
import json, sys, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.logging.disable_default_handler()
study = optuna.load_study(study_name="hyperparameter_search", storage=JournalStorage(JournalFileBackend(sys.argv[1])))
before = [study.best_trial.number, study.best_value, study.best_params, [t.state.name for t in study.trials],
          study.trials[0].intermediate_values]
study.optimize(lambda trial: trial.suggest_float("learning_rate", 1e-6, 1e-2, log=True) + trial.suggest_int("seed", 1, 40), n_trials=2)
print(json.dumps(before + [len(study.trials)]))
`;

test('Optuna goes on with a search of backend "optuna", and the search with Optuna’s', needs('optuna'), async () => {
  const { trainer, folder } = await tinyTrainer({ max_steps: 2, eval_strategy: 'steps', eval_steps: 1 });
  const options = {
    hpSpace: (trial: Trial) => ({
      learning_rate: trial.suggestFloat('learning_rate', 1e-6, 1e-2, { log: true }),
      seed: trial.suggestInt('seed', 1, 40),
    }),
    nTrials: 3,
    backend: 'optuna',
  };
  const best = await trainer.hyperparameterSearch(options);
  const journal = join(folder, 'optuna-journal.log');
  const [number, value, params, states, reports, length] = python('optuna', CONTINUE, journal) as [
    number,
    number,
    object,
    string[],
    Record<string, number>,
    number,
  ];
  assert.deepEqual([String(number), value], [best.run_id, best.objective]);
  assert.deepEqual(params, best.hyperparameters);
  assert.deepEqual(states, ['COMPLETE', 'COMPLETE', 'COMPLETE']);
  assert.deepEqual(Object.keys(reports), ['1', '2']);
  assert.equal(length, 5);
  await trainer.hyperparameterSearch({ ...options, nTrials: 1 });
  const study = await createStudy({ storage: journal, name: 'hyperparameter_search' }).open();
  assert.equal(study.history.length, 6);
  await study.close();
});

const OPEN = `
import json, sys, torch
from transformers import BertForSequenceClassification, TrainerState
from transformers.trainer_utils import get_last_checkpoint
folder = get_last_checkpoint(sys.argv[1])
state = TrainerState.load_from_json(folder + "/trainer_state.json")
model = BertForSequenceClassification.from_pretrained(folder).eval()
ids = torch.tensor([[2, 5, 6, 3], [2, 6, 7, 3]])
with torch.no_grad():
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
print(json.dumps([folder, state.global_step, state.epoch, state.best_global_step, state.best_metric,
                  [sorted(log) for log in state.log_history], logits.flatten().tolist()]))
`;

test('transformers opens the last checkpoint and its state', needs('transformers'), async () => {
  const { trainer, folder } = await tinyTrainer({
    output_dir: place,
    max_steps: 4,
    eval_strategy: 'steps',
    save_strategy: 'steps',
    eval_steps: 2,
    save_steps: 2,
    metric_for_best_model: 'loss',
    learning_rate: 1e-2,
  });
  await trainer.train();
  const [last, step, epoch, best, metric, logs, logits] = python('transformers', OPEN, folder) as [
    string,
    number,
    number,
    number,
    number,
    string[][],
    number[],
  ];
  const { state } = trainer;
  assert.deepEqual([last, step, epoch], [join(folder, 'checkpoint-4'), 4, state.epoch]);
  assert.deepEqual([best, metric], [state.bestGlobalStep, state.bestMetric]);
  // What is logged at the very end comes after the last checkpoint.
  const own = state.logHistory.slice(0, logs.length).map((log) => Object.keys(log).sort());
  assert.deepEqual(logs, own);
  const tf = await tinyTf();
  const batch = {
    inputIds: Int32Array.of(2, 5, 6, 3, 2, 6, 7, 3),
    attentionMask: new Int32Array(8).fill(1),
    labels: new Int32Array(2),
    size: 2,
    length: 4,
  };
  const ours = tf.tidy(() => [...(trainer.model?.logits(batch, null).dataSync() ?? [])]);
  for (const [index, one] of logits.entries()) assert.ok(Math.abs(one - (ours[index] as number)) < 1e-5, `${index}`);
  trainer.dispose();
});

const GO_ON = `
import json, sys, torch
from transformers import BertForSequenceClassification, Trainer, TrainingArguments
class Rows(torch.utils.data.Dataset):
    def __len__(self):
        return 20
    def __getitem__(self, index):
        return dict(input_ids=[2, 5 + index % 2, 6 + index % 7, 3], attention_mask=[1] * 4, labels=index % 2)
source, target = sys.argv[1:]
args = TrainingArguments(target, use_cpu=True, max_steps=6, save_steps=6, logging_steps=1, disable_tqdm=True, learning_rate=1e-2)
trainer = Trainer(model=BertForSequenceClassification.from_pretrained(source), args=args, train_dataset=Rows())
trainer.train(resume_from_checkpoint=source)
print(json.dumps([log["step"] for log in trainer.state.log_history]))
`;

test('either Trainer goes on from a checkpoint of the other', needs('transformers'), async () => {
  const args = { max_steps: 4, save_strategy: 'steps', save_steps: 4, logging_steps: 1, learning_rate: 1e-2 };
  const ours = await tinyTrainer(args);
  await ours.trainer.train();
  ours.trainer.dispose();
  const theirs = join(place, 'theirs');
  assert.deepEqual(python('transformers', GO_ON, join(ours.folder, 'checkpoint-4'), theirs), [1, 2, 3, 4, 5, 6, 6]);
  const rest = await tinyTrainer({ ...args, max_steps: 8 });
  await rest.trainer.train({ resumeFromCheckpoint: join(theirs, 'checkpoint-6') });
  assert.ok(rest.lines.some((line) => /has no state of the optimizer: it begins anew/.test(line)));
  assert.deepEqual(
    rest.trainer.state.logHistory.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8, 8],
  );
  rest.trainer.dispose();
});
