/** Optuna's JournalRedisBackend and we on one storage of a Redis server. */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';
import {
  beginStudy,
  numbersOf,
  ours,
  requireEightWriters,
  requireEnded,
  requireSame,
  run,
  upTo,
} from '../support/interop.ts';
import { optunaWorker } from '../support/optunaWorker.ts';
import { needs } from '../support/parts.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { startRedis, type TestRedis } from '../support/redisServer.ts';

process.env['TZ'] = 'UTC';

/** Of a URL of ours, whose prefix Optuna takes apart from it; with `use_cluster` where that is asked for. */
const STORAGE = `
import warnings
from urllib.parse import parse_qs
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalRedisBackend
warnings.simplefilter("ignore")
def storage_of(text):
    url, _, query = text.partition("?")
    options = parse_qs(query)
    return JournalStorage(JournalRedisBackend(url, use_cluster="cluster" in options, prefix=options["prefix"][0]))
`;
const OPTUNA_WORKER = optunaWorker('storage_of(sys.argv[1])', STORAGE);
const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[3]))
sys.dont_write_bytecode = True
import make_fixtures as m
${STORAGE}
m.dump(storage_of(sys.argv[1]), sys.argv[2])
`;
/** Trials with all that a trial can have, as \`add_trial\` writes it: one line each. */
const ADDER = `
import sys, optuna
${STORAGE}
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(study_name="added", storage=storage_of(sys.argv[1]))
x = optuna.distributions.FloatDistribution(0, 1)
for number in range(3):
    study.add_trial(optuna.trial.create_trial(
        params={"x": 0.25}, distributions={"x": x}, value=float("inf") if number else 1e-7,
        user_attrs={"big": 2 ** 60 + number, "float": 1.0, "text": 'é "quoted"'}, system_attrs={"whole": 3.0},
        intermediate_values={0: float("nan"), 7: 1.0}))
study.set_user_attr("big", 2 ** 60)
study.enqueue_trial({"x": 0.5}, user_attrs={"one": 1.0})
`;

describe('redis', needs('redis'), () => {
  let server: TestRedis;
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.dispose());

  const newStudy = async (waiting = 0): Promise<string> => {
    const url = server.url();
    await beginStudy(url, waiting);
    return url;
  };
  const theirs = (python: string, url: string, trials: number) =>
    run(python, ['-c', OPTUNA_WORKER, url, 's', String(trials)]);

  for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
    test(`${part} continues a study that we began, and we continue its`, { timeout: 300_000 }, async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const first = await newStudy();
      await ours(first, 12, 1);
      await theirs(python, first, 12);
      await ours(first, 6, 2);
      await assertSame(t, python, first, 30);
      const second = server.url(`with blank, {braces} & é of ${part}`);
      await theirs(python, second, 12);
      await ours(second, 12, 3);
      await assertSame(t, python, second, 24);
      // Its snapshots, which are pickles, are its own.
      server.ask('SET', 'study1:snapshot', 'no pickle');
      assert.equal((await readAll(t, first)).studies()[0]?.history.length, 30);
    });

    test(`four processes of ${part} and four of ours: none lost, none twice`, { timeout: 300_000 }, async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      // Optuna 4 raises when another process was faster with a waiting trial, whoever that is.
      const waiting = part === 'optuna' ? 8 : 0;
      const url = await newStudy(waiting);
      const left = [1, 2, 3, 4].map((seed) => ours(url, 12, seed));
      const right = [1, 2, 3, 4].map(() => theirs(python, url, 8));
      assert.deepEqual(numbersOf(await Promise.all([...left, ...right])), upTo(80));
      const history = await assertSame(t, python, url, 80);
      requireEightWriters(history, waiting);
    });

    test(`reads what ${part} adds in one line, to the last digit`, async (t) => {
      const python = needPython(t, part);
      if (!python) return;
      const url = server.url();
      await run(python, ['-c', ADDER, url]);
      const history = await requireSame(t, { python, program: DUMP, url });
      assert.equal(history.length, 4);
      assert.equal(history.state(3), TrialState.waiting);
      const text = trialsJson(await readAll(t, url));
      for (const spelled of ['"big": 1152921504606846977,', '"float": 1.0,', '"whole": 3.0', '"one": 1.0'])
        assert.ok(text.includes(spelled), spelled);
    });
  }

  test('reads on where Optuna counts a line before it writes it', async (t) => {
    const python = needPython(t, 'optuna');
    if (!python) return;
    const url = await newStudy();
    await theirs(python, `${url}&cluster=1`, 5);
    const log = await readAll(t, url);
    const [prefix] = /study\d+/.exec(url) as RegExpExecArray;
    const next = Number(server.ask('INCR', `${prefix}:log_number`));
    const refreshed = log.refresh();
    const line = `{"op_code": 4, "worker_id": "w", "study_id": 0, "datetime_start": "2026-01-01T00:00:00.000000"}`;
    setTimeout(() => server.ask('SET', `${prefix}:log:${next}`, line), 300);
    assert.equal(await refreshed, true);
    assert.equal(log.studies()[0]?.history.length, 6);
  });

  async function readAll(t: TestContext, url: string) {
    const log = await openTrialLog(url);
    t.after(() => log.close());
    assert.deepEqual(log.warnings, []);
    return log;
  }

  /** Whether Optuna reads, to the last digit, what we read. */
  async function assertSame(t: TestContext, python: string, url: string, count: number) {
    return requireEnded(await requireSame(t, { python, program: DUMP, url }), count);
  }
});
