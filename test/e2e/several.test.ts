/** A study with several objectives: the front in the tree and the panel, and a point of it inserted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

/** A wide and deep network scores higher and costs more. */
const SCRIPT = `const WIDTH = 8;
const DEPTH = 2;

const args = process.argv.slice(2);
const value = (name, fallback) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
const width = value('--width', WIDTH);
const depth = value('--depth', DEPTH);
console.log(\`score=\${1 - 1 / (width * depth)} cost=\${width * depth * depth}\`);
`;

const STUDY = `name: trade-off
directions: [maximize, minimize]
metrics: [score, cost]
objective:
  command: node train.mjs --width {width} --depth {depth}
space:
  width: { type: int, low: 1, high: 64, log: true }
  depth: { type: int, low: 1, high: 8 }
sampler: { type: nsga2, seed: 1 }
budget: { trials: 40 }
`;

function runTradeOff(workspace: Workspace): void {
  workspace.write('train.mjs', SCRIPT);
  workspace.write('trade.study.yaml', STUDY);
  const cli = join(repository, 'dist', 'tuneboard.mjs');
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const args = [cli, 'run', workspace.path('trade.study.yaml')];
  execFileSync(process.execPath, args, { env: { ...process.env, PATH }, stdio: 'ignore' });
}

test(
  'the Pareto front is best, is drawn, and a point of it goes into the code',
  needs('vscode', 'browser'),
  (context) =>
    inVscode(context, runTradeOff, async ({ window, workspace }) => {
      await window.openFile('train.mjs');
      await window.palette('Tuneboard: Focus on Studies View');
      await window.expand(/^trade-off/);
      const best = await window.waitForTreeRow(/^Best/);
      const count = Number(best.match(/(\d+) on the Pareto front/)?.[1]);
      assert.ok(count > 2, best);
      await window.expand(/^Best/);
      await window.waitForTreeRow(/^#\d+\s+0\.\d+, \d+/);

      const frame = await window.showHistory();
      await window.waitForPaintedCanvas(frame, '.figure-pareto canvas');
      await window.waitForPaintedCanvas(frame, '.figure-volume canvas');
      assert.equal(await frame.textContent('header .front'), `${count} on the Pareto front`);
      await frame.locator('.figure-importance').scrollIntoViewIfNeeded();
      await frame.waitForSelector('.bar');
      const bars = await frame.locator('.bar').allInnerTexts();
      assert.deepEqual(bars.map((text) => text.split('\n')[0]).sort(), ['depth', 'width']);
      await frame.selectOption('.figure-importance select', 'fanova');
      await frame.waitForSelector('.bar');
      await window.screenshotInAllThemes('several-1-panel');

      await window.openFile('train.mjs');
      await window.palette('Tuneboard: Insert Best Parameters');
      const points = await eventually(
        () => window.quickInput.textsFromTop(),
        (rows) => rows.some((row) => /score 0\.\d+\s+cost \d+/.test(row)),
        'the points of the front, each with its values',
      );
      await window.screenshot('several-2-points');
      const chosen = points.findLast((row) => /score/.test(row)) as string;
      const [, width] = chosen.match(/width (\d+)/) ?? [];
      const [, depth] = chosen.match(/depth (\d+)/) ?? [];
      await window.pick(`trial ${chosen.match(/trial (\d+)/)?.[1]}`);
      await window.previewRows();
      await window.applyPreview();
      await window.save();
      await eventually(
        () => workspace.read('train.mjs'),
        (text) => text.includes(`const WIDTH = ${width};`) && text.includes(`const DEPTH = ${depth};`),
        `width ${width} and depth ${depth} are in the file`,
      );
    }),
);
