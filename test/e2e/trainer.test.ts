/** A fine-tuning as a person does it: the backend installed and the study started from the palette, losses and scores watched. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const STUDY = `name: reviews
direction: maximize
metric: eval_f1
objective:
  trainer:
    dataset: reviews.csv
    text: review
    label: label
    max_length: 24
    model: { hidden_size: 32, intermediate_size: 64 }
    args: { num_train_epochs: 4 }
space:
  learning_rate: { type: float, low: 3.0e-3, high: 1.0e-2, log: true }
sampler: { type: random, seed: 2 }
pruner: none
budget: { trials: 3 }
`;

/** With an interpreter that has a TensorFlow: that of the tests, so that nothing is downloaded. */
function prepare(workspace: Workspace): void {
  workspace.write('reviews.csv', workspace.sourceText('examples/transformers/reviews.csv'));
  workspace.write('reviews.study.yaml', STUDY);
  const folder = join(cacheFolder, 'backends', 'tensorflow');
  const answer = JSON.stringify({ executable: 'python', folder, version: 'for tests', pip: false });
  workspace.write('answer.json', answer);
  workspace.write('python', '#!/bin/sh\nexec cat "$(dirname "$0")/answer.json"\n');
  chmodSync(workspace.path('python'), 0o755);
  workspace.write(
    '.vscode/settings.json',
    JSON.stringify({ 'tuneboard.python.interpreterPath': workspace.path('python') }),
  );
}

test(
  'the backend is installed, a study is agreed to and watched',
  needs('vscode', 'browser', 'tensorflow'),
  async (context) => {
    await inVscode(context, prepare, async ({ window, workspace }) => {
      await window.openFile('reviews.study.yaml');
      await window.palette('Tuneboard: Install TensorFlow Backend');
      await window.waitForNotification(/TensorFlow \d+\.\d+\.\d+ is ready/, 60_000);
      await window.screenshot('trainer-1-installed');
      await window.clearNotifications();

      const dialog = window.page.locator('.monaco-dialog-box');
      await window.palette('Tuneboard: Start Study');
      await dialog.waitFor({ timeout: 60_000 });
      const asked = (await dialog.textContent()) ?? '';
      assert.match(asked, /Start the study of reviews\.study\.yaml\?/);
      assert.match(asked, /3 trials × 4 epochs ≈ \d+ (s|min) on tensorflow\./);
      assert.match(asked, /The smoke test passed; libtensorflow /);
      await window.screenshot('trainer-2-estimate');
      await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.deepEqual(workspace.runRecords(), [], 'Cancel starts nothing');

      await window.palette('Tuneboard: Start Study');
      await dialog.locator('.monaco-button', { hasText: 'Start' }).click({ timeout: 60_000 });
      await window.palette('Tuneboard: Focus on Studies View');
      await window.expand(/reviews/);
      await window.waitForTreeRow(/Complete|Running/, 60_000);
      const panel = await window.showHistory();
      await panel.locator('tbody tr[data-trial]').first().click({ timeout: 60_000 });
      // Live: while the study runs they appear, one after another.
      const curve = (name: string) => panel.locator('.metric-curves figure', { hasText: name }).locator('svg polyline');
      for (const name of ['eval_loss', 'eval_f1', 'eval_accuracy'])
        await curve(name).first().waitFor({ timeout: 60_000 });
      await window.screenshot('trainer-3-curves');
      await eventually(
        () => workspace.runRecord()?.state,
        (state) => state === 'finished',
        'the study ends',
        120_000,
      );
      await window.waitForTreeRow(/3\/3/);
      const whole = /^eval_f1: from [\d.]+ at step 1 to [\d.]+ at step 4; lowest [\d.]+, highest [\d.]+\.$/;
      await eventually(
        () => panel.locator('.metric-curves svg[aria-label^="eval_f1:"]').getAttribute('aria-label'),
        (label) => whole.test(label ?? ''),
        'the curve of the score has all steps',
      );
      await window.clearNotifications();
      await panel.locator('.metric-curves').scrollIntoViewIfNeeded();
      await window.screenshotInAllThemes('trainer-4-finished');
      const output = workspace.read('.tuneboard/reviews/trials/0.log');
      assert.match(output, /^TensorFlow\.js [\d.]+ on tensorflow: the smoke test passed; libtensorflow/m);
    });
  },
);
