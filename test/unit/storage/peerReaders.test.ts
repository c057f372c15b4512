import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { findStudy } from '../../../src/storage/findStudy.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** What other readers of Optuna's files get wrong, each with the file that real Optuna wrote. */

const fixtures = fileURLToPath(new URL('../../fixtures/optuna/', import.meta.url));

async function study(t: TestContext, file: string, name: string): Promise<StudyRecord> {
  const path = join(temporaryFolder(t), 'file');
  copyFileSync(join(fixtures, file), path);
  if (file.includes('wal')) copyFileSync(`${join(fixtures, file)}-wal`, `${path}-wal`);
  const log = await openTrialLog(path);
  t.after(() => log.close());
  return findStudy(log, name);
}

for (const version of ['v41', 'v5']) {
  for (const kind of ['journal', 'sqlite']) {
    const file = `${version}/study.${kind}`;

    test(`${file}: categorical values are the choices, each of its own type`, async (t) => {
      const { history } = await study(t, file, kind);
      const choices = history.distribution(0, 'choice');
      assert.ok(choices?.type === 'categorical');
      assert.deepEqual(choices.choices.slice(5), ['', null, true, 3, 2.5]);
      assert.ok(choices.choices.includes(history.param(0, 'choice') as never));
    });

    test(`${file}: a finished trial keeps its start, a running one has no end`, async (t) => {
      const { history } = await study(t, file, kind);
      for (let number = 0; number < history.length; number++) {
        const isWaiting = history.state(number) === TrialState.waiting;
        const isOpen = isWaiting || history.state(number) === TrialState.running;
        assert.equal(Number.isNaN(history.startedAt[number]), isWaiting);
        assert.equal(Number.isNaN(history.completedAt[number]), isOpen);
        if (!isOpen) assert.ok((history.completedAt[number] as number) >= (history.startedAt[number] as number));
      }
    });

    test(`${file}: all directions, metric names, attributes of the study, null and nested attributes`, async (t) => {
      assert.deepEqual((await study(t, file, `${kind} two`)).directions, [1, 2]);
      const { history, systemAttrs, userAttrs } = await study(t, file, kind);
      assert.deepEqual(systemAttrs['study:metric_names'], ['acc']);
      assert.deepEqual(userAttrs, { data: '日本' });
      assert.equal(history.userAttrs(0)['nothing'], null);
      assert.deepEqual((history.userAttrs(0)['note'] as { list: unknown }).list, [1, 2.5, null, true, Number.NaN]);
    });

    test(`${file}: enqueued parameters of a waiting trial are there`, async (t) => {
      const { history } = await study(t, file, kind);
      const waiting = history.states.lastIndexOf(TrialState.waiting);
      assert.deepEqual(history.systemAttrs(waiting)['fixed_params'], { x: 0.75 });
      assert.deepEqual(history.userAttrs(waiting), { why: 'retry' });
    });
  }

  test(`${version}/wal.sqlite: rows that are only in the write-ahead log are read`, async (t) => {
    assert.equal((await study(t, `${version}/wal.sqlite`, 'wal')).history.length, 4);
  });
}

test('a real NaN beside the text "NaN", or "Infinity" in a name, loses no line', async (t) => {
  const path = join(temporaryFolder(t), 'j');
  const text = readFileSync(join(fixtures, 'v5/study.journal'), 'utf8').split('\n')[0] as string;
  writeFileSync(
    path,
    `${text}\n{"op_code":2,"worker_id":"w","study_id":0,"user_attr":{"NaN":["NaN, Infinity",NaN,-Infinity]}}\n`,
  );
  const log = await openTrialLog(path);
  t.after(() => log.close());
  assert.deepEqual(findStudy(log).userAttrs, { NaN: ['NaN, Infinity', Number.NaN, Number.NEGATIVE_INFINITY] });
  assert.deepEqual(log.warnings, []);
});
