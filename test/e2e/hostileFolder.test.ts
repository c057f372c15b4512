/** A folder whose run records a stranger wrote: nothing of what they name is touched before a person opens it. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeRuns } from '../support/manyRuns.ts';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { VscodeWindow } from '../support/vscode/window.ts';
import type { Workspace } from '../support/vscode/workspace.ts';
import { runRecord } from '../unit/extension/studyList.ts';

const SCRIPT =
  'import optuna\nstudy = optuna.create_study()\nstudy.optimize(lambda trial: trial.suggest_float("x", 0, 1))\n';

interface Stranger {
  readonly port: number;
  readonly server: Server;
  /** What it was sent, one text a connection. */
  readonly heard: string[];
}

/** The attacker's server: it notes each connection. */
async function stranger(context: TestContext): Promise<Stranger> {
  const heard: string[] = [];
  const server = createServer((socket: Socket) => {
    const at = heard.push('') - 1;
    socket.on('data', (bytes) => {
      heard[at] += bytes.toString('latin1');
      socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return { port: (server.address() as { port: number }).port, server, heard };
}

async function prepare(workspace: Workspace, port: number): Promise<void> {
  await makeRuns(workspace.folder, 2);
  const write = (name: string, more: Readonly<Record<string, unknown>>) => {
    const source = workspace.path(`${name}.py`);
    const record = { ...runRecord('finished', { studyName: name, source, storage: null }), ...more };
    workspace.write(`.tuneboard/${name}/run.json`, JSON.stringify(record));
  };
  write('secrets', { storage: `postgresql://\${env:USER}:\${env:HOME}@127.0.0.1:${port}/db?sslmode=disable` });
  write('team', { storage: `postgresql://ann@127.0.0.1:${port}/db?sslmode=disable` });
  write('queue', { storage: `redis://127.0.0.1:${port}/0` });
  write('proxy', { storage: `grpc://127.0.0.1:${port}` });
  write('elsewhere', { storage: '/dev/zero' });
  write('steered', { steering: 5 });
  mkdirSync(workspace.path('.tuneboard', 'linked'));
  symlinkSync('/dev/zero', workspace.path('.tuneboard', 'linked', 'run.json'));
  writeFileSync(workspace.path('team.py'), SCRIPT);
}

const HELD = [/^secrets/, /^team/, /^queue/, /^proxy/, /^elsewhere/];

async function waitForRows(window: VscodeWindow): Promise<void> {
  await window.palette('Tuneboard: Focus on Studies View');
  await window.waitForTreeRow(/^run-0000.*20\/100/);
  for (const row of HELD) await window.waitForTreeRow(row);
  const rows = await window.treeRows();
  assert.equal(rows.filter((row) => /on a server: open to load/.test(row)).length, 4, rows.join('\n'));
  assert.equal(rows.filter((row) => /outside this folder: open to load/.test(row)).length, 1, rows.join('\n'));
  assert.equal(rows.filter((row) => /^(steered|linked)/.test(row)).length, 2, rows.join('\n'));
}

test('in Restricted Mode a hostile folder is shown and sends nothing', needs('vscode', 'browser'), async (context) => {
  const { port, heard } = await stranger(context);
  await inVscode(
    context,
    (workspace) => prepare(workspace, port),
    async ({ window }) => {
      await waitForRows(window);
      await window.screenshotInAllThemes('hostile-1-restricted');
      await window.treeRow(/^team/).hover();
      await eventually(
        () => window.page.locator('.workbench-hover').first().textContent(),
        (text) => /nothing is sent to it before you open it[\s\S]*Trust the workspace/.test(text ?? ''),
        'the tooltip says that nothing is sent',
      );
      await window.screenshot('hostile-2-tooltip');
      for (const row of HELD) await window.treeRow(row).click();
      await window.openFile('team.py');
      await window.waitForLens(/View stud/);
      assert.deepEqual(
        (await window.lensTexts()).filter((text) => /Start/.test(text)),
        [],
      );
      await window.screenshot('hostile-4-lens');
      assert.deepEqual(heard, []);
    },
    { trusted: false, settings: { 'security.workspace.trust.startupPrompt': 'never' } },
  );
});

test(
  'in a trusted window a server is asked once its row is clicked, and only that one',
  needs('vscode', 'browser'),
  async (context) => {
    const { port, heard } = await stranger(context);
    await inVscode(
      context,
      (workspace) => prepare(workspace, port),
      async ({ window }) => {
        await waitForRows(window);
        assert.deepEqual(heard, []);
        await window.screenshotInAllThemes('hostile-5-trusted');
        await window.treeRow(/^secrets/).click();
        await window.waitForNotification(/from the environment/);
        assert.deepEqual(heard, []);
        await window.clearNotifications();
        await window.treeRow(/^team/).click();
        await eventually(
          async () => heard.length,
          (count) => count > 0,
          'the server whose row was clicked is asked',
        );
        await window.waitForTreeRow(/^team.*unreadable/);
        await window.screenshot('hostile-6-clicked');
        assert.doesNotMatch(heard.join(''), /PING|HELLO|PRI \* HTTP/, 'neither Redis nor the proxy was asked');
      },
    );
  },
);
