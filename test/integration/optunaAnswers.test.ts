/** Studies of ours in every storage, as Optuna 5, Optuna 4 and the oldest that is promised, its command line and its dashboard see them. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { paretoFront } from '../../src/core/fronts/paretoFront.ts';
import { pedAnova } from '../../src/core/importance/pedAnova.ts';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { parseJson } from '../../src/core/text/pythonJson.ts';
import { createStudy, TrialPruned } from '../../src/library/node.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { freePort } from '../support/freePort.ts';
import { needs, type PartName, pythonOf } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const run = promisify(execFile);
const judge = fileURLToPath(new URL('../support/optunaAnswers.py', import.meta.url));

const KINDS = ['journal', 'sqlite', 'postgres', 'mysql'] as const;
type Kind = (typeof KINDS)[number];
const PYTHONS = ['optuna', 'optuna4', 'optuna41'] as const satisfies readonly PartName[];

const TRIALS = 30;
const NAMES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const;

/** One of everything: steps, logs, choices of every kind, a condition, an attribute, values that are no numbers, a failure. */
async function makeStudies(storage: string): Promise<void> {
  const ours = createStudy({
    name: 'ours',
    direction: 'minimize',
    space: {
      lr: { type: 'float', low: 1e-5, high: 0.1, log: true },
      n: { type: 'int', low: 1, high: 64, log: true },
      part: { type: 'float', low: 0, high: 1, step: 0.25 },
      kind: { type: 'categorical', choices: ['a', 'é"', true, null, 3, 2.5] },
      inner: { type: 'float', low: 0, high: 1, when: { kind: 'a' } },
    },
    sampler: { type: 'random', seed: 3 },
    pruner: 'median',
    storage,
  });
  await ours.optimize(
    async (trial) => {
      const { number, params } = trial;
      await trial.setUserAttr('note', { list: [1, null, 'é'], number });
      let value = 0;
      for (let step = 0; step < 4; step++) {
        value = Math.abs(Math.log10(params['lr'] as number) + 3) + (params['n'] as number) / 64 + 1 / (step + 1);
        if (number === 5 && step === 1) await trial.report(Number.NaN, step);
        else await trial.report(number === 6 && step === 2 ? Number.POSITIVE_INFINITY : value, step);
        if (number > 8 && (await trial.shouldPrune())) throw new TrialPruned();
      }
      if (number === 7) throw new Error('broken');
      return number === 4 ? Number.POSITIVE_INFINITY : value;
    },
    { trials: TRIALS, catch: true },
  );
  await ours.enqueue({ lr: 0.01 });
  await ours.close();
  const two = createStudy({
    name: 'two',
    directions: ['minimize', 'maximize'],
    space: { x: { type: 'float', low: 0, high: 1 }, y: { type: 'int', low: 0, high: 5 } },
    sampler: { type: 'random', seed: 1 },
    storage,
  });
  await two.optimize(({ params: { x, y } }) => [(x as number) + (y as number) / 50, y as number], { trials: 20 });
  await two.close();
}

/** As Optuna names the storage. */
function forPython(storage: string): string {
  if (storage.endsWith('.db')) return `sqlite:///${storage}`;
  return storage.replace(/^mysql:/, 'mysql+pymysql:').replace(/^postgresql:/, 'postgresql+psycopg2:');
}

async function read(storage: string): Promise<{ ours: History; two: History }> {
  const log = await openTrialLog(storage);
  const named = (name: string) => log.studies().find((study) => study.name === name)?.history as History;
  const found = { ours: named('ours'), two: named('two') };
  await log.close();
  return found;
}

const numbers = (history: History) => Array.from({ length: history.length }, (_, number) => number);
const total = (shares: Record<string, number>) => Object.values(shares).reduce((sum, share) => sum + share, 0);
const plain = (value: number) => (Number.isNaN(value) ? null : Number.isFinite(value) ? value : 'inf');

/** Whether `answers` is what we make of the same studies. */
function assertAgree(answers: Answers, { ours, two }: { ours: History; two: History }, kind: Kind): void {
  assert.equal(answers.best, ours.best);
  assert.deepEqual(answers.front, paretoFront(two));
  assert.deepEqual(
    answers.states,
    numbers(ours).map((number) => NAMES[ours.state(number)]),
  );
  assert.deepEqual(
    answers.values,
    numbers(ours).map((number) => plain(ours.value(number))),
  );
  assert.deepEqual(
    answers.params,
    numbers(ours).map((number) => ours.params(number)),
  );
  assert.deepEqual(answers.curves[6]?.['2'], 'inf');
  assert.deepEqual(answers.curves[5]?.['1'], 'nan');
  assert.deepEqual(answers.attrs[3], { note: { list: [1, null, 'é'], number: 3 } });
  const { table } = answers;
  assert.deepEqual([table.rows, table.multi], [TRIALS + 1, 20]);
  const all = ['number', 'value', 'datetime_start', 'datetime_complete', 'duration', 'state', 'user_attrs_note'];
  for (const column of [...all, ...['lr', 'n', 'part', 'kind', 'inner'].map((name) => `params_${name}`)])
    assert.ok(table.columns.includes(column), column);
  const ended = numbers(ours).filter((number) => !Number.isNaN(ours.completedAt[number]));
  const exactness = kind === 'mysql' ? 1 : 0.001;
  for (const [row, number] of ended.entries()) {
    const seconds = ((ours.completedAt[number] as number) - (ours.startedAt[number] as number)) / 1000;
    assert.ok(Math.abs((table.seconds[row] as number) - seconds) <= exactness, `the duration of trial ${number}`);
  }
  for (const { name, importance } of pedAnova(ours)) {
    // Optuna 4 knows neither conditions nor ranges that change: it has other shares of the same parameters.
    if (answers.version.startsWith('5'))
      assert.ok(Math.abs((answers.pedAnova[name] as number) - importance) < 1e-6, name);
    else assert.ok(name === 'inner' || name in answers.pedAnova, name);
  }
  for (const shares of [answers.pedAnova, answers.fanova, answers.impurity, answers.first])
    assert.ok(Math.abs(total(shares) - 1) < 1e-9);
  assert.ok((answers.first['x'] as number) > 0.5);
  assert.equal(answers.keeps, true);
  assert.equal(answers.stagnates, hasStagnated(ours));
  assert.deepEqual(answers.asked, [TRIALS, 0.01]);
  assert.deepEqual(answers.goesOn, [2, 2, 2]);
}

/** What the terminator of optunaAnswers.py asks: five complete trials after the best one and, of 20 or more, no better one. */
function hasStagnated(history: History): boolean {
  const complete = numbers(history).filter((number) => history.state(number) === TrialState.complete);
  const since = complete.length - 1 - complete.indexOf(history.best as number);
  return complete.length >= 20 && since > 5;
}

interface Answers {
  readonly version: string;
  readonly best: number;
  readonly front: readonly number[];
  readonly states: readonly string[];
  readonly values: readonly (number | string | null)[];
  readonly params: readonly Record<string, unknown>[];
  readonly curves: readonly Record<string, number | string>[];
  readonly attrs: readonly Record<string, unknown>[];
  readonly table: {
    readonly columns: readonly string[];
    readonly seconds: readonly number[];
    readonly rows: number;
    readonly multi: number;
  };
  readonly pedAnova: Record<string, number>;
  readonly fanova: Record<string, number>;
  readonly impurity: Record<string, number>;
  readonly first: Record<string, number>;
  readonly stagnates: boolean;
  readonly pictures: Record<string, number> | null;
  readonly keeps: boolean;
  readonly asked: readonly [number: number, lr: number];
  readonly goesOn: readonly number[];
}

const servers = new Map<Kind, TestServer>();
const isServer = (kind: Kind) => kind === 'postgres' || kind === 'mysql';

async function newStudies(t: TestContext, kind: Kind): Promise<string> {
  const file = join(temporaryFolder(t), kind === 'sqlite' ? 'ours.db' : 'ours.log');
  const storage = isServer(kind) ? await (servers.get(kind) as TestServer).newDatabase() : file;
  await makeStudies(storage);
  return storage;
}

describe('what Optuna makes of our studies', () => {
  before(async () => {
    for (const kind of ['postgres', 'mysql'] as const) {
      if (needs(kind).skip === false) servers.set(kind, await startServer(kind));
    }
  });
  after(() => Promise.all([...servers.values()].map((server) => server.dispose())));

  for (const part of PYTHONS) {
    test(`${part} on ${KINDS.join(', ')}`, { ...needs(part, 'postgres', 'mysql'), timeout: 600_000 }, async (t) => {
      const made: { kind: Kind; storage: string; before: Awaited<ReturnType<typeof read>> }[] = [];
      for (const kind of KINDS) {
        const storage = await newStudies(t, kind);
        made.push({ kind, storage, before: await read(storage) });
      }
      // Times are naive in a database: a reader in another zone has the same durations.
      const env = { ...process.env, TZ: 'Asia/Tokyo' };
      // One process for all storages: to import Optuna and what it measures with takes longer than the rest.
      const places = made.flatMap(({ kind, storage }) => [kind, forPython(storage)]);
      const { stdout } = await run(pythonOf(part), [judge, ...places], { env, maxBuffer: 2 ** 26 });
      for (const [index, answers] of (JSON.parse(stdout) as Answers[]).entries()) {
        const { kind, storage, before } = made[index] as (typeof made)[number];
        assertAgree(answers, before, kind);
        const { ours } = await read(storage);
        assert.equal(ours.length, TRIALS + 1 + 6, kind);
        assert.equal(ours.count(TrialState.waiting) + ours.count(TrialState.running), 0, kind);
      }
    });
  }

  // What they read of a server comes through the same Optuna as above.
  for (const kind of ['journal', 'sqlite'] as const) {
    test(`the dashboard, the pictures and the command line on ${kind}`, {
      ...needs('dashboard'),
      timeout: 300_000,
    }, async (t) => {
      const python = pythonOf('dashboard');
      const storage = await newStudies(t, kind);
      const { ours } = await read(storage);
      const place = forPython(storage);
      const [first, second] = await dashboardStudies(t, dirname(python), place);
      assert.deepEqual([first?.name, first?.trials.length], ['ours', TRIALS + 1]);
      assert.deepEqual(
        first?.trials.map(({ state }) => state.toUpperCase()),
        numbers(ours).map((number) => NAMES[ours.state(number)]),
      );
      assert.deepEqual(
        first?.best_trials.map(({ number }) => number),
        [ours.best],
      );
      assert.equal(second?.trials.length, 20);

      const optuna = async (...words: string[]) => {
        const where = kind === 'journal' ? ['--storage-class', 'JournalFileStorage'] : [];
        return (await run(join(dirname(python), 'optuna'), [...words, '--storage', place, ...where])).stdout;
      };
      const trials = parseJson(await optuna('trials', '--study-name', 'ours', '-f', 'json')) as unknown[];
      assert.equal(trials.length, TRIALS + 1);
      assert.match(await optuna('studies'), /ours/);
      const best = JSON.parse(await optuna('best-trial', '--study-name', 'ours', '-f', 'json'));
      assert.equal(best.number, ours.best);
      const range =
        '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}';
      const ask = ['ask', '--study-name', 'ours', '--search-space', `{"lr": ${range}}`];
      assert.deepEqual(JSON.parse(await optuna(...ask)), { number: TRIALS, params: { lr: 0.01 } });
      await optuna('tell', '--study-name', 'ours', '--trial-number', String(TRIALS), '--values', '0.001');
      assert.equal((await read(storage)).ours.best, TRIALS);

      const { stdout } = await run(python, [judge, kind, place]);
      const { pictures } = (JSON.parse(stdout) as Answers[])[0] as Answers;
      assert.ok(pictures && Object.keys(pictures).length === 11);
      for (const [name, traces] of Object.entries(pictures)) assert.ok(traces > 0, name);
    });
  }
});

interface DashboardStudy {
  readonly name: string;
  readonly trials: readonly { readonly state: string }[];
  readonly best_trials: readonly { readonly number: number }[];
}

/** What the dashboard's own page would be told of all studies. */
async function dashboardStudies(t: TestContext, bin: string, place: string): Promise<DashboardStudy[]> {
  const port = await freePort();
  const server = spawn(join(bin, 'optuna-dashboard'), [place, '--host', '127.0.0.1', '--port', String(port)], {
    stdio: 'ignore',
  });
  t.after(() => server.kill('SIGKILL'));
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}/api/studies${path}`)).json();
  for (;;) {
    const list = (await ask('').catch(() => undefined)) as { study_summaries: { study_id: number }[] } | undefined;
    if (list) {
      const ids = list.study_summaries.map(({ study_id }) => study_id);
      return (await Promise.all(ids.map((id) => ask(`/${id}`)))) as DashboardStudy[];
    }
    assert.equal(server.exitCode, null, 'the dashboard has ended');
    await delay(100);
  }
}
