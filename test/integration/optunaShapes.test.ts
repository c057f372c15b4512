import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { raisingFrames } from '../../src/core/failures/tracebacks.ts';
import { FAIL_REASON } from '../../src/core/study/attributes.ts';
import { failReasonOf } from '../../src/core/study/failReason.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { needPython, type PythonPart } from '../support/python.ts';
import { ScriptFolder } from '../support/scriptRun.ts';

const folder = new ScriptFolder();
after(() => folder.remove());

/** What scripts do with an in-memory study that a file cannot hold, or that replacing its storage would break. */
const SCRIPT = `
import contextlib, copy, io, pickle, sys, optuna
from optuna.storages import InMemoryStorage
st = InMemoryStorage()
a = optuna.create_study(study_name="A", storage=st)
a.enqueue_trial({"x": 0.5})
def obj(t):
    x = t.suggest_float("x", 0, 1)
    with contextlib.redirect_stdout(io.StringIO()): print("hidden=1")
    t.set_user_attr("fn", lambda: 1)
    return x
a.optimize(obj, n_trials=2, show_progress_bar=True)
b = optuna.load_study(study_name="A", storage=st)
assert len(b.trials) == 2 and b.trials[0].params["x"] == 0.5
b.optimize(obj, n_trials=1)
mo = optuna.create_study(directions=["minimize", "maximize"], study_name="MO")
mo.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_int("k", 1, 3)), n_trials=3)
assert len(mo.best_trials) >= 1
mo.add_trial(optuna.trial.create_trial(params={"x": .1, "k": 1}, distributions={"x": optuna.distributions.FloatDistribution(0,1), "k": optuna.distributions.IntDistribution(1,3)}, values=[.1, 1]))
optuna.copy_study(from_study_name="MO", from_storage=mo._storage, to_storage=st, to_study_name="MO2")
assert optuna.get_all_study_names(st) == ["A", "MO2"], optuna.get_all_study_names(st)
optuna.delete_study(study_name="MO2", storage=st)
s2 = pickle.loads(pickle.dumps(mo)); assert len(s2.trials) == 4
s3 = copy.deepcopy(mo); s3.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_int("k", 1, 3)), n_trials=1)
class Thing: 
    def __init__(s, n): s.n = n
    def __repr__(s): return "Thing(%d)" % s.n
things = [Thing(1), Thing(2)]
o = optuna.create_study(study_name="objs")
def obj2(t):
    c = t.suggest_categorical("thing", things)
    assert isinstance(c, Thing)
    t.report(float("nan"), 1); t.report(1.0, 2)
    if t.number == 1: raise optuna.TrialPruned()
    if t.number == 2: return float("nan")
    if t.number == 3: raise ValueError("caught")
    return c.n
o.set_user_attr("thing", things[0]); o.optimize(obj2, n_trials=6, catch=(ValueError,))
g = optuna.create_study(study_name="grid", sampler=optuna.samplers.GridSampler({"x": [1,2,3]}))
g.optimize(lambda t: t.suggest_int("x", 1, 3))
assert len(g.trials) == 3
try:
    optuna.create_study(study_name="A", storage=st)
    raise SystemExit("no dup error")
except optuna.exceptions.DuplicatedStudyError: pass
try: optuna.load_study(study_name="nope", storage=st)
except KeyError: pass
print("ALL FINE", file=sys.stdout)
`;

for (const part of ['optuna', 'optuna4'] as const satisfies readonly PythonPart[]) {
  test(`in-memory studies keep every freedom they have, ${part}`, async (t) => {
    const python = needPython(t, part);
    if (!python) return;
    const script = folder.write(`shapes-${part}.py`, SCRIPT);
    const run = folder.start(script, python);
    assert.deepEqual(await run.outcome, { state: 'finished' });
    assert.match(folder.read(script, 'script.log'), /ALL FINE/);
    assert.deepEqual(run.notes.slice(1), []);
    const studies = await folder.studies(script);
    assert.deepEqual(
      studies.map(({ name, history }) => [name, statesOf(history)]),
      [
        ['A', '111'],
        ['MO', '1111'],
        ['MO2', '1111'],
        ['objs', '123311'],
        ['grid', '111'],
      ],
    );
    const objects = studies[3] as StudyRecord;
    assert.equal(objects.userAttrs['thing'], 'Thing(1)');
    assert.match(String(objects.history.param(0, 'thing')), /^Thing\(\d\)$/);
    assert.ok(Number.isNaN(objects.history.curve(0).values[0]));
    const reasons = [2, 3].map((number) => failReasonOf(objects.history, number)?.text);
    assert.deepEqual(reasons, ['The value nan is not acceptable', 'ValueError: caught']);
    const trace = String(objects.history.systemAttrs(3)[FAIL_REASON]);
    const line = SCRIPT.split('\n').findIndex((text) => text.includes('raise ValueError')) + 1;
    const [raising] = raisingFrames(trace);
    assert.deepEqual([raising?.file, raising?.line], [script, line]);
  });
}

function statesOf({ states }: StudyRecord['history']): string {
  return [...states].join('');
}
