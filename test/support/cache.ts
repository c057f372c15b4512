import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Everything that tests install or leave behind; ignored by git, and reused when it is complete. */
export const cacheFolder = join(repository, '.cache');
