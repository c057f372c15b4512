/** A database on a server: opened by its URL, with a password that is asked for and kept as a secret, and watched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { ServerStore } from '../../src/storage/server/serverStore.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { needs } from '../support/parts.ts';
import { SECRET_PASSWORD, SECRET_USER, startServer } from '../support/servers.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

test(
  'a database on a server is opened with a password, and its trials come by themselves',
  needs('vscode', 'browser', 'postgres'),
  async (context) => {
    const server = await startServer('postgres');
    context.after(() => server.dispose());
    const url = (await server.newDatabase()).replace('postgres@', `${SECRET_USER}@`);
    const log = await ServerStore.open(ServerUrl.parse(url, SECRET_PASSWORD), { create: true });
    context.after(() => log.close());
    const study = await log.createStudy({ name: 'shared-study', directions: [Direction.maximize] });
    const complete = (value: number) => log.createTrial(study, { state: TrialState.complete, values: [value] });
    await complete(0.25);
    await inVscode(
      context,
      (workspace) => workspace.write('notes.txt', 'A folder without studies.\n'),
      async ({ window }) => {
        await window.palette('Tuneboard: Open Storage');
        await window.pick('Enter a path or URL');
        await window.answer(url);
        await window.answer('not this one');
        await window.answer(SECRET_PASSWORD);
        await window.waitForTreeRow(/^shared-study/);
        await window.screenshot('server-1-opened');
        await complete(0.75);
        await eventually(
          () => window.treeRows(),
          (rows) => rows.some((row) => /shared-study.*0\.75/.test(row)),
          'the new best trial is in the tree',
        );
        const shown = (await window.treeRows()).join('\n');
        assert.ok(!shown.includes(SECRET_PASSWORD));
        assert.deepEqual(await window.allMessages(), []);
        // Opened again, it needs no password.
        await window.palette('Tuneboard: Open Storage');
        await window.pick(url.slice(url.indexOf('@') + 1));
        await window.waitForTreeRow(/^shared-study/);
      },
    );
  },
);
