/** One turn of a size of the trainer bench on a backend, in a process of its own: `trainerSide.ts SIZE BACKEND`. */
import { TrainingArguments } from '../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import type { LabelledBatch } from '../../src/trainer/datasets/collator.ts';
import { BertForSequenceClassification } from '../../src/trainer/models/bert.ts';
import { bertConfig } from '../../src/trainer/models/bertConfig.ts';
import { TrainingStep } from '../../src/trainer/trainingStep.ts';
import { TRAINER_SIZES, type TrainerSize, type TrainerTurn } from './trainerSizes.ts';

const [name = '', wanted] = process.argv.slice(2);
const size = TRAINER_SIZES[name] as TrainerSize;
const { tf, name: backend, why } = await chooseBackend(wanted);
console.log(`${backend}: ${why}`);
const model = BertForSequenceClassification.fromConfig(
  tf,
  bertConfig({
    vocab_size: size.vocabulary,
    hidden_size: size.hidden,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    intermediate_size: size.inner,
    max_position_embeddings: 512,
  }),
  1,
);
const count = size.batch * size.length;
const batch: LabelledBatch = {
  inputIds: Int32Array.from({ length: count }, (_, index) => 1 + ((index * 7919) % (size.vocabulary - 1))),
  attentionMask: new Int32Array(count).fill(1),
  labels: Int32Array.from({ length: size.batch }, (_, index) => index % 2),
  size: size.batch,
  length: size.length,
};
const args = new TrainingArguments({ per_device_train_batch_size: size.batch, learning_rate: 1e-4 });
const step = new TrainingStep(tf, model, args.values, { total: 1000 });
const training = sequencesPerSecond((number) => step.update([batch], number));
const evaluation = sequencesPerSecond(() => tf.tidy(() => model.logits(batch, null).dataSync()));
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ training, evaluation, megabytes } satisfies TrainerTurn));

/** Of CPU time, after one that is not timed. */
function sequencesPerSecond(run: (number: number) => unknown): number {
  run(0);
  const before = process.cpuUsage();
  for (let number = 1; number <= size.steps; number++) run(number);
  const { user, system } = process.cpuUsage(before);
  return (size.batch * size.steps) / ((user + system) / 1e6);
}
