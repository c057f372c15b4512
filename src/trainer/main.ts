/** One trial of a study whose objective is the trainer: a process of its own, started by the tuner. */
import { TuneboardError } from '../core/errors.ts';
import { chooseBackend } from './backend/chooseBackend.ts';
import { loadDataset } from './datasets/csv.ts';
import { runTrialOf, type TrainerSettings } from './studyObjective.ts';

async function main(): Promise<void> {
  const settings = JSON.parse(process.env['TUNEBOARD_TRAINER'] ?? 'null') as TrainerSettings | null;
  if (!settings)
    throw new TuneboardError('no-settings', 'This program is started by a study with `objective: { trainer: … }`.');
  const params = JSON.parse(process.env['TUNEBOARD_PARAMS'] ?? '{}') as Record<string, unknown>;
  const dataset = await loadDataset('csv', { dataFiles: settings.dataset });
  const { tf, name, version, why } = await chooseBackend();
  console.log(`TensorFlow.js ${version} on ${name}: ${why}.`);
  await runTrialOf(tf, settings, dataset, params, (line) => console.log(line));
}

try {
  await main();
} catch (error) {
  // A person's mistake is one sentence; a fault of ours is a stack trace.
  console.error(error instanceof TuneboardError ? error.message : error);
  process.exitCode = 1;
}
