/** Scripts in the manner of the popular ones, as they are: draft, first run, metric, and no file changed. */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { needPython } from '../../support/python.ts';
import { TunerFolder } from '../tunerHarness.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** What its first run, in which its frameworks are stand-ins, has to give. Others print by their framework alone. */
const METRICS: Readonly<Record<string, string>> = {
  'autoresearch_like.py': 'val_bpb',
  'catboost_train.py': 'accuracy',
  'cleanrl_ppo.py': 'episodic_return',
  'dataclass_config.py': 'val_acc',
  'imagenet_argparse.py': 'acc@1',
  'language_model_argparse.py': 'valid_ppl',
  'lightgbm_simple.py': 'rmse_of_prediction',
  'mnist_argparse.py': 'accuracy',
  'peft_lora.py': 'eval_epoch_loss',
  'sb3_train.py': 'mean_reward',
  'xgboost_train.py': 'test-logloss',
};

test('eleven scripts run as they are, each with its metric after trial 0', { concurrency: 2 }, async (context) => {
  const python = needPython(context, 'python');
  if (python === null) return;
  const runs = Object.entries(METRICS).map(([name, metric]) =>
    context.test(name, async () => {
      const folder = new TunerFolder();
      try {
        copyFileSync(join(FIXTURES, 'scripts', name), join(folder.path, name));
        const before = readFileSync(join(folder.path, name), 'utf8');
        const env = {
          ...process.env,
          PYTHONPATH: join(FIXTURES, 'frameworks'),
          FRAMEWORKS_FOR: realpathSync(folder.path),
        };
        const run = folder.start(['run', name, '--trials', '1', '--python', python], env);
        const { code, stderr, stdout } = await run.ended;
        assert.equal(code, 0, stderr + stdout);
        const study = basename(name, '.py');
        const { file } = parseStudyFile(readFileSync(join(folder.path, `${study}.study.yaml`), 'utf8'));
        assert.deepEqual(file?.metrics, [metric]);
        const { history } = await folder.load(study);
        assert.equal(history.state(0), TrialState.complete);
        assert.ok(Number.isFinite(history.value(0)));
        assert.deepEqual(history.params(0), file?.start[0], 'trial 0 has what stands in the script');
        assert.equal(readFileSync(join(folder.path, name), 'utf8'), before);
        assert.deepEqual(readdirSync(folder.path).sort(), ['.tuneboard', `${study}.study.yaml`, name].sort());
      } finally {
        folder.remove();
      }
    }),
  );
  await Promise.all(runs);
});
