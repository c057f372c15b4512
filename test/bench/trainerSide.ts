/** One turn of a size of the trainer bench on a backend, in a process of its own: `trainerSide.ts SIZE BACKEND`. */
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { trainedModel } from './trainedModel.ts';
import { TRAINER_SIZES, type TrainerSize, type TrainerTurn } from './trainerSizes.ts';

const [name = '', wanted] = process.argv.slice(2);
const size = TRAINER_SIZES[name] as TrainerSize;
const { tf, name: backend, why } = await chooseBackend(wanted);
console.log(`${backend}: ${why}`);
const { model, batch, step } = trainedModel(tf, size);
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
