/**
 * Random schedules of workers that are killed, stopped and cut off from their acknowledgements. TUNEBOARD_SCHEDULES sets how
 * many for each storage model (1,000 by default), TUNEBOARD_SEED with which seed they begin.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, type StorageModel, simulate } from '../../support/simulatedWorkers.ts';

const SCHEDULES = Number(process.env['TUNEBOARD_SCHEDULES'] ?? 1000);
const FIRST = Number(process.env['TUNEBOARD_SEED'] ?? 0);

for (const model of ['journal', 'database'] satisfies StorageModel[]) {
  test(`${SCHEDULES} schedules on a ${model} lose no trial, double none and meet the budget exactly`, async () => {
    let kills = 0;
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
      const outcome = await simulate(model, seed);
      assert.equal(faultOf(outcome, seed), undefined, `TUNEBOARD_SEED=${seed}, a ${model}`);
      kills += outcome.kills;
    }
    assert.ok(kills > SCHEDULES / 4, `only ${kills} workers were killed`);
  });
}
