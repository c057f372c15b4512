/** A database on a server: opened by its URL, with a password that is asked for and kept as a secret, and watched. */
import { test } from 'node:test';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { SECRET_PASSWORD, SECRET_USER, startServer } from '../support/servers.ts';
import { openAgain, openAndWatch } from '../support/vscode/openAndWatch.ts';

test(
  'a database on a server is opened with a password, and its trials come by themselves',
  needs('vscode', 'browser', 'postgres'),
  async (context) => {
    const server = await startServer('postgres');
    context.after(() => server.dispose());
    const url = (await server.newDatabase()).replace('postgres@', `${SECRET_USER}@`);
    const log = await ServerStore.open(ServerUrl.parse(url, SECRET_PASSWORD), { create: true });
    await openAndWatch(context, {
      log,
      url,
      passwords: ['not this one', SECRET_PASSWORD],
      name: 'server',
      afterwards: (window) => openAgain(window, url.slice(url.indexOf('@') + 1)),
    });
  },
);
