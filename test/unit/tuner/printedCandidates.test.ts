import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrintedCandidates } from '../../../src/tuner/objective/metrics/printedCandidates.ts';
import { WordedMetrics } from '../../../src/tuner/objective/metrics/wordedMetrics.ts';

type Case = readonly [metric: string, last: number, direction: 'minimize' | 'maximize', output: string];

/** What programs in the manner of the popular ones print, and the metric that is clear from it. */
const CLEAR: Readonly<Record<string, Case>> = {
  nanoGPT: [
    'val loss',
    1.3,
    'minimize',
    'step 0: train loss 4.2, val loss 4.3\niter 0: loss 4.1, time 9.2ms, mfu -100.00%\nstep 250: train loss 1.2, val loss 1.3\niter 250: loss 1.1, time 9.1ms, mfu 12.00%',
  ],
  'MNIST of PyTorch': [
    'Accuracy',
    0.9915,
    'maximize',
    'Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.305\nTrain Epoch: 1 [640/60000 (1%)]\tLoss: 1.3\n\nTest set: Average loss: 0.0264, Accuracy: 9915/10000 (99%)',
  ],
  'Hugging Face': [
    'eval_accuracy',
    0.91,
    'maximize',
    "{'loss': 0.5, 'grad_norm': 1.2, 'learning_rate': 5e-05, 'epoch': 1.0}\n{'eval_loss': 0.31, 'eval_accuracy': 0.91, 'eval_runtime': 1.2, 'eval_samples_per_second': 80.1, 'epoch': 1.0}\n{'train_runtime': 9.1, 'train_loss': 0.4, 'epoch': 1.0}",
  ],
  'TRL, SFT': [
    'eval_loss',
    1.9,
    'minimize',
    "{'loss': 2.1, 'grad_norm': 1.2, 'learning_rate': 2e-05, 'mean_token_accuracy': 0.5, 'epoch': 0.5}\n{'eval_loss': 1.9, 'eval_runtime': 3.1, 'eval_mean_token_accuracy': 0.6, 'epoch': 1.0}",
  ],
  'SNLI of PyTorch, in columns': [
    'Dev/Accuracy',
    48.5,
    'maximize',
    '  Time Epoch Iteration Progress    (%Epoch)   Loss   Dev/Loss     Accuracy  Dev/Accuracy\n     0     0         1     1/4         25% 0.450000 0.460000      51.0000      41.0000\n     0     0         2     2/4         50% 0.350000 0.360000      58.0000      48.5000',
  ],
  'a sentence with a short name in brackets': [
    'mean squared error (MSE) on test set',
    3009.25,
    'minimize',
    'The mean squared error (MSE) on test set: 3009.2500',
  ],
  'Detectron2, losses and a table': [
    'AP',
    36.26,
    'maximize',
    'iter: 0  total_loss: 1.22  loss_cls: 0.31\niter: 20  total_loss: 1.18  loss_cls: 0.30\n|  AP    |  AP50  |  AP75  |\n|:------:|:------:|:------:|\n| 36.260 | 58.912 | 41.300 |',
  ],
  'pycocotools, beside losses': [
    'AP',
    0.31,
    'maximize',
    'Epoch: [0]  [ 0/59]  lr: 0.000100  loss: 45.1 (45.1)  loss_ce: 4.5 (4.5)\n Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.310\n Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.510\n Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.401',
  ],
  'Spinning Up': [
    'AverageEpRet',
    26.5,
    'maximize',
    '|             Epoch |               1 |\n|      AverageEpRet |            26.5 |\n|             EpLen |              20 |\n|            LossPi |            0.01 |\n|             LossV |             100 |',
  ],
  fastText: ['P@1', 0.597, 'maximize', 'N\t3000\nP@1\t0.597\nR@1\t0.258'],
  fastai: [
    'accuracy',
    0.996,
    'maximize',
    'epoch     train_loss  valid_loss  accuracy  time\n0         0.150000    0.020000    0.994000  00:12\n1         0.050000    0.012000    0.996000  00:12',
  ],
  'a number in an array, and one of a tensor': [
    'episodic_return',
    22,
    'maximize',
    'global_step=0, episodic_return=[20.]\nglobal_step=50, episodic_return=[22.]\nSPS: 120\nloss=tensor(0.31, grad_fn=<NllLossBackward0>)',
  ],
  Keras: [
    'val_accuracy',
    0.88,
    'maximize',
    'Epoch 1/2\n10/10 ━━━━ 1s 9ms/step - accuracy: 0.81 - loss: 0.41 - val_accuracy: 0.80 - val_loss: 0.52\nEpoch 2/2\n10/10 ━━━━ 1s 9ms/step - accuracy: 0.91 - loss: 0.31 - val_accuracy: 0.88 - val_loss: 0.42',
  ],
  'LightGBM, one metric': ["valid_0's auc", 0.95, 'maximize', "[10]\tvalid_0's auc: 0.93\n[20]\tvalid_0's auc: 0.95"],
  XGBoost: ['eval-rmse', 0.61, 'minimize', '[0]\ttrain-rmse:0.9\teval-rmse:0.92\n[1]\ttrain-rmse:0.5\teval-rmse:0.61'],
  CatBoost: [
    'test',
    0.3,
    'minimize',
    [
      '0:\tlearn: 0.69\ttest: 0.69\tbest: 0.69 (0)\ttotal: 1ms\tremaining: 2s',
      '1:\tlearn: 0.5\ttest: 0.55\tbest: 0.55 (1)',
      '2:\tlearn: 0.4\ttest: 0.4\tbest: 0.4 (2)',
      '3:\tlearn: 0.2\ttest: 0.3\tbest: 0.3 (3)',
    ].join('\n'),
  ],
  YOLO: [
    'mAP50-95',
    0.63,
    'maximize',
    '      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n        1/3         0G      1.234      2.345      1.456         12        640: 100%|████| 4/4\n                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|████| 1/1\n                   all          4         17      0.621      0.833      0.888      0.63',
  ],
  Lightning: [
    'val_acc',
    0.9,
    'maximize',
    'Epoch 0: 100%|████| 10/10 [00:00<00:00, 95.2it/s, v_num=0, train_loss=0.3]\n│         val_acc          │           0.9           │\n│         val_loss         │           0.3           │',
  ],
  'Stable-Baselines3': [
    'ep_rew_mean',
    195,
    'maximize',
    '|    ep_len_mean          | 195      |\n|    ep_rew_mean          | 195      |\n|    fps                  | 900      |\n|    explained_variance   | 0.5      |\n|    loss                 | 12.1     |',
  ],
  'scikit-learn report': [
    'accuracy',
    0.97,
    'maximize',
    '              precision    recall  f1-score   support\n           0       0.97      0.98      0.97        50\n    accuracy                           0.97       100\nweighted avg       0.97      0.97      0.97       100',
  ],
  'imagenet of PyTorch': [
    'Acc@1',
    76.1,
    'maximize',
    'Epoch: [0][ 0/10]\tTime 1.0 ( 1.0)\tLoss 6.9 (6.9)\tAcc@1 0.1 (0.1)\tAcc@5 0.5 (0.5)\n * Acc@1 76.100 Acc@5 92.800',
  ],
  autoresearch: [
    'val_bpb',
    0.9979,
    'minimize',
    'step 10 | loss: 3.1 | lr: 0.04\nval_bpb:          0.997900\ntraining_seconds: 300.1\npeak_vram_mb:     45060.2\nmfu_percent:      39.80\nnum_steps:        953\ndepth:            8',
  ],
  'word language model': [
    'valid loss',
    5.5,
    'minimize',
    '| end of epoch   1 | time: 10.1s | valid loss  5.50 | valid ppl   244.69',
  ],
  'JSON lines': [
    'val_loss',
    0.3,
    'minimize',
    '{"epoch": 1, "train_loss": 0.5, "val_loss": 0.4}\n{"epoch": 2, "train_loss": 0.4, "val_loss": 0.3}',
  ],
  'a log with times': ['val_loss', 0.3, 'minimize', '2026-01-01 10:00:00 | INFO | epoch=1 lr=0.1 val_loss=0.3'],
  regression: ['RMSE', 55.1, 'minimize', 'MAE: 41.2\nRMSE: 55.1\nR2: 0.47'],
  CleanRL: [
    'episodic_return',
    21,
    'maximize',
    'global_step=100, episodic_return=18.0\nglobal_step=200, episodic_return=21.0\nSPS: 900',
  ],
};

/** Where a person has to choose, among at least these. */
const UNCLEAR: Readonly<Record<string, readonly [names: readonly string[], output: string]>> = {
  'Accelerate, a dict behind its epoch': [
    ['accuracy', 'f1'],
    "epoch 0: {'accuracy': 0.80, 'f1': 0.85}\nepoch 1: {'accuracy': 0.82, 'f1': 0.86}",
  ],
  'a score that may be an error': [['score'], 'Lasso score: 57.8584 (1.2031)'],
  'two scores': [
    ['eval_accuracy', 'eval_f1'],
    "{'eval_loss': 0.3, 'eval_accuracy': 0.9, 'eval_f1': 0.8, 'epoch': 1.0}",
  ],
  GAN: [['Loss_D', 'Loss_G'], '[0/25][0/782]\tLoss_D: 1.2\tLoss_G: 3.4\n[0/25][50/782]\tLoss_D: 0.7\tLoss_G: 5.1'],
  'a name that nobody knows': [['zorkness'], 'zorkness=3\nzorkness=3.5'],
};

function ranked(output: string) {
  const printed = new PrintedCandidates();
  for (const line of output.split(/\r?\n|\r/)) printed.read(line);
  return printed.ranked();
}

for (const [program, [metric, last, direction, output]] of Object.entries(CLEAR)) {
  test(`the metric of ${program} is clear`, () => {
    const { candidates, isClear } = ranked(output);
    const [top] = candidates;
    assert.deepEqual(
      [top?.name, top?.last, top?.direction, isClear],
      [metric, last, direction, true],
      JSON.stringify(candidates),
    );
  });
}

for (const [program, [names, output]] of Object.entries(UNCLEAR)) {
  test(`the metric of ${program} is asked for`, () => {
    const { candidates, isClear } = ranked(output);
    assert.equal(isClear, false, JSON.stringify(candidates));
    for (const name of names)
      assert.ok(
        candidates.some((one) => one.name === name),
        JSON.stringify(candidates),
      );
  });
}

test('clocks, counters and settings are no candidates', () => {
  const { candidates } = ranked(
    'lr: 0.1\nepoch 3 done in 12 s\nseed=42\nbatch_size=32\nnum_params: 1200\nelapsed: 3.2\ngrad_norm=1.2',
  );
  assert.deepEqual(candidates, []);
});

test('a part of a whole is its ratio, unless the percentage is another one', () => {
  const metrics = new WordedMetrics(['accuracy']);
  assert.equal(metrics.read('Accuracy: 322/360 (89%)')?.metrics['accuracy'], 322 / 360);
  assert.equal(metrics.read('Accuracy: 85.1% (42/50)')?.metrics['accuracy'], 85.1);
  assert.equal(metrics.read('accuracy: 3/10 (99%)'), undefined);
});
