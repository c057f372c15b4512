/** A History panel keeps its place, and a file its one editor, whatever has the focus when parameters are inserted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { runDigits } from '../support/vscode/finishedStudy.ts';
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
