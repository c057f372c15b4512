/** A training of its own process, for tests that end it: `node trainerChild.ts train|search '{"output_dir": …}'`. Says each update. */
import { once } from 'node:events';
import { join } from 'node:path';
import { tinyRows, tinyTrainer } from './tinyTrainer.ts';

const [what, args = '{}', resumes] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
/** An evaluation that takes longer than anybody waits. */
const evalDataset = tinyRows(process.env['EVAL_ROWS'] ? Number(process.env['EVAL_ROWS']) : 6);
/** Updates of this process after which it waits to be ended, so that no test depends on who is faster. */
const holdAfter = Number(process.env['HOLD_AFTER'] ?? Number.NaN);
let steps = 0;
async function hold(): Promise<void> {
  const alive = setInterval(() => undefined, 1000);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  clearInterval(alive);
}
const { trainer, folder } = await tinyTrainer(JSON.parse(args), {
  evalDataset,
  callbacks: [
    {
      onStepEnd: async ({ state }) => {
        say(`step ${state.globalStep}`);
        if (++steps === holdAfter) await hold();
      },
      onPredictionStep: () => say('evaluates'),
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
