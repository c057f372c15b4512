import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createStudy, type SamplerSetting, TrialPruned } from '../../../src/library/node.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const space = {
  rate: { type: 'float', low: 1e-5, high: 1, log: true },
  kind: { type: 'categorical', choices: ['a', 'b'] },
  depth: { type: 'int', low: 1, high: 9, when: { kind: 'a' } },
} as const;

describe('ask and tell', () => {
  test('asks for every active parameter and knows the best trial', async () => {
    const study = createStudy({ direction: 'maximize', space, sampler: { type: 'tpe', seed: 1 } });
    for (let round = 0; round < 40; round++) {
      const trial = await study.ask();
      assert.equal(trial.number, round);
      assert.equal('depth' in trial.params, trial.params['kind'] === 'a');
      await study.tell(trial, -Math.abs(Math.log10(Number(trial.params['rate'])) + 2));
    }
    assert.equal(study.trials.length, 40);
    assert.ok((study.bestValue ?? -9) > -0.5, `best value ${study.bestValue}`);
    assert.deepEqual(study.bestParams, study.bestTrial?.params);
    assert.ok((study.expectedBest?.value ?? -9) > -0.7, 'the expected best is a good one too');
    assert.ok((study.expectedBest?.trial.values?.[0] ?? -9) > -1);
  });

  test('optimize ends once it has found enough', async () => {
    const study = createStudy({ space, sampler: { type: 'random', seed: 1 } });
    await study.optimize((trial) => Math.max(0.2, Number(trial.params['rate'])), {
      trials: 200,
      stopWhen: { target: 0.2 },
    });
    assert.equal(study.bestValue, 0.2);
    assert.equal(study.bestTrial?.number, study.trials.length - 1);
    const before = study.trials.length;
    await study.optimize(() => 1, { trials: 200, stopWhen: { plateau: 5 } });
    assert.equal(study.trials.length, before + 5);
    const wrong = { trials: 1, stopWhen: { plateau: 0 } };
    await assert.rejects(
      study.optimize(() => 1, wrong),
      /plateau is 0: use a whole number from 1 on/,
    );
  });

  test('proposes only what satisfies where, and refuses to enqueue anything else', async () => {
    const where = ["kind == 'b' or depth <= 3", 'rate * depth < 0.5'];
    const study = createStudy({ space, where, sampler: { type: 'tpe', seed: 1 } });
    await study.enqueue({ kind: 'a', depth: 2 });
    await assert.rejects(study.enqueue({ kind: 'a', depth: 4 }), {
      code: 'violates-where',
      message: 'kind = "a", depth = 4 violates where "kind == \'b\' or depth <= 3": change one of its values.',
    });
    for (let round = 0; round < 30; round++) {
      const trial = await study.ask();
      const { kind, depth, rate } = trial.params;
      if (round === 0) assert.equal(depth, 2);
      assert.ok(
        kind === 'b' || (Number(depth) <= 3 && Number(rate) * Number(depth) < 0.5),
        JSON.stringify(trial.params),
      );
      await study.tell(trial, Number(rate));
    }
  });

  test('refuses to enqueue a parameter that the space does not have', async () => {
    const study = createStudy({ space });
    await assert.rejects(study.enqueue({ rat: 0.1 } as object), {
      code: 'unknown-parameter',
      message: 'The space has no parameter "rat": use rate.',
    });
    assert.equal(study.trials.length, 0);
  });

  test('says that an objective returned nothing', async () => {
    const study = createStudy({ space });
    await assert.rejects(study.optimize((async () => undefined) as never, { trials: 3 }), {
      code: 'no-value',
      message: /^The objective returned nothing: let it return its value/,
    });
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail'],
    );
  });

  test('says at once what is wrong with where', () => {
    assert.throws(() => createStudy({ space, where: ['rate < dept'] }), {
      code: 'invalid-where',
      message: 'where "rate < dept": there is no parameter `dept`; write `depth`.',
    });
    assert.throws(() => createStudy({ space, where: ['rate > 0.5', 'rate < 0.1'] }), { code: 'infeasible-space' });
    assert.throws(() => createStudy({ where: ['rate > 0.5'] }), {
      code: 'invalid-option',
      message: /give the study a space/,
    });
    assert.throws(() => createStudy({ space, where: 'rate > 0.5' as never }), { code: 'invalid-option' });
  });

  test('repeats itself for a seed, and takes options in both spellings', async () => {
    const drawn = async (sampler: SamplerSetting) => {
      const study = createStudy({ space, sampler });
      const all = [];
      for (let round = 0; round < 12; round++) {
        const trial = await study.ask();
        all.push(trial.params);
        await study.tell(trial, Number(trial.params['rate']));
      }
      return all;
    };
    const first = await drawn({ type: 'tpe', seed: 5, n_startup_trials: 3 });
    assert.deepEqual(await drawn({ type: 'tpe', seed: 5, nStartupTrials: 3 }), first);
    assert.notDeepEqual(await drawn({ type: 'tpe', seed: 6, nStartupTrials: 3 }), first);
  });

  test('ends trials by words, values that are none, and several values', async () => {
    const study = createStudy({ directions: ['minimize', 'maximize'], space, sampler: 'random' });
    const ends = [[1, 1], [2, 2], [3, 1], 'pruned', 'fail', null, Number.NaN] as const;
    for (const end of ends) await study.tell(await study.ask(), end);
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['complete', 'complete', 'complete', 'pruned', 'fail', 'fail', 'fail'],
    );
    assert.deepEqual(
      study.bestTrials.map(({ number }) => number),
      [0, 1],
    );
    assert.equal(study.bestTrial, undefined);
    const single = createStudy({ space, sampler: 'random' });
    for (const value of [2, 1, 1, 3]) await single.tell(await single.ask(), value);
    assert.deepEqual(
      single.bestTrials.map(({ number }) => number),
      [1, 2],
    );
  });

  test('an enqueued trial comes first, a grid ends the study', async () => {
    const study = createStudy({ space: { n: { type: 'int', low: 1, high: 3 } }, sampler: { type: 'grid', seed: 1 } });
    await study.enqueue({ n: 2 });
    assert.deepEqual((await study.ask()).params, { n: 2 });
    await study.optimize(({ params }) => Number(params['n']), {});
    assert.equal(new Set(study.trials.map(({ params }) => params['n'])).size, 3);
    await assert.rejects(study.ask(), { code: 'exhausted' });
  });
});

describe('optimize', () => {
  test('runs an objective that defines its space, several at a time, and prunes', async () => {
    const study = createStudy({ sampler: { type: 'tpe', seed: 2 }, pruner: { type: 'median', n_startup_trials: 2 } });
    await study.optimize(
      async (trial) => {
        const x = trial.suggestFloat('x', -5, 5);
        for (let step = 0; step < 4; step++) {
          await trial.report(x ** 2, step);
          if (trial.shouldPrune()) throw new TrialPruned();
        }
        return x ** 2;
      },
      { trials: 30, parallel: 4 },
    );
    assert.equal(study.trials.length, 30);
    assert.ok(study.trials.some(({ state }) => state === 'pruned'));
    assert.ok((study.bestValue ?? 9) < 1);
  });

  test('an error of the objective fails its trial and comes out, or is caught', async () => {
    const study = createStudy({ sampler: 'random' });
    const broken = () => {
      throw new Error('out of memory');
    };
    await assert.rejects(study.optimize(broken, { trials: 3 }), /out of memory/);
    assert.equal(study.trials.length, 1);
    await study.optimize(broken, { trials: 3, catch: true });
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail', 'fail', 'fail', 'fail'],
    );
    assert.equal(study.trials[0]?.userAttrs['tuneboard:error'], 'out of memory');
  });

  test('stops by signal, by stop and by time', async () => {
    const study = createStudy({ sampler: 'random' });
    const controller = new AbortController();
    await study.optimize(() => 1, { signal: controller.signal, onTrial: () => controller.abort() });
    assert.equal(study.trials.length, 1);
    await study.optimize(() => 1, { onTrial: () => study.stop() });
    assert.equal(study.trials.length, 2);
    // The first trial begins within a second and ends after it.
    await study.optimize(() => new Promise((resolve) => setTimeout(() => resolve(1), 1100)), { timeout: 1000 });
    assert.equal(study.trials.length, 3);
  });

  test('without options it runs until it is stopped, by a timer too where the objective never waits', async () => {
    const study = createStudy({ space, sampler: 'random' });
    const timer = setTimeout(() => study.stop(), 60);
    await study.optimize(({ number }) => {
      if (number >= 200_000) throw new Error('the timer never had its turn');
      return number;
    });
    clearTimeout(timer);
    assert.ok(study.trials.length > 0);
  });

  test('wrong options are refused in one sentence', async () => {
    const study = createStudy({ space, sampler: 'random' });
    const cases = [
      [{ trails: 3 }, /no option trails: use trials\.$/],
      [{ trials: 0 }, /^trials is 0: use a whole number/],
      [{ parallel: Number.POSITIVE_INFINITY }, /^parallel is Infinity: use a whole number from 1 to 100000/],
      [{ timeout: '1h' }, /^timeout is "1h": use a number of milliseconds/],
      [null, /^The options are null/],
    ] as const;
    for (const [options, message] of cases) {
      await assert.rejects(
        study.optimize(() => 1, options as object),
        { code: 'invalid-option', message },
      );
    }
    await assert.rejects(study.optimize('f' as unknown as () => number), { message: /^The objective is "f"/ });
    await study.optimize(() => 1, { trials: 3, parallel: Number.POSITIVE_INFINITY });
    assert.equal(study.trials.length, 3);
  });
});

describe('storage', () => {
  test('a journal keeps the study, and another one goes on with it', async (t) => {
    const path = join(temporaryFolder(t), 'study.journal');
    const first = createStudy({ space, sampler: 'random', storage: path, name: 'one' });
    await first.optimize(() => 1, { trials: 3 });
    await first.close();
    const second = await createStudy({ space, sampler: 'random', storage: path, name: 'one' }).open();
    assert.equal(second.trials.length, 3);
    await second.optimize(() => 0, { trials: 1 });
    assert.equal(second.bestTrial?.number, 3);
    await second.close();
    const other = createStudy({ direction: 'maximize', sampler: 'random', storage: path, name: 'one' });
    await assert.rejects(other.ask(), { code: 'directions-changed' });
    await other.close();
  });

  test('a SQLite database keeps the study, by URL or by name', async (t) => {
    const path = join(temporaryFolder(t), 'study.db');
    const first = createStudy({ space, sampler: 'random', storage: `sqlite:///${path}`, name: 'one' });
    await first.optimize(() => 1, { trials: 3 });
    await first.close();
    assert.equal(readFileSync(path, 'latin1').slice(0, 15), 'SQLite format 3');
    const second = await createStudy({ space, sampler: 'random', storage: path, name: 'one' }).open();
    assert.equal(second.trials.length, 3);
    await second.close();
  });

  test('never touches a file that is no journal', async (t) => {
    const path = join(temporaryFolder(t), 'notes.txt');
    writeFileSync(path, 'my notes\n');
    await assert.rejects(createStudy({ sampler: 'random', storage: path }).ask(), { code: 'not-a-storage' });
    assert.equal(readFileSync(path, 'utf8'), 'my notes\n');
    for (const storage of ['sqlite://', 'sqlite:///:memory:']) {
      await assert.rejects(createStudy({ sampler: 'random', storage }).ask(), /write the path of one/);
    }
  });

  test('says without its password which server cannot be reached', async () => {
    const storage = 'postgresql://me:secret@host.invalid/db';
    await assert.rejects(createStudy({ sampler: 'random', storage }).ask(), (error: Error) => {
      return !error.message.includes('secret') && /me@host\.invalid\/db cannot be reached/.test(error.message);
    });
  });
});

test('wrong options are refused at once, in one sentence that names them', () => {
  const float = { type: 'float', low: 0, high: 1 } as const;
  const cases = [
    [{ sampler: 'tpee' }, /no sampler "tpee"/],
    [{ sampler: { type: 'tpe', seed: -1 } }, /seed -1/],
    [{ sampler: { type: 'tpe', n_startup_trial: 3 } }, /no option n_startup_trial: use n_startup_trials\.$/],
    [{ sampler: { type: 'tpe', nStartups: 3 } }, /no option nStartups: use nStartupTrials, /],
    [{ sampler: { type: 'tpe', n_startup_trials: Number.POSITIVE_INFINITY } }, /^n_startup_trials .* is Infinity: /],
    [{ sampler: { type: 'tpe', n_startup_trials: 1, nStartupTrials: 2 } }, /either n_startup_trials or nStartupTrials/],
    [{ sampler: { type: 'cmaes', restart: ['ipop'] } }, /restart .*: use one of ipop/],
    [{ sampler: {} as { type: string } }, /^sampler is \{\}: write its name/],
    [{ sampler: 5 as unknown as string }, /^sampler is 5: write its name/],
    [{ sampelr: 'tpe' }, /no option sampelr: use sampler\.$/],
    [{ nothing: 1 }, /no option nothing: use direction, directions, /],
    [{ storage: 5 as unknown as string }, /^storage is 5: write the path/],
    [{ name: '' }, /^name is "": write some text/],
    [{ name: 5 as unknown as string }, /^name is 5/],
    [{ space: [] as unknown as object as Record<string, never> }, /^space is no object/],
    [{ space: { x: float, y: { ...float, when: { x: 7 } } } }, /x never has: 7 is no value from 0 to 1\./],
    [{ space: { n: { type: 'int', low: 0, high: 8, step: 2 }, y: { ...float, when: { n: 3 } } } }, /steps of 2/],
    [{ pruner: 'median', directions: ['minimize', 'minimize'] }, /leave out pruner/],
    [{ pruner: { type: 'patient', wrapped: 'median', n_startup: -1 } }, /no option n_startup: use n_startup_trials/],
    [{ pruner: { type: 'patient', n_startup_trials: -1 } }, /^n_startup_trials of the pruner median is -1/],
    [{ pruner: 'mean' }, /no pruner "mean"/],
    [{ space: { x: { ...float, low: 2 } } }, /The parameter x can't be used: .*swap/],
    [{ space: { x: { ...float, when: { y: 1 } } } }, /x depends on y/],
    [{ space: { x: null as unknown as typeof float } }, /The parameter x can't be used: Its type/],
    [{ space: { x: { ...float, low: '0' as unknown as number } } }, /x can't be used: low is "0"/],
    [{ space: { x: { ...float, log: 'false' as unknown as boolean } } }, /x can't be used: log is "false"/],
    [{ space: { x: { ...float, stpe: 0.1 } as typeof float } }, /x can't be used: .*stpe/],
    [{ space: { x: { type: 'categorical', choices: 'ab' as unknown as string[] } } }, /x can't be used: .*list/],
    [
      { space: { x: { type: 'categorical' } as { type: 'categorical'; choices: string[] } } },
      /x can't be used: .*list/,
    ],
    [{ direction: 'up' as 'minimize' }, /"minimize" or "maximize", not "up"/],
    [{ direction: 'minimize', directions: ['minimize'] }, /not both/],
    [{ directions: 'minimize' as unknown as ['minimize'] }, /^directions is "minimize": write a list/],
    [{ directions: [] }, /^directions is \[\]: write a list/],
    [{ directions: [['minimize']] as unknown as ['minimize'] }, /not \["minimize"\]/],
  ] as const;
  for (const [options, message] of cases)
    assert.throws(() => createStudy({ sampler: 'random', ...(options as object) }), {
      name: 'TuneboardError',
      message,
    });
  assert.throws(() => createStudy('tpe' as unknown as object), { message: /^The options are "tpe"/ });
  createStudy({
    pruner: 'none',
    directions: ['minimize', 'minimize'],
    sampler: { type: 'tpe', nStartupTrials: undefined as unknown as number },
  });
});

test('a trial that does not exist cannot be told', async () => {
  const study = createStudy({ sampler: 'random' });
  for (const number of [-1, 0.5, 3, Number.NaN]) await assert.rejects(study.tell(number, 1), { code: 'no-trial' });
});
