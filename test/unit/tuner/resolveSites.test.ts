import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as readers from '../../../src/language/door.ts';
import { resolveSitesBy, valuesInCode } from '../../../src/tuner/objective/sites/resolveSites.ts';

test('a file is scanned once for all trials, and anew when it has changed', () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'sites-')));
  try {
    let scans = 0;
    const counting = {
      ...readers,
      listSites: (languageId: string, text: string) => {
        scans++;
        return readers.listSites(languageId, text);
      },
    };
    const sites = new Map([
      ['lr', 'train.py#LR'],
      ['width', 'train.py#WIDTH'],
    ]);
    const values = () => valuesInCode(resolveSitesBy(counting, sites, base));
    writeFileSync(join(base, 'train.py'), 'LR = 0.1\nWIDTH = 4\n');
    assert.deepEqual([values(), values(), scans], [{ lr: 0.1, width: 4 }, { lr: 0.1, width: 4 }, 1]);
    writeFileSync(join(base, 'train.py'), '# moved\nLR = 0.2\nWIDTH = 4\n');
    assert.deepEqual([values(), scans], [{ lr: 0.2, width: 4 }, 2]);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
