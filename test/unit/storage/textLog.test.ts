import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import { pythonRepr } from '../../../src/core/text/pythonRepr.ts';
import { parseMetricLine } from '../../../src/storage/log/metricLines.ts';
import { type LogEvent, OptunaLogParser } from '../../../src/storage/log/optunaLogParser.ts';
import { parsePythonLiteral } from '../../../src/storage/log/pythonLiteral.ts';
import { TextLog } from '../../../src/storage/log/textLog.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const HEAD = '[I 2026-11-24 06:39:02,775]';
const NEW = `${HEAD} A new study created in memory with name: s\n`;

async function read(t: TestContext, text: string): Promise<StudyRecord[]> {
  const path = join(temporaryFolder(t), 'run.txt');
  writeFileSync(path, text);
  const log = await TextLog.open(path);
  t.after(() => log.close());
  return [...log.studies()];
}

async function readOne(t: TestContext, text: string): Promise<StudyRecord> {
  const studies = await read(t, text);
  assert.equal(studies.length, 1);
  return studies[0] as StudyRecord;
}

test("a log that Windows PowerShell's redirection wrote, in UTF-16 and growing", async (t) => {
  const path = join(temporaryFolder(t), 'run.txt');
  const text = `\ufeff${NEW}${HEAD} Trial 0 finished with value: 0.5 and parameters: {'o': '雪', 'x': 1e-05}. Best is trial 0 with value: 0.5.\r\n`;
  const bytes = Buffer.from(text, 'utf16le');
  // Cut in the middle of a character.
  writeFileSync(path, bytes.subarray(0, bytes.length - 51));
  const log = await openTrialLog(path);
  t.after(() => log.close());
  appendFileSync(path, bytes.subarray(bytes.length - 51));
  await log.refresh();
  assert.deepEqual(log.studies()[0]?.history.params(0), { o: '雪', x: 1e-5 });
});

function eventsOf(text: string): LogEvent[] {
  const parser = new OptunaLogParser();
  return [...parser.push(text), ...parser.end()];
}

test('reads every kind of parameter that Python prints', async (t) => {
  const line = `${NEW}${HEAD} Trial 0 finished with value: 1.0 and parameters: {'optim': 'adamw_hf', 'quote': "it's", 'both': 'it\\'s "x"} and', 'uni': 'ü→☃', 'nl': 'a\\nb\\\\d', 'ctrl': '\\x00\\x1b[31m\\u200b', 'none': None, 'bool': True, 'int': 3, 'flt': 1e+22, 'inf': inf, 'nan': nan, 'nested': (128, 64), 'dict': {'a': [1, 'x']}, 'np': np.float64(0.5), "it's a param": 1, 'x': 1e-05}. Best is trial 0 with value: 1.0.\n`;
  const { history, name } = await readOne(t, line);
  assert.equal(name, 's');
  assert.deepEqual(history.params(0), {
    optim: 'adamw_hf',
    quote: "it's",
    both: 'it\'s "x"} and',
    uni: 'ü→☃',
    nl: 'a\nb\\d',
    ctrl: '\x00\x1b[31m\u200b',
    none: null,
    bool: true,
    int: 3,
    flt: 1e22,
    inf: Infinity,
    nan: NaN,
    nested: [128, 64],
    dict: { a: [1, 'x'] },
    np: 0.5,
    "it's a param": 1,
    x: 1e-5,
  });
  assert.equal(history.distribution(0, 'x')?.type, 'float');
  assert.equal(history.distribution(0, 'int')?.type, 'int');
  assert.equal(history.distribution(0, 'bool')?.type, 'categorical');
  assert.equal(history.completedAt[0], new Date(2026, 10, 24, 6, 39, 2, 775).getTime());
});

test('pruned, failed and infinite trials, tracebacks and multi-line messages', async (t) => {
  const { history, directions } = await readOne(
    t,
    `${NEW}${HEAD} Trial 0 finished with value: inf and parameters: {'x': 0.5}. Best is trial 0 with value: inf.
${HEAD} Trial 1 pruned. Trial was pruned
at epoch 3.
${HEAD} Trial 2 pruned.${' '}
[W 2026-11-24 06:39:02,778] Trial 3 failed with parameters: {'x': 0.25} because of the following error: RuntimeError('CUDA out of memory.\\nTried').
Traceback (most recent call last):
  File "x.py", line 4, in f
    s.optimize(f, n_trials=1, catch=(Exception,))
RuntimeError: CUDA out of memory.
[W 2026-11-24 06:39:02,778] Trial 3 failed with value None.
[W 2026-11-24 06:39:02,778] Trial 4 failed with parameters: {} because of the following error: The value None could not be cast to float..
[W 2026-11-24 06:39:02,778] Trial 4 failed with value None.
${HEAD} Trial 5 finished with value: 3.0 and parameters: {'x': 0.75}.
     Best is trial 5 with value: 3.0.
`,
  );
  assert.deepEqual([...history.states], [1, 2, 2, 3, 3, 1]);
  assert.equal(history.value(0), Infinity);
  assert.deepEqual(directions, [1], 'the best is the smaller value');
  assert.equal(history.best, 5);
  assert.match(JSON.stringify(history.systemAttrs(3)), /CUDA out of memory/);
  assert.match(JSON.stringify(history.systemAttrs(1)), /Trial was pruned/);
  assert.deepEqual(history.curve(5).values, []);
});

test('colours, progress bars, glued lines, other loggers and trials out of order', async (t) => {
  const bar =
    '\r  0%|          | 0/3 [00:00<?, ?it/s, loss=0.1]\rBest trial: 0. Best value: 0.5:  33%|███▎      | 1/3 [00:00<00:00, 10it/s]';
  const { history } = await readOne(
    t,
    `\u001b[32m${HEAD}\u001b[0m A new study created in memory with name: s\u001b[0m\r\n` +
      `${bar}${HEAD} Trial 2 finished with value: 0.5 and parameters: {'x': 0.5}. Best is trial 2 with value: 0.5.${bar}\n` +
      `INFO:optuna.study.study:Trial 0 finished with value: 0.7 and parameters: {'x': 0.7}. Best is trial 2 with value: 0.5.\n` +
      `${HEAD} Trial 0 finished with value: 0.7 and parameters: {'x': 0.7}. Best is trial 2 with value: 0.5.\n` +
      `${HEAD} Trial 3 pruned. ${HEAD} Trial 4 finished with value: 0.6 and parameters: {'x': 0.6}.`,
  );
  assert.deepEqual([...history.states].slice(0, 3), [TrialState.complete, TrialState.running, TrialState.complete]);
  assert.equal(history.state(3), TrialState.pruned);
  assert.deepEqual(history.curve(2).values, []);
});

test('a damaged trial number is passed over instead of filled up to', async (t) => {
  const line = (number: number): string =>
    `${HEAD} Trial ${number} finished with value: 1.0 and parameters: {'x': 1}.\n`;
  const study = await readOne(t, NEW + line(0) + line(4_000_000_000) + line(2));
  assert.equal(study.history.length, 3);
});

test('several objectives, metric names and the form of Optuna 1', async (t) => {
  const both = await readOne(
    t,
    `${NEW}${HEAD} Trial 0 finished with values: [0.5, inf] and parameters: {'x': 0.5}.\n` +
      `${HEAD} Trial 1 finished with values: {'loss': 0.7, 'acc': 2.0} and parameters: {'x': 0.7}.\n`,
  );
  assert.deepEqual([...both.history.values], [0.5, Infinity, 0.7, 2]);
  assert.deepEqual(both.systemAttrs, { 'study:metric_names': ['loss', 'acc'] });
  const old = await readOne(
    t,
    `[I 2019-01-01 00:00:00,000] Finished trial#0 resulted in value: 3.5. Current best value is 3.5 with parameters: {'x': 0.5}.\n` +
      `[I 2019-01-01 00:00:01,000] Finished trial#1 resulted in value: 4.5. Current best value is 3.5 with parameters: {'x': 0.5}.\n` +
      `[W 2019-01-01 00:00:02,000] Setting status of trial#2 as TrialState.FAIL because of the following error: ValueError('x')\n` +
      `[I 2019-01-01 00:00:03,000] Setting status of trial#3 as TrialState.PRUNED. \n`,
  );
  assert.deepEqual([...old.history.states], [1, 1, 3, 2]);
  assert.deepEqual(
    [0, 1].map((number) => old.history.params(number)),
    [{ x: 0.5 }, {}],
  );
});

test("metric lines between trials become the trial's intermediate values", async (t) => {
  const text = `epoch=1 eval_f1=0.99
{'eval_loss': 9.0, 'eval_f1': 0.1, 'epoch': 7.0}
${NEW}{'loss': 0.7, 'learning_rate': 5e-05, 'epoch': 0.5}
{'eval_loss': 0.31, 'eval_f1': 0.8, 'eval_runtime': 1.5, 'epoch': 1.0}
\r${' '.repeat(119)}\r\u001b[A{'eval_loss': '0.30', 'eval_f1': '0.9123', 'eval_runtime': '1.5', 'epoch': '2'}
${HEAD} Trial 0 finished with value: 0.91234 and parameters: {'x': 0.5}. Best is trial 0 with value: 0.91234.
{'eval_loss': 0.5, 'eval_f1': 0.6, 'epoch': 1.0}
${HEAD} Trial 1 pruned. 
no metrics here
${HEAD} Trial 2 finished with value: 0.5 and parameters: {'x': 0.25}. Best is trial 0 with value: 0.91234.
{'eval_loss': 0.1, 'eval_f1': 0.99, 'epoch': 1.0}
BestRun(run_id='0', objective=0.91234, hyperparameters={'x': 0.5}, run_summary=None)
`;
  const { history, directions, userAttrs } = await readOne(t, text);
  assert.deepEqual(history.curve(0), { steps: [1, 2], values: [0.8, 0.9123] });
  assert.deepEqual(history.curve(1), { steps: [1], values: [0.6] });
  assert.deepEqual(history.curve(2), { steps: [], values: [] });
  assert.equal(history.length, 3);
  assert.deepEqual(directions, [2]);
  assert.deepEqual(userAttrs, { 'tuneboard:best_run': { run_id: '0', hyperparameters: { x: 0.5 } } });
});

test('BestRun alone, over several lines, and a list of them', async (t) => {
  const one = await readOne(
    t,
    `noise\nBestRun(run_id='2', objective=0.917,\n  hyperparameters={'learning_rate': 1e-05,\n 'optim': "it's"},\n run_summary=None)\n`,
  );
  assert.equal(one.history.length, 3);
  assert.deepEqual(one.history.params(2), { learning_rate: 1e-5, optim: "it's" });
  assert.equal(one.history.value(2), 0.917);
  const events = eventsOf(
    `[BestRun(run_id='1', objective=[0.5, 0.25], hyperparameters={'x': 1}, run_summary=None), BestRun(run_id='3', objective=[0.25, 0.5], hyperparameters={'x': 2}, run_summary=None)]\n`,
  );
  assert.deepEqual(
    events.map((event) => event.type === 'bestRun' && [event.runId, event.values]),
    [
      ['1', [0.5, 0.25]],
      ['3', [0.25, 0.5]],
    ],
  );
});

test('a log grows: new trials, choices and a direction are taken in', async (t) => {
  const path = join(temporaryFolder(t), 'run.txt');
  writeFileSync(path, NEW);
  const log = await TextLog.open(path);
  const line = (number: number, value: number, choice: string, best: number): string =>
    `${HEAD} Trial ${number} finished with value: ${value} and parameters: {'c': '${choice}', 'n': ${number}}. Best is trial 0 with value: ${best}.\n`;
  const text = line(0, 0.5, 'a', 0.5) + line(1, 0.25, 'b', 0.5) + line(2, 0.125, 'a', 0.5);
  for (const piece of text.match(/.{1,37}/gs) ?? []) {
    appendFileSync(path, piece);
    await log.refresh();
  }
  const { history, directions } = log.studies()[0] as StudyRecord;
  assert.equal(history.length, 3);
  assert.deepEqual(
    [0, 1, 2].map((number) => history.param(number, 'c')),
    ['a', 'b', 'a'],
  );
  assert.deepEqual(directions, [2]);
  assert.equal(await log.refresh(), false);
  writeFileSync(path, NEW);
  assert.equal(await log.refresh(), true);
  assert.equal(log.studies()[0]?.history.length, 0);
  assert.match(readFileSync(path, 'utf8'), /A new study/);
});

test('what looks like a metric line, and what does not', () => {
  const cases: [string, Record<string, number> | undefined][] = [
    ['eval_f1=0.91 epoch=2', { eval_f1: 0.91, epoch: 2 }],
    ['val/acc = 0.5, loss=1e-3', { 'val/acc': 0.5, loss: 0.001 }],
    ['Epoch 3: loss=.5 acc=nan best=-inf', { loss: 0.5, acc: NaN, best: -Infinity }],
    ['{"loss": 0.5, "name": "x", "nan": NaN}', { loss: 0.5, nan: NaN }],
    ["{'eval_loss': '0.6532', 'epoch': '1', 'model': 'bert-1'}", { eval_loss: 0.6532, epoch: 1 }],
    ["{'a': np.float64(0.5), 'b': [1], 'c': True}", { a: 0.5 }],
    ['  10%|█   | 1/10\r{"acc": 1}', { acc: 1 }],
    ['score="0.5"', { score: 0.5 }],
    ['a=1,b=2:c=3 step=3/10', { a: 1, b: 2, c: 3, step: 3 }],
    ['loss=0,31 eval_runtime = 0:01:12.34 sizes=10,20,30 day=2026-01-02', undefined],
    ['version=1.2.3 path=a/b=c http://x/?q=1', undefined],
    ['FloatDistribution(high=1.0, log=False, low=0.0, step=None)', undefined],
    ['Namespace(lr=0.1, epochs=3)', undefined],
    ['if x == 3:', undefined],
    ['acc 0.5', undefined],
    ['{}', undefined],
    ['{"a": {"b": 1}}', undefined],
    ['', undefined],
    ['{"__proto__": 1}', Object.fromEntries([['__proto__', 1]])],
  ];
  for (const [line, metrics] of cases) assert.deepEqual(parseMetricLine(line), metrics, line);
});

const literal = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: false }).filter((value) => !Object.is(value, -0)),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

test('property: Python literals come back', () => {
  fc.assert(
    fc.property(literal, fc.string(), (value, rest) => {
      const text = pythonRepr(value);
      const parsed = parsePythonLiteral(`${text} ${rest}`, 0);
      assert.deepEqual(parsed?.value, value);
      assert.equal(parsed?.end, text.length);
    }),
  );
});

test('property: a printed trial comes back however the text is cut into pieces', () => {
  const params = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.integer(), fc.boolean(), fc.constant(null)),
    { maxKeys: 5, noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      params,
      fc.double({ noNaN: true }),
      fc.nat(1000),
      fc.array(fc.nat(400), { maxLength: 5 }),
      (given, value, number, cuts) => {
        const text = `noise\n${HEAD} Trial ${number} finished with value: ${pythonRepr(value, 'float')} and parameters: ${pythonRepr(given)}. Best is trial 7 with value: 0.5.\nmore\n`;
        const parser = new OptunaLogParser();
        const events: LogEvent[] = [];
        let from = 0;
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          events.push(...parser.push(text.slice(from, Math.max(from, cut))));
          from = Math.max(from, cut);
        }
        events.push(...parser.push(text.slice(from)), ...parser.end());
        const finished = events.filter((event) => event.type === 'finished');
        assert.equal(finished.length, 1);
        const [event] = finished as [LogEvent & { type: 'finished' }];
        assert.equal(event.number, number);
        assert.ok(event.values[0] === value);
        assert.equal(event.best?.value, 0.5);
        const back = Object.fromEntries((event.params ?? []).map((param) => [param.name, param.value]));
        for (const [name, expected] of Object.entries(given)) assert.ok(back[name] === expected, name);
      },
    ),
  );
});

test('property: any text is taken without an error, whole or in pieces', () => {
  const pieces = [
    'Trial 3 ',
    'finished with value: ',
    'pruned.',
    'failed with parameters: ',
    '{',
    '}',
    "'",
    '"',
    '[',
    'BestRun(',
    'run_id=',
    'objective=',
    ', ',
    '\n',
    '\r',
    '\u001b[',
    '0.5',
    ' and parameters: ',
    'nan',
    '(',
    ')',
    '\\',
    'A new study created in memory with name: ',
    'a=1',
    HEAD,
  ];
  const noise = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 40 });
  fc.assert(
    fc.property(noise, (parts) => {
      const parser = new OptunaLogParser();
      for (const part of parts) parser.push(part);
      parser.end();
      eventsOf(parts.join(''));
      parseMetricLine(parts.join(''));
    }),
    { numRuns: 1000 },
  );
});
