import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { storageServer } from '../../../src/extension/storages/storageServer.ts';

const REST = "objective: { command: 'fit {x}' }\nspace: { x: { type: float, low: 0, high: 1 } }\nmetric: loss\n";
const URL_TEXT = 'postgresql://ann:p%40ss@db:5433/team';
const LOCATION = 'postgresql://ann@db:5433/team';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'storage-server-'));
});
after(() => rmSync(folder, { recursive: true }));

function studyFile(text: string, name = 'a.study.yaml'): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('the database of a study file is found however the file is written, without its password', async () => {
  assert.equal(await storageServer(studyFile(`storage: ${URL_TEXT} # ours\n${REST}`), []), LOCATION);
  assert.equal(await storageServer(studyFile(`storage: >-\n  ${URL_TEXT}\n${REST}`), []), LOCATION);
  const json = { objective: { command: 'fit {x}' }, space: { x: { type: 'float', low: 0, high: 1 } }, metric: 'loss' };
  const oneLine = studyFile(JSON.stringify({ ...json, storage: URL_TEXT }), 'a.json');
  assert.equal(await storageServer(oneLine, []), LOCATION);
});

test('a key of the same name elsewhere in the file is not its storage', async () => {
  const nested = REST.replace("'fit {x}' }", `'fit {x}', env: {\n  storage: '${URL_TEXT}' } }`);
  assert.equal(await storageServer(studyFile(nested), []), undefined);
});

test('arguments count more than the file; other storages and what cannot be read are no servers', async () => {
  const file = studyFile(`storage: ${URL_TEXT}\n${REST}`);
  assert.equal(await storageServer(file, ['--storage', 'study.db']), undefined);
  assert.equal(await storageServer('fit.py', ['--storage', URL_TEXT]), LOCATION);
  assert.equal(await storageServer('fit.py', []), undefined);
  assert.equal(await storageServer(join(folder, 'none.study.yaml'), []), undefined);
  assert.equal(await storageServer(studyFile(`storage: '\${env:NOT_SET_ANYWHERE}'\n${REST}`), []), undefined);
});

test('what only bears the name of a study file is not waited for and not read', {
  skip: process.platform === 'win32',
}, async () => {
  const at = (name: string) => join(folder, `${name}.study.yaml`);
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('/dev/zero', at('zero'));
  writeFileSync(at('large'), `storage: ${URL_TEXT}\n${REST}`);
  truncateSync(at('large'), 2 ** 40);
  for (const name of ['pipe', 'zero', 'large', 'missing']) assert.equal(await storageServer(at(name), []), undefined);
});
