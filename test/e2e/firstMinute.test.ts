/** The first minute of somebody new: an empty window, the walkthrough's button, an example that starts at a click. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

test(
  'an example from an empty window: copied, opened, started at a click',
  needs('vscode', 'browser'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => workspace.write('notes.txt', 'a folder that nobody opens\n'),
      async ({ window, server }) => {
        const { page } = window;
        await page.goto(`${server.origin}/?ew=true`);
        await page.locator('.monaco-workbench .part.statusbar').waitFor();
        await window.palette('Tuneboard: Start Study');
        await window.waitForNotification(/No folder is open/);
        assert.deepEqual(await window.notificationButtons(), ['Open example', 'Open folder']);
        await window.screenshotInAllThemes('first-1-empty-window');
        await page
          .locator('.notification-list-item-buttons-container .monaco-button', { hasText: 'Open example' })
          .click();
        await window.pick('JavaScript');
        await page.waitForURL(/folder=/);
        await page.locator('.monaco-workbench .part.statusbar').waitFor();
        await window.waitForNotification(/train\.mjs trains a small network/);
        assert.match(await window.editorText(), /Trains a small neural network/);
        await window.waitForLens(/Start study/);
        await window.screenshotInAllThemes('first-2-example');
        await window.clickLens('Start study');
        await page.locator('.tab', { hasText: 'train.mjs' }).waitFor();
        await window.waitForTreeRow(/digits.*\d+\/40/);
        const panel = await window.webviewFrame('#root canvas');
        await window.waitForPaintedCanvas(panel);
        await page.locator('.tab.active', { hasText: 'train.mjs' }).waitFor();
        await window.screenshotInAllThemes('first-3-started');
        await window.palette('Tuneboard: Stop Study');
        await window.pick('Now');
        const examples = join(server.profile, 'data', 'User', 'globalStorage', 'tuneboard.tuneboard', 'examples');
        await eventually(
          () => readdirSync(examples),
          (names) => names.includes('tuneboard-digits'),
          'the example has a folder of its own',
        );
      },
    );
  },
);
