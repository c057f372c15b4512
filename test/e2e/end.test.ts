/** The end of a study is seen at once: the lens, the row of the tree and the status bar no longer offer to stop it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { copyDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';

/** Half a second is what it takes at most (VS Code waits that long for lenses); a busy machine gets ten times as long. */
const LONGEST_MS = 5000;

type Seen = { lens: number; row: number; status: number };

/** Notes in the page when each of the three shows the end, in epoch milliseconds. */
function watchForEnd(window: VscodeWindow): Promise<Seen> {
  return window.page.evaluate(
    () =>
      new Promise<Seen>((resolve) => {
        const seen: Partial<Seen> = {};
        const textOf = (selector: string) =>
          [...document.querySelectorAll(selector)].map((element) => element.textContent).join(' ');
        const timer = setInterval(() => {
          const lenses = textOf('.codelens-decoration');
          if (/Start study/.test(lenses) && !/Stop/.test(lenses)) seen.lens ??= Date.now();
          const row = document.querySelector('.monaco-list-row[aria-label^="digits, stopped"]');
          if (row) seen.row ??= Date.now();
          const isStopped = document.querySelector('.statusbar-item .codicon-debug-stop');
          if (isStopped) seen.status ??= Date.now();
          if (!seen.lens || !seen.row || !seen.status) return;
          clearInterval(timer);
          resolve(seen as Seen);
        }, 10);
      }),
  );
}

test('the end of a study is seen at once', needs('vscode', 'browser'), async (context) => {
  await inVscode(
    context,
    (workspace) => copyDigits(workspace, 400),
    async ({ window, workspace }) => {
      await window.openFile('digits.study.yaml');
      await window.palette('Tuneboard: Start Study');
      await window.palette('Tuneboard: Focus on Studies View');
      await window.waitForLens(/Stop/);
      await window.waitForTreeRow(/^digits[1-9]/);
      const seeing = watchForEnd(window);
      const cli = join(repository, 'dist', 'tuneboard.mjs');
      execFileSync(process.execPath, [cli, 'stop', '--now', workspace.path('digits.study.yaml')], { stdio: 'ignore' });
      const record = await eventually(
        () => workspace.runRecord(),
        (now) => now?.state === 'stopped',
        'the study stops',
      );
      const seen = await seeing;
      const lag = (at: number): number => at - (record?.endedAt ?? Number.NaN);
      const [lens, row, status] = [lag(seen.lens), lag(seen.row), lag(seen.status)];
      context.diagnostic(`lens ${lens} ms, row ${row} ms, status bar ${status} ms after the end`);
      assert.ok(row < LONGEST_MS, `the row says so after ${row} ms`);
      assert.ok(status < LONGEST_MS, `the status bar says so after ${status} ms`);
      assert.ok(lens < LONGEST_MS, `the lens says so after ${lens} ms`);
    },
  );
});
