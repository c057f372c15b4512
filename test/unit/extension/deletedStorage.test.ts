/** The file of an open storage goes and comes back: its row says so by itself, and keeps what was read. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StudyEntry } from '../../../src/extension/studies/studyEntry.ts';
import { studyLine } from '../../../src/extension/studies/studyLine.ts';
import { StudyRegistry } from '../../../src/extension/studies/studyRegistry.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { english } from '../../support/words.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const KINDS = { journal: 'v41/study.journal', sqlite: 'v5/study.sqlite' } as const;

interface Opened {
  readonly registry: StudyRegistry;
  readonly study: StudyEntry;
  readonly folder: string;
  readonly path: string;
  /** A copy of the file beside its folder. */
  readonly copy: string;
}

async function opened(t: TestContext, kind: keyof typeof KINDS): Promise<Opened> {
  const root = temporaryFolder(t);
  const [folder, copy] = [join(root, '.tuneboard', 'x'), join(root, 'copy')];
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'storage');
  for (const place of [path, copy]) cpSync(join(fixtures, KINDS[kind]), place);
  const registry = new StudyRegistry({ explain: (error) => (error as Error).message, report: () => {} });
  t.after(() => registry.dispose());
  await registry.open(path);
  const study = registry.studies.find(({ history }) => (history?.length ?? 0) > 0);
  assert.ok(study);
  return { registry, study, folder, path, copy };
}

const says = (study: StudyEntry) => studyLine(study, english, 0);

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 120_000; !holds(); await delay(20)) assert.ok(performance.now() < end, what);
}

for (const kind of ['journal', 'sqlite'] as const) {
  const ways: Record<string, { go(one: Opened): void; back(one: Opened): void }> = {
    'deleted and written anew': { go: ({ path }) => rmSync(path), back: ({ path, copy }) => cpSync(copy, path) },
    'renamed and renamed back': {
      go: ({ path }) => renameSync(path, `${path}.old`),
      back: ({ path }) => renameSync(`${path}.old`, path),
    },
    'deleted with its folder': {
      go: ({ folder }) => rmSync(folder, { recursive: true }),
      back: ({ folder, path, copy }) => {
        mkdirSync(folder, { recursive: true });
        cpSync(copy, path);
      },
    },
    'renamed with its folder': {
      go: ({ folder }) => renameSync(folder, `${folder}.old`),
      back: ({ folder }) => renameSync(`${folder}.old`, folder),
    },
  };
  for (const [name, { go, back }] of Object.entries(ways)) {
    test(`a ${kind} that is ${name} is called deleted, and is read again`, async (t) => {
      const one = await opened(t, kind);
      const { registry, study } = one;
      const before = says(study);
      const trials = study.history?.length;
      for (let round = 0; round < 2; round++) {
        go(one);
        await until('the row says that the file is gone', () => study.isDeleted);
        assert.match(says(study), /^deleted · /);
        assert.equal(study.history?.length, trials, 'what was read is still there');
        back(one);
        await until('the row is as before', () => !study.isDeleted && says(study) === before);
        assert.equal(registry.study(study.id), study, 'the row stays the same');
      }
    });
  }
}

test('a journal that came back in a new folder is watched there', async (t) => {
  const { study, folder, path, copy } = await opened(t, 'journal');
  rmSync(folder, { recursive: true });
  await until('the row says that the file is gone', () => study.isDeleted);
  mkdirSync(folder, { recursive: true });
  cpSync(copy, path);
  await until('it is read again', () => !study.isDeleted);
  const trials = study.history?.length ?? 0;
  const id = study.record?.id;
  appendFileSync(
    path,
    `${JSON.stringify({ op_code: 4, worker_id: 'w', study_id: id, datetime_start: '2026-11-24T06:38:21' })}\n`,
  );
  await until('the new trial is there', () => study.history?.length === trials + 1);
});

test('a file that is replaced at once is never called deleted', async (t) => {
  const { registry, study, path, copy } = await opened(t, 'journal');
  let changes = 0;
  const seen: boolean[] = [];
  registry.onDidChange(() => {
    changes++;
    seen.push(study.isDeleted);
  });
  for (let round = 1; round < 4; round++) {
    const before = changes;
    rmSync(path);
    await delay(80);
    cpSync(copy, path);
    await until('the new file is read', () => changes > before);
  }
  assert.deepEqual(new Set(seen), new Set([false]));
});
