/** Studies of the built-in trainer in a folder of their own, on WebAssembly whatever is installed on this machine. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/cache.ts';
import { TunerFolder } from './tunerHarness.ts';

export const REVIEWS = 'dataset: reviews.csv, text: review, label: label, max_length: 24';

export class TrainerFolder extends TunerFolder {
  constructor() {
    super();
    process.env['TUNEBOARD_BACKENDS'] = this.path;
    process.env['XDG_DATA_HOME'] = this.path;
    copyFileSync(join(repository, 'examples', 'transformers', 'reviews.csv'), join(this.path, 'reviews.csv'));
  }

  /** Writes a study that searches the learning rate and batch size; `rest`: further keys of the file. */
  trainerStudy(trainer: string, rest: string, name = 'demo'): string {
    return this.write(
      `${name}.study.yaml`,
      `name: ${name}
direction: maximize
metric: eval_f1
objective:
  trainer: { ${trainer} }
space:
  learning_rate: { type: float, low: 1.0e-3, high: 1.0e-2, log: true }
  per_device_train_batch_size: { type: categorical, choices: [16, 32] }
${rest}`,
    );
  }

  /** What a trial printed. */
  output(number: number, name = 'demo'): string {
    return readFileSync(join(this.path, '.tuneboard', name, 'trials', `${number}.log`), 'utf8');
  }
}
