/** The npm package, packed and put where another project finds it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
});
