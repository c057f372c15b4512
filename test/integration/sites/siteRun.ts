/** One program run with values put where they stand in its files, as a trial runs it. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Params } from '../../../src/core/space/distributions.ts';
import * as readers from '../../../src/language/door.ts';
import { type ResolvedSite, resolveSitesBy } from '../../../src/tuner/objective/sites/resolveSites.ts';
import { type Reader, TrialSites } from '../../../src/tuner/objective/sites/trialSites.ts';

export interface SiteRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  /** The sentence about a value that nothing read. */
  readonly neverRead: string | undefined;
}

export interface SiteRunOptions {
  readonly sites: Readonly<Record<string, string>>;
  readonly params: Params;
  readonly command: readonly string[];
  readonly reader?: Reader;
  /** Relative to the project. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called when the sites are found, before the program starts. */
  readonly between?: (sites: readonly ResolvedSite[]) => void;
}

/** A project of a person, in a folder of its own with a name that needs quoting. */
export class Project {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), `site's "中 `)));
  #trials = 0;

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  /** Everything in it but the trials, by path. */
  files(): Record<string, string> {
    const names = readdirSync(this.path, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('.tuneboard'),
    );
    return Object.fromEntries(names.map((name) => [name, contentOf(join(this.path, name))]));
  }

  run({ sites, params, command, reader = 'python', cwd = '.', env = {}, between }: SiteRunOptions): SiteRun {
    const resolved = resolveSitesBy(readers, new Map(Object.entries(sites)), this.path);
    between?.(resolved);
    const folder = join(this.path, '.tuneboard', 'demo', 'trials', String(this.#trials++));
    mkdirSync(dirname(dirname(folder)), { recursive: true });
    const trial = new TrialSites({
      sites: resolved,
      params,
      folder,
      base: this.path,
      cwd: join(this.path, cwd),
      reader,
    });
    const own = { ...process.env, ...env };
    const [program = '', ...args] = command;
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: trial.cwd,
      env: { ...own, ...trial.environment(own) },
      encoding: 'utf8',
    });
    const neverRead = trial.reads().find(({ unread }) => unread !== null)?.unread?.text;
    trial.close();
    return { stdout, stderr, status, neverRead };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '(folder)';
  }
}
