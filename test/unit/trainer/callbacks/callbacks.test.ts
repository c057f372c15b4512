/** The handler of callbacks, early stopping and the lines on the console. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { CallbackHandler } from '../../../../src/trainer/callbacks/callbackHandler.ts';
import { EarlyStoppingCallback } from '../../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import { general, logLine, PrinterCallback } from '../../../../src/trainer/callbacks/printerCallback.ts';
import type { CallbackContext } from '../../../../src/trainer/callbacks/trainerCallback.ts';
import { newState, parseState, stateText } from '../../../../src/trainer/checkpoints/trainerState.ts';

function context(args: Record<string, unknown>, metrics: Record<string, number> = {}): CallbackContext {
  const control = new CallbackHandler().control;
  return { args: new TrainingArguments(args), state: newState(), control, model: null, metrics };
}

describe('the handler', () => {
  test('calls callbacks one after another, made from classes too, and takes them out', async () => {
    const calls: string[] = [];
    class Noting {
      onLog() {
        calls.push('class');
      }
    }
    const slow = {
      onLog: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        calls.push('slow');
      },
    };
    const handler = new CallbackHandler();
    handler.add(slow);
    handler.add(Noting);
    await handler.call('onLog', context({}));
    assert.deepEqual(calls, ['slow', 'class']);
    assert.ok(handler.pop(Noting) instanceof Noting);
    assert.equal(handler.pop(Noting), undefined);
    assert.equal(handler.pop(slow), slow);
    assert.deepEqual(handler.callbacks, []);
  });

  test('takes wishes back when they are met, and at the next step', async () => {
    const handler = new CallbackHandler();
    const { control } = handler;
    for (const [event, wish] of [
      ['onLog', 'shouldLog'],
      ['onEvaluate', 'shouldEvaluate'],
      ['onSave', 'shouldSave'],
      ['onStepBegin', 'shouldSave'],
      ['onStepBegin', 'shouldLog'],
      ['onEpochBegin', 'shouldEpochStop'],
      ['onTrainBegin', 'shouldTrainingStop'],
    ] as const) {
      control[wish] = true;
      await handler.call('onStepEnd', context({}));
      assert.ok(control[wish]);
      await handler.call(event, context({}));
      assert.ok(!control[wish], `${event} ${wish}`);
    }
  });

  test('exports two of a kind as a list, and gives each its own back', () => {
    const handler = new CallbackHandler();
    for (const patience of [2, 5]) handler.add(new EarlyStoppingCallback({ earlyStoppingPatience: patience }));
    const states = handler.exportStates();
    const other = new CallbackHandler();
    for (const _ of [1, 2]) other.add(new EarlyStoppingCallback());
    assert.deepEqual(other.restoreStates({ ...states, Gone: { args: {}, attributes: {} } }), ['Gone']);
    assert.deepEqual(other.exportStates(), states);
  });
});

describe('early stopping', () => {
  test('wants a metric and evaluations, and says when the best model will not be loaded', () => {
    const warnings: string[] = [];
    const callback = new EarlyStoppingCallback({ warn: (sentence) => warnings.push(sentence) });
    assert.throws(() => callback.onTrainBegin(context({})), /requires metric_for_best_model to be defined/);
    assert.throws(
      () => callback.onTrainBegin(context({ metric_for_best_model: 'f1' })),
      /requires IntervalStrategy of steps or epoch/,
    );
    callback.onTrainBegin(context({ metric_for_best_model: 'f1', eval_strategy: 'epoch' }));
    assert.match(warnings.at(-1) as string, /^Using EarlyStoppingCallback without load_best_model_at_end=True/);
    const asked = context({ metric_for_best_model: 'f1', eval_strategy: 'epoch' }, { eval_loss: 1 });
    callback.onEvaluate(asked);
    assert.match(warnings.at(-1) as string, /did not find eval_f1 so early stopping is disabled/);
    assert.ok(!asked.control.shouldTrainingStop);
  });
});

describe('lines', () => {
  test('have four digits as Python’s %.4g', () => {
    for (const [value, text] of [
      [0, '0'],
      [-0, '-0'],
      [1, '1'],
      [0.27123456, '0.2712'],
      [123456, '1.235e+05'],
      [9999, '9999'],
      [99999, '1e+05'],
      [9999.6, '1e+04'],
      [0.0001, '0.0001'],
      [0.00001, '1e-05'],
      [3.3333e-5, '3.333e-05'],
      [-12.5, '-12.5'],
      [1e100, '1e+100'],
      [Number.NaN, 'nan'],
      [Number.POSITIVE_INFINITY, 'inf'],
    ] as const) {
      assert.equal(general(value, 4), text);
    }
  });

  test('are near what they show, whatever the number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
        const text = general(value, 4);
        assert.match(text, /^-?\d+(\.\d*[1-9])?(e[+-]\d\d+)?$/);
        assert.ok(Math.abs(Number(text) - value) <= 5.0001e-4 * Math.abs(value));
      }),
    );
  });

  test('leave out total_flos, and are exact where they shall be', () => {
    assert.equal(logLine({ train_loss: 0.5, total_flos: 1e9, epoch: 1 }), "{'train_loss': '0.5', 'epoch': '1'}");
    assert.equal(logLine({ loss: 0.123456789, epoch: 1 }, true), "{'loss': 0.123456789, 'epoch': 1.0}");
    const lines: string[] = [];
    new PrinterCallback({ print: (line) => lines.push(line) }).onLog({ ...context({}), logs: { loss: 2 } });
    assert.deepEqual(lines, ["{'loss': '2'}"]);
  });
});

test('a state comes back as it was written, with what JSON of JavaScript has not', () => {
  const number = fc.oneof(fc.double(), fc.integer());
  const log = fc.dictionary(fc.constantFrom('loss', 'eval_loss', 'eval_score', 'step', 'epoch', 'grad_norm'), number);
  const params = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true })),
  );
  fc.assert(
    fc.property(fc.array(log), params, fc.option(number), fc.option(fc.string()), (logs, trial, best, name) => {
      const state = { ...newState(), logHistory: logs, trialParams: trial, bestMetric: best, trialName: name };
      const text = stateText(state as never);
      // −0 of an int is 0 in Python as well.
      assert.deepEqual(parseState(text, 'x'), JSON.parse(JSON.stringify(state, keep), revive));
    }),
  );
  assert.throws(() => parseState('{}', 'there.json'), /there\.json is no trainer state/);
  for (const [key, value] of Object.entries({ log_history: 'x', epoch: {}, stateful_callbacks: [], max_steps: '9' })) {
    const text = JSON.stringify({ global_step: 1, [key]: value });
    assert.throws(() => parseState(text, 'a.json'), new RegExp(`^TuneboardError: a\\.json has ${key} as `), key);
  }
  assert.equal(Object.getPrototypeOf(parseState('{"global_step": 1, "__proto__": {"a": 1}}', 'x')), Object.prototype);
});

/** NaN and the infinities through JSON, for the comparison alone. */
function keep(_: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: String(Object.is(value, -0) ? '-0' : value) }
    : value;
}

function revive(_: string, value: unknown): unknown {
  const isKept = typeof value === 'object' && value !== null && Object.keys(value).join() === 'number';
  return isKept ? Number((value as { number: string }).number) : value;
}
