/** Populations with real programs: checkpoints that are copied, schedules that are replayed, tuners that are killed. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { KILLS, killAgainAndAgain, TunerFolder, until } from './tunerHarness.ts';

/** The quadratic of the PBT paper, whose weights are the checkpoint. */
const CLIMBS = `
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { TUNEBOARD_CHECKPOINT: folder, TUNEBOARD_BUDGET: budget, TUNEBOARD_PARAMS: params } = process.env;
const file = join(folder, 'weights.json');
const { h0, h1 } = JSON.parse(params);
let { step, a, b } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { step: 0, a: 0.9, b: 0.9 };
while (step < Number(budget)) {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  while (step >= 20 && existsSync('hold')) await new Promise((resolve) => setTimeout(resolve, 20));
  step++;
  a -= 0.05 * h0 * a;
  b -= 0.05 * h1 * b;
  writeFileSync(file + '.new', JSON.stringify({ step, a, b }));
  renameSync(file + '.new', file);
  console.log(JSON.stringify({ step, score: 1.2 - a * a - b * b }));
}
`;
function population(folder: TunerFolder, options: { pauseMs: number; more?: string }): string {
  folder.write('climb.mjs', CLIMBS.replace('PAUSE', String(options.pauseMs)));
  return folder.write(
    'demo.study.yaml',
    `name: demo
direction: maximize
metric: score
objective: { command: ["${process.execPath}", climb.mjs] }
space:
  h0: { type: float, low: 0, high: 1 }
  h1: { type: float, low: 0, high: 1 }
sampler: { type: random, seed: 2 }
scheduler: { type: pbt, population_size: 4, max_resource: 60, perturbation_interval: 10${options.more ?? ''} }
parallel: 3
`,
  );
}

/** Every step of a schedule came after the one before; every trial began where its parent's checkpoint was. */
function checkPopulation(history: History): void {
  assert.equal(history.count(TrialState.complete), 4);
  assert.equal(
    history.count(TrialState.waiting) + history.count(TrialState.running) + history.count(TrialState.fail),
    0,
  );
  let bred = 0;
  for (let number = 0; number < history.length; number++) {
    const { parent, step, member } = history.systemAttrs(number)['tuneboard:pbt'] as Record<string, number | null>;
    assert.ok((member as number) < 4);
    if (parent === null) continue;
    bred++;
    const { steps, values } = history.curve(number);
    const before = history.curve(parent as number);
    assert.ok((steps[0] as number) > (step as number), `trial ${number} begins after its parent's checkpoint`);
    // Reports may be lost when the tuner is killed.
    const inherited = before.values[before.steps.indexOf(step as number)] ?? Number.NEGATIVE_INFINITY;
    assert.ok((values[0] as number) >= inherited, `trial ${number} begins with its parent's weights`);
  }
  assert.ok(bred >= 3, `only ${bred} were bred`);
}

test('PBT copies checkpoints between programs; the schedule of its best trial can be printed and replayed', async () => {
  const folder = new TunerFolder();
  try {
    const source = population(folder, { pauseMs: 0 });
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    checkPopulation(history);
    assert.deepEqual(
      folder.checkpoints().every((name) => history.state(Number(name)) === TrialState.complete),
      true,
    );
    const table = await folder.run('schedule', folder.journal());
    assert.match(table.stdout, /steps +h0 +h1/);
    const json = await folder.run('schedule', folder.journal(), '--json');
    folder.write('schedule.json', json.stdout);
    const replay = await folder.run('run', source, '--replay', 'schedule.json');
    assert.equal(replay.code, 0, replay.stderr);
    const replayed = (await folder.load('demo-replay')).history;
    assert.equal(replayed.value(replayed.best as number), history.value(history.best as number));
    folder.write('bad.json', '[{"from": 3, "to": 5, "params": {}}]');
    const bad = await folder.run('run', source, '--replay', 'bad.json');
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /A schedule is a list/);
  } finally {
    folder.remove();
  }
});

test('a replay that was stopped is resumed as a replay', async () => {
  const folder = new TunerFolder();
  try {
    const source = population(folder, { pauseMs: 0 });
    folder.write('hold', '');
    const segments = [
      { from: 0, to: 20, params: { h0: 1, h1: 0 } },
      { from: 20, to: 40, params: { h0: 0, h1: 1 } },
    ];
    folder.write('schedule.json', JSON.stringify(segments));
    const first = folder.start(['run', source, '--replay', 'schedule.json']);
    await until(() => first.stdout().includes('begins with the checkpoint of trial 0'));
    first.child.kill('SIGTERM');
    await first.ended;
    rmSync(join(folder.path, 'hold'));
    assert.equal(folder.record('demo-replay').state, 'stopped');
    const { code, stdout, stderr } = await folder.run('resume', 'demo-replay');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /demo-replay/);
    await until(() => folder.record('demo-replay').state === 'finished');
    const { history } = await folder.load('demo-replay');
    assert.equal(history.count(TrialState.complete), 1);
    const left = 0.9 * 0.95 ** 20;
    const end = history.value(history.best as number);
    assert.ok(Math.abs(end - (1.2 - 2 * left * left)) < 1e-9, `it ends at ${end}`);
    assert.throws(() => folder.record('demo'), 'nothing but the replay was started');
  } finally {
    folder.remove();
  }
});

/** Climbs on to its end whatever its budget: past the end of its part it waits to be ended, or is there before anybody can. */
function heedless(folder: TunerFolder, isWaiting: boolean): string {
  const source = population(folder, { pauseMs: 0 });
  const wait = '  if (step > Number(budget)) await new Promise((resolve) => setTimeout(resolve, 300_000));';
  const climbs = CLIMBS.replace('step < Number(budget)', 'step < 60');
  folder.write('climb.mjs', climbs.replace(/^ *await .*$/m, isWaiting ? wait : ''));
  return source;
}

test('PBT ends a program that heeds no budget and saves all the time at its next report', async () => {
  const folder = new TunerFolder();
  try {
    const { code, stderr } = await folder.run('run', heedless(folder, true));
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.count(TrialState.fail), 0);
    checkPopulation(history);
  } finally {
    folder.remove();
  }
});

test('does not inherit a checkpoint that was trained beyond the next part', async () => {
  const folder = new TunerFolder();
  try {
    const { code, stderr, stdout } = await folder.run('run', heedless(folder, false));
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.count(TrialState.fail), 0);
    assert.match(stdout, /beyond its part to step \d+: let the program stop at TUNEBOARD_BUDGET/);
  } finally {
    folder.remove();
  }
});

test('a population without checkpoints ends with advice', async () => {
  const folder = new TunerFolder();
  try {
    const source = population(folder, { pauseMs: 0 });
    folder.write(
      'climb.mjs',
      'for (let step = 1; step <= process.env.TUNEBOARD_BUDGET; step++) console.log("step=" + step + " score=1");',
    );
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 1);
    assert.match(stderr, /left no checkpoint at step 10, and pbt copies checkpoints: let the program save/);
  } finally {
    folder.remove();
  }
});

test(`PBT killed ${KILLS} times loses no member and mixes up no weights`, {
  timeout: 300_000 + KILLS * 10_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    await killAgainAndAgain(folder, population(folder, { pauseMs: 12 }));
    const { history } = await folder.load();
    checkPopulation(history);
  } finally {
    folder.remove();
  }
});
