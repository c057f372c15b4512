import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { createStudy } from '../../../src/library/node.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { learntPoints } from '../../../src/tuner/run/learnFrom.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const old = {
  lr: { type: 'float', low: 1e-5, high: 1, log: true },
  depth: { type: 'int', low: 1, high: 12 },
  optim: { type: 'categorical', choices: ['sgd', 'adam', 'lion'] },
} as const;

const now = parseStudyFile(
  `metric: loss
objective: { command: "x {lr} {depth} {optim}" }
space:
  lr: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
  depth: { type: int, low: 2, high: 8, step: 2 }
  optim: { type: categorical, choices: [adam, sgd] }
`,
  'now',
).file;
assert.ok(now);

async function oldStudy(storage: string, name = 'old'): Promise<void> {
  const study = createStudy({ name, storage, space: old, direction: 'minimize' });
  for (const [params, value] of [
    [{ lr: 0.5, depth: 12, optim: 'adam' }, 1],
    [{ lr: 0.4, depth: 12, optim: 'adam' }, 2],
    [{ lr: 0.001, depth: 3, optim: 'lion' }, 3],
    [{ lr: 0.0001, depth: 5, optim: 'sgd' }, 4],
  ] as const) {
    await study.enqueue(params);
    await study.tell(await study.ask(), value);
  }
  await study.close();
}

test('the best trials of an earlier study are first points, moved into the present ranges', async (t) => {
  const folder = temporaryFolder(t);
  const source = join(folder, 'now.study.yaml');
  await oldStudy(join(folder, 'old.log'));
  const { points, notes } = await learntPoints(['old.log'], source, now.space, 100);
  assert.deepEqual(points, [
    { lr: 0.01, depth: 8, optim: 'adam' },
    { lr: 0.001, depth: 4 },
    { lr: 0.0001, depth: 6, optim: 'sgd' },
  ]);
  assert.match(notes.map(({ text }) => text).join(), /first tries 3 of the best points of old\.log/);
  assert.equal((await learntPoints(['old.log'], source, now.space, 12)).points.length, 2, 'a tenth of the budget');
});

test('a study is named by its file, by its name in this folder, or by its storage', async (t) => {
  const folder = temporaryFolder(t);
  const source = join(folder, 'now.study.yaml');
  await oldStudy(join(folder, 'two.log'), 'a');
  await oldStudy(join(folder, 'two.log'), 'b');
  writeFileSync(
    join(folder, 'old.study.yaml'),
    'name: b\nmetric: loss\nstorage: two.log\nobjective: { command: "x {lr}" }\nspace: { lr: { type: float, low: 0, high: 1 } }\n',
  );
  for (const name of ['two.log#a', 'old.study.yaml'])
    assert.equal((await learntPoints([name], source, now.space, null)).points.length, 3, name);
  await assert.rejects(
    learntPoints(['two.log'], source, now.space, null),
    /Nothing can be learnt from "two\.log".*"a", "b"/,
  );
  await assert.rejects(learntPoints(['nowhere'], source, now.space, null), /Nothing can be learnt from "nowhere"/);
});

test('a study with other parameters teaches nothing, and says so', async (t) => {
  const folder = temporaryFolder(t);
  await oldStudy(join(folder, 'old.log'));
  const space = searchSpace([
    { name: 'alpha', distribution: { type: 'float', low: 0, high: 1, log: false, step: null } },
    { name: 'beta', distribution: { type: 'float', low: 0, high: 1, log: false, step: null } },
    { name: 'lr', distribution: { type: 'float', low: 0, high: 1, log: false, step: null } },
  ]);
  const { points, notes } = await learntPoints(['old.log'], join(folder, 'now.study.yaml'), space, 100);
  assert.deepEqual(points, []);
  assert.match(notes.map(({ text }) => text).join(), /shares half of the parameters/);
});
