/** What a person reads when a study cannot start or run: one sentence that names the thing, and a button that helps. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { smallDisk } from '../support/smallDisk.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';

const STUDY = `name: tuned
direction: minimize
metric: loss
objective: { command: "python train.py --lr {lr}" }
space:
  lr: { type: float, low: 0.001, high: 1, log: true }
budget: { trials: 9 }
`;

/** A PATH with nothing but Node on it: beside the Node of a system there may be a Python. */
function nodeAlone(context: TestContext): string {
  const folder = temporaryFolder(context);
  symlinkSync(process.execPath, join(folder, 'node'));
  return folder;
}

/** The one message that matches, with its buttons; closes it. */
async function told(window: VscodeWindow, pattern: RegExp): Promise<{ sentence: string; buttons: string[] }> {
  const sentence = await window.waitForNotification(pattern);
  const buttons = await window.notificationButtons();
  await window.clearNotifications();
  return { sentence, buttons };
}

test('without Python, with an objective alone, with JSON by another name', needs('vscode', 'browser'), (context) =>
  inVscode(
    context,
    (workspace) => {
      workspace.write('tuned.study.yaml', STUDY);
      workspace.write('goal.py', 'import optuna\n\ndef objective(trial):\n    return trial.suggest_float("x", 0, 1)\n');
      workspace.write('other.study.json', '{ "name": "other" }\n');
    },
    async ({ window, workspace }) => {
      await window.openFile('tuned.study.yaml');
      await window.palette('Tuneboard: Start Study');
      const python = await told(window, /"python" was not found/);
      assert.equal(python.buttons[0], 'Choose Interpreter');
      assert.equal(workspace.runRecord()?.code, 'no-python');
      await window.openFile('goal.py');
      await window.clickLens('Start study');
      const goal = await told(window, /goal\.py has an objective but runs no study/);
      assert.deepEqual(goal.buttons, ['New study file']);
      await window.openFile('other.study.json');
      await window.palette('Tuneboard: Start Study');
      await told(window, /ends in \.study\.yaml.*rename other\.study\.json/);
      assert.equal(workspace.runRecords().length, 1, 'nothing else was started');
    },
    { env: { PATH: nodeAlone(context) } },
  ),
);

test('in a folder that can only be read', needs('vscode', 'browser'), async (context) => {
  const disk = smallDisk(64);
  if (!disk) return context.skip('a read-only disk needs root on Linux');
  context.after(() => disk.remove());
  writeFileSync(join(disk.path, 'tuned.study.yaml'), STUDY);
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  await inVscode(
    context,
    (workspace) => workspace.write('elsewhere.txt', 'The window opens here first.'),
    async ({ window, server }) => {
      await window.page.goto(server.urlOf(disk.path));
      await window.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
      await window.openFile('tuned.study.yaml');
      await window.palette('Tuneboard: Start Study');
      const { sentence, buttons } = await told(window, /Nothing can be written to/);
      assert.equal(
        sentence,
        `Nothing can be written to ${disk.path}: copy the study and its code into a folder of yours.`,
      );
      assert.equal(buttons.length, 1);
      await window.palette('Tuneboard: Focus on Studies View');
      await eventually(
        () => window.treeRows(),
        (rows) => rows.length === 0,
        'no study is listed',
      );
    },
  );
});
