/** The article's search, `Trainer.hyperparameter_search`, unchanged: from the palette to the inserted parameters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, pythonOf } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

const python = { settings: { 'tuneboard.python.interpreterPath': pythonOf('transformers') } };

test("a Trainer's hyperparameter search", needs('vscode', 'browser', 'transformers'), async (context) => {
  await inVscode(
    context,
    (workspace) => {
      const script = workspace.sourceText('examples/transformers/hyp_tune.py');
      const old = script.replace('eval_strategy=', 'evaluation_strategy=');
      workspace.write('hyp_tune.py', old.replace('n_trials=10', 'n_trials=4'));
      workspace.copy('examples/transformers/reviews.csv');
    },
    async ({ window, workspace }) => {
      await window.openFile('hyp_tune.py');
      const old = workspace.read('hyp_tune.py');
      await window.quickInput.goToLine(old.slice(0, old.indexOf('evaluation_strategy=')).split('\n').length, 8);
      await window.page.locator('.squiggly-warning').first().waitFor({ state: 'attached' });
      await window.palette('Tuneboard: Start Study');
      const said = await window.waitForNotification(/evaluation_strategy/, 200_000);
      assert.match(said, /transformers 5 calls the argument .eval_strategy.; .evaluation_strategy. is gone/);
      await window.screenshot('transformers-0-old-name');
      const failed = workspace.runRecord();
      await window.clearNotifications();
      await window.openFile('hyp_tune.py');
      await window.quickFix('Rename evaluation_strategy to eval_strategy');
      await window.save();
      assert.equal(workspace.read('hyp_tune.py'), old.replace('evaluation_strategy=', 'eval_strategy='));

      await window.palette('Tuneboard: Start Study');
      await window.palette('Tuneboard: Focus on Studies View');
      // Importing torch takes its time before there is a study.
      const ended = await eventually(
        () => workspace.runRecord(),
        (record) => record !== undefined && record.pid !== failed?.pid && /^(finished|failed)$/.test(record.state),
        'the search ends',
        400_000,
      );
      assert.equal(ended?.state, 'finished', ended?.message);
      assert.ok(ended.storage);
      await window.waitForTreeRow(/4\/4/);
      await window.palette('Tuneboard: Show History');
      await window.waitForPaintedCanvas(await window.webviewFrame('#root canvas'));
      await window.screenshot('transformers-1-finished');

      await window.openFile('hyp_tune.py');
      const before = workspace.read('hyp_tune.py');
      await window.palette('Tuneboard: Insert Best Parameters');
      await window.pick('Put the values into');
      await window.previewRows();
      await window.screenshot('transformers-2-preview');
      await window.applyPreview();
      await window.save();
      const inserted = await eventually(
        () => workspace.read('hyp_tune.py'),
        (text) => text !== before,
        'the best parameters are in the script',
      );
      const best = Object.entries(workspace.bestParams(ended.storage));
      assert.equal(best.length, 5);
      const trainingArguments = /^arguments = TrainingArguments\(\n([\s\S]*?)^\)/m.exec(inserted)?.[1] ?? '';
      for (const [name, value] of best) {
        const written = new RegExp(`^ *${name}=(.*),$`, 'm').exec(trainingArguments)?.[1] ?? '';
        assert.deepEqual(JSON.parse(written), value, `${name} in ${trainingArguments}`);
      }
    },
    python,
  );
});
