/** Studies whose trials are trained in parts, with real programs: paused, promoted, stopped and killed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { needPython } from '../support/python.ts';
import { KILLS, killAgainAndAgain, TunerFolder, until } from './tunerHarness.ts';

/** Trains x towards its own end and keeps the epoch in a checkpoint; says in which epochs it really trained. */
const TRAINS = `
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { TUNEBOARD_CHECKPOINT: folder, TUNEBOARD_BUDGET: budget, TUNEBOARD_TRIAL_NUMBER: number } = process.env;
const lr = Number(process.argv[process.argv.indexOf('--lr') + 1]);
const file = join(folder, 'epoch');
let epoch = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
while (!READS || epoch < Number(budget ?? 9)) {
  // Whoever stops the study in the middle holds the trials that were promoted.
  while (epoch >= 1 && existsSync('hold')) await new Promise((resolve) => setTimeout(resolve, 20));
  epoch++;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  appendFileSync('trained.txt', number + ' ' + epoch + '\\n');
  writeFileSync(file + '.new', String(epoch));
  renameSync(file + '.new', file);
  console.log('epoch=' + epoch + ' score=' + (-Math.abs(Math.log10(lr) + 3) - 1 / epoch));
  // One that does not read its budget leaves the time to end it where that may happen.
  if (!READS && [1, 3, 9].includes(epoch)) await new Promise((resolve) => setTimeout(resolve, 8000));
}
`;
const program = (options: { reads: boolean; pauseMs?: number }) =>
  TRAINS.replaceAll('READS', String(options.reads)).replace('PAUSE', String(options.pauseMs ?? 1));

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

/** `isExact`: no report was lost, so that the best trial won. */
function checkHyperband(history: History, isExact = true): void {
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
  if (isExact) assert.equal(history.best, best);
  const winner = history.states.indexOf(TrialState.complete);
  assert.equal((promoted[winner] as number[] | undefined)?.length, 2, 'the one that was promoted twice is complete');
}

const value = (history: History, number: number) => -Math.abs(Math.log10(Number(history.param(number, 'lr'))) + 3);

for (const reads of [true, false]) {
  const how = reads ? 'reads its budget' : 'is ended at the end of its part';
  test(`Hyperband continues a program that ${how} from its checkpoint, four at a time`, async () => {
    const folder = new TunerFolder();
    try {
      const source = folder.study(program({ reads }), {
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
      assert.deepEqual(folder.checkpoints(), [String(history.best)], 'only the full training keeps its checkpoint');
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
    assert.deepEqual(folder.checkpoints(), []);
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
    const source = folder.study(program({ reads: true }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    folder.write('hold', '');
    const first = folder.start(['run', source]);
    await until(() => first.stdout().includes('goes on from step 1 to step 3'));
    first.child.kill('SIGTERM');
    await first.ended;
    rmSync(join(folder.path, 'hold'));
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
    assert.deepEqual(folder.checkpoints(), [String(after.history.best)]);
  } finally {
    folder.remove();
  }
});

test(`Hyperband killed ${KILLS} times ends as if nothing had happened`, {
  timeout: 300_000 + KILLS * 10_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(program({ reads: true, pauseMs: 60 }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    await killAgainAndAgain(folder, source);
    const { history } = await folder.load();
    // A report that was not stored when the tuner died is missing in a comparison.
    checkHyperband(history, false);
    for (const [number, epochs] of trained(folder)) {
      assert.ok(
        epochs.length <= (epochs.at(-1) as number) + KILLS,
        `trial ${number} lost more than it was killed: ${epochs}`,
      );
    }
    assert.ok(!existsSync(join(folder.path, '.tuneboard', 'demo', 'checkpoints', 'x.tmp')));
    assert.deepEqual(folder.checkpoints(), [String(history.best)]);
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
    const source = folder.study(program({ reads: true }), {
      head: head('{ type: hyperband, max_resource: 9 }', 9, 'parallel: 3'),
      command: `["${process.execPath}", train.mjs, --lr, "{lr}"]`,
    });
    folder.write('hold', '');
    const run = folder.start(['run', source]);
    await until(() => run.stdout().includes('paused at step 1'));
    run.child.kill('SIGTERM');
    await run.ended;
    rmSync(join(folder.path, 'hold'));
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
