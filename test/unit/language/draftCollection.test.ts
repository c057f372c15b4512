import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { findSite } from '../../../src/language/sites/findSite.ts';
import { listSites } from '../../../src/language/sites/listSites.ts';
import { readSiteReference, siteLanguage } from '../../../src/language/sites/siteReference.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/scripts');

interface Expected {
  readonly kind: string;
  readonly has: readonly string[];
  readonly hasNot: readonly string[];
  /** Absent where the first run has to show it. */
  readonly metric?: string;
}

const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'));

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

describe('the draft of a script in the manner of the popular ones', () => {
  for (const [name, { kind, has, hasNot, metric }] of Object.entries(EXPECTED)) {
    it(`has the hyperparameters of ${name} at their present values, and nothing else`, () => {
      const path = join(FOLDER, name);
      const beside = (other: string) => read(join(dirname(path), other));
      const text = read(path) ?? '';
      const scriptPath = basename(name);
      const made = draftStudyFile(
        { uri: `file://${path}`, languageId: siteLanguage(name) ?? 'python', text, scriptPath },
        undefined,
        beside,
      );
      const { file, problems } = parseStudyFile(made.text ?? '');
      assert.deepEqual(problems, [], made.text ?? '');
      assert.equal(made.kind, kind);
      const names = file?.space.parameters.map((parameter) => parameter.name) ?? [];
      assert.deepEqual(
        [has.filter((one) => !names.includes(one)), hasNot.filter((one) => names.includes(one))],
        [[], []],
        made.text ?? '',
      );
      assert.equal(/^metric: (\S+)/m.exec(made.text ?? '')?.[1], metric);
      for (const [parameter, at] of Object.entries(file?.sites ?? {}))
        assertIsThere(parameter, at, beside, file?.start[0]);
    });
  }
});

/** The draft's place is one literal, which has the value that the first trial starts with. */
function assertIsThere(
  parameter: string,
  at: string,
  beside: (path: string) => string | null,
  start: Readonly<Record<string, unknown>> | undefined,
): void {
  const place = readSiteReference(at);
  assert.ok(place, at);
  if (place.file.endsWith('.ipynb')) return;
  const { site } = findSite(listSites(siteLanguage(place.file) ?? '', beside(place.file) ?? ''), place.path);
  assert.ok(site, `${at} is one site`);
  assert.equal(start?.[parameter], site.literal.value, at);
}
