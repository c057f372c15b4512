/** A History panel on a running study comes back with its window, live, and the end of the study is told once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { copyLongDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';

const HEADER = '#root header';

test('a History panel is there again after a reload', needs('vscode', 'browser'), async (context) => {
  await inVscode(context, copyLongDigits, async ({ window, workspace }) => {
    await window.openFile('digits.study.yaml');
    await window.palette('Tuneboard: Start Study');
    // At once: it waits for the study that is being started.
    await window.palette('Tuneboard: Show History');
    await window.waitForPaintedCanvas(await window.webviewFrame('#root canvas'));
    await window.saveLayout('tuneboard.history');

    await window.reload();
    const panel = await window.webviewFrame('#root canvas');
    await window.waitForPaintedCanvas(panel);
    await window.screenshot('reload-1-restored');
    const read = () => panel.locator(HEADER).textContent();
    const first = await read();
    await eventually(read, (text) => text !== first, 'the restored panel goes on with the study');
    assert.equal(workspace.runRecords().length, 1, 'no second run was started');

    await window.palette('Tuneboard: Stop Study');
    await window.pick('Now');
    await eventually(
      () => workspace.runRecord()?.state,
      (state) => state === 'stopped',
      'the study stops',
    );
    await window.waitForNotification(/digits stopped/);
    await eventually(read, (text) => /Stopped/.test(text ?? ''), 'the panel says that the study has stopped');
    assert.equal((await endMessages(window)).length, 1, 'one message tells the end');
    await window.screenshotInAllThemes('reload-2-stopped');

    await window.reload();
    await window.palette('Tuneboard: Focus on Studies View');
    await window.waitForTreeRow(/^digits/);
    // The window restores the panel after the tree.
    const again = await window.webviewFrame('#root canvas');
    await eventually(
      () => again.locator(HEADER).textContent(),
      (text) => /Stopped/.test(text ?? ''),
      'the panel is there once more',
    );
    assert.deepEqual(await endMessages(window), [], 'an end that was told is not told again');
  });
});

async function endMessages(window: VscodeWindow): Promise<string[]> {
  return (await window.allMessages()).filter((text) => /digits (stopped|finished)/.test(text));
}
