/** Storages that were made elsewhere, by Optuna itself, and files that are none. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const FIXTURES = 'test/fixtures/optuna/v5';

/** What a terminal showed of a search, as somebody sends it. */
const PRINTED = `[I 2026-11-24 06:39:02,775] A new study created in memory with name: sent
[I 2026-11-24 06:39:03,100] Trial 0 finished with value: 0.81 and parameters: {'lr': 0.1, 'optim': 'sgd'}. Best is trial 0 with value: 0.81.
[I 2026-11-24 06:39:04,200] Trial 1 pruned. Trial was pruned at epoch 3.
[I 2026-11-24 06:39:05,300] Trial 2 finished with value: 0.93 and parameters: {'lr': 0.01, 'optim': 'adamw_torch'}. Best is trial 2 with value: 0.93.
`;

const GOOD = [
  { name: 'study.journal', studies: studiesOf('expected_study.journal.json') },
  { name: 'study.sqlite', studies: studiesOf('expected_study.sqlite.json') },
  { name: 'sent.txt', studies: ['sent'] },
] as const;

/** What is said of a log, for some seconds: to be read when it is opened. */
const INFERRED = /sent\.txt is a printed log: .* were inferred/;

const BAD = ['notes.txt', 'empty.log', 'a folder', 'cut.db', 'gone.db'] as const;

function studiesOf(fixture: string): string[] {
  const found = JSON.parse(readFileSync(new URL(`../fixtures/optuna/v5/${fixture}`, import.meta.url), 'utf8')) as {
    studies: readonly { readonly name: string }[];
  };
  return found.studies.map(({ name }) => name);
}

function prepare(workspace: Workspace): void {
  for (const name of ['study.journal', 'study.sqlite']) workspace.copy(`${FIXTURES}/${name}`);
  workspace.write('sent.txt', PRINTED);
  workspace.write('notes.txt', 'Remember to buy milk.\nAnd bread.\n');
  workspace.write('empty.log', '');
  mkdirSync(workspace.path('a folder'));
  writeFileSync(workspace.path('cut.db'), readFileSync(workspace.path('study.sqlite')).subarray(0, 9000));
}

async function openStorage(window: VscodeWindow, path: string): Promise<void> {
  await window.palette('Tuneboard: Open Storage');
  await window.pick('Enter a path or URL');
  await window.answer(path);
}

/** The studies of other storages beside one: two go the same way, one the other. */
async function compareStudies(window: VscodeWindow, own: string, others: readonly string[]): Promise<void> {
  await window.palette('Tuneboard: Compare Studies…');
  for (const name of others) {
    const row = window.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
    await row.locator('.monaco-checkbox').click();
  }
  await window.screenshot('storage-4-compare-list');
  await window.page.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
  const panel = await window.webviewFrame('#root .figure-studiesBest canvas');
  const rows = await eventually(
    () => panel.locator('.studies-table tbody tr').allTextContents(),
    (found) =>
      found.length === 1 + others.length && found.filter((row) => /(after \d+|not yet)/.test(row)).length === 3,
    'the studies are listed',
  );
  const names = await panel.locator('.studies-table tbody th').allTextContents();
  assert.deepEqual([names[0], [...names.slice(1)].sort()], [own, [...others].sort()]);
  assert.match(rows.at(-1) ?? '', /goes the other way/);
  await window.screenshotInAllThemes('storage-5-compare');
}

test(
  'storages made elsewhere are shown; a file that is none is refused in one sentence',
  needs('vscode', 'browser'),
  async (context) => {
    await inVscode(context, prepare, async ({ window, workspace }) => {
      for (const { name, studies } of GOOD) {
        await openStorage(window, workspace.path(name));
        if (name === 'sent.txt')
          await eventually(
            () => window.notifications(),
            (notes) => notes.some((note) => INFERRED.test(note)),
            'the window says what was inferred',
          );
        await window.waitForTreeRow(new RegExp(`^(${name}|${studies[0]})`));
        if (studies.length > 1) await window.expand(name);
        for (const study of studies)
          await eventually(
            () => window.treeRows(),
            (rows) => rows.some((row) => row.includes(study)),
            `${study} of ${name} is in the tree`,
          );
        await window.screenshot(`storage-1-${name}`);
      }
      await window.treeRow('sent').click();
      const panel = await window.showHistory();
      assert.match((await panel.locator('#root header').textContent()) ?? '', /sent/);
      await window.screenshotInAllThemes('storage-2-history');
      await compareStudies(window, 'sent', ['journal', 'sqlite', 'journal grid']);
      const wrong = (await window.allMessages()).filter((note) => !INFERRED.test(note));
      assert.deepEqual(wrong, [], 'nothing went wrong so far');
      await window.clearNotifications();
      const rows = await window.treeRows();

      for (const name of BAD) {
        await openStorage(window, workspace.path(name));
        const [message = ''] = await eventually(
          () => window.notifications(),
          (texts) => texts.length === 1,
          `one message about ${name}`,
        );
        assert.ok(message.includes(name), message);
        assert.match(message, /^[^\n]{20,250}\.$/, 'said in one line');
        assert.equal((await window.notificationButtons()).length, 1, `one button: ${message}`);
        await window.screenshot(`storage-3-${name}`);
        await window.clearNotifications();
      }
      assert.deepEqual(await window.treeRows(), rows, 'the tree is as it was');
    });
  },
);
