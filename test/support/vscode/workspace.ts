/** Folders that a window is opened on: copies, so that a study's run folder never lands in the repository. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { RunRecord } from '../../../src/protocol/runRecord.ts';
import { isProcessAlive } from '../../../src/runs/processIdentity.ts';
import { readRunRecordSync } from '../../../src/runs/runRecords.ts';
import { repository } from '../cache.ts';

export class Workspace {
  readonly folder: string;

  /** The name has a space and Chinese in it: a path that only works in plain ASCII would show here. */
  constructor(name = '调参 study') {
    this.folder = join(mkdtempSync(join(tmpdir(), 'tuneboard-ws-')), name);
    mkdirSync(this.folder);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Copies a file or folder of the repository into the workspace, under its own name. */
  copy(source: string): void {
    const from = join(repository, source);
    cpSync(from, this.path(basename(from)), { recursive: true, filter: (path) => !path.includes('.tuneboard') });
  }

  /** The text of a file of the repository, to be written changed. */
  sourceText(source: string): string {
    return readFileSync(join(repository, source), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  runRecords(): RunRecord[] {
    const found = globSync('**/.tuneboard/*/run.json', { cwd: this.folder });
    return found.flatMap((path) => {
      try {
        const record = readRunRecordSync(this.path(path));
        return record ? [record] : [];
      } catch {
        // A test's own hostile record.
        return [];
      }
    });
  }

  /** The one study that was started here; undefined before. */
  runRecord(): RunRecord | undefined {
    return this.runRecords()[0];
  }

  /** A storage's best parameters as the command line gives them: a reader that shares no window with the extension. */
  bestParams(storage: string): Record<string, unknown> {
    const cli = join(repository, 'dist', 'tuneboard.mjs');
    const json = execFileSync(process.execPath, [cli, 'best', storage, '--as', 'json'], { encoding: 'utf8' });
    return JSON.parse(json) as Record<string, unknown>;
  }

  /** Ends the tuners that were started here, and removes the folder. */
  dispose(): void {
    for (const { pid, processStart } of this.runRecords()) if (isProcessAlive(pid, processStart)) endGroup(pid);
    if (existsSync(this.folder)) rmSync(dirname(this.folder), { recursive: true, force: true, maxRetries: 5 });
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile.
  }
}
