/** Input B as a person uses it: a study file from the palette to the inserted parameters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { copyDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import { themeNames } from '../support/vscode/themes.ts';

test(
  'a study file: started from the palette, watched, inserted, undone',
  needs('vscode', 'browser'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => copyDigits(workspace, 10),
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
        await window.expand(/digits/);
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
          300_000,
        );
        // It hides after some seconds: what stays is looked at afterwards.
        await window.waitForNotification(/digits finished 10 trials/);
        await window.waitForTreeRow(/10\/10/);
        await window.screenshotInAllThemes('digits-4-finished', themeNames);
        await window.clearNotifications();

        await window.openFile('train.mjs');
        const before = workspace.read('train.mjs');
        await window.palette('Tuneboard: Insert Best Parameters');
        const rows = await window.previewRows();
        assert.ok(
          rows.some((row) => row.includes("lr: { type: 'string', default:")),
          rows.join('\n'),
        );
        assert.equal(await window.isPreviewTicked(), true);
        await window.screenshotInAllThemes('digits-5-preview');
        await window.applyPreview();
        const { hidden } = workspace.bestParams(workspace.path('.tuneboard', 'digits', 'journal.log'));
        await window.save();
        const inserted = await eventually(
          () => workspace.read('train.mjs'),
          (text) => text !== before,
          'the best parameters are in the code',
        );
        assert.match(inserted, new RegExp(`hidden: \\{ type: 'string', default: '${hidden}' \\}`));

        await window.clearNotifications();
        await window.palette('Tuneboard: Insert Best Parameters');
        const again = await eventually(
          () => window.notifications(),
          (texts) => texts.length > 0,
          'a second insertion says that nothing changes',
        );
        assert.match(again.join('\n'), /has the parameters of trial \d+ already/);

        await window.undo();
        await window.save();
        await eventually(
          () => workspace.read('train.mjs'),
          (text) => text === before,
          'one undo takes all of it back',
        );
      },
    );
  },
);
