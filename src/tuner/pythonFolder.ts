import { fileURLToPath } from 'node:url';

/** Where launcher.py and tuneboard.py are: beside the bundle, or beside this file when run from source. */
export const pythonFolder = fileURLToPath(new URL('./python/', import.meta.url));
