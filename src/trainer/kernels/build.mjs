/**
 * Compiles the kernels twice: for every Node with SIMD, and with the multiply-add of relaxed SIMD. Files are written aside
 * and renamed, so that two builds at a time do no harm.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'assembly');

/** The memory is TensorFlow.js's, of any size: the module must not ask for less than it may have. */
const OPTIONS = [
  '-O3',
  '--noAssert',
  ...['--runtime', 'stub'],
  '--importMemory',
  '--noExportMemory',
  ...['--initialMemory', '1'],
  ...['--maximumMemory', '65536'],
  // v128 in signatures: they are never called from JavaScript.
  ...['--disableWarning', '112'],
];

const FEATURES = { simd: ['--enable', 'simd'], relaxed: ['--enable', 'simd', '--enable', 'relaxed-simd'] };

/** Writes kernels.simd.wasm and kernels.relaxed.wasm; returns their names. @param {string} to a folder */
export async function buildKernels(to) {
  await mkdir(to, { recursive: true });
  for (const [name, features] of Object.entries(FEATURES)) {
    const written = new Map();
    const { error, stderr } = await asc.main(
      ['index.ts', '--baseDir', folder, '--outFile', 'kernels.wasm', ...OPTIONS, ...features],
      { writeFile: (file, contents) => void written.set(file, contents) },
    );
    const warnings = stderr.toString();
    if (error || warnings !== '')
      throw new Error(`The trainer's kernels do not compile: ${warnings || error?.message}`);
    const aside = join(to, `kernels.${name}.${process.pid}.aside`);
    await writeFile(aside, written.get('kernels.wasm'));
    await rename(aside, join(to, `kernels.${name}.wasm`));
  }
  return Object.keys(FEATURES).map((name) => `kernels.${name}.wasm`);
}
