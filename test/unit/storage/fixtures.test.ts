import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

// The fixtures hold what Optuna showed in UTC.
process.env['TZ'] = 'UTC';

const here = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const shared = fileURLToPath(new URL('../../../../shared/fixtures/', import.meta.url));

for (const folder of ['v41', 'v5']) compareFolder(join(here, folder));

if (existsSync(shared)) for (const folder of readdirSync(shared)) compareFolder(join(shared, folder));
else test('fixtures outside the repository', (t) => t.skip(`there is no ${shared}`));

function compareFolder(folder: string): void {
  for (const expected of readdirSync(folder).filter((name) => name.startsWith('expected_'))) {
    const name = expected.slice('expected_'.length, -'.json'.length);
    test(`reads ${join(folder, name)} as Optuna does`, (t) => compare(t, folder, name));
  }
}

async function compare(t: TestContext, folder: string, name: string): Promise<void> {
  const copy = temporaryFolder(t);
  for (const suffix of ['', '-wal']) {
    if (existsSync(join(folder, name + suffix))) cpSync(join(folder, name + suffix), join(copy, name + suffix));
  }
  const log = await openTrialLog(join(copy, name));
  t.after(() => log.close());
  const expected = JSON.parse(readFileSync(join(folder, `expected_${name}.json`), 'utf8'));
  const actual = JSON.parse(trialsJson(log));
  // A journal does not say which version wrote it.
  if (log.kind === 'journal') expected.optuna = null;
  assert.deepEqual(actual, expected);
  assert.deepEqual(log.warnings, []);
}
