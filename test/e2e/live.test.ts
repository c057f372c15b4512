/** A journal that is written without a pause, as a fast script does, is seen moving: no row stands still for long. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { needs } from '../support/parts.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const STEP_MS = 40;
/** Far above the half second that it takes, for a machine that is busy with other things; frozen rows stood for ten. */
const LONGEST_MS = 2500;

test('the tree follows a journal that never rests', needs('vscode', 'browser'), async (context) => {
  await inVscode(context, start, async ({ window, workspace }) => {
    await window.quickInput.palette('Tuneboard: Open Storage');
    await window.quickInput.pick('Enter a path or URL');
    await window.quickInput.answer(workspace.path('journal.log'));
    await window.expand(/^busy/);
    const row = await window.waitForTreeRow(/^#0/);
    assert.match(row, /step 0/);

    let step = 0;
    const writer = setInterval(
      () => append(workspace, { op_code: 7, trial_id: 0, step: ++step, intermediate_value: step / 1000 }),
      STEP_MS,
    );
    try {
      const shown = await shownSteps(async () => /step (\d+)/.exec(await window.waitForTreeRow(/^#0/))?.[1] ?? '');
      assert.ok(shown.longestMs < LONGEST_MS, `a row stood still for ${shown.longestMs} ms`);
      assert.ok(shown.count > 5, `${shown.count} different steps were seen`);
    } finally {
      clearInterval(writer);
    }
  });
});

/** Looks for eight seconds: how many texts there were, and the longest time that one stayed. */
async function shownSteps(read: () => Promise<string>): Promise<{ count: number; longestMs: number }> {
  const seen = new Set<string>();
  let longestMs = 0;
  let last = { text: await read(), since: performance.now() };
  for (const until = performance.now() + 8000; performance.now() < until; await delay(50)) {
    const text = await read();
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last.since);
    if (text !== last.text) last = { text, since: now };
    seen.add(text);
  }
  return { count: seen.size, longestMs: Math.round(longestMs) };
}

function start(workspace: Workspace): void {
  mkdirSync(dirname(workspace.path('journal.log')), { recursive: true });
  append(workspace, { op_code: 0, study_name: 'busy', directions: [2] });
  append(workspace, { op_code: 4, study_id: 0, datetime_start: new Date().toISOString().replace('Z', '') });
  append(workspace, { op_code: 7, trial_id: 0, step: 0, intermediate_value: 0 });
}

function append(workspace: Workspace, entry: Readonly<Record<string, unknown>>): void {
  const { op_code, ...rest } = entry;
  appendFileSync(workspace.path('journal.log'), `${JSON.stringify({ op_code, worker_id: 'writer', ...rest })}\n`);
}
