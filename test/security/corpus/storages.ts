/** Finished runs whose journal, database or printed log is hostile. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../../src/core/random.ts';
import { repository } from '../../support/cache.ts';
import type { HostileCase } from './corpus.ts';
import { mutatedText, nested } from './mutations.ts';
import { recordIn, runFolderIn } from './records.ts';
import type { Traps } from './traps.ts';

const optuna = join(repository, 'test', 'fixtures', 'optuna', 'v5');

function storageCase(name: string, file: string, fill: (path: string) => void): HostileCase {
  return {
    name,
    write: (folder) => {
      const run = runFolderIn(folder);
      const path = join(run, file);
      writeFileSync(join(run, 'run.json'), JSON.stringify(recordIn(folder, { storage: path })));
      fill(path);
    },
  };
}

/** One line in Optuna's order of fields, without which it is no journal. */
function operation({ op_code, ...fields }: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ op_code, worker_id: 'w', ...fields })}\n`;
}

function study(name: string, directions: unknown = [1]): string {
  return operation({ op_code: 0, study_name: name, directions });
}

const TRIAL = operation({ op_code: 4, study_id: 0, datetime_start: '2026-01-01T00:00:00.000000' });

/** Journals by their text. The study comes first where the rest is what is hostile. */
function journals(traps: Pick<Traps, 'port'>): Readonly<Record<string, string>> {
  const image = `![x](http://127.0.0.1:${traps.port}/pixel.png)`;
  const names = [
    `\u001b]0;forged\u0007\u001b]52;c;aGk=\u0007\u001b[2J`,
    `a\n\n${image}`,
    '`'.repeat(50),
    '[run](command:workbench.action.terminal.new)',
    '$(sync~spin)'.repeat(1000),
    '\u202egnp.exe',
    'x'.repeat(1_000_000),
    '__proto__',
    '',
  ];
  const finished = (attrs: Readonly<Record<string, unknown>>) =>
    study('s') + TRIAL + operation({ op_code: 8, trial_id: 0, user_attr: attrs }) + state(0, 1, [0.5]);
  const state = (trial: unknown, to: unknown, values: unknown) =>
    operation({ op_code: 6, trial_id: trial, state: to, values, datetime_complete: '2026-01-01T00:00:01.000000' });
  const param = (name: string, distribution: string, value: unknown = 0.5, trial = 0) =>
    operation({ op_code: 5, trial_id: trial, param_name: name, param_value_internal: value, distribution });
  const choices = (values: readonly unknown[]) =>
    JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices: values } });
  const studyOperations = (id: unknown) =>
    operation({ op_code: 1, study_id: id }) +
    operation({ op_code: 2, study_id: id, user_attr: { a: 1 } }) +
    operation({ op_code: 4, study_id: id, datetime_start: '2026-01-01T00:00:00.000000' });
  const float = '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';
  return {
    'names of studies': names.map((name) => study(name)).join(''),
    'names of parameters': study('s') + TRIAL + names.map((name) => param(name, float)).join('') + state(0, 1, [1]),
    'attributes with images': finished({ note: `\n\n${image}`, 'tuneboard:error': `\u001b[2J\n\n${image}` }),
    'trial of the far future': study('s') + TRIAL + state(1e9, 1, [1]) + state(2 ** 53, 1, [1]),
    'trial of no number': study('s') + TRIAL + state('0', 1, [1]) + state(-1, 1, [1]) + state(0.5, 1, [1]),
    'unknown states': study('s') + TRIAL + state(0, 99, [1]) + state(0, 'complete', ['x']),
    'values without end':
      study('s') +
      TRIAL +
      state(
        0,
        1,
        Array.from({ length: 300_000 }, () => 1),
      ),
    'directions without end': study(
      's',
      Array.from({ length: 300_000 }, () => 1),
    ),
    'unknown operations': study('s') + operation({ op_code: 1e308 }) + operation({ op_code: 'delete' }),
    'deep distribution': study('s') + TRIAL + param('x', nested('[', ']', 100_000)),
    'deep attribute': `${study('s')}{"op_code":2,"worker_id":"w","study_id":0,"user_attr":{"a":${nested('[', ']', 200_000)}}}\n`,
    'half a million choices': study('s') + TRIAL + param('x', choices([...Array(500_000).keys()]), 1e300),
    'steps of every size':
      study('s') +
      TRIAL +
      [0, -1, 2 ** 53, 1e300, 0.5, 'x', null]
        .map((step) => operation({ op_code: 7, trial_id: 0, step, intermediate_value: 1 }))
        .join(''),
    'one line of thirty megabytes': `${study('s')}{"op_code":2,"worker_id":"${'x'.repeat(30_000_000)}"}\n`,
    'a hundred thousand studies': Array.from({ length: 100_000 }, (_, index) => study(`s${index}`)).join(''),
    'ten thousand parameters':
      study('s') + TRIAL + Array.from({ length: 10_000 }, (_, index) => param(`p${index}`, float)).join(''),
    'a thousand parameters of one late trial each':
      study('s') +
      TRIAL.repeat(100_000) +
      Array.from({ length: 1000 }, (_, index) => param(`p${index}`, float, 0.5, 99_999)).join(''),
    'other choices in every trial':
      study('s') +
      Array.from({ length: 20_000 }, (_, index) =>
        operation({
          op_code: 4,
          study_id: 0,
          datetime_start: '2026-01-01T00:00:00.000000',
          params: { x: 0 },
          distributions: { x: choices([...Array(20).keys(), index]) },
        }),
      ).join(''),
    'steps that go down':
      study('s') +
      TRIAL +
      Array.from({ length: 60_000 }, (_, index) =>
        operation({ op_code: 7, trial_id: 0, step: 60_000 - index, intermediate_value: 1 }),
      ).join(''),
    'orders of parameters of every kind':
      study('s') +
      TRIAL.repeat(500) +
      Array.from({ length: 100_000 }, (_, index) =>
        param(`p${(index * 7919) % 200}`, float, 0.5, Math.trunc(index / 200)),
      ).join(''),
    'ids that are names of members':
      study('s') + ['length', '__proto__', 'push', '0', [0], null].map((id) => studyOperations(id)).join('') + TRIAL,
    'attributes of every trial with long texts': finished({ note: 'x'.repeat(8_000_000) }).repeat(2),
    'numbers that Python has': `${study('s')}{"op_code":2,"worker_id":"w","study_id":0,"user_attr":{"a":[${'NaN,'.repeat(500_000)}1]}}\n`,
    'only blanks': ' '.repeat(5_000_000),
    'zeros in the middle': `${study('s')}${'\u0000'.repeat(3_000_000)}\n${TRIAL}`,
    'studies that go away': study('s') + operation({ op_code: 1, study_id: 0 }) + TRIAL + state(0, 1, [1]),
  };
}

function logs(traps: Pick<Traps, 'port'>): Readonly<Record<string, string>> {
  const finished = '[I 2026-01-01 00:00:00,000] Trial 0 finished with value: ';
  return {
    'a best run without end': `${finished}0.5 and parameters: {'x': 1.0}.\n${'loss=BestRun('.repeat(600_000)}`,
    'brackets without end': `${finished}0.5 and parameters: ${'{'.repeat(500_000)}\n`,
    'digits without end': `${finished}${'1'.repeat(3_000_000)} and parameters: {}.\n`,
    'blanks without end': `loss: 0.3 epoch${' '.repeat(2_000_000)}\n${finished}1.0 and parameters: {}.\n`,
    'quotes without end': `${finished}1.0 and parameters: {'${'\\'.repeat(1_000_000)}\n`,
    'a trial of the far future': '[I 2026-01-01] Trial 999999999 finished with value: 1.0 and parameters: {}.\n',
    'forged studies': Array.from(
      { length: 20_000 },
      (_, index) => `[I 2026-01-01 00:00:00,000] A new study created in memory with name: s${index}\n`,
    ).join(''),
    'images and escapes': `[I 2026-01-01 00:00:00,000] A new study created in memory with name: \u001b[2J![x](http://127.0.0.1:${traps.port}/a.png)\n${finished}1.0 and parameters: {'\u001b]0;t\u0007': 1}.\n`,
  };
}

/** What runs when a reader asks an ordinary question of a table that is no table. */
const SCHEMAS: Readonly<Record<string, readonly string[]>> = {
  'a view without end': [
    'DROP TABLE studies',
    'CREATE VIEW studies AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS study_id, i AS study_name FROM n',
  ],
  'trials without end': [
    'ALTER TABLE trials RENAME TO kept',
    "CREATE VIEW trials AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS trial_id, i AS number, 1 AS study_id, 'COMPLETE' AS state, NULL AS datetime_start, NULL AS datetime_complete FROM n",
  ],
  'a column that takes for ever': ['ALTER TABLE trial_values ADD COLUMN slow AS (length(hex(zeroblob(500000000))))'],
  'a table of another kind under a view': [
    'ALTER TABLE studies RENAME TO kept',
    'CREATE VIEW studies AS SELECT * FROM kept, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT i FROM n)',
  ],
  'a needed column that takes for ever': [
    'ALTER TABLE trial_values RENAME COLUMN value TO kept',
    'ALTER TABLE trial_values ADD COLUMN value AS (length(hex(zeroblob(500000000))))',
  ],
  'versions without end': [
    'DROP TABLE version_info',
    'CREATE VIEW version_info AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS schema_version, 1 AS library_version FROM n',
  ],
  'texts of twenty megabytes': [
    'UPDATE studies SET study_name = study_id || hex(zeroblob(10000000))',
    'UPDATE trial_params SET param_name = param_id || hex(zeroblob(10000000)) WHERE param_id < 10',
    'UPDATE trials SET datetime_start = hex(zeroblob(10000000)) WHERE trial_id < 10',
  ],
  'blobs for numbers': [
    'UPDATE trial_values SET value = zeroblob(20000000) WHERE trial_value_id < 5',
    "UPDATE trial_intermediate_values SET step = 'x' || step, intermediate_value = 'y'",
  ],
  'directions without end': [
    "INSERT INTO study_directions (direction, study_id, objective) WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT 'MINIMIZE', 1, i FROM n",
  ],
  'a thousand late parameters': [
    "INSERT INTO trials (number, study_id, state) WITH RECURSIVE n(i) AS (SELECT (SELECT max(number) + 1 FROM trials WHERE study_id = 1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, 1, 'COMPLETE' FROM n",
    `INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT (SELECT max(trial_id) FROM trials), 'p' || i, 0.5, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}' FROM n`,
  ],
  'numbers that are texts': [
    "UPDATE trials SET number = 'x', trial_id = -trial_id",
    "UPDATE trial_values SET value = 'not a number'",
  ],
  'a trial of the far future': ['UPDATE trials SET number = 9007199254740991 WHERE trial_id = 1'],
  'a blob of an attribute': [
    'UPDATE study_user_attributes SET value_json = zeroblob(50000000) WHERE study_user_attribute_id = 1',
  ],
  'deep attributes': [
    `UPDATE study_user_attributes SET value_json = '${nested('[', ']', 100_000)}'`,
    `UPDATE trial_params SET distribution_json = '${nested('[', ']', 100_000)}'`,
  ],
  'names with escapes': [
    "UPDATE studies SET study_name = study_id || char(27) || '[2J' || char(10) || '![x](http://127.0.0.1/x)'",
  ],
};

function databaseCases(random: Random): HostileCase[] {
  const changed = Object.entries(SCHEMAS).map(([name, statements]) =>
    storageCase(`database ${name}`, 'study.db', (path) => {
      cpSync(join(optuna, 'study.sqlite'), path);
      const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
      for (const statement of statements) database.exec(statement);
      database.close();
    }),
  );
  const bytes = readFileSync(join(optuna, 'study.sqlite'));
  const broken = Array.from({ length: 12 }, (_, index) =>
    storageCase(`database damaged ${index}`, 'study.db', (path) => {
      const damaged = Buffer.from(bytes);
      // The first bytes stay, so that it counts as a database.
      for (let count = 200; count > 0; count--) damaged[16 + random.integer(damaged.length - 16)] = random.integer(256);
      writeFileSync(path, damaged);
    }),
  );
  return [...changed, ...broken];
}

export function storageCases(traps: Pick<Traps, 'port'>, random: Random): HostileCase[] {
  const whole = readFileSync(join(optuna, 'study.journal'), 'utf8');
  const written = (kind: string, file: string, texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([name, text]) =>
      storageCase(`${kind} ${name}`, file, (path) => writeFileSync(path, text)),
    );
  const mutated = Array.from({ length: 20 }, (_, index) =>
    storageCase(`journal mutated ${index}`, 'journal.log', (path) =>
      writeFileSync(path, mutatedText(random, mutatedText(random, whole))),
    ),
  );
  return [
    ...written('journal', 'journal.log', journals(traps)),
    ...written('log', 'printed.txt', logs(traps)),
    ...mutated,
    ...databaseCases(random),
  ];
}
