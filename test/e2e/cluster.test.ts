/** A study on a real Ray, in a window: where its trials run, workers that wait and that are lost, output from there, Stop. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { isAtWork } from '../../src/protocol/workers.ts';
import { ownerOf } from '../../src/runs/trialOwner.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { RayClient } from '../../src/tuner/cluster/ray/rayClient.ts';
import { needs } from '../support/parts.ts';
import { RayCluster } from '../support/rayCluster.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { eventually, TRY_MS, untilDone } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';
import { VscodeWindow } from '../support/vscode/window.ts';
import type { Workspace } from '../support/vscode/workspace.ts';

const needed = needs('vscode', 'browser', 'ray', 'postgres');
let ray: RayCluster;
let postgres: TestServer;
let storage: string;
before(async () => {
  if (needed.skip !== false) return;
  postgres = await startServer('postgres');
  storage = await postgres.newDatabase();
  ray = await RayCluster.start();
});
after(async () => {
  await ray?.stop();
  await postgres?.dispose();
});

/** Reports one step, and ends when the file of its number is there. */
const PROGRAM = `
import { existsSync } from 'node:fs';
const number = process.env.TUNEBOARD_TRIAL_NUMBER;
console.log('trial ' + number + ' speaks from the cluster');
console.log('score=' + process.argv[2] + ' step=0');
while (!existsSync(process.env.GO + number)) await new Promise((resolve) => setTimeout(resolve, 50));
console.log('score=' + process.argv[2] + ' step=1');
`;

const flag = (workspace: Workspace, number: number | '') => join(workspace.folder, '..', `go${number}`);

/** Two workers fit on the cluster, a third has to wait. */
function prepare(workspace: Workspace): void {
  workspace.write('train.mjs', PROGRAM);
  const go = JSON.stringify(flag(workspace, ''));
  workspace.write(
    'cluster.study.yaml',
    `name: cluster
direction: maximize
metric: score
objective:
  command: ["${process.execPath}", train.mjs, "{lr}"]
  env: { GO: ${go} }
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
budget: { trials: 50 }
parallel: 3
sampler: { type: random, seed: 1 }
storage: ${storage}
executor:
  type: ray
  address: ${ray.address}
  node: ${process.execPath}
  heartbeat: 2s
  entrypoint_num_cpus: 2
`,
  );
}

async function load(): Promise<History | undefined> {
  const log = await openTrialLog(storage).catch(() => undefined);
  const history = log?.studies()[0]?.history;
  await log?.close();
  return history;
}

test('a study on a cluster in a window', { ...needed, timeout: 400_000 }, async (context) => {
  await inVscode(context, prepare, async ({ window, workspace, context: browser, server }) => {
    await window.openFile('cluster.study.yaml');
    await window.palette('Tuneboard: Start Study');
    await window.palette('Tuneboard: Focus on Studies View');
    await window.waitForTreeRow(/^cluster.*2 workers, 1 queued/);
    await window.expand(/^cluster/);
    const row = await window.waitForTreeRow(/^#0.*step 0/);
    assert.ok(row.includes(hostname()), `${row} says where it runs`);
    await window.screenshot('cluster-1-running');

    await window.contextMenu(window.treeRow(/^#0/), 'Show Trial Output');
    await eventually(
      () => window.editorText(),
      (text) => /trial 0 speaks from the cluster/.test(text),
      'the output is there that the trial printed on the cluster',
    );
    await window.screenshot('cluster-2-output');

    // Killed, a worker is lost; the one that waits takes its place and runs its trial again, under its number.
    const ownerOfTrial = (history: History | undefined) => ownerOf(history?.systemAttrs(0) ?? {})?.pid;
    const killed = ownerOfTrial(await load()) as number;
    process.kill(killed, 'SIGKILL');
    await window.waitForTreeRow(/^cluster.*1 lost/);
    await eventually(load, (history) => ![killed, undefined].includes(ownerOfTrial(history)), 'another worker runs #0');
    await window.waitForTreeRow(/^#0.*step 0/);
    await window.waitForTreeRow(/^cluster.*0\/50.*2 workers, 1 queued, 1 lost/);
    await untilDone('the tooltip names the workers', async () => {
      await window.page.mouse.move(800, 400);
      await window.treeRow(/^cluster/).hover({ timeout: TRY_MS });
      await window.page
        .locator('.monaco-hover', { hasText: /lost · .*killed by signal 9/ })
        .first()
        .waitFor({ timeout: TRY_MS });
    });
    await window.screenshot('cluster-3-lost');

    // Closed, the window ends nothing: the workers go on, and whoever opens it again finds them.
    await window.close();
    writeFileSync(flag(workspace, 1), '');
    const isComplete = (history: History | undefined) => history?.state(1) === TrialState.complete;
    await eventually(load, isComplete, 'a worker goes on without the window');
    const again = await VscodeWindow.open(browser, server, workspace.folder);
    await again.palette('Tuneboard: Focus on Studies View');
    await again.waitForTreeRow(/^cluster.*1\/50.*2 workers, 1 queued/);
    assert.equal(workspace.runRecords().length, 1);
    const jobs = (workspace.runRecord()?.workers ?? []).filter(isAtWork).map(({ id }) => id);
    assert.equal(jobs.length, 3);
    await again.screenshot('cluster-4-again');

    await again.palette('Tuneboard: Stop Study');
    await again.pick('Now');
    await eventually(
      () => workspace.runRecord()?.state,
      (state) => state === 'stopped',
      'the study stops',
    );
    const client = new RayClient(ray.address, {});
    const states = await Promise.all(jobs.map(async (id) => (await client.job(id))?.status));
    assert.ok(
      states.every((state) => state !== 'RUNNING' && state !== 'PENDING'),
      states.join(),
    );
    const history = await load();
    assert.equal(history?.count(TrialState.running), 0);
    assert.equal(history?.count(TrialState.complete), 1);
    assert.ok(!existsSync(workspace.path('.tuneboard-worker')));
    await again.waitForTreeRow(/^cluster.*1\/50/);
    await eventually(
      () => again.treeRows(),
      (rows) => !rows.some((row) => /workers|queued|^Running\s*[1-9]/.test(row)),
      'nothing is shown as running',
    );
    await again.screenshot('cluster-5-stopped');
  });
});
