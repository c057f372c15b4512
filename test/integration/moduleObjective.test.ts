/** Studies whose objective is a JavaScript or TypeScript module, in processes of their own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../src/core/study/states.ts';
import { TunerFolder } from './tunerHarness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function moduleStudy(folder: TunerFolder, module: string, text: string, more = 'budget: { trials: 3 }'): string {
  folder.write(module, text);
  return folder.write(
    'demo.study.yaml',
    `objective: { module: ${module} }
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  units: { type: int, low: 1, high: 8 }
${more}
`,
  );
}

async function withFolder(use: (folder: TunerFolder) => Promise<void>): Promise<void> {
  const folder = new TunerFolder();
  try {
    await use(folder);
  } finally {
    folder.remove();
  }
}

const MODULES: Record<string, string> = {
  'an ES module': 'export default async (trial) => trial.params.lr * trial.params.units;',
  'a CommonJS module': 'module.exports = (trial) => trial.params.lr * trial.params.units;',
  'a named objective': 'export const objective = ({ params }) => params.lr * params.units;',
};

for (const [name, text] of Object.entries(MODULES)) {
  test(`${name} returns the value of its trial`, () =>
    withFolder(async (folder) => {
      const source = moduleStudy(folder, text.startsWith('module') ? 'train.cjs' : 'train.mjs', text);
      const { code, stderr } = await folder.run('run', source);
      assert.equal(code, 0, stderr);
      const { history } = await folder.load();
      assert.equal(history.length, 3);
      for (let number = 0; number < 3; number++) {
        const expected = (history.param(number, 'lr') as number) * (history.param(number, 'units') as number);
        assert.ok(Math.abs(history.value(number) - expected) < 1e-12);
      }
    }));
}

test('a TypeScript module with the types of its study compiles and runs, and its timers keep no trial from ending', () =>
  withFolder(async (folder) => {
    const source = moduleStudy(
      folder,
      'train.ts',
      `import type { Trial } from './demo.study.js';
enumerate();
export default async function objective(trial: Trial): Promise<number> {
  const lr: number = trial.params.lr;
  setInterval(() => undefined, 1000);
  for (let step = 1; step <= 3; step++) await trial.report(lr / step);
  await trial.report({ loss: 1, accuracy: Number.NaN });
  await trial.setUserAttr('note', 'naïve 中文');
  await trial.setConstraint('memory', -1);
  return lr / 3;
}
function enumerate(): void {}
`,
    );
    const types = await folder.run('types', source);
    assert.equal(types.code, 0, types.stderr);
    assert.match(readFileSync(join(folder.path, 'demo.study.d.ts'), 'utf8'), /readonly "lr": number;/);
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--noEmit',
      '--ignoreConfig',
      '--strict',
      '--module',
      'nodenext',
      '--types',
      '',
      '--lib',
      'esnext,dom',
    ];
    execFileSync(process.execPath, [compiler, ...flags, 'train.ts'], { stdio: 'pipe', cwd: folder.path });
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.deepEqual(history.curve(0).steps, [0, 1, 2]);
    assert.equal(history.userAttrs(0)['note'], 'naïve 中文');
    assert.equal(history.state(2), TrialState.complete);
  }));

test('several values are the objectives in their order', () =>
  withFolder(async (folder) => {
    const source = moduleStudy(
      folder,
      'train.mjs',
      'export default ({ params }) => [params.lr, params.units];',
      'directions: [minimize, maximize]\nbudget: { trials: 2 }',
    );
    assert.equal((await folder.run('run', source)).code, 0);
    const { history } = await folder.load();
    assert.deepEqual([history.value(0), history.value(0, 1)], [history.param(0, 'lr'), history.param(0, 'units')]);
  }));

test('a scheduler trains a module in parts, which go on from their checkpoint', () =>
  withFolder(async (folder) => {
    const source = moduleStudy(
      folder,
      'train.mjs',
      `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export default async (trial) => {
  const file = trial.checkpoint + '/state';
  let step = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (step !== trial.startStep) throw new Error(\`\${step} is not \${trial.startStep}\`);
  while (step < (await trial.budget())) {
    step++;
    writeFileSync(file, String(step));
    await trial.report(trial.params.lr / step, step);
    if (await trial.shouldPrune()) return;
  }
};
`,
      'scheduler: { type: asha, min_resource: 1, max_resource: 4, reduction_factor: 2 }\nbudget: { trials: 6 }',
    );
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    const states = Array.from({ length: history.length }, (_, number) => history.state(number));
    assert.ok(!states.includes(TrialState.fail), JSON.stringify(history.userAttrs(states.indexOf(TrialState.fail))));
    assert.ok(states.some((_, number) => history.curve(number).steps.at(-1) === 4));
  }));

const MISTAKES: readonly [name: string, module: string, told: RegExp][] = [
  ['without an export', 'const train = 1;', /train\.mjs exports no objective: write `export default/],
  ['that exports something else', 'export const fit = 1;', /It exports fit\./],
  ['that returns a text', 'export default () => "0.5";', /The objective returned a string: return a number\./],
  ['that returns too many', 'export default () => [1, 2];', /returned 2 values, and the study has 1 \(value\)/],
  ['that throws', 'export default () => {\n  throw new RangeError("no such unit");\n};', /RangeError: no such unit/],
];

for (const [name, module, told] of MISTAKES) {
  test(`a module ${name} is told in one sentence`, () =>
    withFolder(async (folder) => {
      const source = moduleStudy(folder, 'train.mjs', module);
      const { code, stdout, stderr } = await folder.run('run', source);
      assert.equal(code, 1);
      assert.match(stdout + stderr, told);
    }));
}

test('a model of TensorFlow.js reports by a callback, keeps its best weights and goes on from its checkpoint', () =>
  withFolder(async (folder) => {
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    const library = JSON.stringify(join(root, 'src/library/tfjs.ts'));
    const source = moduleStudy(
      folder,
      'train.mjs',
      `import * as core from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { tunerCallback } from ${library};
const { tensor1d, tensor2d, train } = core;
export default async (trial) => {
  await trial.setUserAttr('from', trial.startStep);
  const model = tf.sequential({ layers: [tf.layers.dense({ units: trial.params.units, inputShape: [2], activation: 'relu' }), tf.layers.dense({ units: 1 })] });
  model.compile({ optimizer: train.adam(trial.params.lr), loss: 'meanSquaredError' });
  const rows = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(i)]);
  const x = tensor2d(rows);
  const products = rows.map(([a, b]) => a * b);
  const y = tensor1d(products);
  const history = await model.fit(x, y, { epochs: 4, initialEpoch: trial.startStep, validationSplit: 0.25, verbose: 0, callbacks: [tunerCallback(trial)] });
  const left = model.evaluate(tensor2d(rows.slice(48)), tensor1d(products.slice(48)), { verbose: 0 }).dataSync()[0];
  await trial.setUserAttr('ends', Math.abs(left - Math.min(...history.history.val_loss)) < 1e-5 || trial.startStep > 0);
};
`,
      'scheduler: { type: asha, min_resource: 1, max_resource: 4, reduction_factor: 2 }\nsampler: { type: random, seed: 2 }\nbudget: { trials: 8 }',
    );
    const { code, stdout, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stdout + stderr);
    const { history } = await folder.load();
    const whole = Array.from({ length: history.length }, (_, number) => number).filter(
      (number) => history.curve(number).steps.at(-1) === 4,
    );
    assert.ok(whole.length > 0, stdout + stderr);
    for (const number of whole) {
      assert.deepEqual(history.curve(number).steps, [1, 2, 3, 4]);
      assert.equal(history.userAttrs(number)['ends'], true);
    }
    const numbers = Array.from({ length: history.length }, (_, number) => number);
    assert.ok(numbers.some((number) => (history.userAttrs(number)['from'] as number) > 0));
  }));
