/** A training of its own process, for tests that end it: `node trainerChild.ts train|search '{"output_dir": …}'`. Says each update. */
import { join } from 'node:path';
import { tinyTrainer } from './tinyTrainer.ts';

const [what, args = '{}', resumes] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { trainer, folder } = await tinyTrainer(JSON.parse(args), {
  callbacks: [
    {
      onStepEnd: ({ state }) => say(`step ${state.globalStep}`),
      onSave: ({ state }) => say(`saved ${state.globalStep}`),
    },
  ],
});
if (what === 'train') await trainer.train({ resumeFromCheckpoint: resumes === 'resume' });
else {
  const hpSpace = (trial: { suggestInt(name: string, low: number, high: number): number }) => ({
    seed: trial.suggestInt('seed', 1, 40),
  });
  await trainer.hyperparameterSearch({ hpSpace, nTrials: 3, storage: join(folder, 'study.log'), catch: true });
}
say('ended by itself');
