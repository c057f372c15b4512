/** What a command means when it is not told: the study that has the focus, and the file that a person picks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_FOUND } from '../../src/extension/commands/startChoices.ts';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { runStudy } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const COUNT = 500;

const study = (name: string) => `name: ${name}
direction: maximize
metric: score
objective:
  command: node train.mjs --width {width}
space:
  width: { type: int, low: 1, high: 64 }
budget: { trials: 3 }
`;

function writeTrain(workspace: Workspace): void {
  workspace.write('train.mjs', 'console.log("score=" + Number(process.argv[3]) / 64);\n');
}

function runTwo(workspace: Workspace): void {
  writeTrain(workspace);
  for (const name of ['alpha', 'beta']) {
    workspace.write(`${name}.study.yaml`, study(name));
    runStudy(workspace, `${name}.study.yaml`);
  }
}

function writeMany(workspace: Workspace): void {
  writeTrain(workspace);
  for (let index = 0; index < COUNT; index++) {
    workspace.write(`models/m${index}/train-${index}.study.yaml`, study(`m${index}`));
  }
  workspace.write('hidden/secret.study.yaml', study('secret'));
  workspace.write('.vscode/settings.json', '{ "search.exclude": { "hidden": true, "**/{x,y}": true } }');
}

async function waitForActiveTab(window: VscodeWindow, name: string): Promise<void> {
  const tab = window.page.locator('.editor-group-container.active .tab.active', { hasText: name });
  await tab.waitFor();
}

/** Asks for the log of the study that is meant. Runs of the command line have none, and the message names the study. */
async function meansInLog(window: VscodeWindow, name: string): Promise<void> {
  await window.palette('Notifications: Clear All Notifications');
  await window.palette('Tuneboard: Show Run Log');
  const messages = () => window.notifications();
  await eventually(messages, (texts) => texts.some((text) => text.includes(`${name} has no log`)), `${name} is meant`);
}

test('Show History means the study that was selected or shown last', needs('vscode', 'browser'), (context) =>
  inVscode(context, runTwo, async ({ window }) => {
    await window.palette('Tuneboard: Focus on Studies View');
    await window.waitForTreeRow(/^alpha/);
    await window.waitForTreeRow(/^beta/);
    await window.treeRow(/^alpha/).click();
    await window.showHistory();
    await waitForActiveTab(window, 'alpha');

    // The panel of alpha stays in front; the row of beta is newer.
    await window.treeRow(/^beta/).click();
    await window.palette('Tuneboard: Show History');
    await waitForActiveTab(window, 'beta');

    await window.page.locator('.tab', { hasText: 'alpha' }).click();
    await waitForActiveTab(window, 'alpha');
    await meansInLog(window, 'alpha');

    // A click into the panel that was in front all along.
    await window.treeRow(/^alpha/).click();
    await window.treeRow(/^beta/).click();
    await meansInLog(window, 'beta');
    const panel = await window.webviewFrame('#root canvas');
    await panel.locator('header').click();
    await meansInLog(window, 'alpha');
  }),
);

test('a list that is cut says so and reaches the other files', needs('vscode', 'browser'), (context) => {
  const fill = (workspace: Workspace) => {
    for (let index = 0; index <= MOST_FOUND; index++) workspace.write(`part${index % 50}/s${index}.py`, '');
    workspace.write('only.study.yaml', study('only'));
  };
  return inVscode(context, fill, async ({ window }) => {
    await window.palette('Tuneboard: Start Study');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: 'only.study.yaml' }).waitFor();
    const size = async () => Number(await rows.first().getAttribute('aria-setsize'));
    await eventually(size, (count) => count >= MOST_FOUND + 2, 'study file, scripts and the last row are listed');
    await window.page.locator('.quick-input-box input').fill('no such file');
    await rows.filter({ hasText: `${MOST_FOUND} of each kind` }).waitFor();
    await window.screenshot('choosing-2-cut');
    await window.pick('Choose another file');
    await window.page.locator('.quick-input-widget', { hasText: /script or notebook to start/ }).waitFor();
  });
});

test('every one of 500 study files can be picked to start', needs('vscode', 'browser'), (context) =>
  inVscode(context, writeMany, async ({ window }) => {
    await window.palette('Tuneboard: Start Study');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    const input = window.page.locator('.quick-input-box input');
    const count = () => rows.first().getAttribute('aria-setsize');
    await rows.first().waitFor();
    await window.screenshot('choosing-1-list');
    await eventually(count, (size) => Number(size) >= COUNT, `the list has ${COUNT} files`);
    const first = (await rows.first().textContent()) ?? '';
    assert.match(first, /train-0\.study\.yaml/);
    await input.fill('secret');
    await eventually(
      () => rows.allInnerTexts(),
      (texts) => !texts.some((text) => /train-0/.test(text)),
      'the list is filtered',
    );
    assert.ok(!(await rows.allInnerTexts()).some((text) => /secret\.study/.test(text)), 'search.exclude hides a file');
    await input.fill('');
    await input.fill(`train-${COUNT - 1}`);
    await window.pick(`train-${COUNT - 1}.study.yaml`);
    await window.palette('Tuneboard: Focus on Studies View');
    await window.waitForTreeRow(new RegExp(`^m${COUNT - 1}`));
  }),
);
