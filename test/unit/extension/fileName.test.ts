import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileName } from '../../../src/extension/studies/studyLine.ts';

test('a storage is called by the last part of its path, or by host, database and prefix of its URL', () => {
  const names = {
    '/home/ann/studies/a.journal': 'a.journal',
    '/home/ann/.tuneboard/two.py/journal.log': 'two.py',
    'C:\\ann\\.tuneboard\\digits\\journal.log': 'digits',
    '/home/ann/studies/journal.log': 'journal.log',
    'C:\\studies\\a.db': 'a.db',
    'postgresql://ann@db:5432/team?sslmode=require': 'db:5432/team',
    'redis://cache:6379/0?prefix=team+a': 'cache:6379/0 team a',
    'rediss://ann@cache/1?ssl_cert_reqs=none': 'cache/1',
  };
  for (const [location, name] of Object.entries(names)) assert.equal(fileName(location), name);
});
