import { execFile } from 'node:child_process';
import { devNull, tmpdir } from 'node:os';

const TIMEOUT_MS = 10_000;
/** Branches of one name that are counted; after that the time tells them apart. */
const MOST_BRANCHES = 100;

/** What a repository may not decide: its hooks, monitors, pagers and other programs stay out of our calls. */
const SAFE = [
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...Object.entries({
    'core.fsmonitor': 'false',
    'core.hooksPath': devNull,
    'core.pager': 'cat',
    'core.editor': 'true',
    'core.askPass': '',
    'commit.gpgSign': 'false',
    'diff.external': '',
    'submodule.recurse': 'false',
    'maintenance.auto': 'false',
    'gc.auto': '0',
    'color.ui': 'false',
  }).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
];

/** Drivers that a repository configures: each of these keys names a program. */
const PROGRAMS = '^(filter|diff|merge)\\..*\\.(clean|smudge|process|textconv|command|driver)$|^filter\\..*\\.required$';

export interface GitAnswer {
  readonly output: Buffer;
  /** Whether there was more than `limit` bytes. */
  readonly isCut: boolean;
}

/** Git in one folder, in a repository that a stranger may have configured. */
export class Git {
  readonly #folder: string;
  #drivers: Promise<readonly string[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The output of a command, at most `limit` bytes of it; null where it fails, or there is no git. */
  async run(args: readonly string[], limit = 1024 * 1024, input?: string): Promise<GitAnswer | null> {
    this.#drivers ??= this.#findDrivers();
    return await this.#execute([...(await this.#drivers), ...args], limit, input);
  }

  /** The output as text without its last line end; null as with `run`. */
  async text(args: readonly string[], limit?: number): Promise<string | null> {
    const answer = await this.run(args, limit);
    return answer && !answer.isCut ? answer.output.toString('utf8').replace(/\r?\n$/, '') : null;
  }

  /**
   * Commits one file, whatever else is changed or staged; on a new branch where one is named, which is left again where the
   * commit fails. `name` may be taken: then a number goes behind it. Null where git did not commit.
   */
  async commitFile(path: string, message: string, name?: string): Promise<{ commit: string; branch?: string } | null> {
    const before = name === undefined ? null : await this.text(['symbolic-ref', '--quiet', '--short', 'HEAD']);
    const detached = name === undefined || before !== null ? null : await this.text(['rev-parse', 'HEAD']);
    const branch = name === undefined ? undefined : await this.#newBranch(name);
    if (branch !== undefined && !(await this.run(['switch', '--quiet', '--create', branch]))) return null;
    if ((await this.text(['ls-files', '--error-unmatch', '--', path])) === null)
      await this.run(['add', '-N', '--', path]);
    const done = await this.run(
      ['commit', '--no-verify', '--only', '--quiet', '--file=-', '--', path],
      undefined,
      message,
    );
    const commit = done && (await this.text(['rev-parse', '--short', 'HEAD']));
    if (commit) return { commit, ...(branch !== undefined && { branch }) };
    if (branch !== undefined) {
      await this.run(['switch', '--quiet', ...(before === null ? ['--detach', detached ?? 'HEAD'] : [before])]);
      await this.run(['branch', '--quiet', '-D', branch]);
    }
    return null;
  }

  async #newBranch(name: string): Promise<string> {
    for (let count = 1; count < MOST_BRANCHES; count++) {
      const branch = count === 1 ? name : `${name}-${count}`;
      if ((await this.text(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`])) === null) return branch;
    }
    return `${name}-${Date.now()}`;
  }

  /** Reading the configuration runs nothing; every program that it names is set to none. */
  async #findDrivers(): Promise<readonly string[]> {
    const found = await this.#execute(['config', '-z', '--name-only', '--get-regexp', PROGRAMS], 64 * 1024);
    const keys = new Set(found?.output.toString('utf8').split('\0').filter(Boolean));
    return [...keys].flatMap((key) => ['-c', `${key}=${key.endsWith('.required') ? 'false' : ''}`]);
  }

  #execute(args: readonly string[], limit: number, input?: string): Promise<GitAnswer | null> {
    // A variable such as GIT_DIR or GIT_EXTERNAL_DIFF would decide for us.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^GIT_/i.test(name)));
    return new Promise((resolve) => {
      const child = execFile(
        'git',
        [...SAFE, '-C', this.#folder, ...args],
        {
          // Windows looks for programs in the working folder first.
          cwd: tmpdir(),
          env: { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
          encoding: 'buffer',
          maxBuffer: limit,
          timeout: TIMEOUT_MS,
          windowsHide: true,
        },
        (error, output) => {
          const isCut = (error as NodeJS.ErrnoException | null)?.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
          resolve(error && !isCut ? null : { output: output.subarray(0, limit), isCut });
        },
      );
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }
}
