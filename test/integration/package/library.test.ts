/** The npm package, packed and put where another project finds it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { compileStrictly, packedProject } from '../../support/packedProject.ts';

let project: string;

const PROGRAM = `
import { createStudy, TrialPruned, type FrozenTrial } from 'tuneboard';
const study = createStudy({
  direction: 'maximize',
  space: { lr: { type: 'float', low: 1e-5, high: 1, log: true }, optim: { type: 'categorical', choices: ['sgd', 'adam'] } },
  sampler: { type: 'tpe', seed: 4 },
  pruner: 'median',
});
const trial = await study.ask();
const lr: unknown = trial.params['lr'];
await trial.report(0.5, 1);
if (trial.shouldPrune()) throw new TrialPruned();
await study.tell(trial, typeof lr === 'number' ? -lr : 'fail');
await study.optimize((one) => -one.suggestFloat('lr', 1e-5, 1, { log: true }), { trials: 11 });
const best: FrozenTrial | undefined = study.bestTrial;
globalThis.answer = JSON.stringify({ trials: study.trials.length, best: best?.values });
`;

/** Each line that expects an error must be one. */
const TYPED = `
import { categorical, createStudy, float, int, ordinal, space } from 'tuneboard';
const parameters = space({
  lr: float(1e-5, 1e-1, { log: true }),
  opt: categorical(['sgd', 'adam']),
  batch: ordinal([16, 32, 64]),
  momentum: float(0, 1, { when: { opt: 'sgd' } }),
  depth: int(1, 9),
});
const study = createStudy({ space: parameters, sampler: { type: 'gp', n_startup_trials: 3, seed: 1 }, pruner: 'none' });
const { params } = await study.ask();
const numbers: number[] = [params.lr, params.batch, params.depth, params.momentum ?? 0];
const opt: 'sgd' | 'adam' = params.opt;
// @ts-expect-error a space has no other parameter
params.other;
// @ts-expect-error it is there for sgd only
const momentum: number = params.momentum;
// @ts-expect-error no such choice
const wrong: 'rmsprop' = params.opt;
await study.enqueue({ lr: 0.01 });
// @ts-expect-error no such parameter
study.enqueue({ rate: 0.01 }).catch(() => undefined);
// @ts-expect-error no such choice
study.enqueue({ opt: 'rmsprop' }).catch(() => undefined);
await study.addTrial({ params: { lr: 0.1, opt: 'adam', batch: 32, depth: 2 }, values: 0.5 });
const best: { readonly lr: number; readonly opt: 'sgd' | 'adam' } | undefined = study.bestParams;
await study.optimize((trial) => trial.params.lr + trial.params.depth, { trials: 2 });
// @ts-expect-error an objective returns its value
study.optimize((trial) => { trial.params.lr; }, { trials: 1 }).catch(() => undefined);
const refused = [
  // @ts-expect-error no such sampler
  () => createStudy({ sampler: 'tpee' }),
  // @ts-expect-error no such option
  () => createStudy({ sampler: { type: 'tpe', nStartTrials: 3 } }),
  // @ts-expect-error an option of another type
  () => createStudy({ sampler: { type: 'cmaes', restart: 'never' } }),
  // @ts-expect-error no such pruner
  () => createStudy({ pruner: 'medium' }),
  // @ts-expect-error no such scheduler
  () => createStudy({ scheduler: { type: 'ashas' } }),
];
console.log(JSON.stringify({ numbers, opt, momentum, wrong, best, refused: refused.length }));
`;

before(() => {
  project = packedProject('library-user');
  writeFileSync(join(project, 'program.ts'), `declare global { var answer: string }\n${PROGRAM}`);
});

describe('the library', () => {
  test('runs in Node as a program of another project imports it', () => {
    const runs = `await import('./program.ts'); console.log(globalThis.answer);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', runs], {
      cwd: project,
      encoding: 'utf8',
    });
    const { trials, best } = JSON.parse(output) as { trials: number; best: number[] };
    assert.equal(trials, 12);
    assert.ok((best[0] as number) > -0.1);
  });

  test('runs in a browser when it is bundled', async () => {
    const { outputFiles, metafile } = await build({
      absWorkingDir: project,
      entryPoints: ['program.ts'],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
    });
    assert.ok(Object.keys(metafile.inputs).some((path) => path.endsWith('library.browser.mjs')));
    const sandbox = { answer: '', performance, MessageChannel };
    // Nothing of Node's is in this context but what browsers have too.
    await runInNewContext(`(async () => {${outputFiles[0]?.text.replace(/^export .*$/gm, '')}})()`, sandbox);
    assert.equal((JSON.parse(sandbox.answer) as { trials: number }).trials, 12);
  });

  test('brings types that a strict project compiles against', () => {
    compileStrictly(project, 'program.ts');
    const wrong = readFileSync(join(project, 'program.ts'), 'utf8').replace("direction: 'maximize'", "direction: 'up'");
    writeFileSync(join(project, 'program.ts'), wrong);
    assert.throws(() => compileStrictly(project, 'program.ts'));
  });

  test('types parameters by the space, and methods and their options by name', () => {
    writeFileSync(join(project, 'typed.ts'), TYPED);
    compileStrictly(project, 'typed.ts');
    const printed = execFileSync(process.execPath, ['typed.ts'], { cwd: project, encoding: 'utf8' });
    assert.match(printed, /"best":\{"lr":/);
  });

  test('an uncaught error shows its sentence, not a page of code', () => {
    const call = `import { createStudy } from 'tuneboard'; createStudy({ sampler: 'tpee' });`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', call], {
      cwd: project,
      encoding: 'utf8',
    });
    assert.match(stderr, /^TuneboardError: There is no sampler "tpee": use tpe\.$/m);
    assert.ok(stderr.length < 1500, stderr.slice(0, 3000));
    assert.ok(!stderr.includes('words'), stderr);
  });
});
