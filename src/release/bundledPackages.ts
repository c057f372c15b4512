/** Which packages a build contains, read from what the bundler put into each bundle and from what is compiled in. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What esbuild says of one bundle: where it begins, and its inputs, by their path from the repository, and what each imports. */
export interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly entryPoint?: string }>>;
  readonly inputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
}

/** A package with code in dist/. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; empty where its package.json has none. */
  readonly license: string;
  readonly author: string;
  /** Where its files lie, from the repository. */
  readonly folder: string;
  /** Files of dist/ with code of it, sorted. */
  readonly files: string[];
  /** Whether our own code imports it, or is compiled with it. */
  readonly isDirect: boolean;
  /** Packages that it imports, as `name@version`, sorted. */
  readonly imports: string[];
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string | { readonly type?: string };
  readonly author?: string | { readonly name?: string };
  readonly workspaces?: readonly string[];
}

/** Packages with code in files that no bundler writes. A file that a build has not made (no C++ compiler) counts for nothing. */
const COMPILED_IN: Readonly<Record<string, RegExp>> = {
  'node_modules/assemblyscript': /^kernels\.\w+\.wasm$/,
  'node_modules/node-api-headers': /^native\//,
  'node_modules/@tensorflow/tfjs-backend-wasm': /^tfjs-backend-wasm.*\.wasm$/,
};

export function idOf({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

/**
 * @param metafiles by the bundle's name in dist/
 * @param others the other files of dist/ that hold compiled code, by their path from dist/, with the folder of the package
 * whose sources they are made of, or null
 * @returns sorted by name and version
 */
export function bundledPackages(
  root: string,
  metafiles: Readonly<Record<string, Metafile>>,
  others: Readonly<Record<string, string | null>>,
): BundledPackage[] {
  const folders = new Map<string, string | undefined>();
  const packages = new Map<string, { files: Set<string>; imports: Set<string> }>();
  const direct = new Set<string>();
  const add = (folder: string, file: string) => {
    const found = packages.get(folder) ?? { files: new Set(), imports: new Set() };
    packages.set(folder, found);
    found.files.add(file);
    return found;
  };
  const folderOf = (input: string) => {
    const from = dirname(input);
    if (!folders.has(from)) folders.set(from, packageFolder(root, from));
    return folders.get(from);
  };
  for (const [file, { inputs, outputs }] of Object.entries(metafiles)) {
    for (const { entryPoint } of Object.values(outputs)) {
      const folder = entryPoint !== undefined && isFile(root, entryPoint) ? folderOf(entryPoint) : undefined;
      if (folder !== undefined) direct.add(folder);
    }
    for (const [input, { imports }] of Object.entries(inputs)) {
      const folder = isFile(root, input) ? folderOf(input) : undefined;
      const importing = folder === undefined ? direct : add(folder, file).imports;
      for (const { path } of imports) {
        const imported = isFile(root, path) ? folderOf(path) : undefined;
        if (imported !== undefined && imported !== folder) importing.add(imported);
      }
    }
  }
  for (const [file, madeOf] of Object.entries(others)) {
    const compiled = Object.entries(COMPILED_IN).flatMap(([folder, pattern]) => (pattern.test(file) ? [folder] : []));
    for (const folder of madeOf === null ? compiled : [madeOf, ...compiled]) {
      add(folder, file);
      direct.add(folder);
    }
  }
  const found = [...packages].map(([folder, { files, imports }]) => ({
    ...described(root, folder),
    files: [...files],
    isDirect: direct.has(folder),
    imports: [...imports].map((one) => idOf(described(root, one))),
  }));
  // The same version may be installed in several places.
  return [...Map.groupBy(found, idOf).values()]
    .map((same) => ({
      ...(same[0] as BundledPackage),
      files: [...new Set(same.flatMap(({ files }) => files))].sort(),
      isDirect: same.some(({ isDirect }) => isDirect),
      imports: [...new Set(same.flatMap(({ imports }) => imports))].sort(),
    }))
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/** A plugin of the bundler may have made an input up: that has no file. */
function isFile(root: string, input: string): boolean {
  return existsSync(join(root, input));
}

/** The folder of the package that a folder of files belongs to; undefined: they are our own, those of workspaces too. */
function packageFolder(root: string, from: string): string | undefined {
  const path = from.replaceAll('\\', '/');
  // Folders within a package may have a package.json of their own.
  const installed = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
  if (installed) return installed[0];
  const { workspaces = [] } = manifestOf(root, '') ?? {};
  for (let folder = path; relative(root, join(root, folder)) !== ''; folder = dirname(folder)) {
    if (workspaces.includes(folder)) return undefined;
    // A package.json without a name only says how the files beside it are to be read.
    const { name, version } = manifestOf(root, folder) ?? {};
    if (name && version) return folder;
  }
  return undefined;
}

function manifestOf(root: string, folder: string): Manifest | undefined {
  const path = join(root, folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined;
}

function described(root: string, folder: string) {
  const { name, version, license, author } = manifestOf(root, folder) ?? {};
  if (!name || !version) throw new Error(`${folder} is no package: src/release/bundledPackages.ts names it wrongly.`);
  return {
    name,
    version,
    license: (typeof license === 'object' ? license.type : license) ?? '',
    author: (typeof author === 'object' ? author.name : author) ?? '',
    folder,
  };
}
