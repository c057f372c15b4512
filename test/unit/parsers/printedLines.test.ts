import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cutLine, LINE_LIMIT } from '../../../src/core/text/lines.ts';
import { parseExactJson, parseJson } from '../../../src/core/text/pythonJson.ts';
import { parseMetricLine } from '../../../src/storage/log/metricLines.ts';
import { type LogEvent, OptunaLogParser } from '../../../src/storage/log/optunaLogParser.ts';
import { parsePythonLiteral } from '../../../src/storage/log/pythonLiteral.ts';
import { readJobs, readQueue, refusalOf } from '../../../src/tuner/cluster/slurm/slurmAnswers.ts';
import { gradientInLine } from '../../../src/tuner/objective/metrics/gradientLine.ts';
import { LineSplitter } from '../../../src/tuner/objective/metrics/lineSplitter.ts';
import { splitStep } from '../../../src/tuner/objective/metrics/metricSteps.ts';
import { tellingLine } from '../../../src/tuner/objective/metrics/tellingLine.ts';
import { WordedMetrics, wordedNames } from '../../../src/tuner/objective/metrics/wordedMetrics.ts';
import { explainScriptEnd } from '../../../src/tuner/objective/optuna/explain.ts';
import { MarkSplitter } from '../../../src/tuner/objective/optuna/markSplitter.ts';
import { echoedLine } from '../../../src/tuner/worker/trialEcho.ts';
import { hostileLines, slowLines } from '../../support/hostileLines.ts';

const LINES = 100_000;

const METRICS = [
  'loss: ',
  'loss=',
  'loss: 0.3 epoch',
  'val_acc ',
  'Test Accuracy',
  '= 1e-5',
  '{"loss": 0.3, ',
  "{'loss': '0.3'}",
  '"gradient": {',
  'Namespace(lr=',
  'np.float64(',
  'f(a=',
  'loss: 1%|',
  'best step ',
  'global_step: [',
  '[20] ',
  '[ 78/79]',
  'loss 3 of ',
  'target best loss is ',
  'UserWarning: ',
  'loss: 0.9 (0.8)',
  '-->',
  '\u001b[32',
  '\u001b[0;',
];

const OPTUNA = [
  '[I 2026-01-02 03:04:05,678] ',
  'Trial 3 finished with value: ',
  'Trial 3 finished with values: [',
  ' and parameters: {',
  "'x': 1.0, ",
  '. Best is trial 7 with value: 0.5.',
  'Trial 3 pruned.',
  'Trial 3 failed with parameters: {',
  ' because of the following error: ',
  'Finished trial#3 resulted in value: 0.1. Current best value is 0.1 with parameters: {',
  'Setting status of trial#3 as TrialState.PRUNED',
  'A new study created in memory with name: ',
  "Using an existing study with name 'a'",
  'BestRun(',
  'loss=BestRun(',
  'run_id=',
  'hyperparameters={',
  'array([1, 2',
  '<Color.RED: ',
  'Traceback (most recent call last)',
  'x.py:3: UserWarning: ',
  '50%|',
];

const TRACEBACKS = [
  'Traceback (most recent call last):\n',
  '  File "',
  '  File "a.py", line 3',
  ', cell 3", line 4',
  'TypeError: ',
  'ImportError: Trainer requires ',
  'SyntaxError: ',
  "DuplicatedStudyError: '",
  'FileNotFoundError: [Errno 2] No such file or directory: ',
  '    at f (a.js:1:2)',
  'FATAL ERROR: ',
  'Uncaught Error',
  '1: 0x1f ',
  '\n',
];

const SLURM = [
  '123|RUNNING|node1|',
  '1_[0-9',
  '%2]|',
  'NodeList(',
  'JobId=1 ',
  'State=',
  'slurmstepd: error: exceeded ',
];

interface Case {
  readonly name: string;
  readonly tokens: readonly string[];
  readonly parse: (line: string) => unknown;
}

const worded = new WordedMetrics(['loss', 'val_acc', 'Test Accuracy']);
const log = new OptunaLogParser();
const splitter = new LineSplitter(() => undefined);
const marks = new MarkSplitter('abc', () => undefined);

const CASES: readonly Case[] = [
  {
    name: 'metrics in pairs and objects',
    tokens: METRICS,
    parse: (line) => splitStep(parseMetricLine(line) ?? {}, []),
  },
  { name: 'metrics in words', tokens: METRICS, parse: (line) => worded.read(line) },
  { name: 'names before numbers', tokens: METRICS, parse: (line) => wordedNames([line.slice(0, 500)]) },
  { name: 'gradients', tokens: METRICS, parse: gradientInLine },
  { name: "Optuna's lines", tokens: OPTUNA, parse: (line) => log.push(`${line}\n`) },
  { name: 'Python literals', tokens: OPTUNA, parse: (line) => parsePythonLiteral(line, 0) },
  { name: 'JSON', tokens: METRICS, parse: (line) => [attempt(parseJson, line), attempt(parseExactJson, line)] },
  { name: 'the last line of a program', tokens: TRACEBACKS, parse: (line) => tellingLine(line.split('\n')) },
  { name: 'why a script ended', tokens: TRACEBACKS, parse: whyItEnded },
  { name: 'lines in bytes', tokens: METRICS, parse: (line) => splitter.push(Buffer.from(line)) },
  {
    name: 'marks in bytes',
    tokens: ['\u001etuneboard:abc:', '\u001etuneboard:abc:1.2\u001f', '\u001e', '\u001f', '1.'],
    parse: (line) => marks.push(Buffer.from(line)),
  },
  { name: 'lines of a worker', tokens: ['[trial 1] ', '[trial '], parse: echoedLine },
  { name: "Slurm's answers", tokens: SLURM, parse: (line) => [readQueue(line), readJobs(line), refusalOf(line)] },
];

function attempt(parse: (text: string) => unknown, line: string): unknown {
  try {
    return parse(line);
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return undefined;
  }
}

function whyItEnded(output: string): unknown {
  return explainScriptEnd({ script: '/a.py', code: 1, signal: null, output, hadStudy: false });
}

describe('no printed line takes more than 5 ms, whatever it is made of', () => {
  for (const { name, tokens, parse } of CASES)
    test(name, () => {
      const lines = hostileLines(tokens, name === 'why a script ended' ? LINES / 5 : LINES);
      assert.deepEqual(slowLines(parse, lines), []);
    });
});

test('a parser that reads every rest of a line again is too slow', () => {
  const [found = ''] = slowLines((line) => /[ ]+$/.test(line), [`${' '.repeat(15_000)}x`]);
  assert.match(found, /^[\d.]+ ms: 15001 units/);
});

describe('findings', () => {
  test('a metric in words that tens of thousands of blanks follow is read at once', () => {
    for (const blank of [' ', '\t', '\u00a0'])
      for (const text of ['loss: 0.3 epoch', 'loss: 0.3 step [', 'loss', 'loss:', 'loss is', '[', 'trial'])
        assert.deepEqual(
          slowLines((line) => worded.read(line), [text + blank.repeat(60_000)]),
          [],
        );
    assert.deepEqual(worded.read(`loss: 0.3 epoch${' '.repeat(60_000)}4`), { metrics: { loss: 0.3 }, step: 4 });
  });

  test('a line is cut at the limit, and no number or name is halved', () => {
    const blanks = ' '.repeat(LINE_LIMIT - 9);
    assert.equal(cutLine(`${blanks}loss=0.1234`), `${blanks}loss=`);
    assert.equal(cutLine(`${blanks}loss=0.12`), `${blanks}loss=0.12`);
    assert.equal(cutLine('x'.repeat(LINE_LIMIT + 1)).length, LINE_LIMIT);
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    splitter.push(Buffer.from(`loss=0.5 ${'x '.repeat(LINE_LIMIT)}\nloss=0.25\n`));
    assert.deepEqual(lines.map(parseMetricLine), [{ loss: 0.5 }, { loss: 0.25 }]);
  });

  test('a log cuts a long line, and reads what a progress bar has overwritten', () => {
    const record = '[I 2026-01-02 03:04:05,678] Trial 0 finished with value: 0.5 and parameters: {}.';
    const bar = '\r 10%|█ | 1/9'.repeat(LINE_LIMIT / 8);
    for (const text of [`${bar}\r${record}\n`, `${'x'.repeat(3 * LINE_LIMIT)}\n${record}\n`]) {
      for (const size of [text.length, 1000]) {
        const parser = new OptunaLogParser();
        const events: LogEvent[] = [];
        for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
        assert.deepEqual(
          events.map(({ type }) => type),
          ['finished'],
        );
      }
    }
  });
});

test('a record over many lines is not read again with each of them', () => {
  const line = '(1), '.repeat(250);
  const whole = `{'x': [${`${line}\n`.repeat(190)}]}`;
  const seconds = (read: () => unknown) => {
    const { user } = process.cpuUsage();
    for (let round = 0; round < 3; round++) read();
    return (process.cpuUsage().user - user) / 1e6;
  };
  const inLines = () => {
    const parser = new OptunaLogParser();
    parser.push("Trial 0 finished with value: 0.5 and parameters: {'x': [\n");
    for (let count = 0; count < 190; count++) parser.push(`${line}\n`);
    return parser.end();
  };
  seconds(() => parsePythonLiteral(whole, 0));
  const once = seconds(() => parsePythonLiteral(whole, 0));
  const again = seconds(inLines);
  // 190 lines of which each has all before it read again are as much as 95 readings of the whole.
  assert.ok(again < 20 * once, `${again} s for ${once} s of reading it once`);
});
