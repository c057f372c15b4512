/** Peak memory of two updates, in a process of its own: `trainerMemorySide.ts SIZE BACKEND TEXTS`. */
import { chooseBackend } from '../../src/trainer/backend/chooseBackend.ts';
import { trainedModel } from './trainedModel.ts';
import type { MemoryTurn } from './trainerMemory.ts';
import { MEMORY_SIZES, type MemorySize } from './trainerSizes.ts';

const [name = '', backend, texts] = process.argv.slice(2);
const { tf } = await chooseBackend(backend);
const mebibytes = (): number => process.resourceUsage().maxRSS / 1024;
const base = mebibytes();
const { step, batch } = trainedModel(tf, { ...(MEMORY_SIZES[name] as MemorySize), batch: Number(texts) });
step.update([batch], 0);
step.update([batch], 1);
console.log(JSON.stringify({ base, peak: mebibytes() } satisfies MemoryTurn));
