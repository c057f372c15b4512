/** A team on one study: a window that runs it, a colleague's Python, and a window elsewhere that watches. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { needPython } from '../support/python.ts';
import { SECRET_PASSWORD, SECRET_USER, startServer, type TestServer } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { newContext } from '../support/vscode/browser.ts';
import { eventually, TRY_MS, untilDone } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import { VscodeWindow } from '../support/vscode/window.ts';
import { Workspace } from '../support/vscode/workspace.ts';

/** One step, and no end: the study is stopped while it runs. */
const PROGRAM = `console.log('score=' + process.argv[2] + ' step=0');\nsetInterval(() => {}, 1000);\n`;

/** One trial that ends when the file is there: URL FILE. */
const COLLEAGUE = `
import os, sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
def objective(trial):
    x = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    trial.set_user_attr("who", "colleague")
    print("running", flush=True)
    while not os.path.exists(sys.argv[2]):
        time.sleep(0.05)
    return 0.75
optuna.load_study(study_name="shared", storage=sys.argv[1]).optimize(objective, n_trials=1)
`;

const RENAME = "UPDATE studies SET study_name = 'renamed' WHERE study_name = 'shared'";
const DELETE = `import sys, optuna; optuna.delete_study(study_name="renamed", storage=sys.argv[1])`;

const studyFile = (url: string) => `name: shared
direction: maximize
metric: score
objective: { command: ["${process.execPath}", train.mjs, "{lr}"] }
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
budget: { trials: 50 }
sampler: { type: random, seed: 1 }
storage: ${url}
`;

/** A database whose one user wants a password, as a team has it. */
async function teamDatabase(server: TestServer) {
  const url = (await server.newDatabase()).replace('postgres@', `${SECRET_USER}@`);
  const password = encodeURIComponent(SECRET_PASSWORD);
  const forPython = url.replace('postgresql:', 'postgresql+psycopg2:').replace('@', `:${password}@`);
  const name = url.slice(url.lastIndexOf('/') + 1);
  return { url, forPython, ask: (sql: string) => server.admin(sql, name) };
}

test('one study of a team: who runs what, what Stop means, a server that goes and comes, a new name, the end', {
  ...needs('vscode', 'browser', 'postgres', 'optuna'),
  timeout: 600_000,
}, async (context) => {
  const python = needPython(context, 'optuna');
  if (!python) return;
  const server = await startServer('postgres');
  context.after(() => server.dispose());
  const database = await teamDatabase(server);
  const elsewhere = new Workspace('elsewhere');
  elsewhere.write('notes.txt', 'A folder without studies.\n');
  context.after(() => elsewhere.dispose());
  const done = join(temporaryFolder(context), 'done');
  const prepare = (workspace: Workspace) => {
    workspace.write('train.mjs', PROGRAM);
    workspace.write('shared.study.yaml', studyFile(database.url));
  };
  await inVscode(context, prepare, async ({ window: runs, server: editor, context: browser }) => {
    await runs.openFile('shared.study.yaml');
    await runs.palette('Tuneboard: Start Study');
    await runs.answer(SECRET_PASSWORD);
    await runs.palette('Tuneboard: Focus on Studies View');
    await runs.waitForTreeRow(/^shared0\/50/);
    await runs.expand(/^shared/);
    await runs.waitForTreeRow(/^#0 +step 0/);

    // Somebody else's window: a browser of its own, which knows no password yet.
    const watches = await VscodeWindow.open(
      await newContext(browser.browser() as NonNullable<ReturnType<typeof browser.browser>>),
      editor,
      elsewhere.folder,
    );
    await watches.palette('Tuneboard: Open Storage');
    await watches.pick('Enter a path or URL');
    await watches.answer(database.url);
    await watches.answer(SECRET_PASSWORD);
    await watches.waitForTreeRow(/^shared0 trials · 1 running elsewhere/);

    await server.stop('hard');
    for (const window of [runs, watches]) await window.waitForTreeRow(/^sharedunreadable · /);
    await watches.screenshot('shared-1-away');
    await server.start();
    for (const window of [runs, watches]) await window.waitForTreeRow(/^shared0/);

    const colleague = spawn(python, ['-c', COLLEAGUE, database.forPython, done], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.after(() => colleague.kill('SIGKILL'));
    await once(colleague.stdout, 'data');
    await runs.waitForTreeRow(/^shared0\/50 · 1 running elsewhere/);
    await runs.waitForTreeRow(/^#1 .*not of this run/);
    await watches.waitForTreeRow(/^shared0 trials · 2 running elsewhere/);
    await watches.showHistory();
    const panel = await watches.webviewFrame('#root canvas');
    await panel.locator('.state-text', { hasText: '2 running elsewhere · 0 finished' }).waitFor();
    await watches.screenshot('shared-2-watched');

    await runs.palette('Tuneboard: Stop Study');
    const input = runs.page.locator('.quick-input-widget input[placeholder*="trials that others run go on: 1"]');
    await input.waitFor();
    assert.ok((await runs.quickInput.rows()).some((row) => row.includes('1 trial runs to its end')));
    await runs.screenshot('shared-3-stop');
    await runs.pick('Now');
    await runs.waitForNotification(/shared (stopped|was stopped).*Others go on with it, trials that run there: 1\./);
    await runs.waitForTreeRow(/^shared.* · 1 running elsewhere/);
    const rows = await runs.treeRows();
    assert.ok(
      rows.some((row) => /^#1 +running for/.test(row)),
      `${rows.join('\n')}: the colleague's goes on`,
    );
    await runs.screenshot('shared-4-stopped');
    writeFileSync(done, '');
    for (const window of [runs, watches]) await window.waitForTreeRow(/^shared.*best 0\.7500/);

    // A browser keeps no secret over a reload here: the storage is still listed, and a click asks for what it wants.
    await watches.reload();
    await watches.palette('Tuneboard: Focus on Studies View');
    await watches.waitForTreeRow(/wants a password/);
    await watches.screenshot('shared-5-wants-password');
    await untilDone('the storage is opened', () => watches.treeRow(/wants a password/).click({ timeout: TRY_MS }));
    await watches.answer(SECRET_PASSWORD);
    await watches.waitForTreeRow(/^shared.*best 0\.7500/);

    await database.ask(RENAME);
    await watches.waitForTreeRow(/^renamed.*best 0\.7500/);
    await runs.waitForTreeRow(/^sharedno longer in its storage/);
    await runs.screenshot('shared-6-renamed');
    execFileSync(python, ['-c', DELETE, database.forPython]);
    await eventually(
      () => watches.treeRows(),
      (all) => !all.some((row) => row.startsWith('renamed')),
      'the study is gone',
    );
    assert.deepEqual(await watches.allMessages(), []);
  });
});
