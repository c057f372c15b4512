/** Best values offered where a person types them, and problems in a study file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { runDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';

test('ghost text offers the best value, and Tab takes it', needs('vscode', 'browser'), async (context) => {
  let storage = '';
  await inVscode(
    context,
    (workspace) => {
      storage = runDigits(workspace, 4);
    },
    async ({ window, workspace }) => {
      const { page } = window;
      await window.openFile('train.mjs');
      await eventually(
        () => window.lensTexts(),
        (texts) => /Insert best/.test(texts.join()),
        'a lens with the best trial',
      );
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\nconst again = { hidden: ', { delay: 30 });
      await page.locator('.ghost-text-decoration').first().waitFor();
      await window.screenshot('ghost-1-offered');
      await page.keyboard.press('Tab');
      const { hidden } = workspace.bestParams(storage);
      const text = await eventually(
        () => window.editorText(),
        (now) => now.includes(`const again = { hidden: ${hidden}`),
        'the value is in the code',
      );
      assert.ok(text);

      await window.openFile('digits.study.yaml');
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\nsampelr: { type: tpe }\n', { delay: 20 });
      await page.locator('.squiggly-error').first().waitFor();
      await window.palette('Problems: Focus on Problems View');
      await page.locator('.markers-panel .monaco-list-row', { hasText: 'sampelr' }).first().waitFor();
      await window.screenshotInAllThemes('ghost-2-problem');
    },
  );
});
