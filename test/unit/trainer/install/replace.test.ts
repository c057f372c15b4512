import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replace } from '../../../../src/trainer/install/installTensorflow.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

test('an installation takes the place of the one before, which comes back where it cannot', (t) => {
  const home = temporaryFolder(t);
  const [place, staging] = [join(home, 'tensorflow'), join(home, 'staging')];
  const ready = join(staging, 'tensorflow');
  const make = (folder: string, version: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, version), '');
  };
  make(ready, 'first');
  replace(ready, place, staging);
  assert.deepEqual(readdirSync(place), ['first']);
  make(ready, 'second');
  replace(ready, place, staging);
  assert.deepEqual([readdirSync(place), readdirSync(join(staging, 'before'))], [['second'], ['first']]);
  // Somebody has deleted what was to take the place.
  assert.throws(() => replace(join(staging, 'none'), place, join(home)), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(place), ['second']);
});
