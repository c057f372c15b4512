import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readSourceIn } from '../../../src/runs/siteFile.ts';

const MOST = 1000;

describe('readSourceIn', () => {
  let root: string;
  let folder: string;
  const read = (name: string) => readSourceIn(folder, name, MOST);
  const write = (name: string, bytes: string | Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return read(name);
  };

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'site-file-'));
    folder = join(root, 'study');
    mkdirSync(join(folder, 'pkg'), { recursive: true });
    writeFileSync(join(root, 'outside.py'), 'a = 1\n');
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('reads UTF-8 with and without byte order mark, line breaks as they are', () => {
    assert.deepEqual(write('a.py', 'é = 1\r\n'), { text: 'é = 1\r\n' });
    assert.deepEqual(write('b.py', '\uFEFFé = 1\n'), { text: 'é = 1\n' });
    assert.deepEqual(write('pkg/c.py', 'a = 1\n'), { text: 'a = 1\n' });
  });

  it('reads a file that nobody may write', () => {
    write('locked.py', 'a = 1\n');
    chmodSync(join(folder, 'locked.py'), 0o444);
    assert.deepEqual(read('locked.py'), { text: 'a = 1\n' });
  });

  it('reads the encodings of PEP 263 that it knows, and names the others', () => {
    const latin = (line: string) => Buffer.from(`${line}\ns = "é"\n`, 'latin1');
    assert.deepEqual(write('l1.py', latin('# -*- coding: latin-1 -*-')), {
      text: '# -*- coding: latin-1 -*-\ns = "é"\n',
    });
    assert.ok('text' in write('l2.py', latin('#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :')));
    assert.ok('text' in write('u.py', '# coding: utf8\ns = "é"\n'));
    assert.deepEqual(write('k.py', latin('# coding: koi8-r')), { problem: 'encoding', encoding: 'koi8-r' });
    assert.deepEqual(write('third.py', latin('x = 1\ny = 2\n# coding: latin-1')), {
      problem: 'encoding',
      encoding: '?',
    });
    assert.deepEqual(write('l.yaml', latin('# coding: latin-1')), { problem: 'encoding', encoding: '?' });
    assert.deepEqual(write('w.py', Buffer.from('\uFEFFa = 1', 'utf16le')), { problem: 'encoding', encoding: 'UTF-16' });
  });

  it('refuses what is not in the folder, also by a symbolic link', () => {
    symlinkSync(join(root, 'outside.py'), join(folder, 'link.py'));
    symlinkSync(root, join(folder, 'up'));
    for (const name of ['../outside.py', 'link.py', 'up/outside.py', join(folder, 'a.py')]) {
      assert.deepEqual(read(name), { problem: 'outside' }, name);
    }
    symlinkSync(join(folder, 'pkg', 'c.py'), join(folder, 'inside.py'));
    assert.deepEqual(read('inside.py'), { text: 'a = 1\n' });
  });

  it('refuses what is no file, missing or too large', () => {
    assert.deepEqual(read('no.py'), { problem: 'missing' });
    assert.deepEqual(read('a.py/b.py'), { problem: 'missing' });
    assert.deepEqual(read('pkg'), { problem: 'no-file' });
    assert.deepEqual(write('large.py', '#'.repeat(MOST + 1)), { problem: 'too-large' });
  });
});
