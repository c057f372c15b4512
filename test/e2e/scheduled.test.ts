/** Hyperband and population based training as a person sees them: who is paused, promoted, stopped, and who took over. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { inVscode } from '../support/vscode/session.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

/** Goes on from its checkpoint, an epoch at a time, as far as it is told. */
const SCRIPT = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const rate = Number(process.argv[process.argv.indexOf('--rate') + 1]);
const kept = process.env.TUNEBOARD_CHECKPOINT && join(process.env.TUNEBOARD_CHECKPOINT, 'state.json');
let { loss, epoch } = kept && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : { loss: 1, epoch: 0 };
while (epoch < Number(process.env.TUNEBOARD_BUDGET ?? 9)) {
  // Whoever looks at paused trials holds the others at their first step.
  do await delay(100); while (epoch === 1 && existsSync('hold'));
  loss *= 1 - Math.min(rate, 0.5 - rate / 3);
  epoch += 1;
  if (kept) writeFileSync(kept, JSON.stringify({ loss, epoch }));
  console.log(\`loss=\${loss} epoch=\${epoch}\`);
}
`;

function write(workspace: Workspace, name: string, scheduler: string, trials: number): void {
  workspace.write('train.mjs', SCRIPT);
  workspace.write(
    `${name}.study.yaml`,
    `name: ${name}
direction: minimize
metric: loss
objective:
  command: node train.mjs --rate {rate}
space:
  rate: { type: float, low: 0.001, high: 0.9, log: true }
sampler: { type: random, seed: 1 }
scheduler: ${scheduler}
budget: { trials: ${trials} }
parallel: 2
`,
  );
}

function run(workspace: Workspace, name: string): void {
  const cli = join(repository, 'dist', 'tuneboard.mjs');
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const args = [cli, 'run', workspace.path(`${name}.study.yaml`)];
  execFileSync(process.execPath, args, { env: { ...process.env, PATH }, stdio: 'ignore' });
}

test(
  'Hyperband: trials are paused while it runs, and the panel shows how far each came',
  needs('vscode', 'browser'),
  (context) =>
    inVscode(
      context,
      (workspace) => {
        write(workspace, 'rungs', '{ type: hyperband, max_resource: 9 }', 16);
        workspace.write('hold', '');
      },
      async ({ window, workspace }) => {
        await window.openFile('rungs.study.yaml');
        await window.palette('Tuneboard: Start Study');
        await window.palette('Tuneboard: Focus on Studies View');
        await window.expand(/^rungs/);
        await window.waitForTreeRow(/^Paused\s*\d/);
        await window.waitForTreeRow(/^rungs\s*[1-9]\d?\/16/);
        await window.screenshot('scheduled-1-paused');
        rmSync(workspace.path('hold'));
        await window.waitForTreeRow(/^rungs\s*16\/16/, 300_000);
        await window.clearNotifications();
        const frame = await window.showHistory();
        await frame.locator('.figure-schedule').scrollIntoViewIfNeeded();
        const canvas = await frame.waitForSelector('.figure-schedule canvas[aria-label]');
        await window.waitForPaintedCanvas(frame, '.figure-schedule canvas');
        const label = (await canvas.getAttribute('aria-label')) ?? '';
        const [, one, three, nine] = (label.match(/1: (\d+), 3: (\d+), 9: (\d+)$/) ?? []).map(Number);
        assert.ok(one && three && nine && one > nine && three >= nine, label);
        await frame.click('th button[data-key="rung"]');
        await frame.click('th button[data-key="rung"]');
        await frame.click('tbody tr[data-trial] >> nth=0');
        await frame.waitForSelector('dt:text-is("Rung")');
        await window.screenshotInAllThemes('scheduled-2-rungs');
      },
    ),
);

test('PBT: the panel shows the members, and whose weights they took over', needs('vscode', 'browser'), (context) =>
  inVscode(
    context,
    (workspace) => {
      write(
        workspace,
        'population',
        '{ type: pbt, population_size: 4, max_resource: 9, perturbation_interval: 2 }',
        30,
      );
      run(workspace, 'population');
    },
    async ({ window }) => {
      await window.palette('Tuneboard: Focus on Studies View');
      await window.waitForTreeRow(/^population\s*4 members at step 9/);
      const frame = await window.showHistory();
      await frame.locator('.figure-schedule').scrollIntoViewIfNeeded();
      const canvas = await frame.waitForSelector('.figure-schedule canvas[aria-label]');
      await window.waitForPaintedCanvas(frame, '.figure-schedule canvas');
      const label = (await canvas.getAttribute('aria-label')) ?? '';
      const [, takeovers] = label.match(/^4 members over 9 steps; (\d+) times one went on/) ?? [];
      assert.ok(Number(takeovers) > 0, label);
      await frame.click('th button[data-key="generation"]');
      await frame.click('th button[data-key="generation"]');
      await frame.click('tbody tr[data-trial] >> nth=0');
      await frame.waitForSelector('dt:text-is("Weights from")');
      await window.screenshotInAllThemes('scheduled-3-population');
    },
  ),
);
