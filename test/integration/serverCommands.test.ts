/** The command line on databases of servers: studies run, read and copied, and no password where others can see it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { createStudy } from '../../src/library/node.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import { needs } from '../support/parts.ts';
import { SECRET_PASSWORD, SECRET_USER, type ServerName, startServer, type TestServer } from '../support/servers.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const PROGRAM = `const value = Number(process.argv[3]); console.log('score=' + value + ' step=1'); setTimeout(() => {}, 150);`;
const ENCODED = encodeURIComponent(SECRET_PASSWORD);

/** Every file below a folder, as text. */
function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

function tunerFolder(t: TestContext): TunerFolder {
  const folder = new TunerFolder();
  t.after(() => folder.remove());
  return folder;
}

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    let server: TestServer;
    before(async () => {
      server = await startServer(name);
    });
    after(() => server?.dispose());
    const secretUrl = (url: string) => url.replace(/:\/\/\w+@/, `://${SECRET_USER}@`);

    it('runs a study, and shows its password to nobody', async (t) => {
      const folder = tunerFolder(t);
      const url = secretUrl(await server.newDatabase());
      const withPassword = url.replace('@', ':\u0024{env:DB_PASSWORD}@');
      const source = folder.study(PROGRAM, { head: `budget: { trials: 6 }\nparallel: 2\nstorage: "${withPassword}"` });
      const env = { ...process.env, DB_PASSWORD: SECRET_PASSWORD };
      const ended = await folder.start(['run', source], env).ended;
      assert.equal(ended.code, 0, ended.stderr);
      const said = ended.stdout + ended.stderr + textBelow(join(folder.path, '.tuneboard'));
      assert.ok(!said.includes(SECRET_PASSWORD) && !said.includes(ENCODED));
      assert.equal(folder.record().storage, url);
      const best = await folder.start(['best', source, '--as', 'json'], env).ended;
      assert.equal(best.code, 0, best.stderr);
      const log = await openTrialLog(url, { password: SECRET_PASSWORD });
      t.after(() => log.close());
      assert.equal(log.studies()[0]?.history.count(TrialState.complete), 6);

      const missing = await folder.run('run', source);
      assert.match(missing.stderr, /^tuneboard: .*no environment variable DB_PASSWORD: set it\.$/m);
    });

    it('says in a program that it waits for a server, by a warning of the process', async (t) => {
      const url = await server.newDatabase();
      const study = createStudy({ name: 's', space: { x: { type: 'float', low: 0, high: 1 } }, storage: url });
      const warnings: Error[] = [];
      const { promise: isWarned, resolve: warned } = Promise.withResolvers<void>();
      const onWarning = (warning: Error) => {
        if (warning.name !== 'TuneboardWarning') return;
        warnings.push(warning);
        warned();
      };
      process.on('warning', onWarning);
      t.after(() => process.off('warning', onWarning));
      const first = await study.ask();
      const mark = study.history.systemAttrs(first.number)['tuneboard:writer'];
      assert.equal(typeof mark, name === 'mysql' ? 'string' : 'undefined', 'times of whole seconds need one');
      await server.stop('hard');
      const told = study.tell(first, 1);
      try {
        await isWarned;
      } finally {
        await server.start();
      }
      await told;
      await study.close();
      const [away = '', back = '', ...more] = warnings.map(({ message }) => message);
      assert.match(away, /It is waited for, 180 s at most\.$/);
      assert.equal(back, `${url} is there again: the study goes on.`);
      assert.deepEqual(more, []);
    });

    it('says that it waits for a server, also to whoever asks how the study stands, and goes on', async (t) => {
      const folder = tunerFolder(t);
      const url = await server.newDatabase();
      const source = folder.study(PROGRAM, { head: `budget: { trials: 12 }\nparallel: 2\nstorage: "${url}"` });
      const run = folder.start(['run', source]);
      await until(() => /trial 1 /.test(run.stdout()));
      await server.stop('hard');
      try {
        await until(() => folder.record().message !== undefined);
        const status = await folder.run('status');
        assert.match(status.stdout, /^demo +running +\d+\/12 .*\ndemo: .* It is waited for, 180 s at most\.$/m);
      } finally {
        await server.start();
      }
      const ended = await run.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /waited for, 180 s at most\.\n[\s\S]* is there again: the study goes on\.\n/);
      assert.match(ended.stdout, /12 complete[\s\S]*and enter that URL\.$/m);
      assert.equal(folder.record().message, undefined);
    });

    it('ends when it may not go on with a study', async (t) => {
      const folder = tunerFolder(t);
      const url = await server.newDatabase();
      const head = `budget: { trials: 1 }\nstorage: "${url}"`;
      const first = await folder.run('run', folder.study(PROGRAM, { head }));
      assert.equal(first.code, 0, first.stderr);
      const source = folder.study(PROGRAM, { head });
      folder.write('demo.study.yaml', readFileSync(source, 'utf8').replace('maximize', 'minimize'));
      const ended = await folder.run('run', source);
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /was made to maximize, the study file says minimize/);
    });

    // It is the same for every server.
    const once = name === 'postgres' ? it : () => undefined;
    once('hands a password of the command line to the background by the environment', async (t) => {
      const folder = tunerFolder(t);
      const url = secretUrl(await server.newDatabase());
      const source = folder.study(PROGRAM, { head: 'budget: { trials: 3 }' });
      const given = url.replace('@', `:${ENCODED}@`);
      const ended = await folder.run('run', source, '--detach', '--storage', given);
      assert.equal(ended.code, 0, ended.stderr);
      const record = folder.record();
      assert.equal(record.storage, url);
      const seen = existsSync(`/proc/${record.pid}/cmdline`) ? readFileSync(`/proc/${record.pid}/cmdline`, 'utf8') : '';
      await until(() => folder.record().state === 'finished');
      for (const text of [seen, ended.stdout, ended.stderr, textBelow(join(folder.path, '.tuneboard'))]) {
        assert.ok(!text.includes(SECRET_PASSWORD) && !text.includes(ENCODED), text);
      }
      const env = { ...process.env, TUNEBOARD_STORAGE_PASSWORD: SECRET_PASSWORD };
      const listed = await folder.start(['studies', url], env).ended;
      assert.match(listed.stdout, /demo +maximize +3 complete/);
      const more = await folder.start(['run', source, '--trials', '5', '--storage', url], env).ended;
      assert.equal(more.code, 0, more.stderr);
      const trials = await folder.start(['trials', url, '--study', 'demo'], env).ended;
      assert.equal(trials.stdout.trim().split('\n').length, 6);
      const unknown = await folder.start(['best', url, '--study', 'none'], env).ended;
      assert.match(unknown.stderr, /no study named "none"\. It has: "demo"/);
    });

    it('takes a study from anywhere and gives it back as it was', async (t) => {
      const folder = tunerFolder(t);
      const journal = join(folder.path, 'from.journal');
      const log = await JournalLog.open(journal, { create: true });
      const study = await log.createStudy({ name: 'é 日本', directions: [1, 2] });
      const float = { type: 'float', low: -1, high: 1, log: false, step: null } as const;
      const choice = { type: 'categorical', choices: ["it's", null, true, 3, 2.5, '日本'] } as const;
      for (let number = 0; number < 40; number++) {
        const isDone = number % 4 > 0;
        await log.createTrial(study, {
          state: ([TrialState.waiting, TrialState.complete, TrialState.pruned, TrialState.fail] as const)[
            number % 4
          ] as TrialState,
          params: [
            { name: 'x', internal: number / 64 - 0.3, distribution: float },
            { name: 'kind', internal: number % 6, distribution: choice },
          ],
          values: isDone ? [0.1 * number, number % 3 === 0 ? Number.POSITIVE_INFINITY : -number - 0.5] : null,
          intermediate: [
            [1, 0.1 + 0.2],
            [7, Number.NaN],
            [9, Number.NEGATIVE_INFINITY],
          ],
          userAttrs: { note: 'a\n"b" 日本', nested: { list: [1, 2.5, null, Number.NaN] } },
          systemAttrs: { 'constraints:c': -0.5 },
          // Whole seconds: MySQL keeps no others.
          startedAt: isDone ? 1_760_000_000_000 + 1000 * number : Number.NaN,
          completedAt: isDone ? 1_760_000_100_000 + 1000 * number : Number.NaN,
        });
      }
      await log.setStudyAttr(study, 'user', 'owner', { team: ['a', 1e-7] });
      await log.close();
      const database = await server.newDatabase();
      const sqlite = `sqlite:///${join(folder.path, 'to.db')}`;
      const back = join(folder.path, 'back.journal');
      for (const [from, to] of [
        [journal, database],
        [database, sqlite],
        [sqlite, back],
      ] as const) {
        const copied = await folder.run('copy', from, to);
        assert.equal(copied.code, 0, copied.stderr);
        assert.equal(copied.stderr, '');
        assert.match(copied.stdout, /1 study, 40 trials written to/);
      }
      const plain = async (location: string) => {
        const opened = await openTrialLog(location);
        await opened.close();
        const { studies } = JSON.parse(trialsJson(opened));
        for (const one of studies) {
          delete one.study_id;
          for (const trial of one.trials) delete trial.trial_id;
        }
        return studies;
      };
      const before = await plain(journal);
      for (const location of [database, sqlite, back]) assert.deepEqual(await plain(location), before, location);
      const again = await folder.run('copy', journal, database);
      assert.match(again.stderr, /already has a study named "é 日本"/);
    });

    it('says what a copy loses', async (t) => {
      const folder = tunerFolder(t);
      const journal = join(folder.path, 'exact.journal');
      const log = await JournalLog.open(journal, { create: true });
      const study = await log.createStudy({ name: 's', directions: [1] });
      await log.createTrial(study, { state: TrialState.complete, values: [-0], startedAt: 1000.5, completedAt: 2000 });
      await log.close();
      const copied = await folder.run('copy', journal, await server.newDatabase());
      assert.equal(copied.code, 0, copied.stderr);
      if (name === 'postgres') assert.equal(copied.stderr, '');
      else {
        assert.match(copied.stderr, /MySQL keeps whole seconds: the times of 1 trial lose their fractions/);
        assert.match(copied.stderr, /MySQL has no minus zero: 1 number/);
      }
    });
  });
}
