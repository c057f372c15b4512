import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureGroups } from '../../../../src/core/failures/failureGroups.ts';
import { toInternal } from '../../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../../src/core/space/distributions.ts';
import { FAIL_REASON, INTERRUPTED } from '../../../../src/core/study/attributes.ts';
import { History } from '../../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { failuresText } from '../../../../src/extension/failures/failureText.ts';
import { seededRandom } from '../../../support/seededRandom.ts';
import { english } from '../../../support/words.ts';

const BATCH: Distribution = { type: 'int', low: 1, high: 1024, log: false, step: 1 };
const LR: Distribution = { type: 'float', low: 1e-5, high: 1, log: true, step: null };
const OPTIMIZER: Distribution = { type: 'categorical', choices: ['sgd', 'adam', 'lamb'] };

interface Given {
  readonly batch: number;
  readonly lr: number;
  readonly optimizer: string;
  readonly error?: string;
  readonly attrs?: Record<string, string>;
}

function historyOf(trials: readonly Given[]): History {
  const history = new History([Direction.minimize]);
  for (const { batch, lr, optimizer, error, attrs } of trials) {
    history.add({
      state: error === undefined ? TrialState.complete : TrialState.fail,
      values: error === undefined ? [1] : null,
      params: [
        { name: 'batch', distribution: BATCH, internal: batch },
        { name: 'lr', distribution: LR, internal: lr },
        { name: 'optimizer', distribution: OPTIMIZER, internal: toInternal(OPTIMIZER, optimizer) },
      ],
      userAttrs: error === undefined ? {} : { [FAIL_REASON]: error },
      systemAttrs: attrs ?? {},
    });
  }
  return history;
}

/** Trials at random, of which those with a large batch run out of memory and those with `lamb` divide by zero. */
function manyTrials(seed: number, fails: (batch: number, optimizer: string) => string | undefined): Given[] {
  const random = seededRandom(seed);
  return Array.from({ length: 60 }, () => {
    const batch = 1 + Math.floor(random() * 255);
    const optimizer = ['sgd', 'adam', 'lamb'][Math.floor(random() * 3)] as string;
    const error = fails(batch, optimizer);
    return { batch, lr: 10 ** (-5 * random()), optimizer, ...(error !== undefined && { error }) };
  });
}

test('groups failures by cause and names what all of them share', () => {
  const trials = manyTrials(3, (batch, optimizer) =>
    batch > 180
      ? 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB'
      : optimizer === 'lamb'
        ? 'exit code 1: ZeroDivisionError: division by zero'
        : undefined,
  );
  const groups = failureGroups(historyOf(trials));
  const memory = groups.find(({ cause }) => cause.kind === 'memory');
  const zero = groups.find(({ cause }) => cause.name === 'ZeroDivisionError');
  assert.equal(groups.length, 2);
  const nearest = Math.max(...trials.filter(({ error }) => error === undefined).map(({ batch }) => batch));
  assert.deepEqual(memory?.shared[0], { parameter: 'batch', operator: '>', value: nearest, exceptions: 0 });
  assert.deepEqual(zero?.shared[0], { parameter: 'optimizer', operator: '=', value: 'lamb', exceptions: 0 });
  assert.deepEqual(
    memory?.numbers,
    trials.flatMap(({ batch }, number) => (batch > 180 ? [number] : [])),
  );
});

test('failures at random share nothing, in nearly every study', () => {
  let claimed = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const trials = manyTrials(seed + 1000, () => (random() < 0.15 ? 'OSError: gone' : undefined));
    claimed += failureGroups(historyOf(trials)).filter(({ shared }) => shared.length > 0).length;
  }
  assert.ok(claimed <= 20, `${claimed} of 200 studies claim a shared condition by chance`);
});

test('an end by hand or by a lost worker is no failure of the parameters', () => {
  const base = { batch: 1, lr: 0.1, optimizer: 'sgd' };
  const history = historyOf([
    { ...base, error: 'The study was stopped', attrs: { [INTERRUPTED]: 'stopped' } },
    { ...base, error: 'ValueError: bad' },
  ]);
  assert.deepEqual(
    failureGroups(history).map(({ cause, numbers }) => [cause.name, numbers]),
    [['ValueError', [1]]],
  );
});

test('a cause is read from what programs print', () => {
  const texts: readonly [string, string][] = [
    ['The program ended with exit code 1: ValueError: lr must be positive', 'error ValueError'],
    ['requests.exceptions.ReadTimeoutError: pool', 'error ReadTimeoutError'],
    ["terminate called after throwing an instance of 'std::bad_alloc'", 'memory '],
    ['TypeError: x is not a function', 'error TypeError'],
    ['java.lang.OutOfMemoryError: Java heap space', 'memory '],
    ['Error: cannot allocate vector of size 8 Gb', 'memory '],
    ['The value nan is not acceptable.', 'nan '],
    ['The program was ended by SIGSEGV.', 'signal SIGSEGV'],
    ['something', 'other '],
  ];
  for (const [text, wanted] of texts) {
    const [group] = failureGroups(historyOf([{ batch: 1, lr: 1, optimizer: 'sgd', error: text }]));
    assert.equal(`${group?.cause.kind} ${group?.cause.name}`, wanted, text);
  }
});

test('a line names the causes of failures, and only counts those without a name', () => {
  const trial = { batch: 1, lr: 0.1, optimizer: 'sgd' };
  const line = (...errors: string[]) => failuresText(historyOf(errors.map((error) => ({ ...trial, error }))), english);
  assert.equal(line(), null);
  assert.equal(line('it went wrong', 'and so did this'), '2 failed');
  assert.equal(line('ValueError: no', 'ValueError: no', 'it went wrong'), '3 failed (2 ValueError, 1 other)');
});
