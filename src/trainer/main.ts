/**
 * The trainer, a process of its own. Started by the tuner it trains one trial of a study, by other words it tells about
 * this machine:
 *   --check-tensorflow FOLDER   tries out a libtensorflow; prints a TensorflowCheck as JSON
 *   --backends                  prints every backend's state, as JSON
 *   --estimate                  times a few steps of a trial and prints what it will take, as JSON
 */
import { TuneboardError } from '../core/errors.ts';
import type { StudySettings } from './study/studySettings.ts';

async function main([word, value]: readonly string[]): Promise<void> {
  if (word === '--check-tensorflow') {
    const { checkFolder } = await import('./backend/checkProgram.ts');
    return console.log(JSON.stringify(await checkFolder(value ?? '')));
  }
  if (word === '--backends') return console.log(JSON.stringify(await tellBackends()));
  return word === '--estimate' ? estimate() : trainTrial();
}

async function trainTrial(): Promise<void> {
  const settings = readSettings();
  const { chooseBackend, runTrialOf, partFrom } = await load();
  const backend = await chooseBackend(wantedBackend(settings));
  console.log(`TensorFlow.js ${backend.version} on ${backend.name}: ${backend.why}.`);
  const number = Number(process.env['TUNEBOARD_TRIAL_NUMBER'] ?? 0);
  const best = process.env['TUNEBOARD_BEST'];
  const trial = { number, params: readParams(), part: partFrom(process.env), ...(best && { best: Number(best) }) };
  await runTrialOf(backend, settings, trial, (line) => console.log(line));
}

async function estimate(): Promise<void> {
  const settings = readSettings();
  const { chooseBackend, estimateTrialOf } = await load();
  const backend = await chooseBackend(wantedBackend(settings));
  const trial = await estimateTrialOf(backend, settings, readParams(), () => process.uptime());
  console.log(JSON.stringify({ ...trial, backend: backend.name, why: backend.why }));
}

/** Loaded when it is needed: trying out a libtensorflow takes none of it. */
async function load() {
  return {
    ...(await import('./backend/chooseBackend.ts')),
    ...(await import('./study/studyObjective.ts')),
    ...(await import('./study/trialPart.ts')),
  };
}

function readSettings(): StudySettings {
  const settings = JSON.parse(process.env['TUNEBOARD_TRAINER'] ?? 'null') as StudySettings | null;
  if (settings) return settings;
  throw new TuneboardError('no-settings', 'This program is started by a study with `objective: { trainer: … }`.');
}

function readParams(): Readonly<Record<string, unknown>> {
  return JSON.parse(process.env['TUNEBOARD_PARAMS'] ?? '{}') as Record<string, unknown>;
}

/** The environment's, else the study file's; null: the first that works. */
function wantedBackend({ backend }: StudySettings): string | null {
  return process.env['TUNEBOARD_BACKEND'] || (backend === 'auto' ? null : backend);
}

/** `ok`: usable here. `why`: what is worth knowing about it. */
async function tellBackends(): Promise<{ name: string; ok: boolean; why: string }[]> {
  const { BACKENDS, chooseBackend } = await import('./backend/chooseBackend.ts');
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
