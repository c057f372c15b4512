/** sbom.cdx.json: what is in dist/, for machines. CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/ */
import { type BundledPackage, idOf } from './bundledPackages.ts';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * Without a time and a serial number, which the format leaves open, so that the same build gives the same file.
 * @param packages sorted
 * @param integrityOf Subresource Integrity (`sha512-…`) of the archive that a registry has of a package, where it is known
 */
export function billOfMaterials(
  product: Product,
  packages: readonly BundledPackage[],
  integrityOf: (one: BundledPackage) => string | undefined,
): object {
  const all = (are: (one: BundledPackage) => boolean) => packages.filter(are).map(purlOf);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: { type: 'application', 'bom-ref': purlOf(product), ...component(product) },
    },
    components: packages.map((one) => {
      const integrity = integrityOf(one)?.match(/^sha512-(.+)$/)?.[1];
      return {
        type: 'library',
        'bom-ref': purlOf(one),
        ...component(one),
        ...(one.author && { authors: [{ name: one.author }] }),
        ...(integrity && { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity, 'base64').toString('hex') }] }),
        properties: one.files.map((file) => ({ name: 'tuneboard:file', value: `dist/${file}` })),
      };
    }),
    dependencies: [
      { ref: purlOf(product), dependsOn: all(({ isDirect }) => isDirect) },
      ...packages.map((one) => ({
        ref: purlOf(one),
        dependsOn: all((other) => one.imports.includes(idOf(other))),
      })),
    ],
  };
}

function component({ name, version, license }: Product) {
  const isOneId = /^[\w.-]+$/.test(license);
  return {
    name,
    version,
    purl: purlOf({ name, version }),
    licenses: [isOneId ? { license: { id: license } } : { expression: license }],
  };
}

/** https://github.com/package-url/purl-spec: the `@` of a scope is escaped. */
function purlOf({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
