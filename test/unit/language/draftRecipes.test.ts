import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { recipesOfScript } from '../../../src/language/draft/matchRecipes.ts';
import type { Recipe } from '../../../src/language/draft/recipes/recipe.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { drafted } from './drafted.ts';

const FOLDER = join(import.meta.dirname, '../../../src/language/draft/recipes');

async function allRecipes(): Promise<Recipe[]> {
  const modules = await Promise.all(readdirSync(FOLDER).map((name) => import(join(FOLDER, name))));
  return modules.flatMap((module) => Object.values(module) as Recipe[]);
}

describe('recipes of frameworks', () => {
  it('say where their ranges are from, and have ranges that a space can have', async () => {
    const recipes = await allRecipes();
    assert.ok(recipes.length >= 12);
    for (const { name, source, space, imports, file } of recipes) {
      assert.ok(source.length > 20, name);
      assert.ok(imports.length > 0 || file, name);
      for (const [parameter, range] of Object.entries(space)) {
        if ('choices' in range) assert.ok(new Set(range.choices).size > 1, `${name} ${parameter}`);
        else {
          assert.ok(range.low < range.high && (!range.log || range.low > 0), `${name} ${parameter}`);
          if (range.int) assert.ok(Number.isInteger(range.low) && Number.isInteger(range.high), `${name} ${parameter}`);
        }
      }
    }
  });

  it('give a call of their framework its ranges, and no other call', () => {
    const { space } = drafted(
      'from sklearn.svm import SVC\nfrom mine import Net\nmodel = SVC(C=1.0, gamma=0.1)\nnet = Net(dropout=0.1)\nprint(f"accuracy={1}")\n',
    );
    assert.deepEqual([space['c']?.type, space['c'] && 'high' in space['c'] && space['c'].high], ['float', 32768]);
    assert.ok(space['gamma'] && 'low' in space['gamma'] && space['gamma'].log, 'a kernel’s gamma is no discount');
    assert.ok(space['dropout'] && 'high' in space['dropout'] && space['dropout'].high === 0.6);
  });

  it('range a constant and a dict by the call that is given them', () => {
    const { space } = drafted(
      'from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier\nLR = 0.3\nN_ESTIMATORS = 100\nFOREST = {"max_depth": 8, "min_samples_leaf": 2}\nmodel = GradientBoostingClassifier(\n    learning_rate=LR,\n    n_estimators=N_ESTIMATORS,\n)\nother = RandomForestClassifier(**FOREST)\nprint(f"accuracy={1}")\n',
    );
    assert.deepEqual(space['lr'], { type: 'float', low: 0.01, high: 1, log: true, step: null });
    assert.deepEqual(space['n_estimators'], { type: 'int', low: 50, high: 1000, log: true, step: 1 });
    assert.deepEqual(space['max_depth'], { type: 'int', low: 2, high: 32, log: true, step: 1 });
    assert.deepEqual(space['min_samples_leaf'], { type: 'int', low: 1, high: 20, log: false, step: 1 });
  });

  it('need their framework to be imported', () => {
    const call = 'model = XGBClassifier(gamma=0.1, learning_rate=0.1)\nprint(f"auc={1}")\n';
    const gamma = (text: string) => JSON.stringify(drafted(text).space['gamma']);
    assert.notEqual(gamma(`from xgboost import XGBClassifier\n${call}`), gamma(call));
  });

  it('hold the value that a script has now', () => {
    const { space } = drafted(
      'import lightgbm as lgb\nparams = {"num_leaves": 1000, "learning_rate": 0.9, "max_bin": 100}\nmodel = lgb.train(params, data)\nprint(f"auc={1}")\n',
    );
    assert.deepEqual(space['num_leaves'], { type: 'int', low: 2, high: 2000, log: true, step: 1 });
    assert.ok('high' in (space['learning_rate'] ?? {}) && (space['learning_rate'] as { high: number }).high >= 0.9);
    assert.deepEqual(space['max_bin'], { type: 'categorical', choices: [63, 100, 127, 255, 511] });
  });

  it('range arguments of the command line too', () => {
    const { space } = drafted(
      'import argparse\nfrom transformers import Trainer\np = argparse.ArgumentParser()\np.add_argument("--learning_rate", type=float, default=2e-5)\np.add_argument("--per_device_train_batch_size", type=int, default=8)\na = p.parse_args()\nprint(f"eval_loss={1}")\n',
    );
    assert.deepEqual(space['learning_rate'], { type: 'float', low: 1e-6, high: 1e-4, log: true, step: null });
    assert.deepEqual(space['per_device_train_batch_size'], { type: 'categorical', choices: [4, 8, 16, 32, 64] });
  });

  it('say their source, and how long a trial trains, in the draft', () => {
    const text =
      'from transformers import Trainer, TrainingArguments\nargs = TrainingArguments(output_dir="o", learning_rate=2e-5, num_train_epochs=8)\nTrainer(args=args).train()\n';
    const made = draftStudyFile({ uri: 'file:///t.py', languageId: 'python', text, scriptPath: 't.py' });
    assert.match(made.text ?? '', /^# Usual ranges of Hugging Face Trainer\. Further reading: Devlin/m);
    assert.match(made.text ?? '', /# scheduler: \{ type: hyperband, max_resource: 8 \} # .*`num_train_epochs`/);
  });

  it('know which way is better of a metric of their framework', () => {
    assert.equal(recipesOfScript('import xgboost').directionOf('test-aucpr'), 'maximize');
    assert.equal(recipesOfScript('import xgboost').directionOf('eval-mlogloss'), 'minimize');
    assert.equal(recipesOfScript('import torch').directionOf('test-aucpr'), undefined);
  });

  it('draft a configuration file with the program that reads it', () => {
    const axolotl = `base_model: NousResearch/Llama-3.2-1B\ndatasets:\n  - path: teknium/GPT4-LLM-Cleaned\n    type: alpaca\noutput_dir: ./out\nadapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_dropout: 0.05\nsequence_len: 2048\nmicro_batch_size: 2\ngradient_accumulation_steps: 2\nnum_epochs: 1\noptimizer: adamw_8bit\nlr_scheduler: cosine\nlearning_rate: 0.0002\nwarmup_ratio: 0.1\nweight_decay: 0.0\n`;
    const made = draftStudyFile({ uri: 'file:///lora.yml', languageId: 'yaml', text: axolotl, scriptPath: 'lora.yml' });
    const { file, problems } = parseStudyFile(made.text ?? '');
    assert.deepEqual(problems, [], made.text ?? '');
    assert.ok(file?.objective.kind === 'command');
    assert.deepEqual(file.objective.argv, ['accelerate', 'launch', '-m', 'axolotl.cli.train', 'lora.yml']);
    const names = file.space.parameters.map(({ name }) => name).sort();
    assert.deepEqual(names, [
      'gradient_accumulation_steps',
      'learning_rate',
      'lora_alpha',
      'lora_dropout',
      'lora_r',
      'lr_scheduler',
      'micro_batch_size',
      'warmup_ratio',
      'weight_decay',
    ]);
    assert.equal(file.sites.get('lora_r'), 'lora.yml#lora_r');

    const torchtune = `# To launch:\n#   tune run qat_distributed --config x\n# tune run lora_dpo_single_device --config this\nmodel:\n  _component_: torchtune.models.llama3.lora_llama3_8b\n  lora_rank: 8\n  lora_alpha: 16\ntokenizer:\n  path: /tmp/t\noptimizer:\n  _component_: torch.optim.AdamW\n  lr: 3e-4\n  weight_decay: 0.01\nbatch_size: 2\nepochs: 1\nseed: 1\n`;
    const tuned = draftStudyFile({ uri: 'file:///t.yaml', languageId: 'yaml', text: torchtune, scriptPath: 't.yaml' });
    const read = parseStudyFile(tuned.text ?? '');
    assert.deepEqual(read.problems, [], tuned.text ?? '');
    assert.match(tuned.text ?? '', /command: tune run lora_dpo_single_device --config t\.yaml/);
    assert.deepEqual(read.file?.space.parameters.map(({ name }) => name).sort(), [
      'batch_size',
      'lora_alpha',
      'lora_rank',
      'lr',
      'weight_decay',
    ]);
  });
});
