/** A workspace that is not trusted: studies are there to look at, and nothing is run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { runDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';

const restricted = { trusted: false, settings: { 'security.workspace.trust.startupPrompt': 'never' } };

test('Restricted Mode shows a study and runs nothing', needs('vscode', 'browser'), async (context) => {
  await inVscode(
    context,
    (workspace) => void runDigits(workspace, 4),
    async ({ window, workspace }) => {
      const before = workspace.runRecord();
      await window.page.getByText('Restricted Mode').first().waitFor();
      await window.palette('Tuneboard: Focus on Studies View');
      await window.expand(/^digits/);
      await window.waitForTreeRow(/^Complete/);
      await window.treeRow(/^digits/).click();
      await window.palette('Tuneboard: Show History');
      await window.waitForPaintedCanvas(await window.webviewFrame('#root canvas'));
      await window.screenshotInAllThemes('restricted-1-looking');

      await window.openFile('digits.study.yaml');
      if (await window.quickInput.offers('Tuneboard: Start Study')) {
        await window.palette('Tuneboard: Start Study');
        const said = await eventually(
          () => window.notifications(),
          (texts) => texts.length > 0,
          'a sentence says why nothing runs',
        );
        assert.match(said.join('\n'), /Restricted Mode/);
      }
      await window.screenshotInAllThemes('restricted-2-refused');
      assert.deepEqual(workspace.runRecords(), [before], 'no process was started');
    },
    restricted,
  );
});
