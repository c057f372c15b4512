/** The lock file names every package by its hash, and npm's answer about signatures is read for what it is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockProblems, signatureVerdict } from '../../../src/release/checkLock.ts';
import { repository } from '../../support/cache.ts';

const integrity = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
const good = { version: '1.0.0', integrity };
const inLock = (one: object) => lockProblems({ packages: { '': {}, 'node_modules/a': good, 'node_modules/b': one } });

test('the lock file of this repository is whole', () => {
  assert.deepEqual(lockProblems(JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'))), []);
});

test('a package without a SHA-512, or from elsewhere, is named', () => {
  assert.deepEqual(inLock(good), []);
  assert.deepEqual(inLock({ version: '1.0.0', inBundle: true }), []);
  for (const [one, problem] of [
    [{ version: '1.0.0' }, /^node_modules\/b has no SHA-512/],
    [{ version: '1.0.0', integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, /has no SHA-512/],
    [{ version: '1.0.0', integrity: 'sha512-abc==' }, /has no SHA-512/],
    [{ resolved: '../b', link: true }, /comes from elsewhere/],
    [{ ...good, version: 'git+ssh://git@example.org/b.git' }, /comes from elsewhere/],
    [{ ...good, resolved: 'https://example.org/b-1.0.0.tgz' }, /comes from https:\/\/example\.org\/b-1\.0\.0\.tgz: /],
  ] as const) {
    assert.match(inLock(one)[0] ?? '', problem);
  }
  assert.deepEqual(lockProblems({}).length, 1);
});

test('a package of this repository needs no hash, a link to another folder is named', () => {
  const linked = (folder: string) =>
    lockProblems({
      packages: {
        '': { workspaces: ['src/a'] },
        'node_modules/a': { resolved: folder, link: true },
        'src/a': { version: '1.0.0' },
        '../b': { version: '1.0.0' },
      },
    }).map((problem) => problem.split(' ', 1)[0]);
  assert.deepEqual(linked('src/a'), ['../b']);
  assert.deepEqual(linked('../b'), ['node_modules/a', 'node_modules/a', '../b']);
});

test('a registry that does not answer is no failure, a wrong signature is one, and so is an answer nobody knows', () => {
  const verdict = (answer: object) => signatureVerdict(JSON.stringify(answer));
  assert.equal(verdict({ invalid: [], missing: [] }).is, 'verified');
  for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'E404', 'E503'])
    assert.deepEqual(verdict({ error: { code, summary: 'no' } }), { is: 'no answer', why: `${code}: no` });
  const named = [{ name: 'a', version: '1.0.0' }];
  for (const answer of [
    { invalid: named, missing: [] },
    { invalid: [], missing: named },
  ])
    assert.deepEqual(verdict(answer), { is: 'wrong', why: 'no valid signature: a@1.0.0' });
  for (const answer of [
    { error: { code: 'ENOLOCK' } },
    { error: { code: 'EEXPIREDSIGNATUREKEY' } },
    {},
    { invalid: [] },
  ])
    assert.equal(verdict(answer).is, 'wrong');
  for (const text of ['', 'Segmentation fault']) assert.equal(signatureVerdict(text).is, 'wrong');
});
