import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, repository } from './cache.ts';

/** Packs the package as npm would publish it, into an empty folder .cache/NAME; returns the tarball's path. */
export function packProject(name: string): string {
  const folder = join(cacheFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--pack-destination', folder, '--silent'], {
    cwd: repository,
    shell: process.platform === 'win32',
  });
  return join(folder, readdirSync(folder).find((one) => one.endsWith('.tgz')) as string);
}

/** A folder with another project in it, which has the package as npm would install it. `npm test` builds it before. */
export function packedProject(name: string): string {
  const tarball = packProject(name);
  const project = dirname(tarball);
  const packed = join(project, 'node_modules');
  mkdirSync(packed);
  execFileSync('tar', ['-xzf', tarball, '-C', packed]);
  renameSync(join(packed, 'package'), join(packed, 'tuneboard'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  return project;
}

/** Compiles a program of such a project strictly, without any types but the package's own. Throws with the compiler's words. */
export function compileStrictly(project: string, program: string): void {
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      types: [],
      lib: ['es2024', 'esnext', 'dom'],
    },
    files: [program],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', project], { stdio: 'pipe' });
}
