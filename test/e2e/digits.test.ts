/** Input B as a person uses it: a study file from the palette to the inserted parameters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { inVscode } from '../support/vscode/session.ts';
import { eventually } from '../support/vscode/window.ts';

test(
  'a study file: started from the palette, watched, inserted, undone',
  needs('vscode', 'browser'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => {
        workspace.copy('examples/digits/train.mjs');
        workspace.copy('examples/digits/digits.mjs');
        workspace.copy('examples/digits/network.mjs');
        workspace.copy('examples/digits/digits.csv.gz');
        const study = workspace.sourceText('examples/digits/digits.study.yaml');
        workspace.write('digits.study.yaml', study.replace('trials: 40', 'trials: 10'));
      },
      async ({ window, workspace }) => {
        await window.openFile('digits.study.yaml');
        const lenses = await eventually(
          () => window.lensTexts(),
          (texts) => texts.length > 0,
          'a lens over the study file',
        );
        assert.match(lenses.join('\n'), /Start study/);
        await window.screenshot('digits-1-study-file');

        await window.palette('Tuneboard: Start Study');
      await window.palette('Tuneboard: Focus on Studies View');
        await window.waitForTreeRow(/digits/);
        await window.waitForTreeRow(/Complete|Running/);
        await window.screenshot('digits-2-running');

        await window.palette('Tuneboard: Show History');
        const panel = await window.webviewFrame('#root canvas');
        await window.waitForPaintedCanvas(panel);
        await window.screenshot('digits-3-history');

        await eventually(
          () => workspace.runRecord()?.state,
          (state) => state === 'finished',
          'the study ends',
          120_000,
        );
        await window.waitForTreeRow(/10\/10/);
        await window.screenshotInAllThemes('digits-4-finished');
      },
    );
  },
);
