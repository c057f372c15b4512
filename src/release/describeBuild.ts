import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials, type Product } from './billOfMaterials.ts';
import { type BundledPackage, bundledPackages, type Metafile } from './bundledPackages.ts';
import { notices } from './notices.ts';

/** What is made beside the bundles: its path from dist/, and the folder and archive of the package whose sources it is made of. */
export interface OtherFile {
  readonly path: string;
  readonly madeOf: { readonly folder: string; readonly integrity: string } | null;
}

/**
 * Writes THIRD-PARTY-NOTICES.txt and sbom.cdx.json into dist/; returns their names. Throws one sentence about a package that
 * cannot be shipped as it is.
 */
export function describeBuild(
  root: string,
  metafiles: Readonly<Record<string, Metafile>>,
  others: readonly OtherFile[],
): string[] {
  const product = readJson<Product>(join(root, 'package.json'));
  const lock = readJson<{ packages: Record<string, { integrity?: string }> }>(join(root, 'package-lock.json')).packages;
  const packages = bundledPackages(
    root,
    metafiles,
    Object.fromEntries(others.map(({ path, madeOf }) => [path, madeOf?.folder ?? null])),
  );
  const integrityOf = ({ folder }: BundledPackage) =>
    lock[folder]?.integrity ?? others.find(({ madeOf }) => madeOf?.folder === folder)?.madeOf?.integrity;
  const written = {
    'THIRD-PARTY-NOTICES.txt': notices(root, `${product.name} ${product.version}`, packages),
    'sbom.cdx.json': `${JSON.stringify(billOfMaterials(product, packages, integrityOf), null, 1)}\n`,
  };
  for (const [name, text] of Object.entries(written)) writeFileSync(join(root, 'dist', name), text);
  return Object.keys(written);
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
