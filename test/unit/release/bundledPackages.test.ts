/** What a build contains is found, named with the text of its licence, and refused where that is not possible. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { billOfMaterials } from '../../../src/release/billOfMaterials.ts';
import { type BundledPackage, bundledPackages } from '../../../src/release/bundledPackages.ts';
import { notices } from '../../../src/release/notices.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const GRANT = 'Permission is hereby granted, free of charge, to any person';
const APACHE = 'Apache License\nVersion 2.0\nTERMS AND CONDITIONS FOR USE\nEND OF TERMS AND CONDITIONS';

/** A repository with these files; a package.json is given as an object. */
function repositoryWith(t: TestContext, files: Readonly<Record<string, string | object>>): string {
  const root = temporaryFolder(t);
  for (const [path, content] of Object.entries({ 'package.json': { name: 'ours', version: '1.0.0' }, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const began = (entryPoint: string) => ({ 'dist/some.cjs': { entryPoint }, 'dist/some.cjs.map': {} });
const imports = (...paths: string[]) => ({ imports: paths.map((path) => ({ path })) });

function one(name: string, license: string, folder = `node_modules/${name}`): BundledPackage {
  return { name, version: '1.0.0', license, author: '', folder, files: ['a.cjs'], isDirect: true, imports: [] };
}

test('a package is found by its package.json, however deep its files lie, twice where there are two of it', (t) => {
  const root = repositoryWith(t, {
    'src/main.ts': '',
    'node_modules/@scope/a/package.json': { name: '@scope/a', version: '2.0.0', license: 'MIT', author: 'Anna' },
    'node_modules/@scope/a/lib/esm/package.json': { type: 'module' },
    'node_modules/@scope/a/lib/esm/index.js': '',
    'node_modules/@scope/a/node_modules/b/package.json': { name: 'b', version: '1.0.0', license: { type: 'ISC' } },
    'node_modules/@scope/a/node_modules/b/index.js': '',
    'node_modules/b/package.json': { name: 'b', version: '3.0.0', license: 'MIT', author: { name: 'Bea' } },
    'node_modules/b/index.js': '',
    'node_modules/assemblyscript/package.json': { name: 'assemblyscript', version: '0.1.0', license: 'Apache-2.0' },
    'node_modules/entry/package.json': { name: 'entry', version: '5.0.0', license: 'MIT' },
    'node_modules/entry/index.js': '',
    'node_modules/node-api-headers/package.json': { name: 'node-api-headers', version: '1.0.0', license: 'MIT' },
    '.cache/sources/package.json': { name: 'fetched', version: '4.0.0', license: 'MIT' },
  });
  const [a, inner, outer] = ['@scope/a/lib/esm', '@scope/a/node_modules/b', 'b'].map(
    (path) => `node_modules/${path}/index.js`,
  ) as [string, string, string];
  const entry = 'node_modules/entry/index.js';
  const metafiles = {
    'one.cjs': {
      outputs: began('src/main.ts'),
      inputs: { 'src/main.ts': imports(a, 'node:fs'), [a]: imports(inner), [inner]: imports() },
    },
    'two.cjs': {
      outputs: began('<stdin>'),
      inputs: { '<stdin>': imports(outer), [outer]: imports(), 'nothing:c': imports() },
    },
    'three.cjs': { outputs: began(entry), inputs: { [entry]: imports() } },
  };
  const headers = 'node_modules/node-api-headers';
  const others = { 'kernels.simd.wasm': null, 'native/addon.node': '.cache/sources' };
  assert.deepEqual(
    bundledPackages(root, metafiles, others)
      .filter(({ folder }) => folder !== headers)
      .map(({ folder, ...rest }) => rest),
    [
      {
        name: '@scope/a',
        version: '2.0.0',
        license: 'MIT',
        author: 'Anna',
        files: ['one.cjs'],
        isDirect: true,
        imports: ['b@1.0.0'],
      },
      {
        name: 'assemblyscript',
        version: '0.1.0',
        license: 'Apache-2.0',
        author: '',
        files: ['kernels.simd.wasm'],
        isDirect: true,
        imports: [],
      },
      { name: 'b', version: '1.0.0', license: 'ISC', author: '', files: ['one.cjs'], isDirect: false, imports: [] },
      { name: 'b', version: '3.0.0', license: 'MIT', author: 'Bea', files: ['two.cjs'], isDirect: true, imports: [] },
      {
        name: 'entry',
        version: '5.0.0',
        license: 'MIT',
        author: '',
        files: ['three.cjs'],
        isDirect: true,
        imports: [],
      },
      {
        name: 'fetched',
        version: '4.0.0',
        license: 'MIT',
        author: '',
        files: ['native/addon.node'],
        isDirect: true,
        imports: [],
      },
    ],
  );
});

test('a licence is taken from any file that has it, else from the README, else it is the one text for all', (t) => {
  const root = repositoryWith(t, {
    'node_modules/file/LICENSE-MIT.txt': `${GRANT} 1`,
    'node_modules/file/NOTICE': 'Made by Anna',
    'node_modules/file/README.md': `# Licence\n${GRANT} never read`,
    'node_modules/heading/README.md': `# heading\n\n## License\n\n${GRANT} 2\n\n## Thanks\n\nto all`,
    'node_modules/line/readme.md': `line\n====\n\nLICENSE (MIT)\n-------------\n\n${GRANT} 3\n\nThanks\n------\n\nto all`,
    'node_modules/apache/LICENSE': `${APACHE}\n\nCopyright Anna`,
    'node_modules/bare/package.json': '{}',
    'node_modules/names/LICENSE': 'Copyright Bea\n\nLicensed under the Apache License, Version 2.0',
  });
  const apache = { apache: 'Apache-2.0', bare: 'Apache-2.0', names: 'Apache-2.0' };
  const names = { ...apache, file: 'MIT', heading: 'ISC OR MIT', line: '(MIT AND ISC)' };
  const text = notices(
    root,
    'ours 1.0.0',
    Object.entries(names).map(([name, license]) => one(name, license)),
  );
  assert.match(text, /^ours 1\.0\.0 contains code of the 6 packages/);
  for (const [name, license] of Object.entries(names)) assert.ok(text.includes(`\n${name} 1.0.0 (${license})\n`), name);
  for (const said of [`${GRANT} 1\n\nMade by Anna`, `${GRANT} 2\n`, `${GRANT} 3\n`, `${APACHE}\n\nCopyright Anna`])
    assert.ok(text.includes(said), said);
  assert.match(text, /\nbare 1\.0\.0 \(Apache-2\.0\)\n\nApache License[^=]*END OF TERMS AND CONDITIONS\n\n=/);
  assert.match(text, /\nnames 1\.0\.0 \(Apache-2\.0\)\n\nCopyright Bea[^=]*END OF TERMS AND CONDITIONS\n\n=/);
  assert.doesNotMatch(text, /never read|to all/);
});

test('packages with the same text share it, and the same packages give the same file', (t) => {
  const root = repositoryWith(t, {
    'node_modules/a/LICENSE': `${GRANT}\nby Anna`,
    'node_modules/b/LICENSE': `${GRANT}\n\nby Bea`,
    'node_modules/c/license.md': `\uFEFF${GRANT}\r\nby  Anna\n\n`,
  });
  const packages = ['a', 'b', 'c'].map((name) => one(name, 'MIT'));
  const text = notices(root, 'ours', packages);
  assert.equal(text.split(GRANT).length, 3);
  assert.ok(text.includes('\na 1.0.0 (MIT)\nc 1.0.0 (MIT)\n'));
  assert.equal(notices(root, 'ours', packages), text);
});

test("the licence of Optuna's messages goes with the package that reads them", (t) => {
  const root = repositoryWith(t, {
    'node_modules/a/LICENSE': GRANT,
    'node_modules/protobufjs/LICENSE': GRANT,
  });
  const optuna =
    /messages of Optuna[^=]*Copyright \(c\) 2018 Preferred Networks, Inc\.\n\nPermission is hereby granted/;
  assert.doesNotMatch(notices(root, 'ours', [one('a', 'MIT')]), optuna);
  assert.match(notices(root, 'ours', [one('protobufjs', 'MIT')]), optuna);
});

test('a licence that is not known, or without a text, ends the build with one sentence', (t) => {
  const root = repositoryWith(t, {
    'node_modules/a/LICENSE': GRANT,
    'node_modules/b/README.md': '## License\n\nMIT, see our site.',
  });
  for (const license of ['', 'GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN file', 'UNLICENSED', 'toString'])
    assert.throws(() => notices(root, 'ours', [one('a', license)]), /^Error: a 1\.0\.0 has (no|the) licence.*KNOWN/);
  assert.throws(() => notices(root, 'ours', [one('b', 'MIT')]), /^Error: b 1\.0\.0 has no text of its licence/);
  assert.throws(() => notices(root, 'ours', [one('b', 'Apache-2.0')]), /^Error: b 1\.0\.0 has no text of its licence/);
});

test('the bill of materials names each package with its hash, and who needs it', () => {
  const packages = [
    { ...one('@scope/a', 'MIT OR ISC'), imports: ['b@1.0.0'] },
    { ...one('b', 'MIT'), isDirect: false, author: 'Bea', files: ['a.cjs', 'b.cjs'] },
  ];
  const bytes = Buffer.alloc(64, 7);
  const integrityOf = ({ name }: BundledPackage) => (name === 'b' ? `sha512-${bytes.toString('base64')}` : undefined);
  const product = { name: 'ours', version: '2.0.0', license: 'MIT' };
  const bill = JSON.parse(JSON.stringify(billOfMaterials(product, packages, integrityOf)));
  assert.equal(bill.metadata.component.purl, 'pkg:npm/ours@2.0.0');
  const [a, b] = bill.components;
  assert.deepEqual(
    [a.purl, a.hashes, a.licenses],
    ['pkg:npm/%40scope/a@1.0.0', undefined, [{ expression: 'MIT OR ISC' }]],
  );
  assert.deepEqual(b.hashes, [{ alg: 'SHA-512', content: bytes.toString('hex') }]);
  assert.deepEqual([b.licenses, b.authors], [[{ license: { id: 'MIT' } }], [{ name: 'Bea' }]]);
  assert.deepEqual(
    b.properties.map(({ value }: { value: string }) => value),
    ['dist/a.cjs', 'dist/b.cjs'],
  );
  assert.deepEqual(bill.dependencies, [
    { ref: 'pkg:npm/ours@2.0.0', dependsOn: [a.purl] },
    { ref: a.purl, dependsOn: [b.purl] },
    { ref: b.purl, dependsOn: [] },
  ]);
});
