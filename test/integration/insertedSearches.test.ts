/** What insertion makes of a script with two studies still runs in real Optuna, and does what it says. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { goodRegion } from '../../src/core/importance/goodRegion.ts';
import type { History } from '../../src/core/study/history.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { planWay } from '../../src/language/insertion/ways/planWay.ts';
import { openCodeFile } from '../../src/language/openCodeFile.ts';
import type { BestTrial, InsertWay } from '../../src/protocol/editor.ts';
import { needPython } from '../support/python.ts';
import { ScriptFolder } from '../support/scriptRun.ts';
import { apply } from '../unit/language/support.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

const SCRIPT = `import functools
import optuna

KINDS = ["a", "b"]

def svm(data, trial):
    c = trial.suggest_float("c", 1e-3, 1e3, log=True)
    gamma = trial.suggest_float("gamma", 0.1, 0.9, step=0.1)
    kind = trial.suggest_categorical("kind", ["a", "b", None])
    return abs(c - 1) + abs(gamma - 0.4) + (kind != "a")

class Forest:
    def __call__(self, trial):
        n = trial.suggest_int("n_layers", 1, 3)
        units = [trial.suggest_int(f"n_units_l{i}", 4, 128, step=4) for i in range(n)]
        rates = {kind: trial.suggest_float("rate_" + kind, 0, 1) for kind in KINDS}
        return sum(abs(u - 64) for u in units) + sum(rates.values())

if __name__ == "__main__":
    sampler = optuna.samplers.RandomSampler(seed=1)
    first = optuna.create_study(study_name="svm", sampler=sampler)
    first.optimize(functools.partial(svm, 1), n_trials=40)
    second = optuna.create_study(study_name="rf", sampler=sampler)
    second.optimize(Forest(), n_trials=40)
`;

function trialOf(history: History, number = history.best as number): BestTrial {
  const params = history.paramNames(number).map((name) => ({
    name,
    value: history.param(number, name) ?? null,
    kind: history.distribution(number, name)?.type ?? 'categorical',
  }));
  return { number, value: history.value(number), params };
}

function studyOf(studies: readonly StudyRecord[], name: string): StudyRecord {
  const study = studies.find((one) => one.name === name);
  assert.ok(study, `study ${name}`);
  return study;
}

test('each way leaves a script that runs, for the study that is meant', async (t) => {
  const python = needPython(t, 'optuna');
  if (!python) return;
  const script = folder.write('two.py', SCRIPT);
  const run = folder.start(script, python);
  assert.deepEqual(await run.outcome, { state: 'finished' });
  const ran = new Map(run.studies.map(({ name, objective }) => [name, objective?.name]));
  assert.deepEqual(
    [...ran],
    [
      ['svm', 'svm'],
      ['rf', 'Forest'],
    ],
    'the launcher knows what each study runs',
  );
  const before = await folder.studies(script);
  for (const way of ['dict', 'enqueue', 'narrow', 'freeze'] as const satisfies readonly InsertWay[]) {
    const first = inserted(SCRIPT, way, 'svm', studyOf(before, 'svm').history);
    assert.equal(
      first.split('def __call__')[1]?.split('if __name__')[0],
      SCRIPT.split('def __call__')[1]?.split('if __name__')[0],
      `${way} of one study leaves the objective of the other`,
    );
    const text = way === 'dict' ? first : inserted(first, way, 'rf', studyOf(before, 'rf').history);
    const changed = folder.write(`${way}.py`, text);
    assert.deepEqual(await folder.run(changed, python), { state: 'finished' }, way);
    const after = await folder.studies(changed);
    for (const name of ['svm', 'rf']) {
      const { history } = studyOf(before, name);
      const { history: now } = studyOf(after, name);
      if (way === 'enqueue') assert.deepEqual(now.params(0), history.params(history.best as number));
      if (way === 'freeze') assert.equal(now.parameters.size, 0, 'nothing is searched any more');
      if (way === 'narrow') requireNarrower(now, history);
    }
  }
});

function inserted(text: string, way: InsertWay, name: string, history: History): string {
  const file = openCodeFile('python', text);
  assert.ok(file);
  const ranges = Object.fromEntries(goodRegion(history));
  const planned = planWay(file, way, trialOf(history), { note: 'note', ranges, study: { name } });
  assert.ok(planned.edits.length > 0, `${way} of ${name} changes the script`);
  return apply(text, planned);
}

/** Every trial is in the good region, or in what was searched where that says nothing. */
function requireNarrower(now: History, before: History): void {
  const region = goodRegion(before);
  const narrowed = new Set<string>();
  for (let number = 0; number < now.length; number++) {
    for (const name of now.paramNames(number)) {
      const [was, is] = [before.distribution(before.best as number, name), now.distribution(number, name)];
      if (!was || !is || was.type === 'categorical' || is.type === 'categorical') continue;
      assert.ok(is.low >= was.low && is.high <= was.high, `${name} is no wider`);
      if (is.high - is.low < was.high - was.low) narrowed.add(name);
    }
  }
  assert.ok(narrowed.size > 0, `of ${[...region.keys()].join(', ')} at least one range is narrower`);
}
