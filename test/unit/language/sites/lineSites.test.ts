import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listSites } from '../../../../src/language/sites/listSites.ts';
import { printValue } from '../../../../src/language/sites/printValue.ts';

type Shape = readonly [title: string, text: string, sites: Readonly<Record<string, string>>];

const R: readonly Shape[] = [
  ['assignments', 'lr <- 0.01\nntree = 500L\nok <- TRUE\n', { lr: '0.01', ntree: '500', ok: 'TRUE' }],
  ['arguments by name', 'fit <- xgb.train(eta = 0.1, data = d)\n', { 'xgb.train(eta)': '0.1' }],
  ['a list in a call', 'p <- list(eta = 0.3, nested = c(a = 1))\n', { 'list(eta)': '0.3', 'c(a)': '1' }],
  ['comparisons and expressions', 'if (x == 1) y <- 2 * 3\nz <- -1e-3 # lr <- 5\n', { z: '-1e-3' }],
  ['texts with brackets and marks', 's <- "a (b # c"\nn <- 2\n', { s: '"a (b # c"', n: '2' }],
  ['one name twice', 'n <- 1\nn <- 2\n', { 'n[1]': '1', 'n[2]': '2' }],
];
const JULIA: readonly Shape[] = [
  ['constants and variables', 'const LR = 3f-4\nhidden = 32\n', { LR: '3f-4', hidden: '32' }],
  [
    'fields of a structure, and their types',
    'Base.@kwdef mutable struct Args\n  η::Float64 = 3e-4\n  batchsize::Int = 256\nend\n',
    { η: '3e-4', batchsize: '256' },
  ],
  ['arguments by name', 'train(; lr=0.1, x = y)\n', { 'train(lr)': '0.1' }],
  ['comments of several lines', '#= lr = 1\n lr = 2 =#\nlr = 3\n', { lr: '3' }],
  ['a comparison', 'a == 1 && b\nf(x) = 2x\n', {}],
];
const SHELL: readonly Shape[] = [
  ['variables', 'LR=0.001\nexport BS="32" # N=3\n', { LR: '0.001', BS: '32' }],
  ['a default', `LR=\${LR:-1e-3}\n`, { LR: '1e-3' }],
  ['flags', 'python train.py --lr 0.1 --bs=32 \\\n  -k 3\n', { '--lr': '0.1', '--bs': '32', '-k': '3' }],
  ['what is no number', `A=$LR\nB=x1\npython t.py --lr $LR --name a1\n`, {}],
];
const INI: readonly Shape[] = [
  ['sections', 'a = 1\n[model.net]\ndepth = 3 ; deep\nname: x\n', { a: '1', 'model.net.depth': '3' }],
  ['CRLF', '[t]\r\nlr = 0.1\r\nok = true\r\n', { 't.lr': '0.1', 't.ok': 'true' }],
  ['what is worked out by its reader', `[t]\nseed = \${system.seed}\n`, {}],
];

for (const [languageId, shapes] of [
  ['r', R],
  ['julia', JULIA],
  ['shellscript', SHELL],
  ['ini', INI],
] as const) {
  describe(`sites in ${languageId}`, () => {
    for (const [title, text, expected] of shapes) {
      it(title, () => {
        const found = listSites(languageId, text).map((site) => [site.path, text.slice(site.start, site.end)]);
        assert.deepEqual(Object.fromEntries(found), expected);
        assert.equal(found.length, Object.keys(expected).length, 'no two sites have one path');
      });
    }

    it('takes time in proportion to the length', () => {
      const line = '[t]\nlr = 0.1 (x (y "\nf(a = 1, b = 2)\nLR=3 --k 4\n';
      const cpu = (count: number): number => {
        const text = line.repeat(count);
        const times = [0, 1, 2].map(() => {
          const before = process.cpuUsage().user;
          listSites(languageId, text);
          return process.cpuUsage().user - before;
        });
        return Math.min(...times);
      };
      cpu(1000);
      assert.ok(cpu(8000) < 8 * 3 * Math.max(cpu(1000), 10_000), 'eight times the text, at most 24 times as long');
    });
  });
}

describe('a value that is put there', () => {
  it('is spelled as its language spells it', () => {
    assert.equal(printValue('r', true, 'FALSE'), 'TRUE');
    assert.equal(printValue('r', 0.00001, '0.1'), '1e-05');
    assert.equal(printValue('julia', 0.00001, '3f-4'), '1f-05');
    assert.equal(printValue('julia', 0.25, '3f-4'), '0.25f0');
    assert.equal(printValue('julia', 1, '2.0'), '1.0');
    assert.equal(printValue('shellscript', 64, '32'), '64');
    assert.equal(printValue('ini', 0.5, '1.0'), '0.5');
  });
});
