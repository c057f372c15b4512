/** One study, two windows: both follow it, neither starts it twice, either can stop it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { copyLongDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import { VscodeWindow } from '../support/vscode/window.ts';

test('two windows on one study', needs('vscode', 'browser'), async (context) => {
  await inVscode(context, copyLongDigits, async ({ window: first, workspace, context: browser, server }) => {
    await first.openFile('digits.study.yaml');
    await first.palette('Tuneboard: Start Study');
    await first.palette('Tuneboard: Focus on Studies View');
    await first.waitForTreeRow(/^digits.*\d\/400/);

    const second = await VscodeWindow.open(browser, server, workspace.folder);
    await second.openFile('digits.study.yaml');
    await second.palette('Tuneboard: Start Study');
    await second.waitForPaintedCanvas(await second.webviewFrame('#root canvas'));
    await second.palette('Tuneboard: Focus on Studies View');
    const before = Number(/(\d+)\/400/.exec(await second.waitForTreeRow(/^digits.*\d\/400/))?.[1]);
    await second.screenshot('two-windows-1-second');
    assert.equal(workspace.runRecords().length, 1, 'the second start shows the study that runs');
    assert.deepEqual(await second.allMessages(), []);
    for (const window of [first, second]) {
      await eventually(
        () => window.treeRows(),
        (rows) => rows.some((row) => Number(/^digits.*?(\d+)\/400/.exec(row)?.[1]) > before),
        'the tree goes on',
      );
    }
    const { pid } = workspace.runRecord() ?? {};
    await second.palette('Tuneboard: Stop Study');
    await second.pick('Now');
    await eventually(
      () => workspace.runRecord()?.state,
      (state) => state === 'stopped',
      'the study stops',
    );
    assert.equal(workspace.runRecord()?.pid, pid, 'it was one run all along');
    for (const window of [first, second]) await window.waitForTreeRow(/^digits.*(stopped|best)/i);
    // The first window has not looked at the panel: it has the stopped study in its tree, with no trial left running.
    await first.expand(/^digits/);
    await eventually(
      () => first.treeRows(),
      (rows) => !rows.some((row) => /^Running\s*[1-9]/.test(row)),
      'nothing is shown as running',
    );
    await second.close();
  });
});
