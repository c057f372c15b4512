import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './processes.ts';

/** Unpacks a package of npm into a folder without installing it; `which`: arguments of `tar` that choose its files. */
export async function unpackNpmPackage(name: string, folder: string, ...which: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const packed = await runToEnd('npm', ['pack', name, '--silent', '--pack-destination', folder], { cwd: folder });
  const archive = join(folder, packed.trim().split('\n').at(-1) ?? '');
  await runToEnd('tar', ['-xzf', archive, '-C', folder, ...which], {});
  rmSync(archive);
}
