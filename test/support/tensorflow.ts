/** libtensorflow for the tests of the trainer: installed as a person does it, into a folder of the tests. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readFolder } from '../../src/trainer/backend/tensorflowFolder.ts';
import { installTensorflow } from '../../src/trainer/install/installTensorflow.ts';
import { cacheFolder, repository } from './cache.ts';
import { runToEnd } from './processes.ts';

const folder = join(cacheFolder, 'backends');

/** Has the trainer look for its backends in the folder of the tests, and nowhere else; also in processes started from here. */
export function useTestBackends(): void {
  process.env['TUNEBOARD_BACKENDS'] = folder;
  process.env['XDG_DATA_HOME'] = folder;
}

export function isTensorflowInstalled(): boolean {
  return readFolder(join(folder, 'tensorflow')) !== undefined;
}

export function hasCompiler(): boolean {
  return spawnSync(process.env['CXX'] ?? 'g++', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** `python`: one with pip. */
export async function installTestTensorflow(python: string): Promise<void> {
  useTestBackends();
  const build = `import { buildNative } from './src/trainer/backend/native/buildNative.mjs'; await buildNative('.', {});`;
  await runToEnd(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository });
  await installTensorflow({ from: null, pythons: [python], download: true, onProgress: () => undefined });
}
