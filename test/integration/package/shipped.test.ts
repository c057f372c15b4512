/** What the two artefacts, the VSIX and the npm package, carry beside the code: licences, a bill of materials, nothing else. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPromise } from 'yauzl';
import { z } from 'zod';
import { repository } from '../../support/cache.ts';
import { packedProject } from '../../support/packedProject.ts';

const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const BILL = 'sbom.cdx.json';
const dist = join(repository, 'dist');

/** Every package of node_modules that the bundler took a file of, found without the code under test. */
const metafile = JSON.parse(readFileSync(join(repository, '.cache', 'metafile.json'), 'utf8')) as {
  readonly bundles: Readonly<Record<string, { readonly inputs: object }>>;
  readonly optional: Readonly<Record<string, { readonly inputs: object }>>;
};
const bundled = new Map<string, { name: string; version: string; license: string; bundles: Set<string> }>();
for (const [bundle, { inputs }] of Object.entries({ ...metafile.bundles, ...metafile.optional })) {
  for (const input of Object.keys(inputs)) {
    const folder = input.match(/^.*(?:node_modules\/(?:@[^/]+\/)?|tfjs-node-)[^/]+(?=\/)/)?.[0];
    if (!folder) continue;
    const { name, version, license } = JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'));
    const known = bundled.get(folder) ?? { name, version, license, bundles: new Set() };
    bundled.set(folder, known);
    known.bundles.add(`dist/${bundle}`);
  }
}

/** The fields that CycloneDX 1.6 requires, and those that we promise, with nothing beside them. */
const licence = z.union([
  z.strictObject({ license: z.strictObject({ id: z.string().regex(/^[\w.-]+$/) }) }),
  z.strictObject({ expression: z.string().min(1) }),
]);
const component = {
  'bom-ref': z.string().min(1),
  name: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  purl: z.string().regex(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*$/),
  licenses: z.array(licence).length(1),
};
const billSchema = z.strictObject({
  $schema: z.literal('http://cyclonedx.org/schema/bom-1.6.schema.json'),
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  version: z.literal(1),
  metadata: z.strictObject({
    lifecycles: z.array(z.strictObject({ phase: z.literal('build') })),
    component: z.strictObject({ type: z.literal('application'), ...component }),
  }),
  components: z.array(
    z.strictObject({
      type: z.literal('library'),
      ...component,
      authors: z.array(z.strictObject({ name: z.string().min(1) })).optional(),
      hashes: z.array(z.strictObject({ alg: z.literal('SHA-512'), content: z.string().regex(/^[0-9a-f]{128}$/) })),
      properties: z.array(z.strictObject({ name: z.literal('tuneboard:file'), value: z.string() })).min(1),
    }),
  ),
  dependencies: z.array(z.strictObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(folder, name)).isFile()).map((name) => name.replaceAll('\\', '/'));
}

/** With the modes that the archive gives its files. */
async function unzip(archive: string, folder: string): Promise<void> {
  const zip = await openPromise(archive);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const path = join(folder, entry.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await buffer(await zip.openReadStreamPromise(entry)));
    chmodSync(path, (entry.externalFileAttributes >>> 16) & 0o777);
  }
}

describe('beside the bundles', () => {
  test('every package that is in one is named, with a licence that grants something', () => {
    assert.ok(bundled.size >= 70, `${bundled.size} packages`);
    const [, ...parts] = readFileSync(join(dist, NOTICES), 'utf8').split(/\n={100}\n/);
    for (const { name, version, license } of bundled.values()) {
      const heading = `${name} ${version} (${license})`;
      const part = parts.find((one) =>
        one
          .split('\n\n')[0]
          ?.split('\n')
          .some((line) => line.startsWith(heading)),
      );
      assert.ok(part, `${heading} is missing`);
      assert.match(
        part.slice(part.indexOf('\n\n')),
        /Permission is hereby granted|Permission to use, copy|Redistribution and use|END OF TERMS AND CONDITIONS|contributor licenses you to/i,
        heading,
      );
    }
  });

  test('what was compiled into the WebAssembly of TensorFlow.js is named too', () => {
    const wasm = readFileSync(join(dist, 'tfjs-backend-wasm-simd.wasm'), 'latin1');
    const parts = readFileSync(join(dist, NOTICES), 'utf8').split(/\n={100}\n/);
    const inside = parts.find((part) => part.startsWith('Inside tfjs-backend-wasm-simd.wasm')) ?? '';
    for (const [trace, name] of Object.entries({ xnn_create_: 'XNNPACK', emscripten_: 'Emscripten' })) {
      assert.ok(wasm.includes(trace), `${name} may have gone from it: look what is in there now`);
      assert.match(inside, new RegExp(`^.*\\b${name}\\b.* \\([A-Z]`, 'm'));
    }
  });

  test('the bill of materials is a CycloneDX of what is bundled, and of no tool that built it', () => {
    const bill = billSchema.parse(JSON.parse(readFileSync(join(dist, BILL), 'utf8')));
    const listed = new Map(bill.components.map(({ name, version, ...rest }) => [`${name}@${version}`, rest]));
    for (const { name, version, bundles } of bundled.values()) {
      const files = listed.get(`${name}@${version}`)?.properties.map(({ value }) => value) ?? [];
      assert.deepEqual(
        [...bundles].filter((bundle) => !files.includes(bundle)),
        [],
        `${name}@${version}`,
      );
    }
    const compiledIn = ['assemblyscript', 'node-api-headers', '@tensorflow/tfjs-node'];
    const names = new Set([...bundled.values()].map(({ name }) => name).concat(compiledIn));
    assert.deepEqual(
      bill.components.map(({ name }) => name).filter((name) => !names.has(name)),
      [],
    );
    const refs = [bill.metadata.component, ...bill.components].map((one) => one['bom-ref']);
    assert.equal(new Set(refs).size, refs.length);
    assert.deepEqual(
      bill.dependencies.map(({ ref }) => ref),
      refs,
    );
    const reached = new Set<string>();
    const reach = (ref: string) => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const one of bill.dependencies.find((node) => node.ref === ref)?.dependsOn ?? []) reach(one);
    };
    reach(refs[0] as string);
    assert.deepEqual(
      refs.filter((ref) => !reached.has(ref)),
      [],
    );
  });
});

describe('the artefacts', () => {
  /** Files of each, by path, in a folder. */
  const artefacts: Record<'vsix' | 'npm', string> = { vsix: '', npm: '' };

  before(async () => {
    const unpacked = packedProject('shipped');
    artefacts.npm = join(unpacked, 'node_modules', 'tuneboard');
    await unzip(join(dist, 'tuneboard.vsix'), join(unpacked, 'vsix'));
    artefacts.vsix = join(unpacked, 'vsix', 'extension');
  });

  for (const kind of ['vsix', 'npm'] as const) {
    test(`${kind}: the licences and the bill of materials are in it, as they were built`, () => {
      for (const name of [NOTICES, BILL])
        assert.ok(readFileSync(join(artefacts[kind], 'dist', name)).equals(readFileSync(join(dist, name))), name);
      const own = filesBelow(artefacts[kind]);
      // vsce gives the licence of the extension an ending, and the README small letters.
      for (const name of [/^LICENSE(\.txt)?$/, /^SECURITY\.md$/, /^README\.md$/i])
        assert.ok(
          own.some((file) => name.test(file)),
          String(name),
        );
    });

    test(`${kind}: every file that holds code of a package is named in the bill of materials`, () => {
      const bill = readFileSync(join(dist, BILL), 'utf8');
      const code = filesBelow(join(artefacts[kind], 'dist')).filter((name) => /\.([cm]?js|css|wasm|node)$/.test(name));
      // Our own code alone is in these.
      const ours = code.filter((name) => !bill.includes(`"dist/${name}"`));
      assert.deepEqual(
        ours.filter((name) => [...bundled.values()].some(({ bundles }) => bundles.has(`dist/${name}`))),
        [],
      );
      assert.ok(ours.length < code.length / 2, ours.join(', '));
    });

    test(`${kind}: nothing is in it that only its makers need, and nothing names their machine`, () => {
      const files = filesBelow(artefacts[kind]);
      assert.deepEqual(
        files.filter((name) =>
          /\.map$|\.tsbuildinfo$|\.pyc$|(^|\/)(test|node_modules|\.[^/]*)(\/|$)|(?<!\.d)\.ts$/.test(name),
        ),
        [],
      );
      const places = [repository, dirname(repository), process.env['HOME'] ?? ''].filter((place) => place.length > 5);
      for (const name of files) {
        const content = readFileSync(join(artefacts[kind], name), 'latin1');
        assert.deepEqual(
          places.filter((place) => content.includes(place)),
          [],
          name,
        );
        assert.doesNotMatch(content, /sourceMappingURL=(?!data:)\S+\.map\s*$/, name);
      }
    });

    test(`${kind}: its files may be read by all, and started where their first line says with what`, () => {
      for (const name of filesBelow(artefacts[kind])) {
        const path = join(artefacts[kind], name);
        const isProgram = readFileSync(path).subarray(0, 2).toString() === '#!';
        const mode = statSync(path).mode & 0o777;
        // vsce writes some with rights for the group.
        const expected = isProgram ? 0o755 : 0o644;
        assert.equal((mode & ~0o020).toString(8), expected.toString(8), name);
      }
    });
  }

  test('package.json names no place that is not there', () => {
    const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    for (const path of [manifest.main, manifest.icon, ...Object.values(manifest.bin as object)])
      assert.ok(statSync(fileURLToPath(new URL(path, `file://${repository}/`))).isFile(), path);
  });
});
