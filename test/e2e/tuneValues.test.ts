/** A script that knows nothing of tuning: lightbulb, study file, hint, Tune Values…, Start, metric, trials, end, insertion. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { parse } from 'yaml';
import { needs } from '../support/parts.ts';
import { eventually, TRY_MS, untilDone } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

const SCRIPT = `import json
import net

LEARNING_RATE = 0.01
BATCH_SIZE = 32
SEED = 1

for epoch in range(3):
    loss = (LEARNING_RATE - 0.003) ** 2 * 1e4 + abs(BATCH_SIZE - 48) / 48 + net.penalty()
    print(json.dumps({"epoch": epoch, **net.scores(loss)}))
`;

const MODULE = `DROPOUT = 0.1


def penalty():
    return abs(DROPOUT - 0.3)


def scores(loss):
    return {"val_accuracy": 1 / (1 + loss), "val_f1": 1 / (2 + loss)}
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
      await window.quickInput.goToLine(4, 18);
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
      await page.locator('.tab.active', { hasText: 'fit.study.yaml' }).first().waitFor();
      assert.equal(await page.locator('.editor-group-container').count(), 2, 'the study file opens no third group');
      assert.equal(workspace.read('fit.py') + workspace.read('net.py'), SCRIPT + MODULE);

      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
          cwd: workspace.path('.'),
          encoding: 'utf8',
        });
      git('init', '--quiet');
      git('add', 'fit.py', 'net.py');
      git('commit', '--quiet', '-m', 'before');
      assert.doesNotMatch(workspace.read('fit.study.yaml'), /^metric:/m, 'the source does not show what it prints');
      workspace.write('fit.study.yaml', workspace.read('fit.study.yaml').replace(/trials: \d+/, 'trials: 8'));
      await window.openFile('fit.study.yaml');
      await window.palette('Tuneboard: Start Study');
      await eventually(
        () => window.quickInput.rows(),
        (found) => found.some((row) => /val_f1/.test(row)) && found.some((row) => /val_accuracy/.test(row)),
        'the metric is asked for, with what the first run printed',
      );
      await window.screenshot('tune-5-metric');
      await window.pick('val_f1');
      const end = await window.waitForNotification(/fit finished 8 trials/);
      assert.match(end, /\(\d.* %\) better than that of your own values in trial 0/);
      await window.screenshotInAllThemes('tune-6-end');
      assert.match(workspace.read('fit.study.yaml'), /^metric: val_f1$/m);
      assert.equal(git('status', '--porcelain', '--untracked-files=no'), '', 'no trial changed a file');
      await window.palette('Tuneboard: Focus on Studies View');
      await window.waitForTreeRow(/fit.*better than trial 0/);
      const panel = await window.showHistory();
      await panel.getByText('better than trial 0').waitFor();
      await window.screenshotInAllThemes('tune-7-history');

      await window.openFile('net.py');
      await window.palette('Tuneboard: Insert Best Parameters');
      const preview = page.locator('.bulk-edit-panel .monaco-list-row').first();
      const file = page.locator('.quick-input-list .monaco-list-row', { hasText: 'net.py' }).first();
      await preview.or(file).waitFor();
      if (await file.isVisible()) await window.pick('net.py');
      assert.match((await window.previewRows()).join('\n'), /DROPOUT/);
      await window.applyPreview();
      await window.save();
      const { dropout } = workspace.bestParams(workspace.path('.tuneboard', 'fit', 'journal.log'));
      await eventually(
        () => workspace.read('net.py'),
        (text) => text === MODULE.replace('0.1', String(dropout)),
        'the best value stands where the study varied it',
      );
      assert.equal(git('diff', '--numstat'), '1\t1\tnet.py\n');
    },
  );
});
