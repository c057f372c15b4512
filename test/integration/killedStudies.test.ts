/**
 * A seeded study at `parallel: 1` whose tuner is killed again and again ends as if it had run in one go: the same numbers,
 * states, parameters, values and curves. TUNEBOARD_KILLS sets how often for each storage (6 by default).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CUT_OFF } from '../../src/core/study/attributes.ts';
import type { History } from '../../src/core/study/history.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needs } from '../support/parts.ts';
import { startServer } from '../support/servers.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 6);
const TRIALS = 16 + KILLS;
/** It asks whether to prune: one that only prints may end before it is killed for its last report. */
const MODULE = `
export default async (trial) => {
  const { lr, steps } = trial.params;
  for (let step = 1; step <= steps; step++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    await trial.report(-Math.abs(Math.log10(lr) + 3) - 1 / step, step);
    if (await trial.shouldPrune()) return;
  }
};
`;
const SPACE = `space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  steps: { type: int, low: 1, high: 4 }
`;
const STORAGES = {
  'a journal': { storage: 'study.log', server: undefined },
  SQLite: { storage: 'sqlite:///study.db', server: undefined },
  PostgreSQL: { storage: '', server: 'postgres' },
  MariaDB: { storage: '', server: 'mysql' },
} as const;

for (const [kind, { storage, server: name }] of Object.entries(STORAGES)) {
  const options = { timeout: 200_000 + KILLS * 10_000, ...(name ? needs(name) : {}) };
  test(`a seeded study on ${kind}, killed ${KILLS} times, equals the one that ran in one go`, options, async () => {
    const server = name ? await startServer(name) : undefined;
    try {
      const whole = await outcome(server ? await server.newDatabase() : storage, 0);
      const killed = await outcome(server ? await server.newDatabase() : storage, KILLS);
      assert.deepEqual(killed.trials, whole.trials);
      assert.equal(whole.trials.length, TRIALS);
      console.log(`# ${kind}: ${killed.kills} kills, ${killed.cutOff} of ${TRIALS} trials cut off`);
    } finally {
      await server?.dispose();
    }
  });
}

/** Runs the study to its end, with so many kills on the way. */
async function outcome(storage: string, kills: number) {
  const folder = new TunerFolder();
  try {
    folder.write('train.mjs', MODULE);
    const head = `name: demo\ndirection: maximize\nmetric: score\nobjective: { module: train.mjs }\n${SPACE}`;
    const how = `budget: { trials: ${TRIALS} }\nsampler: { type: tpe, seed: 3 }\npruner: median\nstorage: ${storage}\n`;
    const source = folder.write('demo.study.yaml', head + how);
    let done = 0;
    for (; done < kills; done++) {
      const tuner = folder.start(['run', source]);
      let isOver = false;
      void tuner.ended.then(() => {
        isOver = true;
      });
      // One in four while it starts.
      if (done % 4 !== 0) await until(() => isOver || /^trial \d+/m.test(tuner.stdout()));
      await sleep(Math.random() * 400);
      if (isOver) break;
      tuner.child.kill('SIGKILL');
      await tuner.ended;
    }
    const last = await folder.run('run', source);
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(processesWith(folder.path), [], 'no objective is left behind');
    const log = await openTrialLog(
      storage.includes('@') ? storage : join(folder.path, storage.replace('sqlite:///', '')),
    );
    const history = log.studies()[0]?.history as History;
    await log.close();
    const numbers = [...history.states.keys()];
    const trials = numbers.map((number) => ({
      state: history.state(number),
      params: history.params(number),
      value: history.value(number),
      curve: history.curve(number),
    }));
    const cutOff = numbers.filter((number) => history.systemAttrs(number)[CUT_OFF] !== undefined).length;
    return { trials, cutOff, kills: done };
  } finally {
    folder.remove();
  }
}
