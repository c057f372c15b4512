/** Studies whose trials are trained in parts, with real programs: paused, promoted, stopped, killed and replayed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { needPython } from '../support/python.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

/** Trains x towards its own end and keeps the epoch in a checkpoint; says in which epochs it really trained. */
const TRAINS = `
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { TUNEBOARD_CHECKPOINT: folder, TUNEBOARD_BUDGET: budget, TUNEBOARD_TRIAL_NUMBER: number } = process.env;
const lr = Number(process.argv[process.argv.indexOf('--lr') + 1]);
const file = join(folder, 'epoch');
let epoch = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
for (;;) {
  epoch++;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  appendFileSync('trained.txt', number + ' ' + epoch + '\\n');
  writeFileSync(file + '.new', String(epoch));
  renameSync(file + '.new', file);
  console.log('epoch=' + epoch + ' score=' + (-Math.abs(Math.log10(lr) + 3) - 1 / epoch));
  if (READS && epoch >= Number(budget ?? 9)) break;
}
`;
const program = (options: { reads: boolean; pauseMs?: number }) =>
  TRAINS.replace('READS', String(options.reads)).replace('PAUSE', String(options.pauseMs ?? 1));

function head(scheduler: string, trials: number, more = ''): string {
  return `budget: { trials: ${trials} }\nsampler: { type: random, seed: 3 }\nscheduler: ${scheduler}\n${more}`;
}

/** How often each trial trained each epoch. */
function trained(folder: TunerFolder): Map<number, number[]> {
  const epochs = new Map<number, number[]>();
  for (const line of readFileSync(join(folder.path, 'trained.txt'), 'utf8').trim().split('\n')) {
    const [number, epoch] = line.split(' ').map(Number) as [number, number];
    epochs.set(number, [...(epochs.get(number) ?? []), epoch]);
  }
  return epochs;
}

function isEveryEpochOnce(epochs: readonly number[]): boolean {
  return epochs.every((epoch, index) => epoch === index + 1);
}

function checkpoints(folder: TunerFolder): string[] {
  return readdirSync(join(folder.path, '.tuneboard', 'demo', 'checkpoints')).sort();
}

function checkHyperband(history: History): void {
  assert.equal(history.length, 9);
  assert.equal(
    history.count(TrialState.fail),
    0,
    String(history.userAttrs(history.states.indexOf(TrialState.fail))['tuneboard:error']),
  );
  assert.equal(history.count(TrialState.complete), 1);
  assert.equal(history.count(TrialState.pruned), 8);
  const promoted = [...Array(9).keys()].map((number) => history.systemAttrs(number)['tuneboard:promoted']);
  assert.deepEqual(
    promoted
      .filter((steps) => steps !== undefined)
      .map((steps) => (steps as number[]).length)
      .sort(),
    [1, 1, 2],
  );
  const best = [...Array(9).keys()].sort((a, b) => value(history, b) - value(history, a))[0];
  assert.equal(history.best, best);
}

const value = (history: History, number: number) => -Math.abs(Math.log10(Number(history.param(number, 'lr'))) + 3);

for (const reads of [true, false]) {
  const how = reads ? 'reads its budget' : 'is ended at the end of its part';
  test(`Hyperband continues a program that ${how} from its checkpoint, four at a time`, async () => {
    const folder = new TunerFolder();
    try {
      // A program that is ended may have trained on for a moment: its epochs take long enough.
      const source = folder.study(program({ reads, pauseMs: reads ? 1 : 700 }), {
        head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 4'),
        command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
      });
      const { code, stderr, stdout } = await folder.run('run', source);
      assert.equal(code, 0, stderr);
      const { history } = await folder.load();
      checkHyperband(history);
      for (const [number, epochs] of trained(folder)) {
        assert.ok(isEveryEpochOnce(epochs), `trial ${number} trained ${epochs}`);
      }
      assert.match(stdout, /goes on from step 1 to step 3/);
      assert.doesNotMatch(stdout, /run again/);
      assert.deepEqual(checkpoints(folder), [String(history.best)], 'only the full training keeps its checkpoint');
    } finally {
      folder.remove();
    }
  });
}

test('a program without checkpoints is run again from its start, and the run says so', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(
      `const value = (name) => Number(process.argv[process.argv.indexOf('--' + name) + 1]);
for (let epoch = 1; epoch <= Number(process.env.TUNEBOARD_BUDGET); epoch++) {
  console.log('epoch=' + epoch + ' score=' + (-Math.abs(Math.log10(value('lr')) + 3) - 1 / epoch));
}`,
      {
        head: head('{ type: hyperband, max_resource: 9 }', 9),
        command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
      },
    );
    const { code, stdout, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    checkHyperband(history);
    assert.equal(stdout.match(/left no checkpoint at step \d: it is run again from its start/g)?.length, 4);
    assert.deepEqual(history.curve(history.best as number).steps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(checkpoints(folder), []);
  } finally {
    folder.remove();
  }
});

test('epochs counted from 0, and reports without a step, come to the same parts', async () => {
  for (const print of ["'epoch=' + epoch + ' score='", "'score='"]) {
    const folder = new TunerFolder();
    try {
      const source = folder.study(
        `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const { TUNEBOARD_CHECKPOINT: folder, TUNEBOARD_BUDGET: budget, TUNEBOARD_STEP: start } = process.env;
const saved = existsSync(folder + '/epoch') ? Number(readFileSync(folder + '/epoch', 'utf8')) : 0;
if (saved !== Number(start)) throw new Error('told ' + start + ', saved ' + saved);
const lr = Number(process.argv[process.argv.indexOf('--lr') + 1]);
for (let epoch = saved; epoch < Number(budget); epoch++) {
  writeFileSync(folder + '/epoch', String(epoch + 1));
  console.log(${print} + (-Math.abs(Math.log10(lr) + 3) - 1 / (epoch + 1)));
}`,
        {
          head: head('{ type: asha, max_resource: 9 }', 9),
          command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
        },
      );
      const { code, stderr } = await folder.run('run', source);
      assert.equal(code, 0, stderr);
      const { history } = await folder.load();
      assert.equal(history.count(TrialState.fail), 0, String(history.userAttrs(0)['tuneboard:error']));
      assert.equal(history.count(TrialState.waiting), 0);
      assert.deepEqual(history.curve(history.best as number).steps, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      assert.ok(history.systemAttrs(history.best as number)['completed_rung_1'] !== undefined);
    } finally {
      folder.remove();
    }
  }
});

test('stopped in the middle, paused trials stay paused, and the next run goes on with them', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(program({ reads: true, pauseMs: 200 }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    const first = folder.start(['run', source]);
    await until(() => first.stdout().includes('goes on from step 1 to step 3'), 60_000);
    first.child.kill('SIGTERM');
    await first.ended;
    const { history } = await folder.load();
    assert.ok(history.count(TrialState.waiting) >= 1, 'something waits');
    assert.equal(history.count(TrialState.running) + history.count(TrialState.fail), 0);
    const again = await folder.run('run', source);
    assert.equal(again.code, 0, again.stderr);
    const after = await folder.load();
    checkHyperband(after.history);
    for (const [number, epochs] of trained(folder)) {
      assert.ok(new Set(epochs).size >= epochs.length - 1, `trial ${number} trained ${epochs}`);
    }
    assert.deepEqual(checkpoints(folder), [String(after.history.best)]);
  } finally {
    folder.remove();
  }
});

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
      checkpoints(folder).every((name) => history.state(Number(name)) === TrialState.complete),
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

/** Climbs on to its end whatever its budget; without a pause it is there before anybody can end it. */
function heedless(folder: TunerFolder, pauseMs: number): string {
  const source = population(folder, { pauseMs });
  const climbs = CLIMBS.replace('step < Number(budget)', 'step < 60');
  const pause = /^ *await .*$/m;
  folder.write('climb.mjs', pauseMs === 0 ? climbs.replace(pause, '') : climbs.replace('PAUSE', String(pauseMs)));
  return source;
}

test('PBT ends a program that heeds no budget and saves all the time at its next report', async () => {
  const folder = new TunerFolder();
  try {
    const { code, stderr } = await folder.run('run', heedless(folder, 60));
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.count(TrialState.fail), 0);
    checkPopulation(history);
  } finally {
    folder.remove();
  }
});

test('nobody takes over a checkpoint that was trained beyond the next part', async () => {
  const folder = new TunerFolder();
  try {
    const { code, stderr, stdout } = await folder.run('run', heedless(folder, 0));
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.count(TrialState.fail), 0);
    assert.match(stdout, /beyond its part to step \d+: let the program stop at TUNEBOARD_BUDGET/);
  } finally {
    folder.remove();
  }
});

test('a population whose program leaves no checkpoint ends with a sentence that says what to do', async () => {
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

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 6);

async function killAgainAndAgain(folder: TunerFolder, source: string): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    const tuner = folder.start(['run', source]);
    await until(() => tuner.stdout().includes('Study "demo"') || tuner.child.exitCode !== null, 60_000);
    await sleep(150 + Math.random() * 700);
    tuner.child.kill('SIGKILL');
    await tuner.ended;
  }
  const last = await folder.run('run', source);
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(processesWith(folder.path), [], 'no program is left behind');
}

test(`Hyperband killed ${KILLS} times ends as if nothing had happened`, {
  timeout: 60_000 + KILLS * 5000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(program({ reads: true, pauseMs: 60 }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    await killAgainAndAgain(folder, source);
    const { history } = await folder.load();
    checkHyperband(history);
    for (const [number, epochs] of trained(folder)) {
      assert.ok(
        epochs.length <= (epochs.at(-1) as number) + KILLS,
        `trial ${number} lost more than it was killed: ${epochs}`,
      );
    }
    assert.ok(!existsSync(join(folder.path, '.tuneboard', 'demo', 'checkpoints', 'x.tmp')));
    assert.deepEqual(checkpoints(folder), [String(history.best)]);
  } finally {
    folder.remove();
  }
});

test(`PBT killed ${KILLS} times loses nobody and mixes up no weights`, { timeout: 60_000 + KILLS * 5000 }, async () => {
  const folder = new TunerFolder();
  try {
    await killAgainAndAgain(folder, population(folder, { pauseMs: 12 }));
    const { history } = await folder.load();
    checkPopulation(history);
  } finally {
    folder.remove();
  }
});

test('printed constraints decide what is feasible, a printed gradient is kept', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(
      `const value = (name) => Number(process.argv[process.argv.indexOf('--' + name) + 1]);
console.log(JSON.stringify({ score: value('steps'), over: value('steps') - 2.5 }));
console.log(JSON.stringify({ gradient: { lr: 2 * value('lr') } }));`,
      { head: 'constraints: [over]\nbudget: { trials: 12 }\nsampler: { type: random, seed: 1 }' },
    );
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.value(history.best as number), 2, 'more steps are better, but over the limit');
    assert.ok([...history.values].includes(4));
    const attrs = history.systemAttrs(0);
    assert.equal(attrs['constraints:over'], Number(history.param(0, 'steps')) - 2.5);
    assert.deepEqual(attrs['tuneboard:gradient'], { lr: 2 * Number(history.param(0, 'lr')) });
  } finally {
    folder.remove();
  }
});

test('the Python client saves, continues and asks for its budget', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const folder = new TunerFolder();
  try {
    folder.write(
      'train.py',
      `import math, os, tuneboard
lr = tuneboard.params()["lr"]
folder = tuneboard.checkpoint()
path = os.path.join(folder, "epoch")
epoch = int(open(path).read()) if os.path.exists(path) else 0
assert epoch == tuneboard.start(), (epoch, tuneboard.start())
while epoch < tuneboard.budget(9):
    epoch += 1
    with open(path + ".new", "w") as file:
        file.write(str(epoch))
    os.replace(path + ".new", path)
    with open("trained.txt", "a") as file:
        file.write("%d %d\\n" % (tuneboard.trial_number(), epoch))
    tuneboard.report(-abs(math.log10(lr) + 3) - 1 / epoch, step=epoch)
    if tuneboard.should_prune():
        raise tuneboard.TrialPruned()
`,
    );
    const source = folder.study('', {
      command: `[${JSON.stringify(python)}, train.py]`,
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 2'),
    });
    const { code, stderr, stdout } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    checkHyperband((await folder.load()).history);
    for (const [number, epochs] of trained(folder)) {
      assert.ok(isEveryEpochOnce(epochs), `trial ${number} trained ${epochs}`);
    }
    assert.doesNotMatch(stdout, /run again/);
  } finally {
    folder.remove();
  }
});

test('Optuna reads a study with paused trials, and takes one for an enqueued trial', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const folder = new TunerFolder();
  try {
    const source = folder.study(program({ reads: true, pauseMs: 200 }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    const run = folder.start(['run', source]);
    await until(() => run.stdout().includes('paused at step 1'), 60_000);
    run.child.kill('SIGTERM');
    await run.ended;
    const before = (await folder.load()).history;
    const paused = before.states.indexOf(TrialState.waiting);
    const code = `
import optuna, sys
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = optuna.load_study(study_name="demo", storage=JournalStorage(JournalFileBackend(sys.argv[1])))
first = [t for t in study.trials if t.state.name == "WAITING"][0]
assert first.system_attrs["tuneboard:paused"]["step"] >= 0 and "lr" in first.params
trial = study.ask()
assert trial.number == first.number, (trial.number, first.number)
assert trial.suggest_float("lr", 1e-5, 1e-1, log=True) == first.params["lr"]
study.tell(trial, 0.5)
print(trial.number)
`;
    const said = execFileSync(python, ['-W', 'ignore', '-c', code, folder.journal()], { encoding: 'utf8' });
    assert.equal(Number(said), paused);
    const last = await folder.run('run', source);
    assert.equal(last.code, 0, last.stderr);
    const { history } = await folder.load();
    assert.equal(history.value(paused), 0.5);
    assert.equal(history.count(TrialState.waiting) + history.count(TrialState.running), 0);
  } finally {
    folder.remove();
  }
});
