/** A journal that is written without a pause, as a fast script does, is seen moving: no row stands still for long. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const STEP_MS = 40;
/** How many different steps have to be seen while the writer goes on. Rows that wait for it to rest show none. */
const STEPS = 8;

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
      const seen = new Set<string>();
      await eventually(
        async () => seen.add(/step (\d+)/.exec(await window.waitForTreeRow(/^#0/))?.[1] ?? '').size,
        (count) => count >= STEPS,
        'the row goes on while the journal is written',
      );
    } finally {
      clearInterval(writer);
    }
  });
});

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
