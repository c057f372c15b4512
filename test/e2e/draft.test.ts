/** A script with arguments and no study file: drafted, read, saved, started, and inserted into its defaults. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually, TRY_MS, untilDone } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

const SCRIPT = `import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01, help="learning rate")
parser.add_argument("--units", type=int, default=32)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--data", default="train.csv")
args = parser.parse_args()

for epoch in range(3):
    time.sleep(0.05)
    loss = (args.lr - 0.003) ** 2 * 1e4 + abs(args.units - 48) / 48 + (args.optimizer == "sgd") / (epoch + 1)
    print(f"epoch={epoch} val_loss={loss:.5f}")
`;

test(
  'a script with arguments: drafted, saved, started, inserted',
  needs('vscode', 'browser', 'python'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => workspace.write('fit.py', SCRIPT),
      async ({ window, workspace }) => {
        await window.openFile('fit.py');
        await window.palette('Tuneboard: Start Study');
        const said = await window.waitForNotification(/Drafted a study file from fit\.py/);
        assert.match(said, /fit\.py\. \S/, 'it says what to check');
        await window.page.locator('.tab.active', { hasText: 'fit.study.yaml' }).waitFor();
        const draft = await eventually(
          () => window.editorText(),
          (text) => /space:/.test(text) && /units/.test(text),
          'the draft is on screen',
        );
        assert.match(draft, /metric: val_loss/);
        assert.doesNotMatch(draft, /^ {2}data:/m, 'a path is nothing to search');
        await window.screenshotInAllThemes('draft-1-opened');
        assert.deepEqual(workspace.runRecords(), [], 'nothing runs before a person has looked');

        await window.clearNotifications();
        await window.page.locator('.editor-group-container.active .view-lines').first().click();
        await window.save();
        await eventually(
          () => workspace.has('fit.study.yaml'),
          (there) => there,
          'the draft is a file beside the script',
        );
        workspace.write('fit.study.yaml', workspace.read('fit.study.yaml').replace(/trials: \d+/, 'trials: 8'));
        await eventually(
          () => window.editorText(),
          (text) => /trials: 8/.test(text),
          'the editor shows what is on the disk',
        );
        const { page, quickInput } = window;
        const lineOf = (text: string) =>
          workspace
            .read('fit.study.yaml')
            .split('\n')
            .findIndex((line) => line.includes(text)) + 1;
        const behind = (text: string, word: string) =>
          (text.split('\n').find((line) => line.includes(word)) ?? '').indexOf(word) + word.length + 1;
        await quickInput.goToLine(lineOf('{units}'), behind(workspace.read('fit.study.yaml'), '{un'));
        const box = page.locator('.rename-box input');
        await untilDone('the parameter can be renamed', async () => {
          await page.keyboard.press('F2');
          await box.waitFor({ timeout: TRY_MS });
        });
        await window.screenshot('draft-rename');
        await box.fill('width');
        await page.keyboard.press('Enter');
        await eventually(
          () => window.editorText(),
          (text) => /--units \{width\}/.test(text) && /^ {2}width:/m.test(text) && !/units:/.test(text),
          'every place of the parameter has its new name, and the flag its own',
        );
        await window.undo();
        await eventually(
          () => window.editorText(),
          (text) => /--units \{units\}/.test(text) && /^ {2}units:/m.test(text),
          'one undo takes the rename back',
        );
        await quickInput.goToLine(lineOf('command:'), 1);
        await page.keyboard.press('End');
        await page.keyboard.type(' --d');
        const flag = page.locator('.suggest-widget .monaco-list-row', { hasText: '--data' }).first();
        await untilDone('the flags of the script are offered', async () => {
          if (!(await flag.isVisible())) await page.keyboard.press('Control+Space');
          await flag.waitFor({ timeout: TRY_MS });
        });
        await window.screenshotInAllThemes('draft-flags');
        await page.keyboard.press('Escape');
        for (let typed = 0; typed < ' --d'.length; typed++) await page.keyboard.press('Backspace');
        await window.palette('Go to Symbol in Editor...');
        await eventually(
          () => quickInput.rows(),
          (rows) => rows.some((row) => /units/.test(row)) && rows.some((row) => /objective/.test(row)),
          'the outline has the parameters',
        );
        await window.screenshot('draft-symbols');
        await page.keyboard.press('Escape');
        await window.save();
        await window.waitForLens(/Start study/);
        await window.clickLens('Start study');
        await window.palette('Tuneboard: Focus on Studies View');
        const ended = await eventually(
          () => workspace.runRecord(),
          (record) => record?.state === 'finished' || record?.state === 'failed',
          'the study ends',
        );
        assert.equal(ended?.state, 'finished', ended?.message);
        assert.ok(ended.storage);
        await window.waitForTreeRow(/^fit.*8\/8/);

        await window.clearNotifications();
        await window.openFile('fit.py');
        await window.palette('Tuneboard: Insert Best Parameters');
        await window.previewRows();
        await window.screenshot('draft-2-preview');
        await window.applyPreview();
        await window.save();
        const best = workspace.bestParams(ended.storage);
        const text = workspace.read('fit.py');
        assert.match(text, new RegExp(`"--units", type=int, default=${best['units']}\\)`));
        assert.match(text, new RegExp(`choices=\\["sgd", "adam"\\], default="${best['optimizer']}"`));
        const lr = /"--lr", type=float, default=([^,]+),/.exec(text)?.[1];
        assert.equal(Number(lr), best['lr']);
      },
    );
  },
);
