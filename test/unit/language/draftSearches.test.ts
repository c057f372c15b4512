import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

function draft(text: string) {
  const made = draftStudyFile({ uri: 'file:///w/train.py', languageId: 'python', text, scriptPath: 'train.py' });
  const { file, problems } = parseStudyFile(made.text ?? '');
  assert.deepEqual(problems, [], made.text ?? '');
  assert.ok(file?.objective.kind === 'command');
  const space = Object.fromEntries(
    file.space.parameters.map(({ name, distribution: { type, ...range }, when }) => [
      name,
      [type, ...Object.values(range).map((value) => value ?? ''), ...(when ? [JSON.stringify(when)] : [])].join(' '),
    ]),
  );
  return { space, file, objective: file.objective, check: made.check, text: made.text ?? '' };
}

describe('the draft of a script that defines a search for another tuner', () => {
  it('reads the grid of scikit-learn, a list or a distribution for each parameter', () => {
    const { space, objective, file } = draft(`
import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.model_selection import RandomizedSearchCV
PARAMS = dict(
    clf__C=loguniform(1e-3, 1e3), clf__n=randint(2, 20), clf__sub=uniform(0.5, 0.5), clf__kind=["a", None, True],
    clf__layers=[(50,), (100, 50)], clf__one=[3], clf__log=np.logspace(-4, 0, 5), clf__lin=np.linspace(0.1, 0.9, 9),
    clf__step=range(10, 101, 10), clf__float=np.arange(0.1, 0.5, 0.1), clf__many=list(range(1, 6)))
search = RandomizedSearchCV(estimator=make(), param_distributions=PARAMS, n_iter=25)
search.fit(X, y)
`);
    assert.deepEqual(space, {
      clf__C: 'float 0.001 1000 true ',
      clf__n: 'int 2 19 false 1',
      clf__sub: 'float 0.5 1 false ',
      clf__kind: 'categorical a,,true',
      clf__layers: 'categorical [50],[100,50]',
      clf__log: 'float 0.0001 1 true ',
      clf__lin: 'float 0.1 0.9 false ',
      clf__step: 'int 10 100 false 10',
      clf__float: 'float 0.1 0.4 false 0.1',
      clf__many: 'int 1 5 false 1',
    });
    assert.deepEqual([objective.search, file.metrics, file.directions], ['scikit-learn', ['mean_test_score'], [2]]);
    assert.equal(file.budget.trials, 25);
  });

  it('says of a range that only a run would tell that it is not searched', () => {
    const { space, check } = draft(`
from sklearn.model_selection import HalvingGridSearchCV
grid = {"C": [0.1, 1, 10], "base": [SVC(), Tree()], "depth": make_depths()}
HalvingGridSearchCV(model, grid).fit(X, y)
`);
    assert.deepEqual(Object.keys(space), ['C']);
    assert.equal(check.length, 2);
    assert.match(check.join(' '), /base is not searched.*depth is not searched/);
  });

  it('reads the expressions of hyperopt, and which option a parameter belongs to', () => {
    const { space, objective, file } = draft(`
import numpy as np
from hyperopt import fmin, tpe, hp
space = {
    "lr": hp.loguniform("lr", np.log(1e-4), np.log(1e-1)), "u": hp.uniform("u", 0, 1), "q": hp.quniform("q", 0, 10, 2),
    "n": hp.randint("n", 8), "r": hp.randint("r", 2, 8), "i": hp.uniformint("i", 1, 9), "g": hp.normal("g", 0, 1),
    "act": hp.choice("act", ["relu", "tanh"]),
    "model": hp.choice("model", [{"kind": "svm", "C": hp.lognormal("C", 0, 1)}, {"kind": "rf", "depth": hp.quniform("depth", 2, 10, 1)}]),
}
fmin(objective, space, algo=tpe.suggest, max_evals=40)
`);
    assert.equal(space['lr'], 'float 0.0001 0.1 true ');
    assert.equal(space['u'], 'float 0 1 false ');
    assert.equal(space['q'], 'float 0 10 false 2');
    assert.equal(space['n'], 'int 0 7 false 1');
    assert.equal(space['r'], 'int 2 7 false 1');
    assert.equal(space['g'], 'float -3 3 false ');
    assert.equal(space['act'], 'categorical relu,tanh');
    assert.equal(space['model'], 'categorical 0,1');
    assert.match(space['C'] ?? '', /^float 0\.0497\d* 20\.08\d* true {2}\{"model":\[0\]\}$/);
    assert.match(space['depth'] ?? '', /^float 2 10 false 1 \{"model":\[1\]\}$/);
    assert.deepEqual([objective.search, file.metrics, file.budget.trials], ['hyperopt', ['loss'], 40]);
  });

  it('reads the space of Ray Tune, of a Tuner and of run', () => {
    const config = `{
    "lr": tune.loguniform(1e-4, 1e-1), "batch": tune.choice([16, 32]), "depth": tune.randint(1, 5), "q": tune.quniform(0, 1, 0.25),
    "w": tune.qrandint(8, 64, 8), "grid": tune.grid_search([1, 2, 3]), "epochs": 5, "from": tune.sample_from(lambda s: 1),
    "opt": {"name": tune.choice(["adam", "sgd"]), "wd": tune.uniform(0.0, 0.1)}, "d": tune.lograndint(1, 100)}`;
    const expected = {
      lr: 'float 0.0001 0.1 true ',
      batch: 'categorical 16,32',
      depth: 'int 1 4 false 1',
      q: 'float 0 1 false 0.25',
      w: 'int 8 64 false 8',
      grid: 'categorical 1,2,3',
      'opt.name': 'categorical adam,sgd',
      'opt.wd': 'float 0 0.1 false ',
      d: 'int 1 99 true 1',
    };
    const tuner = draft(
      `from ray import tune\ntuner = tune.Tuner(train_fn, param_space=${config}, tune_config=tune.TuneConfig(metric="acc", mode="max", num_samples=12))\ntuner.fit()\n`,
    );
    assert.deepEqual(tuner.space, expected);
    assert.deepEqual([tuner.file.metrics, tuner.file.directions, tuner.file.budget.trials], [['acc'], [2], 12]);
    const run = draft(
      `from ray import tune\nconfig = ${config}\ntune.run(train_fn, config=config, metric="loss", mode="min")\n`,
    );
    assert.deepEqual(run.space, expected);
    assert.deepEqual([run.objective.search, run.file.metrics, run.file.directions], ['ray', ['loss'], [1]]);
  });

  it('reads what keras-tuner is asked for in a hypermodel', () => {
    const { space, objective, file, check } = draft(`
import keras
import keras_tuner as kt
def build(hp):
    model = keras.Sequential()
    for i in range(hp.Int("layers", 1, 3)):
        model.add(keras.layers.Dense(units=hp.Int(f"units_{i}", min_value=32, max_value=512, step=32)))
    if hp.Boolean("dropout"):
        model.add(keras.layers.Dropout(rate=0.25))
    lr = hp.Float("lr", min_value=1e-4, max_value=1e-2, sampling="log")
    act = hp.Choice("activation", values=["relu", "tanh"])
    size = hp.Int("size", 32, 256, step=32)
    return model
tuner = kt.RandomSearch(build, objective="val_accuracy", max_trials=7)
tuner.search(x, y, epochs=2, validation_data=(a, b))
`);
    assert.deepEqual(space, {
      layers: 'int 1 3 false 1',
      dropout: 'categorical true,false',
      lr: 'float 0.0001 0.01 true ',
      activation: 'categorical relu,tanh',
      size: 'int 32 256 false 32',
    });
    assert.deepEqual([objective.search, file.metrics, file.directions], ['keras-tuner', ['val_accuracy'], [2]]);
    assert.equal(file.budget.trials, 7);
    assert.match(check.join(' '), /units_\{i\}. is not searched/);
  });

  it('reads a sweep that a script gives to W&B itself', () => {
    const { space, objective, file } = draft(`
import wandb
sweep_config = {"method": "bayes", "metric": {"name": "val_loss", "goal": "minimize"}, "parameters": {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1}, "epochs": {"value": 3}, "units": {"values": [32, 64]}}}
sweep_id = wandb.sweep(sweep_config, project="demo")
wandb.agent(sweep_id, function=train, count=5)
`);
    assert.deepEqual(space, { lr: 'float 0.00001 0.1 true ', units: 'categorical 32,64' });
    assert.deepEqual(
      [file.sampler.type, file.metrics, objective.argv.join(' ')],
      ['auto', ['val_loss'], 'python train.py'],
    );
    assert.deepEqual(objective.wandb, { lr: '{lr}', epochs: 3, units: '{units}' });
  });

  it('leaves a script alone that only names such a tuner, and never throws', () => {
    const texts = [
      'from sklearn.model_selection import GridSearchCV\n',
      'import hyperopt\nfmin(f, a)\na = b\nb = a\n',
      'from sklearn.model_selection import GridSearchCV\nGridSearchCV(model, a)\na = b\nb = a\n',
      `import sklearn\nGridSearchCV(m, ${'{"a": '.repeat(400)}\n`,
      `from hyperopt import hp, fmin\nx = ${'hp.choice("a", ['.repeat(300)}\nfmin(f, x)\n`,
      'from ray import tune\ntune.run(f, config={"a": tune.uniform(1, 0), "b": tune.choice(x)})\n',
      'import keras_tuner\nhp.Int()\nhp.Float("a")\n',
    ];
    for (const text of texts) {
      const made = draftStudyFile({ uri: 'file:///w/t.py', languageId: 'python', text, scriptPath: 't.py' });
      assert.doesNotMatch(made.text ?? '', /^ {2}search:/m, text.slice(0, 100));
    }
  });
});
