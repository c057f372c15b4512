import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatLocal } from '../../../src/storage/datetimes.ts';
import { findStudy } from '../../../src/storage/findStudy.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { trialsJson } from '../../../src/storage/trialsJson.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

// The fixtures hold what Optuna showed in UTC.
process.env['TZ'] = 'UTC';

const here = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));
const shared = fileURLToPath(new URL('../../../../shared/fixtures/', import.meta.url));

for (const folder of ['v41', 'v5']) compareFolder(join(here, folder));

if (existsSync(shared)) for (const folder of readdirSync(shared)) compareFolder(join(shared, folder));
else console.log(`no further fixtures: there is no ${shared}`);

test('reads what Rustuna wrote, as Rustuna does', async (t) => {
  const folder = temporaryFolder(t);
  const seen = JSON.parse(readFileSync(join(here, 'rustuna/seen.json'), 'utf8'));
  for (const name of ['study.sqlite', 'study.journal']) {
    cpSync(join(here, 'rustuna', name), join(folder, name));
    const log = await openTrialLog(join(folder, name));
    t.after(() => log.close());
    const { history } = findStudy(log, 'rust');
    const read = Array.from({ length: history.length }, (_, number) => ({
      number,
      params: history.params(number),
      values: [history.value(number)],
    }));
    assert.deepEqual(read, seen[name]);
    // Both hold the same run, in UTC.
    assert.ok(Math.abs((history.startedAt[0] as number) - Date.UTC(2026, 10, 24, 11, 34, 1, 600)) < 1000);
  }
});

test('attributes keep the spelling of Python, and a later value takes their place', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const head = '"worker_id":"w"';
  const lines = [
    `{"op_code":0,${head},"study_name":"s","directions":[1]}`,
    `{"op_code":2,${head},"study_id":0,"user_attr":{"big":9007199254740993}}`,
    `{"op_code":3,${head},"system_attr":{"f":1.0},"study_id":0}`,
    `{"op_code":4,${head},"study_id":0,"datetime_start":null,"state":4,"value":null,"values":null,"distributions":{},"params":{},"user_attrs":{"a":[2.0,NaN]},"system_attrs":{"fixed_params":{"x":3.0}},"intermediate_values":{}}`,
    `{"op_code":8,${head},"trial_id":0,"user_attr":{"b":{"c":5.0}}}`,
    `{"op_code":8,${head},"trial_id":0,"user_attr":{"gone":6.0}}`,
    `{"op_code":8,${head},"trial_id":0,"user_attr":{"gone":7}}`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  const log = await openTrialLog(path);
  t.after(() => log.close());
  const text = trialsJson(log).replaceAll(/\s+/g, '');
  for (const part of ['"big":9007199254740993', '"f":1.0', '"a":[2.0,"nan"]', '"x":3.0', '"c":5.0', '"gone":7']) {
    assert.ok(text.includes(part), part);
  }
});

test('choices keep the spelling of Python', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const distribution = JSON.stringify(
    '{"name": "CategoricalDistribution", "attributes": {"choices": [0.0, 1, 1e16, 12345678901234567891, [1.0]]}}',
  );
  const lines = ['{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}'];
  for (let at = 0; at < 5; at++) {
    lines.push('{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-11-24T06:38:21.024411"}');
    lines.push(
      `{"op_code":5,"worker_id":"w","trial_id":${at},"param_name":"c","param_value_internal":${at},"distribution":${distribution}}`,
    );
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  const log = await openTrialLog(path);
  t.after(() => log.close());
  const reprs = [...trialsJson(log).matchAll(/"params_repr": "\{'c': (.*)\}"/g)].map(([, text]) => text);
  assert.deepEqual(reprs, ['0.0', '1', '1e+16', '12345678901234567891', '[1.0]']);
});

function compareFolder(folder: string): void {
  for (const expected of readdirSync(folder).filter((name) => name.startsWith('expected_'))) {
    const name = expected.slice('expected_'.length, -'.json'.length);
    test(`reads ${join(folder, name)} as Optuna does`, (t) => compare(t, folder, name));
  }
}

async function compare(t: TestContext, folder: string, name: string): Promise<void> {
  const copy = temporaryFolder(t);
  for (const suffix of ['', '-wal']) {
    if (existsSync(join(folder, name + suffix))) cpSync(join(folder, name + suffix), join(copy, name + suffix));
  }
  const log = await openTrialLog(join(copy, name));
  t.after(() => log.close());
  const expected = JSON.parse(readFileSync(join(folder, `expected_${name}.json`), 'utf8'));
  const text = trialsJson(log);
  const actual = JSON.parse(text);
  // A journal does not say which version wrote it.
  if (log.kind === 'journal') expected.optuna = null;
  assert.deepEqual(actual, expected);
  const theirs = readFileSync(join(folder, `expected_${name}.json`), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(2);
  // The order of equal keys apart, the text is the same too.
  assert.deepEqual(
    text.trimEnd().split('\n').slice(2).map(withoutComma).toSorted(),
    theirs.map(withoutComma).toSorted(),
  );
  assert.deepEqual(log.warnings, []);
}

function withoutComma(line: string): string {
  return line.endsWith(',') ? line.slice(0, -1) : line;
}

test('a time is dumped as Python prints it: without a fraction on the full second', () => {
  const noon = new Date(2026, 10, 24, 12, 6, 40).getTime();
  assert.equal(formatLocal(noon), '2026-11-24 12:06:40');
  assert.equal(formatLocal(noon + 0.001), '2026-11-24 12:06:40.000001');
  assert.equal(formatLocal(noon + 5), '2026-11-24 12:06:40.005000');
});
