/** A script that knows nothing of tuning: lightbulb, study file, hint, and the list of Tune Values… */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { needs } from '../support/parts.ts';
import { eventually, TRY_MS, untilDone } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

const SCRIPT = `import net

LEARNING_RATE = 0.01
BATCH_SIZE = 32
SEED = 1

for epoch in range(3):
    loss = (LEARNING_RATE - 0.003) ** 2 * 1e4 + abs(BATCH_SIZE - 48) / 48 + net.penalty()
    print(f"epoch={epoch} val_loss={loss:.5f}")
`;

const MODULE = `DROPOUT = 0.1


def penalty():
    return abs(DROPOUT - 0.3)
`;

test('a value is tuned by its lightbulb, others from the list', needs('vscode', 'browser'), async (context) => {
  await inVscode(
    context,
    (workspace) => {
      workspace.write('fit.py', SCRIPT);
      workspace.write('net.py', MODULE);
    },
    async ({ window, workspace }) => {
      const { page } = window;
      const space = () =>
        (parse(workspace.has('fit.study.yaml') ? workspace.read('fit.study.yaml') : 'space: {}') as { space: object })
          .space;
      const hints = async () => (await window.editorText()).match(/‹[^›]*›/g) ?? [];
      await window.openFile('fit.py');
      await window.quickInput.goToLine(3, 18);
      const entry = page.locator('.action-widget .monaco-list-row', { hasText: 'Tune this value' }).first();
      await untilDone('the lightbulb offers the value', async () => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+.');
        await entry.waitFor({ timeout: TRY_MS });
      });
      await window.screenshotInAllThemes('tune-1-lightbulb');
      await untilDone('the value is tuned', async () => {
        if (workspace.has('fit.study.yaml')) return;
        if (!(await entry.isVisible())) await page.keyboard.press('Control+.');
        await entry.click({ timeout: TRY_MS });
        await eventually(() => workspace.has('fit.study.yaml'), Boolean, 'the study file is there', TRY_MS);
      });
      await eventually(space, (found) => Object.keys(found).join() === 'learning_rate', 'the study file has the value');
      assert.match(workspace.read('fit.study.yaml'), /at: "fit\.py#LEARNING_RATE"/);
      assert.equal(workspace.read('fit.py'), SCRIPT);
      await page.locator('.tab.active', { hasText: 'fit.study.yaml' }).waitFor();
      await window.screenshotInAllThemes('tune-2-study-file');

      await window.openFile('fit.py');
      await eventually(hints, (found) => found.length === 1, 'a hint stands beside the tuned value');
      await window.screenshotInAllThemes('tune-3-hint');

      await window.palette('Tuneboard: Tune Values…');
      const rows = await eventually(
        () => window.quickInput.rows(),
        (found) => found.some((row) => /dropout/.test(row) && /net\.py:1/.test(row)),
        'the list has the value of the module',
      );
      assert.ok(!rows.some((row) => /seed/.test(row)), rows.join('\n'));
      await window.screenshot('tune-4-list');
      const tick = (text: string) =>
        page.locator('.quick-input-list .monaco-list-row', { hasText: text }).locator('.monaco-checkbox').click();
      await tick('dropout');
      await tick('learning_rate');
      await page.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
      await eventually(
        space,
        (found) => Object.keys(found).join() === 'dropout',
        'what was unticked left the study file',
      );
      assert.match(workspace.read('fit.study.yaml'), /at: "net\.py#DROPOUT"/);
      assert.equal(workspace.read('fit.py') + workspace.read('net.py'), SCRIPT + MODULE);
    },
  );
});
