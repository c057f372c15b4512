/** Whose checkpoints a search keeps, and what it takes for the name of a trial's folder. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Trial } from '../../../../src/core/study/trial.ts';
import { removeFolders, tinyTrainer } from '../../../support/tinyTrainer.ts';

after(removeFolders);

const hpSpace = (trial: Trial) => ({ seed: trial.suggestInt('seed', 1, 40) });
const SAVED = { max_steps: 2, eval_strategy: 'steps', eval_steps: 2, save_strategy: 'steps', save_steps: 2 };

/** An objective that is each of these once; the last one stays. */
function scores(...values: readonly number[]): () => number {
  let at = 0;
  return () => values[at++] as number;
}

test('a folder that a loser had is deleted once: what comes there later is left alone', async () => {
  const { trainer, folder } = await tinyTrainer(SAVED);
  const mine = join(folder, 'run-0', 'mine');
  trainer.addCallback({
    onTrainBegin: ({ state }) => {
      if (state.trialParams && existsSync(join(folder, 'run-1')) && !existsSync(mine))
        mkdirSync(mine, { recursive: true });
    },
  });
  const computeObjective = scores(5, 1, 4, 3);
  const best = await trainer.hyperparameterSearch({ hpSpace, computeObjective, nTrials: 4, keepBestRunOnly: true });
  assert.equal(best.run_id, '1');
  assert.deepEqual(readdirSync(folder).sort(), ['run-0', 'run-1']);
  assert.deepEqual(readdirSync(join(folder, 'run-0')), ['mine']);
});

test('a folder that the best shares with losers stays, and the sharing is said', async () => {
  const { trainer, folder, lines } = await tinyTrainer(SAVED);
  const best = await trainer.hyperparameterSearch({
    hpSpace,
    computeObjective: scores(5, 1, 4),
    hpName: () => 'all',
    nTrials: 3,
    keepBestRunOnly: true,
  });
  assert.equal(best.run_id, '1');
  assert.deepEqual(readdirSync(join(folder, 'all')), ['checkpoint-2']);
  const said = lines.filter((line) => line.startsWith('hpName names trial'));
  assert.deepEqual(said, [
    'hpName names trial 1 as trial 0, "all": their checkpoints are in one folder.',
    'hpName names trial 2 as trial 1, "all": their checkpoints are in one folder.',
  ]);
});

test('a name that is no folder of its own is refused before anything is written or deleted', async () => {
  for (const name of ['', '.', '..', '../other', 'a/b', 'a\\b', 7]) {
    const { trainer, folder } = await tinyTrainer(SAVED);
    const search = trainer.hyperparameterSearch({
      hpSpace,
      hpName: () => name as string,
      nTrials: 2,
      keepBestRunOnly: true,
    });
    await assert.rejects(search, {
      code: 'invalid-option',
      message: /^hpName gave .*: return the name of a folder, without slashes\.$/,
    });
    assert.deepEqual(readdirSync(folder), []);
  }
});
