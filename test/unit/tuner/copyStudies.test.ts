import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { copyCommand } from '../../../src/tuner/cli/copyStudies.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/optuna/v5/', import.meta.url));

/** All that a storage tells, but for its own ids and the order of attributes. */
async function contents(path: string): Promise<unknown> {
  const log = await openTrialLog(path);
  const text = trialsJson(log);
  await log.close();
  return JSON.parse(text, (key, value) => {
    if (key === 'trial_id' || key === 'study_id' || key === 'optuna') return undefined;
    return /_attrs$/.test(key) ? Object.entries(value).sort() : value;
  });
}

for (const [from, first, second] of [
  ['study.sqlite', 'a.log', 'b.db'],
  ['study.journal', 'a.db', 'b.log'],
] as const) {
  test(`copies every study of ${from} exactly, there and back`, async (t) => {
    const folder = temporaryFolder(t);
    const [there, back] = [join(folder, first), join(folder, second)];
    const source = join(fixtures, from);
    await copyCommand({ location: source, study: undefined }, there);
    assert.deepEqual(await contents(there), await contents(source));
    await copyCommand({ location: there, study: undefined }, back);
    assert.deepEqual(await contents(back), await contents(source));
    await assert.rejects(copyCommand({ location: source, study: undefined }, there), { code: 'duplicate-study' });
    assert.deepEqual(await contents(there), await contents(source));
    await assert.rejects(copyCommand({ location: source, study: 'none of that name' }, there), { code: 'no-study' });
  });
}
