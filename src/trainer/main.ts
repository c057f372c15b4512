/**
 * The trainer, a process of its own. Started by the tuner it trains one trial of a study, by other words it tells about
 * this machine:
 *   --check-tensorflow FOLDER   tries out a libtensorflow; prints a TensorflowCheck as JSON
 *   --backends                  prints every backend's state, as JSON
 */
import { TuneboardError } from '../core/errors.ts';
import { BACKENDS, chooseBackend } from './backend/chooseBackend.ts';
import { loadDataset } from './datasets/loadDataset.ts';
import { runTrialOf, type TrainerSettings } from './studyObjective.ts';

async function main([word, value]: readonly string[]): Promise<void> {
  if (word === '--check-tensorflow') {
    const { checkFolder } = await import('./backend/checkProgram.ts');
    return console.log(JSON.stringify(await checkFolder(value ?? '')));
  }
  if (word === '--backends') return console.log(JSON.stringify(await tellBackends()));
  return trainTrial();
}

async function trainTrial(): Promise<void> {
  const settings = JSON.parse(process.env['TUNEBOARD_TRAINER'] ?? 'null') as TrainerSettings | null;
  if (!settings)
    throw new TuneboardError('no-settings', 'This program is started by a study with `objective: { trainer: … }`.');
  const params = JSON.parse(process.env['TUNEBOARD_PARAMS'] ?? '{}') as Record<string, unknown>;
  const dataset = await loadDataset('csv', { dataFiles: settings.dataset });
  const { tf, name, version, why } = await chooseBackend();
  console.log(`TensorFlow.js ${version} on ${name}: ${why}.`);
  await runTrialOf(tf, settings, dataset, params, (line) => console.log(line));
}

/** `ok`: usable here. `why`: what is worth knowing about it. */
async function tellBackends(): Promise<{ name: string; ok: boolean; why: string }[]> {
  const told = [];
  for (const name of BACKENDS) {
    try {
      told.push({ name, ok: true, why: (await chooseBackend(name)).why });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      told.push({ name, ok: false, why: why.replace(/^.*, no \w+: /, '').replace(/\.$/, '') });
    }
  }
  return told;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // A person's mistake is one sentence; a fault of ours is a stack trace.
  console.error(error instanceof TuneboardError ? error.message : error);
  process.exitCode = 1;
}
