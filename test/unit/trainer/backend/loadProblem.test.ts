/** What the loader of the system says of TensorFlow, as a sentence: what this machine has, what is needed, what computes instead. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadProblem } from '../../../../src/trainer/backend/tensorflow.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const INSTEAD = ': without TensorFlow the trainer runs on WebAssembly';

test('a C library that is too old is named with its version', () => {
  const message =
    "/lib64/libc.so.6: version `GLIBC_2.99' not found (required by /home/anna/backends/tensorflow/tfjs-linux-x64.node)";
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const has = header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'another libc.so.6';
  assert.equal(loadProblem(message), `this machine has ${has}, and tfjs-linux-x64.node needs glibc 2.99${INSTEAD}`);
});

test('another library is asked for the newest version that it has, compared as numbers', (t) => {
  const library = join(temporaryFolder(t), 'libstdc++.so.6');
  const ask = () =>
    loadProblem(`${library}: version \`GLIBCXX_3.4.30' not found (required by /a b/libtensorflow_cc.so.2)`);
  const needs = `, and libtensorflow_cc.so.2 needs GLIBCXX_3.4.30${INSTEAD}`;
  assert.equal(ask(), `this machine has another libstdc++.so.6${needs}`);
  writeFileSync(library, '\0GLIBCXX_3.4\0GLIBCXX_3.4.9\0GLIBCXX_3.4.21\0GLIBCXX_3.4.3\0CXXABI_1.3.99\0');
  assert.equal(ask(), `this machine has libstdc++.so.6 with GLIBCXX_3.4.21${needs}`);
  writeFileSync(library, '\0LLVM_19\0');
  assert.equal(ask(), `this machine has libstdc++.so.6 with no GLIBCXX${needs}`);
});

test('a library that is missing is named, in the words of glibc and of musl', () => {
  const needs = `, and TensorFlow needs glibc 2.28 and libstdc++ of GCC 8, or newer${INSTEAD}`;
  for (const [message, missing] of [
    ['libstdc++.so.6: cannot open shared object file: No such file or directory', 'libstdc++.so.6'],
    [
      'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /b/tfjs-linux-x64.node)',
      'ld-linux-x86-64.so.2',
    ],
    ['Error relocating /b/tfjs-linux-x64.node: __memcpy_chk: symbol not found', '__memcpy_chk'],
  ] as const)
    assert.equal(loadProblem(message), `this machine has no ${missing}${needs}`);
});

test('any other error stays as it is', () => {
  for (const message of [
    '/b/tfjs-linux-x64.node: file too short',
    '/b/tfjs-linux-x64.node: cannot open shared object file: No such file or directory',
    'libcudart.so.12: cannot open shared object file: No such file or directory',
    'Module did not self-register',
  ])
    assert.equal(loadProblem(message), undefined);
});
