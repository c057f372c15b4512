/** Optuna and we behind one of Optuna's storage proxies, both asking it at once. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { TOKEN } from '../../src/storage/retry.ts';
import {
  beginStudy,
  fixtureScript,
  numbersOf,
  optunaJudge,
  ours,
  requireEightWriters,
  requireEnded,
  requireSame,
  requireSameJudgement,
  run,
  upTo,
} from '../support/interop.ts';
import { optunaWorker } from '../support/optunaWorker.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { type StorageProxy, startProxy } from '../support/storageProxies.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const THEIR_STORAGE = 'optuna.storages.GrpcStorageProxy(port=int(sys.argv[1].rsplit(":", 1)[1]))';
const OPTUNA_WORKER = optunaWorker(THEIR_STORAGE);

/** All that Optuna's client reads: URL FILE SCRIPT. */
const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[3]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.dump(${THEIR_STORAGE}, sys.argv[2])
`;

/** A study with everything that Optuna can write: URL SCRIPT. */
const FILL = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[2]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.fill(${THEIR_STORAGE}, "filled")
`;

const JUDGE = optunaJudge(THEIR_STORAGE);

const theirs = (python: string, url: string, trials: number) =>
  run(python, ['-c', OPTUNA_WORKER, url, 's', `${trials}`]);

for (const release of ['optuna', 'optuna4'] as const) {
  for (const behind of ['memory', 'sqlite'] as const) {
    test(`${release} before ${behind} continues our study, and we continue its`, needs(release), async (t) => {
      const name = behind === 'memory' ? 'memory' : `sqlite:///${join(temporaryFolder(t), 'study.db')}`;
      const proxy = await startProxy(name, { release });
      t.after(() => proxy.stop());
      const python = pythonOf(release);
      await beginStudy(proxy.url);
      await ours(proxy.url, 12, 1);
      await theirs(python, proxy.url, 12);
      await ours(proxy.url, 6, 2);
      await assertSame(t, python, proxy.url, 30);
      await run(python, ['-c', FILL, proxy.url, fixtureScript]);
      await assertSame(t, python, proxy.url, 30);
    });
  }
}

describe('before PostgreSQL', needs('optuna', 'postgres'), () => {
  let server: TestServer;
  let proxy: StorageProxy;
  before(async () => {
    server = await startServer('postgres');
    proxy = await startProxy((await server.newDatabase()).replace('postgresql:', 'postgresql+psycopg2:'));
  });
  after(async () => {
    await proxy?.stop();
    await server?.dispose();
  });

  test('four processes of Optuna and four of ours: none lost, none twice', { timeout: 300_000 }, async (t) => {
    const python = pythonOf('optuna');
    await beginStudy(proxy.url, 8);
    const left = [1, 2, 3, 4].map((seed) => ours(proxy.url, 12, seed));
    const right = [1, 2, 3, 4].map(() => theirs(python, proxy.url, 8));
    assert.deepEqual(numbersOf(await Promise.all([...left, ...right])), upTo(80));
    const history = await assertSame(t, python, proxy.url, 80);
    requireEightWriters(history, 8);
    await requireSameJudgement({ python, program: JUDGE, url: proxy.url }, history);
  });
});

/** Whether Optuna's client reads, to the last digit, what we read: parameters and attributes have no order behind a proxy. */
async function assertSame(t: TestContext, python: string, url: string, count: number) {
  const history = await requireSame(t, {
    python,
    program: DUMP,
    url,
    alike: (trial) => {
      // Readers of ours leave out the token by which a lost acknowledgement is recognised.
      delete (trial['system_attrs'] as Record<string, unknown>)[TOKEN];
      for (const key of ['params', 'distributions', 'user_attrs', 'system_attrs', 'intermediate_values']) {
        trial[key] = Object.entries(trial[key] ?? {}).sort();
      }
      trial.params_repr = [...trial.params_repr].sort();
    },
  });
  return requireEnded(history, count);
}
