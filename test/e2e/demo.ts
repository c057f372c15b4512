/**
 * `npm run demo` makes media/demo.webp, the moving picture of the README, from a real run: the packaged extension in a real
 * VS Code tunes the digits example, from _Start Study_ to the best parameters in the code. `npm run package` first.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repository } from '../support/cache.ts';
import { Animation } from '../support/vscode/animation.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { copyDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';

const SIZE = { width: 1200, height: 720 };
const TRIALS = 30;
/** Code that fits beside the panel. */
const SETTINGS = { 'editor.minimap.enabled': false, 'editor.wordWrap': 'on', 'editor.fontSize': 12 };
/** As long as a person takes to look. */
const LOOK_MS = 1600;

test('the moving picture of the README', async (context) => {
  await inVscode(
    context,
    (workspace) => copyDigits(workspace, TRIALS),
    async (session) => {
      const { window, workspace } = session;
      const { page } = window;
      await page.setViewportSize(SIZE);
      const browser = session.context.browser();
      if (!browser) throw new Error('The browser is gone.');
      const animation = await Animation.begin(browser, SIZE);
      await window.openFile('digits.study.yaml');
      await eventually(
        () => window.lensTexts(),
        (texts) => texts.length > 0,
        'a lens over the study file',
      );
      await page.locator('.codelens-decoration a', { hasText: 'Start study' }).first().hover();
      await animation.add(page, LOOK_MS);

      await page.locator('.codelens-decoration a', { hasText: 'Start study' }).first().click();
      await window.palette('Tuneboard: Focus on Studies View');
      await window.expand(/digits/);
      await window.waitForTreeRow(/Complete|Running/);
      await animation.add(page, LOOK_MS / 2);
      await window.showHistory();
      await page.mouse.move(2, 2);
      let shown = '';
      await eventually(
        async () => {
          const [row = ''] = await window.treeRows();
          const trials = /\d+\/\d+/.exec(row)?.[0] ?? '';
          if (trials !== shown) await animation.add(page, 200);
          shown = trials;
          return workspace.runRecord()?.state;
        },
        (state) => state === 'finished',
        'the study ends',
        300_000,
      );
      await window.waitForTreeRow(new RegExp(`${TRIALS}/${TRIALS}`));
      await window.clearNotifications();
      await delay(1000);
      await animation.add(page, 2 * LOOK_MS);

      await window.openFile('train.mjs');
      await animation.add(page, LOOK_MS);
      await window.palette('Tuneboard: Insert Best Parameters');
      await window.previewRows();
      await animation.add(page, LOOK_MS);
      await window.applyPreview();
      await window.save();
      await window.clearNotifications();
      await animation.add(page, 2 * LOOK_MS);
      writeFileSync(join(repository, 'media', 'demo.webp'), animation.file);
    },
    { settings: SETTINGS },
  );
});
