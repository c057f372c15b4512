/** The end of a study is seen by itself: the lens, the row of the tree and the status bar no longer offer to stop it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { eventually, WAIT_MS } from '../support/vscode/eventually.ts';
import { copyLongDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';

type Seen = Partial<Record<'lens' | 'row' | 'status', number>>;

/** Notes in the page when each of the three shows the end, in epoch milliseconds; what does not in time is not in it. */
function watchForEnd(window: VscodeWindow): Promise<Seen> {
  return window.page.evaluate((limitMs) => {
    const until = Date.now() + limitMs;
    const textOf = (selector: string) =>
      [...document.querySelectorAll(selector)].map((element) => element.textContent).join(' ');
    const hasLens = () =>
      /Start study/.test(textOf('.codelens-decoration')) && !/Stop/.test(textOf('.codelens-decoration'));
    return new Promise<Seen>((resolve) => {
      const seen: Seen = {};
      const timer = setInterval(() => {
        if (hasLens()) seen.lens ??= Date.now();
        if (document.querySelector('.monaco-list-row[aria-label^="digits, stopped"]')) seen.row ??= Date.now();
        if (document.querySelector('.statusbar-item .codicon-debug-stop')) seen.status ??= Date.now();
        if (Date.now() < until && !(seen.lens && seen.row && seen.status)) return;
        clearInterval(timer);
        resolve(seen);
      }, 10);
    });
  }, WAIT_MS);
}

test('the end of a study is seen without a hand', needs('vscode', 'browser'), async (context) => {
  await inVscode(context, copyLongDigits, async ({ window, workspace }) => {
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
    // How long each takes, VS Code's own waiting included, depends on the machine: it is printed, not asserted.
    const lag = (at: number | undefined) => (at === undefined ? 'not seen' : `${at - (record?.endedAt ?? 0)} ms`);
    context.diagnostic(`after the end: lens ${lag(seen.lens)}, row ${lag(seen.row)}, status bar ${lag(seen.status)}`);
    for (const where of ['lens', 'row', 'status'] as const) assert.ok(seen[where], `the end is not seen: ${where}`);
    const messages = await eventually(
      () => window.allMessages(),
      (all) => all.length > 0,
      'a message tells it',
    );
    assert.equal(messages.length, 1, 'one message tells it');
  });
});
