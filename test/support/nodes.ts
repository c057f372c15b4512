/** Plain Nodes of several releases, out of packages of npm, for tests of what is installed from the packed tarball. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { unpackNpmPackage } from './npmPackage.ts';

const VERSIONS = { 20: '20.20.2', 22: '22.23.5', 24: '24.21.0' } as const;

export type NodeRelease = keyof typeof VERSIONS;

const releases = Object.keys(VERSIONS).map(Number) as NodeRelease[];

/** The folder that has the release's `node`, for a PATH. */
export function nodeFolder(release: NodeRelease): string {
  return join(cacheFolder, `node-${VERSIONS[release]}`, 'bin');
}

export function hasNodes(): boolean {
  return releases.every((release) => existsSync(nodeFolder(release)));
}

/** Throws on a machine that these packages have no Node for. */
export async function installNodes(): Promise<void> {
  for (const release of releases.filter((one) => !existsSync(nodeFolder(one)))) {
    const folder = join(nodeFolder(release), '..');
    const work = `${folder}-${process.pid}`;
    try {
      await unpackNpmPackage(
        `node-${process.platform}-${process.arch}@${VERSIONS[release]}`,
        work,
        '--strip-components=1',
      );
      renameSync(work, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}
