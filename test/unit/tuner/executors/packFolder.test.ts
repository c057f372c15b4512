import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packFolder } from '../../../../src/tuner/cluster/packFolder.ts';

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pack '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const pack = (folder: string, excludes: string[] = [], mostBytes = 1e6) =>
  packFolder({ folder, excludes, ignoreFiles: ['.rayignore'], mostBytes, limitOf: 'Ray' });
const names = (folder: string, excludes?: string[]) => pack(folder, excludes).map(({ path }) => path);

test('leaves out what ignore files name, in every folder by its own rules', (t) => {
  const folder = folderWith(t, {
    'train.py': '',
    'data/a.csv': '',
    'data/keep.csv': '',
    'data/.gitignore': '*.csv\n!keep.csv\n',
    '.gitignore': 'out/\n*.log\n/only-here\n',
    '.rayignore': 'notes.md\n',
    'notes.md': '',
    'out/model.bin': '',
    'deep/out/model.bin': '',
    'deep/only-here': '',
    'only-here': '',
    'run.log': '',
    '中文/a b.txt': '',
  });
  const sent = names(folder, ['deep/*.tmp']).filter((name) => !name.includes('ignore'));
  assert.deepEqual(sent.sort(), ['data/keep.csv', 'deep/only-here', 'train.py', '中文/a b.txt'].sort());
});

test('secrets, our records, environments and links to folders are never sent', (t) => {
  const folder = folderWith(t, {
    'a.py': '',
    '.env': 'KEY=1',
    '.env.local': 'KEY=1',
    'conf/id_rsa': 'key',
    'conf/server.pem': 'key',
    '.pgpass': 'pw',
    'home/.aws/credentials': 'pw',
    'home/.ssh/config': '',
    'credentials.json': '{}',
    '.git/config': '',
    '.tuneboard/demo/run.json': '{"token":"x"}',
    'sub/.tuneboard/demo/run.json': '{"token":"x"}',
    'venv/pyvenv.cfg': '',
    'venv/lib/a.py': '',
    '.gitignore': '!.env\n!credentials.json\n',
  });
  symlinkSync(folder, join(folder, 'loop'));
  assert.deepEqual(names(folder), ['.gitignore', 'a.py']);
});

test('a link to a file in the folder is sent, one that leads out of it is refused unless it is left out', (t) => {
  const outside = folderWith(t, { secret: 'key' });
  const folder = folderWith(t, { 'data/a.csv': 'x', 'a.py': '' });
  symlinkSync('data/a.csv', join(folder, 'inside.csv'));
  assert.deepEqual(names(folder), ['a.py', 'data/a.csv', 'inside.csv']);
  symlinkSync(join(outside, 'secret'), join(folder, 'data', 'notes.txt'));
  const refused = { code: 'outside-folder', message: /data\/notes\.txt is a link that leads out of/ };
  assert.throws(() => pack(folder), refused);
  symlinkSync(join(folder, 'data', 'notes.txt'), join(folder, 'chain'));
  assert.throws(() => pack(folder, ['data/notes.txt']), /chain is a link that leads out of/);
  assert.deepEqual(names(folder, ['data/notes.txt', 'chain']), ['a.py', 'data/a.csv', 'inside.csv']);
  // A folder that is reached by a link itself is where it leads to.
  const alias = join(outside, 'alias');
  symlinkSync(folder, alias);
  assert.deepEqual(names(alias, ['data/notes.txt', 'chain']), ['a.py', 'data/a.csv', 'inside.csv']);
});

test("a study file's password stays at home, and its program can still be executed", (t) => {
  const folder = folderWith(t, {
    'a.study.yaml': 'storage: postgresql://me:p%40ss:w0rd@db:5432/studies\nother: mysql+pymysql://u:x@h/d # ok\n',
    'train.sh': '#!/bin/sh',
  });
  const files = new Map(pack(folder).map((file) => [file.path, file]));
  const text = Buffer.from(files.get('a.study.yaml')?.read() ?? []).toString();
  assert.equal(text, 'storage: postgresql://me@db:5432/studies\nother: mysql+pymysql://u@h/d # ok\n');
  assert.equal(files.get('train.sh')?.isExecutable, false);
});

test('does not send a password with a slash or in the query of a URL, and changes nothing else', (t) => {
  const lines = [
    ['storage: "postgresql://me:p/a:ss@db/s?sslmode=require"', 'storage: "postgresql://me@db/s?sslmode=require"'],
    ['storage: mysql://me@db/s?password=pw&ssl_ca=ca.crt', 'storage: mysql://me@db/s?ssl_ca=ca.crt'],
    ['storage: postgres://me@db/s?sslmode=require&passwd=pw', 'storage: postgres://me@db/s?sslmode=require&'],
    ['storage: redis://:p/a:ss@h:6379/0?prefix=a', 'storage: redis://@h:6379/0?prefix=a'],
    ['storage: rediss://me:pw@h/0?ssl_password=x&prefix=a', 'storage: rediss://me@h/0?prefix=a'],
    ["storage: 'mysql://db:3306/s' # ask me@home", "storage: 'mysql://db:3306/s' # ask me@home"],
    ['command: fetch http://host:80/a@b', 'command: fetch http://host:80/a@b'],
  ] as const;
  for (const [written, sent] of lines) {
    const [file] = pack(folderWith(t, { 'a.study.yml': written }));
    assert.equal(Buffer.from(file?.read() ?? []).toString(), sent);
  }
});

test('a folder of a gigabyte is refused before it is read, and its largest files are named', (t) => {
  const folder = folderWith(t, { 'data/huge.bin': '', 'small.txt': 'x' });
  truncateSync(join(folder, 'data/huge.bin'), 2 ** 30);
  assert.throws(() => pack(folder, [], 100 * 2 ** 20), {
    code: 'too-large',
    message: /has 1024 MB, and Ray takes 100 MB: .*\.gitignore.* The largest: data\/huge\.bin \(1024 MB\), small\.txt/,
  });
  assert.deepEqual(names(folder, ['*.bin']), ['small.txt']);
});
