/** A History panel keeps its place, and a file its one editor, whatever has the focus when parameters are inserted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { runDigits, runStudy } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';

/** The tabs of every editor group. */
async function tabs(window: VscodeWindow): Promise<string[][]> {
  const groups = await window.page.locator('.editor-group-container').all();
  const names = await Promise.all(groups.map((group) => group.locator('.tab').allInnerTexts()));
  return names.map((all) => all.map((name) => name.replaceAll(/\s/g, '')));
}

/** Inserts while the panel has the focus, and says which tabs there are at the preview. */
async function insertFromPanel(window: VscodeWindow, screenshot: string): Promise<string[][]> {
  await window.page.locator('.editor-group-container .tab', { hasText: 'digits' }).click();
  await window.palette('Tuneboard: Insert Best Parameters');
  await window.previewRows();
  await window.screenshot(screenshot);
  const seen = await tabs(window);
  await window.applyPreview();
  return seen;
}

test('a file keeps its one editor, and the History panel its group', needs('vscode', 'browser'), async (context) => {
  await inVscode(
    context,
    (workspace) => {
      runDigits(workspace, 8);
    },
    async ({ window, workspace }) => {
      const before = workspace.read('train.mjs');
      await window.openFile('train.mjs');
      await window.palette('Tuneboard: Focus on Studies View');
      await window.waitForTreeRow(/^digits/);
      await window.showHistory();
      assert.deepEqual(await tabs(window), [['train.mjs'], ['digits']]);

      // The panel's group has the focus: a file that a person opens there would cover the panel.
      await window.openFile('train.mjs');
      assert.deepEqual(await tabs(window), [['train.mjs'], ['digits']]);

      assert.deepEqual(await insertFromPanel(window, 'beside-1-open-file'), [['train.mjs'], ['digits']]);
      await window.save();
      const inserted = await eventually(
        () => workspace.read('train.mjs'),
        (text) => text !== before,
        'the best parameters are in the file',
      );
      assert.deepEqual(await tabs(window), [['train.mjs'], ['digits']]);

      // Behind another file, in a group that has not the focus.
      workspace.write('train.mjs', before);
      await window.openFile('network.mjs');
      assert.deepEqual(await insertFromPanel(window, 'beside-2-hidden-file'), [
        ['train.mjs', 'network.mjs'],
        ['digits'],
      ]);
      await window.save();
      await eventually(
        () => workspace.read('train.mjs'),
        (text) => text === inserted,
        'the best parameters are in the file again',
      );

      // Nowhere: it is opened beside the panel, not over it.
      workspace.write('train.mjs', before);
      await window.palette('View: Close All Editors in Group');
      await eventually(
        () => tabs(window),
        (groups) => groups.flat().join() === 'digits',
        'the panel is alone',
      );
      const alone = await insertFromPanel(window, 'beside-3-closed-file');
      assert.deepEqual(alone.flat().sort(), ['digits', 'train.mjs']);
      assert.equal(alone.length, 2, 'in two groups');
    },
  );
});

test(
  'panels share a group, and a command means the file that one turned to last',
  needs('vscode', 'browser'),
  (context) =>
    inVscode(
      context,
      (workspace) => {
        runDigits(workspace, 6);
        const text = workspace.read('digits.study.yaml');
        workspace.write('other.study.yaml', `name: other\n${text.replace(/^name:.*\n/m, '')}`);
        runStudy(workspace, 'other.study.yaml');
      },
      async ({ window }) => {
        await window.openFile('digits.study.yaml');
        await window.palette('Tuneboard: Focus on Studies View');
        await window.treeRow(/^other/).click();
        await window.showHistory();
        assert.deepEqual(await tabs(window), [['digits.study.yaml'], ['other']], 'the row was the last');
        await window.openFile('other.study.yaml');
        await window.openFile('digits.study.yaml');
        await window.palette('Tuneboard: Show History');
        const groups = await eventually(
          () => tabs(window),
          (all) => all.flat().includes('digits'),
          'the other panel is there',
        );
        assert.deepEqual(groups.at(-1), ['other', 'digits']);
        assert.equal(groups.length, 2);
        await eventually(
          () => Promise.all(window.page.frames().map((frame) => frame.locator('#root header').allInnerTexts())),
          (headers) => headers.flat().some((header) => header.includes('digits')),
          'it shows its study',
        );
        await window.screenshot('beside-4-shared-group');
      },
    ),
);
