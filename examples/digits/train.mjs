/**
 * Trains a small neural network on 1,797 real handwritten digits and prints its accuracy after every epoch.
 * Plain JavaScript: nothing to install. `node train.mjs --help` lists what can be set.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadDigits } from './digits.mjs';
import { Network } from './network.mjs';

const { values } = parseArgs({
  options: {
    lr: { type: 'string', default: '0.01' },
    hidden: { type: 'string', default: '16' },
    batch: { type: 'string', default: '64' },
    optimizer: { type: 'string', default: 'sgd' },
    momentum: { type: 'string', default: '0.0' },
    'weight-decay': { type: 'string', default: '0.0001' },
    epochs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log('node train.mjs [--lr 0.01] [--hidden 16] [--batch 64] [--optimizer sgd|adam] [--momentum 0]');
  console.log('               [--weight-decay 0.0001] [--epochs 60] [--seed 1]');
  process.exit(0);
}

const { training, validation } = loadDigits();
const network = new Network({
  inputs: training.pixels[0].length,
  hidden: Number(values.hidden),
  classes: 10,
  learningRate: Number(values.lr),
  optimizer: values.optimizer,
  momentum: Number(values.momentum),
  weightDecay: Number(values['weight-decay']),
  seed: Number(values.seed),
});

// Only set where a study trains in parts (population.study.yaml): what was saved there is gone on with.
const { TUNEBOARD_CHECKPOINT: folder, TUNEBOARD_BUDGET: epochs = values.epochs } = process.env;
const checkpoint = folder && join(folder, 'network.json');
let epoch = 0;
if (checkpoint && existsSync(checkpoint)) {
  const saved = JSON.parse(readFileSync(checkpoint, 'utf8'));
  network.load(saved.network);
  epoch = saved.epoch;
}

while (epoch < Number(epochs)) {
  epoch++;
  const loss = network.trainEpoch(training, Number(values.batch));
  const accuracy = network.accuracy(validation);
  if (checkpoint && epoch === Number(epochs)) {
    writeFileSync(`${checkpoint}.new`, JSON.stringify({ epoch, network: network.save() }));
    renameSync(`${checkpoint}.new`, checkpoint);
  }
  console.log(`epoch=${epoch} loss=${loss.toFixed(4)} accuracy=${accuracy.toFixed(4)}`);
}
