/** The end of a study is seen by itself: the lens, the row of the tree and the status bar no longer offer to stop it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { eventually, WAIT_MS } from '../support/vscode/eventually.ts';
import { copyLongDigits } from '../support/vscode/finishedStudy.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

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
    await window.waitForTreeRow(/^digitsstopped · /);
    await steerFromPanel(window, workspace);
    await noteInPanel(window, workspace);
  });
});

/** What the header of the panel asks for is what the record of the run says then. */
async function steerFromPanel(window: VscodeWindow, workspace: Workspace): Promise<void> {
  const panel = await window.showHistory();
  const recordHas = (what: string, is: (record: NonNullable<ReturnType<Workspace['runRecord']>>) => boolean) =>
    eventually(
      () => workspace.runRecord(),
      (record) => record !== undefined && is(record),
      what,
    );
  await panel.locator('[data-action="resume"]').click();
  await panel.locator('[data-action="budget"]').click();
  await panel.locator('.menu-item', { hasText: '+50' }).click();
  const more = await recordHas('the budget grows', ({ budget }) => budget.trials === 450);
  await panel.locator('[data-action="budget"]:not(.is-waiting)', { hasText: `of ${more?.budget.trials}` }).waitFor();
  await panel.locator('[data-action="parallel"]').click();
  await panel.locator('.menu-item', { hasText: /^3$/ }).click();
  await recordHas('three trials run at a time', ({ parallel }) => parallel === 3);
  await panel.locator('[data-action="pause"]').click();
  await recordHas('the study is paused', ({ state }) => state === 'paused');
  await window.screenshot('steer-1-paused');
  await panel.locator('[data-action="resume"]').click();
  await recordHas('the study goes on', ({ state }) => state === 'running');
  await panel.locator('[data-action="stop"]').click();
  await window.screenshot('steer-2-stop');
  await panel.locator('.menu-item').last().click();
  await recordHas('the study stops', ({ state }) => state === 'stopped');
  await panel.locator('[data-action="stop"]').waitFor({ state: 'hidden' });
}

/** A note, a star and an edited trial are in the storage, where optuna-dashboard and the next run find them. */
async function noteInPanel(window: VscodeWindow, workspace: Workspace): Promise<void> {
  const panel = await window.webviewFrame('#root canvas');
  const inJournal = (text: string) =>
    eventually(
      () => readFileSync(String(workspace.runRecord()?.storage), 'utf8').includes(text),
      Boolean,
      `the journal has ${text}`,
    );
  await panel.locator('tbody tr[data-trial]').first().click();
  await panel.locator('.note-edit').click();
  await panel.locator('.note textarea').fill('Best **so far**');
  await panel.locator('.note .primary').click();
  await inJournal(':note_str:0":"Best **so far**"');
  await panel.locator('.note:not(.is-waiting) strong', { hasText: 'so far' }).waitFor();
  await panel.locator('.side .star').click();
  await inJournal('"star":true');
  await panel.locator('tbody td', { hasText: '★' }).first().waitFor();
  await window.screenshot('steer-3-noted');
  await panel.locator('[data-action="enqueueEdits"]').click();
  const field = panel.locator('.enqueue-form input').first();
  await field.fill('nothing');
  await panel.locator('.field-hint.is-wrong').waitFor();
  await window.screenshot('steer-4-edits');
  await field.fill('');
  await panel.locator('.enqueue-form .primary').click();
  await inJournal('fixed_params');
  await panel.locator('.enqueue-form').waitFor({ state: 'hidden' });
}
