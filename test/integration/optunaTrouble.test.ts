import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needPython } from '../support/python.ts';
import { ScriptFolder, until } from '../support/scriptRun.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

const SEARCH = 'study = optuna.create_study()\nstudy.optimize(objective, n_trials=3)\n';

test('no Python: one sentence', async () => {
  const script = folder.write('any.py', 'pass\n');
  const { state, message } = await folder.run(script, '/does/not/exist/python');
  assert.equal(state, 'failed');
  assert.match(message?.text ?? '', /^The Python interpreter ".*" could not be started: choose another one\.$/);
  const env = { PATH: folder.path };
  const found = await folder.run(script, null, { env });
  assert.match(found.message?.text ?? '', /^No Python was found: install Python/);
});

test('Python without Optuna: says how to install it', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  // A package folder of that name that is not importable hides any Optuna there may be.
  const script = folder.write('without.py', 'pass\n');
  const env = { ...process.env, PYTHONPATH: folder.path, PYTHONNOUSERSITE: '1' };
  writeFileSync(join(folder.path, 'sitecustomize.py'), 'import sys\nsys.modules["optuna"] = None\n');
  const { state, message } = await folder.run(script, python, { env });
  assert.equal(state, 'failed');
  assert.match(message?.text ?? '', /has no Optuna: install it with `".*" -m pip install optuna`/);
});

test('a script with a syntax error names the line', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const script = folder.write('syntax.py', 'import optuna\n\ndef f(:\n  pass\n');
  const { state, message } = await folder.run(script, python);
  assert.equal(state, 'failed');
  assert.match(message?.text ?? '', /^Syntax error at syntax\.py:3: .+\.$/);
});

test('exit codes, exceptions and scripts that tune nothing', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const cases: [name: string, text: string, message: RegExp][] = [
    ['exit3.py', 'import sys\nprint("sorry")\nsys.exit(3)\n', /^exit3\.py ended with exit code 3: sorry$/],
    ['exit-text.py', 'import sys\nsys.exit("give me data")\n', /^exit-text\.py ended with exit code 1: give me data$/],
    [
      'exit-late.py',
      `import optuna, sys\nprint("no data left")\noptuna.create_study().optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)\nsys.exit(4)\n`,
      /^exit-late\.py ended with exit code 4: no data left$/,
    ],
    [
      'nothing.py',
      'print("hello")\n',
      /^nothing\.py ended without making an Optuna study: nothing was tuned\. If it does not use Optuna/,
    ],
    ['module.py', 'import optuna\n\nimport no_such_thing\n', /^module\.py:3: .*`no_such_thing` is not installed/],
    [
      'raises.py',
      `import optuna\ndef objective(trial):\n    trial.suggest_float("x", 0, 1)\n    raise KeyError("label")\n${SEARCH}`,
      /^KeyError: 'label' at raises\.py:4$/,
    ],
    [
      'cuda.py',
      `import optuna\nclass OutOfMemoryError(RuntimeError): pass\ndef objective(trial):\n    raise OutOfMemoryError("CUDA out of memory. Tried")\n${SEARCH}`,
      /^cuda\.py:4: The GPU ran out of memory: lower the largest batch size/,
    ],
  ];
  for (const [name, text, message] of cases) {
    const script = folder.write(name, text);
    const outcome = await folder.run(script, python);
    assert.equal(outcome.state, 'failed', name);
    assert.match(outcome.message?.text ?? '', message, name);
  }
  const [study] = await folder.studies(join(folder.path, 'raises.py'));
  assert.equal(study?.history.count(TrialState.fail), 1);
  const log =
    folder.read(join(folder.path, 'raises.py'), 'script.log') +
    folder.read(join(folder.path, 'raises.py'), 'trials/0.log');
  assert.match(log, /KeyError: 'label'/);
  assert.doesNotMatch(folder.read(join(folder.path, 'raises.py'), 'script.log'), /launcher\.py|_tuneboard/);
});

test('a process that dies leaves no trial running', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  for (const storage of ['None', '"sqlite:///died.db"']) {
    const text = `import optuna, os, signal\ndef objective(trial):\n    trial.suggest_float("x", 0, 1)\n    if trial.number == 1: os.kill(os.getpid(), signal.SIGKILL)\n    return 1.0\nstudy = optuna.create_study(storage=${storage})\nstudy.optimize(objective, n_trials=3)\n`;
    const script = folder.write(`dies-${storage === 'None' ? 'memory' : 'sqlite'}.py`, text);
    const run = folder.start(script, python);
    const { state, message } = await run.outcome;
    assert.equal(state, 'failed');
    assert.match(message?.text ?? '', /was killed \(SIGKILL\)/);
    const log = await openTrialLog(run.studies.at(-1)?.location as string);
    const history = log.studies()[0]?.history;
    assert.deepEqual([...(history?.states ?? [])], [TrialState.complete, TrialState.fail], storage);
    await log.close();
  }
});

test('a notebook: cells in order, magics left out with a note, errors name the cell', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const notebook = folder.writeNotebook('search.ipynb', [
    '%matplotlib inline\n!pip install nothing\nfiles = !ls\nimport optuna\noptuna?\ntext = """\n%not magic\n!not shell\n"""\nif True:\n    !echo hi\n    x = 1',
    '%%bash\necho not run',
    '%%time\ndef objective(trial):\n    return trial.suggest_float("x", 0, 1)\n',
    'study = optuna.create_study()\nstudy.optimize(objective, n_trials=2)\ndisplay(study.best_value >= 0)\nprint(text.strip())',
    'import asyncio\nawait asyncio.sleep(0)\nraise RuntimeError("at the end")',
  ]);
  const { state, message } = await folder.run(notebook, python);
  assert.equal(state, 'failed');
  assert.match(message?.text ?? '', /^RuntimeError: at the end at search\.ipynb, cell 5, line 3$/);
  const [study] = await folder.studies(notebook);
  assert.equal(study?.history.count(TrialState.complete), 2);
  const printed = folder.read(notebook, 'script.log');
  for (const line of [
    '%matplotlib inline',
    '!pip install nothing',
    'files = !ls',
    'optuna?',
    '!echo hi',
    '%%bash',
    '%%time',
  ]) {
    assert.ok(printed.includes(`: ${line}\n`), line);
  }
  assert.match(printed, /True\n%not magic\n!not shell/);
});

test('what is not a notebook is said in one sentence', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const broken = folder.write('broken.ipynb', '{"cells": [');
  assert.match((await folder.run(broken, python)).message?.text ?? '', /is not a notebook: it is not valid JSON\.?$/);
});

test('without the hook the printed lines are the trial log, and a stop ends it after a trial', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const text = `import optuna, sys, time\nprint("acc=0.1 before")\ndef objective(trial):\n    x = trial.suggest_float("x", 0, 1)\n    print({"acc": x, "epoch": 1.0})\n    sys.stdout.flush()\n    time.sleep(0.2)\n    return x\nstudy = optuna.create_study(direction="maximize")\nstudy.optimize(objective, n_trials=int(sys.argv[1]))\n`;
  const script = folder.write('printed.py', text);
  const run = folder.start(script, python, { attach: 'log', args: ['4'] });
  assert.deepEqual(await run.outcome, { state: 'finished' });
  assert.equal((await folder.studies(script)).length, 0);
  const log = await openTrialLog(run.studies[0]?.location as string);
  const history = log.studies()[0]?.history;
  assert.equal(history?.count(TrialState.complete), 4);
  assert.deepEqual(history?.curve(3).steps, [1]);
  assert.equal(history?.curve(0).values.length, 1);
  await log.close();
  const endless = folder.start(script, python, { attach: 'log', args: ['10000'] });
  await until(() => endless.studies.length > 0, 'a study');
  endless.stop('afterCurrent');
  assert.deepEqual(await endless.outcome, { state: 'stopped' });
});

test('an ask-and-tell loop ends at its next ask after a stop', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const text = `import optuna, time\nstudy = optuna.create_study()\ntry:\n    while True:\n        trial = study.ask()\n        time.sleep(0.05)\n        study.tell(trial, trial.suggest_float("x", 0, 1))\nfinally:\n    print("cleaned up")\n`;
  const script = folder.write('loop.py', text);
  const run = folder.start(script, python);
  await until(
    async () => run.studies.length > 0 && ((await folder.studies(script))[0]?.history.length ?? 0) > 1,
    'two trials',
  );
  run.stop('afterCurrent');
  assert.deepEqual(await run.outcome, { state: 'stopped' });
  const [study] = await folder.studies(script);
  assert.equal(study?.history.count(TrialState.running), 0);
  assert.match(folder.read(script, 'script.log'), /cleaned up/);
});

test('a trial enqueued in the journal is run by the script', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const text = `import optuna, os, time\ndef objective(trial):\n    while not os.path.exists("enqueued"): time.sleep(0.02)\n    return trial.suggest_float("x", 0, 1)\nstudy = optuna.create_study()\nstudy.optimize(objective, n_trials=12)\nprint([t.params["x"] for t in study.trials].count(0.125))\n`;
  const script = folder.write('enqueued.py', text);
  const run = folder.start(script, python);
  await until(() => run.studies.length > 0, 'the study');
  const log = await JournalLog.open(run.studies[0]?.location as string);
  const study = log.studies()[0];
  assert.ok(study);
  const number = await log.createTrial(study, {
    state: TrialState.waiting,
    systemAttrs: { fixed_params: { x: 0.125 } },
  });
  folder.write('enqueued', '');
  assert.deepEqual(await run.outcome, { state: 'finished' });
  await log.refresh();
  assert.equal(study.history.param(number as number, 'x'), 0.125);
  assert.equal(study.history.count(TrialState.complete), 12);
  assert.match(folder.read(script, 'script.log'), /^1$/m);
  await log.close();
});

test('a script that prints every batch costs a bounded curve that ends at its last value', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const text = `import optuna\ndef objective(trial):\n    for i in range(30000):\n        print("step=%d loss=%.6f" % (i, 1 / (i + 1)))\n    return 1 / 30000\noptuna.create_study().optimize(objective, n_trials=2)\n`;
  const script = folder.write('batches.py', text);
  assert.deepEqual(await folder.run(script, python), { state: 'finished' });
  const [study] = await folder.studies(script);
  for (const number of [0, 1]) {
    const { steps } = study?.history.curve(number) ?? { steps: [] };
    assert.ok(steps.length > 1000 && steps.length < 8000, String(steps.length));
    assert.equal(steps.at(-1), 29999);
    assert.deepEqual(steps.slice(0, 3), [0, 1, 2]);
  }
});
