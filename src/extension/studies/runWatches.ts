import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import type { RunFolder } from '../../runs/runFolder.ts';

/**
 * Tells at once when the records of live runs are replaced. The editor's own watcher takes a tenth of a second and more,
 * and looks only into the folders of the window.
 */
export class RunWatches {
  readonly #onChange: (folder: RunFolder) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onChange: (folder: RunFolder) => void) {
    this.#onChange = onChange;
  }

  add(folder: RunFolder): void {
    if (this.#watchers.has(folder.path)) return;
    try {
      const name = basename(folder.record);
      // The folder, not the file: a record that is replaced would take its watcher along.
      const watcher = watch(folder.path, { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.#onChange(folder);
      });
      watcher.on('error', () => this.drop(folder));
      this.#watchers.set(folder.path, watcher);
    } catch {
      // A network drive reports nothing: the look at live runs from time to time goes on.
    }
  }

  drop({ path }: RunFolder): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  dispose(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
