import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../src/core/study/states.ts';
import { needPython } from '../support/python.ts';
import { ScriptFolder, until } from '../support/scriptRun.ts';

const example = fileURLToPath(new URL('../../examples/transformers/', import.meta.url));
const folder = new ScriptFolder();
after(() => folder.remove());
cpSync(example, folder.path, { recursive: true, filter: (path) => !/checkpoints|\.tuneboard/.test(path) });

const env = {
  ...process.env,
  HF_HUB_OFFLINE: '1',
  HF_HOME: join(folder.path, 'huggingface'),
  TOKENIZERS_PARALLELISM: 'false',
  // A tiny model gains nothing from a second thread, and loses much when the machine is busy.
  OMP_NUM_THREADS: '1',
};

/** A copy of the example with something changed. */
function changed(name: string, changes: readonly (readonly [from: string, to: string])[]): string {
  let text = readFileSync(join(example, name.endsWith('.ipynb') ? 'hyp_tune.ipynb' : 'hyp_tune.py'), 'utf8');
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

test('the search of a Trainer runs unchanged to its BestRun', { timeout: 600_000 }, async (t) => {
  const python = needPython(t, 'transformers');
  if (!python) return;
  const script = changed('hyp_tune.py', []);
  const run = folder.start(script, python, { env });
  assert.deepEqual(await run.outcome, { state: 'finished' });
  const [study, ...others] = await folder.studies(script);
  assert.deepEqual(others, []);
  assert.equal(study?.history.length, 10);
  assert.equal(study.history.count(TrialState.fail), 0);
  assert.equal(run.studies.at(-1)?.metric, 'eval_f1');
  assert.equal(run.studies.at(-1)?.trials, 10);
  const best = study.history.best as number;
  assert.match(
    folder.read(script, 'script.log'),
    new RegExp(`BestRun\\(run_id='${best}', objective=${study.history.value(best)}`),
  );
  assert.deepEqual(Object.keys(study.history.params(best)), [
    'learning_rate',
    'num_train_epochs',
    'seed',
    'per_device_train_batch_size',
    'optim',
  ]);
  const { steps, values } = study.history.curve(best);
  assert.equal(steps.length, study.history.params(best)['num_train_epochs']);
  assert.equal(values.at(-1), study.history.value(best));
  assert.match(folder.read(script, `trials/${best}.log`), /'eval_f1': '0\.\d+'/);
});

test('the notebook runs too, and a stop lets hyperparameter_search return', { timeout: 600_000 }, async (t) => {
  const python = needPython(t, 'transformers');
  if (!python) return;
  const notebook = changed('search.ipynb', [['n_trials=10', 'n_trials=50']]);
  const run = folder.start(notebook, python, { env });
  await until(
    async () =>
      run.studies.length > 0 && ((await folder.studies(notebook))[0]?.history.count(TrialState.complete) ?? 0) > 0,
    'a trial',
    300_000,
  );
  run.stop('afterCurrent');
  assert.deepEqual(await run.outcome, { state: 'stopped' });
  const [study] = await folder.studies(notebook);
  assert.ok((study?.history.length ?? 50) < 50);
  assert.equal(study?.history.count(TrialState.running), 0);
  assert.match(folder.read(notebook, 'script.log'), /left out in cell \d+: %pip install/);
});

test("the article's names are explained", { timeout: 600_000 }, async (t) => {
  const python = needPython(t, 'transformers');
  if (!python) return;
  const old = changed('old_name.py', [['eval_strategy=', 'evaluation_strategy=']]);
  const { message } = await folder.run(old, python, { env });
  assert.match(message?.text ?? '', /^old_name\.py:\d+: transformers 5 calls the argument `eval_strategy`/);
  const optimizer = changed('old_optimizer.py', [['["sgd", "adamw_torch"]', '["adamw_hf"]']]);
  const outcome = await folder.run(optimizer, python, { env });
  assert.equal(outcome.state, 'failed');
  assert.match(outcome.message?.text ?? '', /transformers 5 has no optimizer `adamw_hf` any more: use `adamw_torch`/);
  const [study] = await folder.studies(optimizer);
  assert.equal(study?.history.count(TrialState.fail), 1);
});
