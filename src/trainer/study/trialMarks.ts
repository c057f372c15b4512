import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '../checkpoints/writeCheckpoint.ts';
import { writeTextAside } from '../io/writeAside.ts';

/** `running`: a training that may be cut off; `kept`: a trial that has ended and whose checkpoints are there. */
type Mark = 'running' | 'kept';

interface Marked {
  readonly key: string;
  readonly state: 'running' | 'finished';
}

const FOLDER = '.trials';
const RUN = /^run-\d+$/;
/** Of a training's key: enough to tell trainings apart, and the record has all of it. */
const KEY_LENGTH = 16;

/**
 * Empty files in `.trials` beside the trials' folders that say by their names which of these are worth looking into, so that
 * a trial need not read what became of all before it. A mark too many does no harm: the folder's record decides.
 */
export class TrialMarks {
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
  }

  /** `recordOf` is asked for each folder once, where a version without marks has left some. */
  static async open(base: string, recordOf: (folder: string) => Promise<Marked | undefined>): Promise<TrialMarks> {
    const marks = new TrialMarks(base);
    const names = await readdir(base);
    if (names.includes(FOLDER)) return marks;
    const aside = join(base, `${FOLDER}.${process.pid}`);
    await makeFolder(aside);
    for (const name of names.filter((one) => RUN.test(one))) {
      const record = await recordOf(join(base, name));
      if (!record) continue;
      const mark = record.state === 'running' ? nameOf('running', name, record.key) : nameOf('kept', name);
      await writeTextAside(join(aside, mark), '');
    }
    // Another process may have been faster.
    await rename(aside, join(base, FOLDER)).catch(() => rm(aside, { recursive: true, force: true }));
    return marks;
  }

  async add(mark: Mark, folder: string, key?: string): Promise<void> {
    await writeTextAside(this.#pathOf(mark, folder, key), '');
  }

  async remove(mark: Mark, folder: string, key?: string): Promise<void> {
    await rm(this.#pathOf(mark, folder, key), { force: true });
  }

  /** Folders of trainings with this key that have not ended. */
  running(key: string): Promise<string[]> {
    return this.#folders(`running-${key.slice(0, KEY_LENGTH)}-`);
  }

  /** Folders of trials that have ended and keep their checkpoints. */
  kept(): Promise<string[]> {
    return this.#folders('kept-');
  }

  async #folders(prefix: string): Promise<string[]> {
    const names = await readdir(join(this.#base, FOLDER));
    return names.filter((name) => name.startsWith(prefix)).map((name) => join(this.#base, name.slice(prefix.length)));
  }

  #pathOf(mark: Mark, folder: string, key?: string): string {
    return join(this.#base, FOLDER, nameOf(mark, basename(folder), key));
  }
}

function nameOf(mark: Mark, run: string, key?: string): string {
  return key === undefined ? `${mark}-${run}` : `${mark}-${key.slice(0, KEY_LENGTH)}-${run}`;
}
