/** Several servers in a URL, and a standby that takes over from the one that was written to. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { studyFindings } from '../../src/tuner/cli/doctor/doctorStudies.ts';
import { repository } from '../support/cache.ts';
import { startProxy } from '../support/cuttingProxy.ts';
import { historyIn } from '../support/historyIn.ts';
import { needs } from '../support/parts.ts';
import { asUser, SECRET_PASSWORD, SECRET_USER, type ServerName, startServer } from '../support/servers.ts';
import { startPair } from '../support/standby.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const run = promisify(execFile);
const worker = join(repository, 'test', 'support', 'studyWorker.ts');
const start = { state: TrialState.running } as const;
const complete = (number: number, value = number) =>
  ({ type: 'state', number, state: TrialState.complete, values: [value] }) as const;

/** With a line of `~/.pgpass` for each server. */
async function opensByPgpass(t: TestContext, url: string, ports: readonly number[]): Promise<void> {
  const path = join(temporaryFolder(t), 'pgpass');
  const lines = ports.map((port) => `127.0.0.1:${port}:*:${SECRET_USER}:${SECRET_PASSWORD.replace(':', '\\:')}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  process.env['PGPASSFILE'] = path;
  try {
    const log = await openTrialLog(url);
    await log.close();
  } finally {
    delete process.env['PGPASSFILE'];
  }
}

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    const started = async (t: TestContext) => {
      const pair = await startPair(name);
      t.after(() => pair.dispose());
      return { pair, ...(await pair.newDatabase()) };
    };
    const open = async (t: TestContext, url: string, told: string[] = []) => {
      const onWaiting = ({ text }: { readonly text: string }) => void told.push(text);
      // As the library has it: on MySQL trials say who wrote them, as times of whole seconds do not tell them apart.
      const options = { create: true, signs: true, patienceMs: 60_000, onWaiting };
      const log = await ServerStore.open(ServerUrl.parse(url), options);
      t.after(() => log.close());
      return log;
    };

    it('goes on with the standby: what it has is there once, and what it never got is reported once', async (t) => {
      const { pair, url } = await started(t);
      const told: string[] = [];
      const [first, second] = [await open(t, url, told), await open(t, url)];
      const study = (await first.createStudy({ name: 's', directions: [Direction.minimize] })) as RdbStudy;
      for (let number = 0; number < 3; number++) await first.createTrial(study, start);
      await first.commit(study, [complete(0)]);
      await second.refresh();
      const [theirs] = second.studies() as [StudyRecord];
      await pair.caughtUp();
      await pair.cutOff();
      // The standby has none of this, and the other process has seen none.
      await first.commit(study, [complete(1)]);
      assert.equal(await first.createTrial(study, start), 3);
      await first.commit(study, [complete(3)]);
      assert.equal(await first.createTrial(study, start), 4);
      await pair.primary.stop('hard');
      const ended = second.commit(theirs, [complete(2)]);
      await pair.promote();
      await ended;
      assert.equal(await second.createTrial(theirs, start), 3, 'a number that was given already');
      // The end of trial 1 and the trials 3 and 4 of this writer never came to the standby, and are not written again.
      await assert.rejects(first.commit(study, [complete(4)]), { code: 'finished-trial' });
      await second.commit(theirs, [complete(3, 30)]);
      const history = await historyIn(url);
      assert.deepEqual(
        Array.from(history.states, (state, number) => [state, history.value(number)]),
        [
          [TrialState.complete, 0],
          [TrialState.running, Number.NaN],
          [TrialState.complete, 2],
          [TrialState.complete, 30],
        ],
      );
      assert.equal(first.studies()[0], study);
      await first.refresh();
      // MySQL gives ids anew and keeps whole seconds: the other writer's trial may be treated as the lost one.
      assert.match(first.warnings.join(), /^Study "s" has lost [12] trials? in /);
      assert.deepEqual(second.warnings, []);
      const moved = new RegExp(`^${url} has another server now, 127\\.0\\.0\\.1:${pair.standby.port}: `);
      assert.equal(told.filter((sentence) => moved.test(sentence)).length, 1, told.join('\n'));
      assert.equal(told.filter((sentence) => sentence === first.warnings.join()).length, 1, told.join('\n'));
      assert.ok(told.length <= 3, told.join('\n'));
      if (told.length === 3)
        assert.match(told[0] ?? '', / has no server that takes writes now: .* It is waited for, 60 s/);
    });

    it('lets several processes go on, and counts each of their trials once', { timeout: 300_000 }, async (t) => {
      const { pair, url } = await started(t);
      const log = await open(t, url);
      await log.createStudy({ name: 's', directions: [Direction.minimize] });
      const workers = [1, 2, 3].map((seed) => run(process.execPath, [worker, url, 's', '20', String(seed)]));
      const [study] = log.studies() as [StudyRecord];
      const { history: seen } = study;
      const writers = () => new Set(Array.from(seen.states, (_, number) => seen.userAttrs(number)['writer']));
      while (seen.informative < 15 || writers().size < 3) await log.refresh();
      await pair.primary.stop('hard');
      await pair.promote();
      await Promise.all(workers);
      const history = await historyIn(url);
      assert.equal(history.informative, 60);
      const trials = Array.from(history.states, (_, number) => number).filter(
        (number) => history.state(number) !== TrialState.fail,
      );
      assert.equal(trials.length, 60);
      const texts = trials.map((number) =>
        JSON.stringify([history.params(number), history.userAttrs(number)['writer']]),
      );
      assert.equal(new Set(texts).size, 60);
    });

    it('finds another server behind a name, also where connections to the first one last', async (t) => {
      const { pair, name: database } = await started(t);
      const proxy = await startProxy(pair.primary.port);
      t.after(() => proxy.close());
      const user = asUser(pair.primary.url(database), SECRET_USER, SECRET_PASSWORD);
      const log = await open(t, user.replace(`:${pair.primary.port}/`, `:${proxy.port}/`));
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      assert.equal(await log.createTrial(study, start), 0);
      await pair.caughtUp();
      if (name === 'mysql') await pair.primary.admin('SET GLOBAL read_only = 1');
      else {
        await pair.primary.admin('ALTER SYSTEM SET default_transaction_read_only = on');
        await pair.primary.admin('SELECT pg_reload_conf()');
      }
      await pair.promote();
      proxy.turnTo(pair.standby.port);
      await log.commit(study, [complete(0)]);
      assert.equal(await log.createTrial(study, start), 1);
      const count = 'SELECT COUNT(*) FROM trials';
      assert.equal((await pair.standby.admin(count, database)).trim(), '2');
      assert.equal((await pair.primary.admin(count, database)).trim(), '1');
    });

    it('writes to no standby, reads from any, and says what each is', async (t) => {
      const { pair, url } = await started(t);
      const log = await open(t, asUser(url, SECRET_USER, SECRET_PASSWORD));
      await log.createStudy({ name: 's', directions: [Direction.minimize] });
      await pair.caughtUp();
      const { primary, standby } = pair;
      const reversed = url.replace(
        `:${primary.port},127.0.0.1:${standby.port}/`,
        `:${standby.port},127.0.0.1:${primary.port}/`,
      );
      const written = await open(t, reversed);
      await written.createTrial(written.studies()[0] as StudyRecord, start);
      await pair.caughtUp();
      assert.equal((await historyIn(reversed)).length, 1);
      const secret = asUser(reversed, SECRET_USER, SECRET_PASSWORD);
      if (name === 'postgres') await opensByPgpass(t, asUser(reversed, SECRET_USER), [primary.port, standby.port]);
      const [found] = await studyFindings([secret]);
      assert.equal(found?.missing, undefined, found?.missing);
      assert.match(
        found?.found ?? '',
        new RegExp(
          ` at 127\\.0\\.0\\.1:${primary.port}; 127\\.0\\.0\\.1:${standby.port}: a standby\\): tables of Optuna`,
        ),
      );
      await primary.stop();
      const view = await openTrialLog(url);
      t.after(() => view.close());
      assert.equal(view.studies()[0]?.history.length, 1);
      const [missing] = await studyFindings([secret]);
      assert.match(
        missing?.missing ?? '',
        new RegExp(
          ` has no server that takes writes now: 127\\.0\\.0\\.1:${standby.port} \\(a standby\\), 127\\.0\\.0\\.1:${primary.port} \\(no server listens there\\)\\.$`,
        ),
      );
      await pair.promote();
      assert.equal(await log.createTrial(log.studies()[0] as StudyRecord, start), 1);
      await view.refresh();
      assert.equal(view.studies()[0]?.history.length, 2);
    });

    it('goes past a server that never answers', async (t) => {
      const server = await startServer(name);
      t.after(() => server.dispose());
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      t.after(() => silent.close());
      const { port } = silent.address() as { port: number };
      const url = (await server.newDatabase()).replace(`:${server.port}/`, `:${port},127.0.0.1:${server.port}/`);
      const began = performance.now();
      const log = await open(t, `${url}?connect_timeout=1`);
      assert.ok(performance.now() - began < 9000);
      await log.createStudy({ name: 's', directions: [Direction.minimize] });
    });

    const onPostgres = name === 'postgres' ? it : () => undefined;
    onPostgres('does not write to a former primary that comes back', async (t) => {
      const { pair, url, name: database } = await started(t);
      const secret = asUser(url, SECRET_USER, SECRET_PASSWORD);
      const log = await open(t, secret);
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      assert.equal(await log.createTrial(study, start), 0);
      await pair.caughtUp();
      await pair.primary.stop('hard');
      await pair.promote();
      assert.equal(await log.createTrial(study, start), 1);
      await pair.primary.start();
      await pair.standby.stop('hard');
      await pair.standby.start();
      assert.equal(await log.createTrial(study, start), 2);
      const count = 'SELECT COUNT(*) FROM trials';
      assert.equal((await pair.primary.admin(count, database)).trim(), '1');
      assert.equal((await pair.standby.admin(count, database)).trim(), '3');
    });
  });
}
