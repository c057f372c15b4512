import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredSpace } from '../../../src/core/space/declaredSpace.ts';
import { INTERRUPTED } from '../../../src/core/study/attributes.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { fixedParamsOf } from '../../../src/core/study/trialParams.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { codeStart, enqueueStart, startPoints } from '../../../src/tuner/run/startPoints.ts';

const HEAD = `metric: loss
objective: { command: "x {lr} {depth} {optim}" }
space:
  lr: { type: float, low: 0.001, high: 0.1, log: true }
  depth: { type: int, low: 2, high: 8, step: 2 }
  optim: { type: categorical, choices: [sgd, adam] }
`;

async function study() {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const points = () =>
    Array.from({ length: record.history.length }, (_, number) => fixedParamsOf(record.history, number));
  return { log, record, points };
}

test('the study file lists the first trials', () => {
  const { file, problems } = parseStudyFile(`${HEAD}start:\n  - { lr: 0.01, optim: adam }\n  - { depth: 4 }\n`);
  assert.deepEqual(problems, []);
  assert.deepEqual(file?.start, [{ lr: 0.01, optim: 'adam' }, { depth: 4 }]);
});

test('a start that the space does not have is found where it stands', () => {
  const text = `${HEAD}start:
  - { lr: 1, depth: 3, optim: rmsprop }
  - { dept: 2, other_thing: 1 }
  - { depth: 2.5, lr: "0.01" }
`;
  const { file, problems } = parseStudyFile(text);
  assert.equal(file, null);
  const found = problems.map(({ code, start, end }) => `${code} ${text.slice(start, end)}`);
  assert.deepEqual(found, [
    'start-number 1',
    'start-steps 3',
    'start-choice rmsprop',
    'start-misspelt dept',
    'start-unknown other_thing',
    'start-whole 2.5',
    'start-number "0.01"',
  ]);
  const { fix } = problems.find(({ code }) => code === 'start-misspelt') ?? {};
  assert.equal(fix?.newText, 'depth');
});

test('start points become waiting trials in their order, the values in the code first', async () => {
  const { log, record, points } = await study();
  await enqueueStart(log, record, { startParams: { lr: 0.05 }, start: [{ lr: 0.01 }, { lr: 0.02 }] });
  assert.deepEqual(points(), [{ lr: 0.05 }, { lr: 0.01 }, { lr: 0.02 }]);
  assert.deepEqual([...record.history.states], [TrialState.waiting, TrialState.waiting, TrialState.waiting]);
});

test('a study that goes on gets the new points only', async () => {
  const { log, record, points } = await study();
  await enqueueStart(log, record, { startParams: { lr: 0.05 }, start: [{ lr: 0.01, depth: 2 }] });
  const edited = [{ depth: 2, lr: 0.01 }, { lr: 0.03 }];
  // The code was edited too: it is no new point.
  await enqueueStart(log, record, { startParams: { lr: 0.06 }, start: edited });
  await enqueueStart(log, record, { startParams: { lr: 0.06 }, start: edited });
  assert.deepEqual(points(), [{ lr: 0.05 }, { lr: 0.01, depth: 2 }, { lr: 0.03 }]);
});

test('the values in the code are tried again where their trial could not begin', async () => {
  const { log, record, points } = await study();
  await enqueueStart(log, record, { startParams: { lr: 0.05 }, start: [] });
  await log.claimWaiting(record, {});
  await log.commit(record, [
    { type: 'systemAttr', number: 0, key: INTERRUPTED, value: 'start' },
    { type: 'state', number: 0, state: TrialState.fail },
  ]);
  await enqueueStart(log, record, { startParams: { lr: 0.05 }, start: [] });
  assert.deepEqual(points(), [{ lr: 0.05 }, { lr: 0.05 }]);
  assert.deepEqual([...record.history.states], [TrialState.fail, TrialState.waiting]);
});

test('a point that is listed twice is tried twice, also when the values in the code are it', async () => {
  const { log, record, points } = await study();
  await enqueueStart(log, record, { startParams: { lr: 0.01 }, start: [{ lr: 0.01 }, { lr: 0.01 }] });
  await enqueueStart(log, record, { startParams: { lr: 0.01 }, start: [{ lr: 0.01 }, { lr: 0.01 }] });
  assert.deepEqual(points(), [{ lr: 0.01 }, { lr: 0.01 }]);
});

test('a listed point that has the values in the code, and those of arguments beside them, is trial 0', () => {
  const start = [{ lr: 0.5 }, { lr: 0.1, dropout: 0.25 }];
  assert.deepEqual(startPoints({ startParams: { dropout: 0.25 }, start }), [start[1], start[0]]);
  assert.deepEqual(startPoints({ startParams: { dropout: 0.3 }, start }), [{ dropout: 0.3 }, ...start]);
});

test('trial 0 has a number in the code that is outside its range, and not a value of another kind', () => {
  const space = declaredSpace({
    lr: { type: 'float', low: 0.001, high: 0.1 },
    depth: { type: 'int', low: 2, high: 8 },
    optim: { type: 'categorical', choices: ['sgd', 'adam'] },
    decay: { type: 'float', low: 0, high: 1 },
  });
  const { startParams, notes } = codeStart(space, { lr: 0.5, depth: 2.5, optim: 'rmsprop', decay: 0.1, other: 1 });
  assert.deepEqual(startParams, { lr: 0.5, decay: 0.1 });
  assert.equal(notes.length, 3);
  assert.match(notes[0]?.text ?? '', /lr is 0\.5 in the code, outside of its range from 0\.001 to 0\.1/);
  assert.match(notes[1]?.text ?? '', /depth is 2\.5 in the code/);
  assert.match(notes[2]?.text ?? '', /optim is "?rmsprop"? in the code/);
});

test('a metric may be left out, and its direction with it, where the command runs here as it is', () => {
  const open = HEAD.replace('metric: loss\n', '');
  const { file, problems } = parseStudyFile(open);
  assert.deepEqual(problems, []);
  assert.deepEqual([file?.metrics, file?.directions], [[], []]);
  assert.deepEqual(parseStudyFile(`direction: maximize\n${open}`).file?.directions, [Direction.maximize]);
  for (const rest of ['scheduler: asha\n', 'executor: slurm\n', 'directions: [minimize, maximize]\n']) {
    const codes = parseStudyFile(open + rest).problems.map(({ code }) => code);
    assert.ok(codes.includes('missing-metric'), `${rest}${codes}`);
  }
});
