/**
 * `npm run check:lock`: whether every package that `npm ci` installs is the one that was looked at when the lock file was
 * written. `--signatures` (`.ci/run`) also has npm compare the signatures of what is installed with the registry's keys; where
 * the registry or its keys do not answer the log says so, and that is no failure.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** SHA-512 in base64 has 86 letters and two =. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
const PATIENCE_MS = 60_000;
/** Codes of npm for a registry that cannot be reached, or does not have what is asked for. */
const NO_ANSWER =
  /^(E[45]\d\d|ENOTFOUND|ECONN[A-Z]+|EAI_AGAIN|E[A-Z]*TIMEDOUT|E(HOST|NET)UNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR)$/;

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  /** It lies in another package's archive. */
  readonly inBundle?: boolean;
  /** Folders of this repository's other packages: of the root alone. */
  readonly workspaces?: readonly string[];
}

/** One sentence for each package of a lock file that could be another one than was meant. */
export function lockProblems(lock: { readonly packages?: Readonly<Record<string, Locked>> }): string[] {
  const packages = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  if (packages.length === 0) return ['The lock file names no package: run `npm install`.'];
  return packages.flatMap(([path, { version, resolved, integrity, link, inBundle }]) => {
    if (isWorkspace(lock.packages ?? {}, path)) return [];
    const problems: string[] = [];
    if (link || !version || !/^\d+\.\d+\.\d+/.test(version)) problems.push('comes from elsewhere than a registry');
    else if (!inBundle && !SHA512.test(integrity ?? '')) problems.push('has no SHA-512');
    // The lock file leaves out where the registry that is set keeps an archive: an address is another place.
    if (resolved !== undefined) problems.push(`comes from ${resolved}`);
    return problems.map((problem) => `${path} ${problem}: install it anew from a registry.`);
  });
}

/** A package of this repository (a folder beside `node_modules`), or npm's link to it. */
function isWorkspace(packages: Readonly<Record<string, Locked>>, path: string): boolean {
  const { link, resolved } = packages[path] ?? {};
  const folder = link ? (resolved ?? '') : path;
  const own = packages['']?.workspaces ?? [];
  return own.includes(folder) && Object.hasOwn(packages, folder);
}

/**
 * What `npm audit signatures --json` answered.
 * @returns `verified`, `no answer` with the reason, or `wrong` with the packages or the error
 */
export function signatureVerdict(stdout: string): {
  readonly is: 'verified' | 'no answer' | 'wrong';
  readonly why: string;
} {
  type Named = { readonly name?: string; readonly version?: string };
  let answer: {
    readonly error?: { readonly code?: string; readonly summary?: string };
    invalid?: Named[];
    missing?: Named[];
  };
  try {
    answer = JSON.parse(stdout);
  } catch {
    return { is: 'wrong', why: `npm answered ${JSON.stringify(stdout.slice(0, 200))}` };
  }
  const { error, invalid, missing } = answer;
  if (error) {
    const { code = '', summary = '' } = error;
    return { is: NO_ANSWER.test(code) ? 'no answer' : 'wrong', why: [code, summary].filter(Boolean).join(': ') };
  }
  if (!invalid || !missing) return { is: 'wrong', why: `npm answered ${JSON.stringify(stdout.slice(0, 200))}` };
  const names = [...invalid, ...missing].map(({ name, version }) => `${name}@${version}`);
  return names.length === 0
    ? { is: 'verified', why: '' }
    : { is: 'wrong', why: `no valid signature: ${names.join(', ')}` };
}

function checkSignatures(root: string): string | undefined {
  const { stdout, error } = spawnSync('npm', ['audit', 'signatures', '--json', '--fetch-retries=0'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
  });
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  const { is, why } = isLate
    ? { is: 'no answer', why: `nothing within ${PATIENCE_MS / 1000} s` }
    : signatureVerdict(stdout);
  if (is === 'wrong') return `The signatures of the installed packages are not right: ${why}.`;
  console.log(
    is === 'verified'
      ? 'signatures: every installed package has a valid one'
      : `signatures: not verified, the registry or its keys do not answer (${why})`,
  );
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(import.meta.dirname, '..', '..');
  const locks = ['package-lock.json', join('docs', 'package-lock.json')];
  const problems = locks.flatMap((lock) => lockProblems(JSON.parse(readFileSync(join(root, lock), 'utf8'))));
  if (problems.length === 0 && process.argv.includes('--signatures'))
    problems.push(...[checkSignatures(root) ?? []].flat());
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
