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
      workspace.write('hyp_tune.py', script.replace('n_trials=10', 'n_trials=4'));
      workspace.copy('examples/transformers/reviews.csv');
    },
    async ({ window, workspace }) => {
      await window.openFile('hyp_tune.py');
      await window.palette('Tuneboard: Start Study');
      await window.palette('Tuneboard: Focus on Studies View');
      // Importing torch takes its time before there is a study.
      const ended = await eventually(
        () => workspace.runRecord(),
        (record) => record?.state === 'finished' || record?.state === 'failed',
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
      await window.previewRows();
      await window.screenshot('transformers-2-preview');
      await window.applyPreview();
      await window.save();
      const inserted = await eventually(
        () => workspace.read('hyp_tune.py'),
        (text) => text !== before,
        'the best parameters are in the script',
      );
      const epochs = workspace.bestParams(ended.storage)['num_train_epochs'];
      assert.match(inserted, new RegExp(`num_train_epochs=${epochs},`));
    },
    python,
  );
});
