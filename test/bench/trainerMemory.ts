import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BackendName, chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { trainingMemory } from '../../src/trainer/backend/memory.ts';
import { useTestBackends } from '../support/tensorflow.ts';
import { prepareKernels } from '../support/trainerKernels.ts';
import { benchOptions } from './benchOptions.ts';
import { printTable } from './table.ts';
import { configSizes, MEMORY_SIZES } from './trainerSizes.ts';

/** What a process of `trainerMemorySide.ts` prints, in MiB. */
export interface MemoryTurn {
  /** Of the process before it has a model. */
  readonly base: number;
  /** After two updates. */
  readonly peak: number;
}

/**
 * Peak memory of updates beside the trainer's estimate, both beyond a process without a model, at two batch sizes of each
 * model: what `src/trainer/backend/memory.ts` is fitted to. `--sizes small,rbt3`, `--backends wasm,tensorflow`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { sizes: Object.keys(MEMORY_SIZES).join(','), backends: 'wasm,tensorflow' });
  useTestBackends();
  await prepareKernels();
  for (const backend of options.backends.split(',')) {
    const { name } = await chooseBackend(backend);
    const rows = options.sizes.split(',').map((size) => row(size, name));
    console.log(`\n${name}`);
    printTable(['', 'fewer', 'MiB', '× estimate', 'more', 'MiB', '× estimate', 'KiB a text', '× estimate'], rows);
  }
}

function row(name: string, backend: BackendName): string[] {
  const size = MEMORY_SIZES[name];
  if (!size) throw new Error(`There is no size ${name}: use ${Object.keys(MEMORY_SIZES).join(', ')}.`);
  const [few, many] = size.batches;
  const { fixed, perRow } = trainingMemory(configSizes(size), size.length, backend);
  const cells = [few, many].map((batch) => {
    const bytes = measured(name, backend, batch);
    return {
      bytes,
      shown: [String(batch), (bytes / 2 ** 20).toFixed(0), (bytes / (fixed + batch * perRow)).toFixed(2)],
    };
  });
  const slope = ((cells[1]?.bytes ?? 0) - (cells[0]?.bytes ?? 0)) / (many - few);
  return [name, ...cells.flatMap(({ shown }) => shown), (slope / 1024).toFixed(0), (slope / perRow).toFixed(2)];
}

/** Bytes in a process of its own. */
function measured(name: string, backend: BackendName, batch: number): number {
  const side = fileURLToPath(new URL('trainerMemorySide.ts', import.meta.url));
  const lines = execFileSync(process.execPath, [side, name, backend, String(batch)], { encoding: 'utf8' });
  const { base, peak } = JSON.parse(lines.trim().split('\n').at(-1) as string) as MemoryTurn;
  return (peak - base) * 2 ** 20;
}
