/** Optuna and we on one database of a server: what the interop tests of each server run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, type TestContext, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { repairTrials, SilenceWatch } from '../../src/tuner/trials/repair.ts';
import {
  beginStudy,
  numbersOf,
  optunaJudge,
  ours,
  requireEightWriters,
  requireEnded,
  requireSame,
  requireSameJudgement,
  run,
  upTo,
} from './interop.ts';
import { optunaWorker } from './optunaWorker.ts';
import { needs, type PartName } from './parts.ts';
import { needPython, type PythonPart } from './python.ts';
import { type ServerName, startServer, type TestServer } from './servers.ts';

const OPTUNA_WORKER = optunaWorker('sys.argv[1]');

/** Signs of life every second, in a trial that does not end: URL. */
const OPTUNA_SLEEPER = `
import sys, time, warnings
warnings.simplefilter("ignore")
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.RDBStorage(sys.argv[1], heartbeat_interval=1)
def objective(trial):
    trial.suggest_float("x", 0, 1)
    print("running", flush=True)
    time.sleep(600)
optuna.load_study(study_name="s", storage=storage).optimize(objective, n_trials=1)
`;

/** Runs one trial, after what Optuna does about trials that fell silent: URL. Prints whose retry it is. */
const OPTUNA_RETRIER = `
import sys, warnings
warnings.simplefilter("ignore")
import optuna
from optuna.storages import RetryFailedTrialCallback as Retry
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.RDBStorage(sys.argv[1], heartbeat_interval=1, grace_period=20, failed_trial_callback=Retry())
def objective(trial):
    frozen = study.get_trials()[trial.number]
    print(trial.number, Retry.retried_trial_number(frozen), Retry.retry_history(frozen), flush=True)
    return trial.suggest_float("x", 0, 1)
study = optuna.load_study(study_name="s", storage=storage)
study.optimize(objective, n_trials=1)
`;

const DUMP = `
import sys, os
sys.path.insert(0, os.path.dirname(sys.argv[3]))
sys.dont_write_bytecode = True
import optuna, make_fixtures as m
m.dump(optuna.storages.RDBStorage(sys.argv[1]), sys.argv[2])
`;

/** What Optuna makes of a study: the front and its table. */
const TABLE = `
import json, sys, warnings
warnings.simplefilter("ignore")
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name="s", storage=sys.argv[1])
table = study.trials_dataframe(attrs=("number", "value", "params", "state"))
print(json.dumps({
    "front": [t.number for t in study.best_trials],
    "best": study.best_trial.number,
    "table": json.loads(table.to_json(orient="values", double_precision=15)),
    "columns": list(table.columns),
}))
`;

const JUDGE = optunaJudge('sys.argv[1]');

/** Columns with their types and defaults, then keys and indices, in an order of their own. */
const SHAPES: Readonly<Record<ServerName, string>> = {
  postgres: `SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || a.attnum
      || ' ' || COALESCE(pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'S') AND a.attnum > 0
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT t.typname || ' ' || string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
    ORDER BY 1`,
  mysql: `SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, column_default, extra, collation_name, ordinal_position)
    FROM information_schema.columns WHERE table_schema = DATABASE()
    UNION ALL SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics WHERE table_schema = DATABASE()
    UNION ALL SELECT CONCAT_WS(' ', table_name, constraint_name, referenced_table_name, delete_rule) FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()
    UNION ALL SELECT CONCAT_WS(' ', table_name, engine) FROM information_schema.tables WHERE table_schema = DATABASE()
    ORDER BY 1`,
};

/** What MySQL itself tells of since 8.0.16 only, and MariaDB always. */
const CHECKS =
  "SELECT CONCAT_WS(' ', constraint_name, check_clause) FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY 1";

/** As SQLAlchemy names the driver that the tests install. */
const forPython = (url: string) =>
  url.replace(/^mysql:/, 'mysql+pymysql:').replace(/^postgresql:/, 'postgresql+psycopg2:');

/** @param options Of a server of another release, and what it is called and needs. */
export function interopTests(
  name: ServerName,
  options: { label?: string; needed?: PartName; programs?: string; lacksChecks?: boolean } = {},
): void {
  const { label = name, needed = name, lacksChecks = false, ...programs } = options;
  // The rest takes long: it is tried on Debian's release.
  const parts = programs.programs === undefined ? (['optuna', 'optuna4'] as const) : (['optuna'] as const);
  const thoroughly = programs.programs === undefined ? test : () => undefined;
  describe(label, needs(name, needed), () => {
    let server: TestServer;
    before(async () => {
      server = await startServer(name, programs);
    });
    after(() => server?.dispose());

    const newStudy = async (waiting = 0): Promise<string> => {
      const url = await server.newDatabase();
      await beginStudy(url, waiting);
      return url;
    };
    const theirs = (python: string, url: string, trials: number) =>
      run(python, ['-c', OPTUNA_WORKER, forPython(url), 's', String(trials)]);

    test('the tables that we make are those that Optuna makes', { timeout: 300_000 }, async (t) => {
      const python = needPython(t, 'optuna');
      if (!python) return;
      const [mine, its] = [await newStudy(), await server.newDatabase()];
      await theirs(python, its, 1);
      const describe = async (url: string) => {
        const database = url.slice(url.lastIndexOf('/') + 1);
        const answer = await server.admin(SHAPES[name], database);
        const checks = name === 'mysql' && !lacksChecks ? await server.admin(CHECKS, database) : '';
        return `${answer.trim()}\n${checks.trim()}`.split('\n');
      };
      const shape = await describe(mine);
      assert.ok(shape.length > 50);
      assert.deepEqual(shape, await describe(its));
    });

    thoroughly(
      'a trial that fell silent is run again once, whoever ran it and whoever finds it',
      {
        timeout: 300_000,
      },
      async (t) => {
        const python = needPython(t, 'optuna');
        if (!python) return;
        const url = await newStudy();
        const sleeper = spawn(python, ['-c', OPTUNA_SLEEPER, forPython(url)], { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(sleeper.stdout, 'data');
        sleeper.kill('SIGKILL');
        const log = await openWritableStorage(storagePlace(url, '.'));
        t.after(() => log.close());
        const [study] = log.studies() as [StudyRecord];
        const options = { host: 'none', silence: new SilenceWatch(2000) };
        let found = await repairTrials(log, study, options);
        while (found.length === 0) found = await repairTrials(log, study, options);
        assert.deepEqual(found, [{ number: 0, goesOn: true }]);
        const x = study.history.param(0, 'x');
        // Optuna runs it again under its number, and we die in turn.
        const first = await run(python, ['-c', OPTUNA_RETRIER, forPython(url)]);
        assert.equal(first.stdout.trim(), '0 None []');
        const params = [
          {
            name: 'x',
            internal: 0.25,
            distribution: { type: 'float', low: 0, high: 1, log: false, step: null } as const,
          },
        ];
        assert.equal(await log.createTrial(study, { state: TrialState.running, params }), 1);
        await log.heartbeats?.heartbeat(study, [1]);
        const minute = name === 'postgres' ? "interval '60 seconds'" : 'INTERVAL 60 SECOND';
        await server.admin(
          `UPDATE trial_heartbeats SET heartbeat = heartbeat - ${minute}`,
          url.slice(url.lastIndexOf('/') + 1),
        );
        const second = await run(python, ['-c', OPTUNA_RETRIER, forPython(url)]);
        assert.equal(second.stdout.trim(), '2 1 [1]');
        await log.refresh();
        const { history } = study;
        const { fail, complete } = TrialState;
        assert.deepEqual([...history.states], [complete, fail, complete]);
        assert.deepEqual([history.param(0, 'x'), history.param(2, 'x')], [x, 0.25]);
      },
    );

    for (const part of parts satisfies readonly PythonPart[]) {
      test(`${part} continues a study that we began, and we continue its`, { timeout: 300_000 }, async (t) => {
        const python = needPython(t, part);
        if (!python) return;
        const first = await newStudy();
        await ours(first, 12, 1);
        await theirs(python, first, 12);
        await ours(first, 6, 2);
        await assertSame(t, python, first, 30);
        const second = await server.newDatabase();
        await theirs(python, second, 12);
        await ours(second, 12, 3);
        await assertSame(t, python, second, 24);
      });
    }

    thoroughly('four processes of optuna and four of ours: none lost, none twice', { timeout: 300_000 }, async (t) => {
      const python = needPython(t, 'optuna');
      if (!python) return;
      const url = await newStudy(8);
      const left = [1, 2, 3, 4].map((seed) => ours(url, 12, seed));
      const right = [1, 2, 3, 4].map(() => theirs(python, url, 8));
      assert.deepEqual(numbersOf(await Promise.all([...left, ...right])), upTo(80));
      const history = await assertSame(t, python, url, 80);
      requireEightWriters(history, 8);

      const judged = JSON.parse((await run(python, ['-c', TABLE, forPython(url)])).stdout);
      const best = history.value(judged.best);
      const front = upTo(80).filter(
        (number) => history.state(number) === TrialState.complete && history.value(number) === best,
      );
      assert.deepEqual(front, judged.front);
      await requireSameJudgement({ python, program: JUDGE, url, named: forPython(url) }, history);
      const columns = judged.columns as string[];
      for (const row of judged.table as unknown[][]) {
        const cell = (column: string) => row[columns.indexOf(column)];
        const number = cell('number') as number;
        assert.equal(cell('state'), ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'][history.state(number)]);
        assert.ok(Math.abs((cell('value') as number) - history.value(number)) < 1e-12);
        assert.ok(Math.abs((cell('params_x') as number) - (history.param(number, 'x') as number)) < 1e-12);
      }
    });
  });
}

/** Whether Optuna reads from the database, to the last digit, what we read. */
async function assertSame(t: TestContext, python: string, url: string, count: number) {
  const history = await requireSame(t, {
    python,
    program: DUMP,
    url,
    named: forPython(url),
    alike: (trial) => {
      for (const key of ['user_attrs', 'system_attrs']) trial[key] = Object.entries(trial[key] ?? {}).sort();
    },
  });
  return requireEnded(history, count);
}
