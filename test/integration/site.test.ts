/** The site of the documents, built as `npm run docs` builds it: a warning, a dead link or a missing place is a failure. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { runToEnd } from '../support/processes.ts';

test('the site is built without warnings and dead links, in two languages, with search and the API', async () => {
  await runToEnd(process.execPath, [join(repository, 'docs', 'build.ts')], { cwd: repository });
  const site = join(repository, 'docs', '.vitepress', 'dist');
  const pages = ['index', 'zh/index', 'reference/study-file', 'zh/reference/study-file', 'benchmarks'];
  pages.push('api/library/functions/createStudy', 'api/trainer/classes/Trainer');
  assert.deepEqual(
    pages.filter((page) => !existsSync(join(site, `${page}.html`))),
    [],
  );
  const assets = readdirSync(join(site, 'assets'), { recursive: true, encoding: 'utf8' });
  for (const index of ['localSearchIndexroot', 'localSearchIndexzh'])
    assert.ok(
      assets.some((name) => name.includes(index)),
      index,
    );
});
