/** A window in Chinese: every word of ours is, whatever VS Code's own language pack says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';

test('a window in Chinese', needs('vscode', 'browser'), async (context) => {
  await inVscode(
    context,
    (workspace) => void runDigits(workspace, 4),
    async ({ window }) => {
      await window.openFile('digits.study.yaml');
      await window.waitForLens(/插入最佳参数/);
      assert.match((await window.lensTexts()).join('\n'), /启动研究/);
      await window.quickInput.palette('Tuneboard: 显示历史');
      const panel = await window.webviewFrame('#root canvas');
      await window.waitForPaintedCanvas(panel);
      const text = await panel.locator('#root').textContent();
      assert.match(text ?? '', /学习曲线/);
      // Two plain English words in a row are a sentence that was forgotten.
      assert.doesNotMatch(text ?? '', /[a-z]{3,} [a-z]{3,}/);
      await window.screenshot('chinese-1-history');
    },
    { locale: 'zh-cn' },
  );
});
