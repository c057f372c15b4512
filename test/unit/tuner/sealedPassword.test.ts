/** A password that Ray shows to nobody: sealed in a job's environment, its key beside the worker's program. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  KEY_FILE,
  newKey,
  SEALED_VARIABLE,
  sealed,
  unsealed,
  unsealPassword,
} from '../../../src/tuner/worker/sealedPassword.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

test('unseals a password with its key only, and the sealed text shows nothing of it', () => {
  const [key, other] = [newKey(), newKey()];
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (password) => {
      const text = sealed(password, key);
      assert.equal(unsealed(text, key), password);
      assert.throws(() => unsealed(text, other));
      assert.notEqual(sealed(password, key), text);
    }),
  );
  assert.doesNotMatch(Buffer.from(sealed('geheim', key), 'base64').toString('latin1'), /geheim/);
  assert.throws(() => unsealed('', key));
});

test('a worker finds its password where a storage looks for it, and says so where the key is missing', (t) => {
  const folder = temporaryFolder(t);
  const key = newKey();
  const env: NodeJS.ProcessEnv = { [SEALED_VARIABLE]: sealed('geheim', key) };
  assert.throws(() => unsealPassword(join(folder, 'tuneboard.mjs'), { ...env }), { code: 'no-password' });
  writeFileSync(join(folder, KEY_FILE), key);
  unsealPassword(join(folder, 'tuneboard.mjs'), env);
  assert.deepEqual(env, { TUNEBOARD_STORAGE_PASSWORD: 'geheim' });
  unsealPassword('nowhere', env);
});
