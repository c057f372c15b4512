import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { needPython } from '../support/python.ts';
import { TunerFolder } from './tunerHarness.ts';

/**
 * The interfaces of the packages, as far as a search of them goes: they fail
 * where their own search runs.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  'sklearn/__init__.py': '',
  'sklearn/model_selection/__init__.py': 'from ._search import GridSearchCV\n',
  'sklearn/model_selection/_search.py': `class BaseSearchCV:
    def fit(self, X, y=None):
        names = list(self.param_grid)
        if any(len(self.param_grid[name]) != 1 for name in names): raise RuntimeError("it searches itself")
        self.best_params_ = {name: self.param_grid[name][0] for name in names}
        score = self.estimator(X, y, **self.best_params_)
        self.cv_results_ = {"mean_test_score": [score], "params": [self.best_params_]}
        return self
class GridSearchCV(BaseSearchCV):
    def __init__(self, estimator, param_grid, refit=True): self.estimator, self.param_grid, self.refit = estimator, param_grid, refit
`,
  'ray/__init__.py': '',
  'ray/tune/__init__.py': `class Domain:
    def __init__(self, categories=()): self.categories = categories
    def sample(self): raise RuntimeError("it searches itself")
def loguniform(low, high): return Domain()
def choice(categories): return Domain(categories)
def report(metrics=None, **more): raise RuntimeError("no session")
class TuneConfig:
    def __init__(self, **more): pass
class Tuner:
    def __init__(self, trainable, param_space=None, tune_config=None): raise RuntimeError("it searches itself")
`,
  'keras_tuner/__init__.py': `class HyperParameters:
    def __init__(self): self.values = {}
    def Int(self, name, min_value, max_value, step=1): return self.values.setdefault(name, min_value)
    def Float(self, name, min_value, max_value, sampling=None): return self.values.setdefault(name, min_value)
class HyperModel:
    def __init__(self, build): self.build = build
    def fit(self, hp, model, *arguments, **more): return model.fit(*arguments, **more)
class Tuner:
    def __init__(self, build, objective=None, max_trials=None): self.hypermodel = HyperModel(build)
    def search(self, *arguments, **more): raise RuntimeError("it searches itself")
class RandomSearch(Tuner): pass
`,
};

const SCRIPTS: Readonly<Record<string, string>> = {
  grid: `from sklearn.model_selection import GridSearchCV
def estimator(X, y, C, layers):
    assert isinstance(layers, tuple), layers
    return 1 - abs(C - 1) / 10 - len(layers) / 100
search = GridSearchCV(estimator, {"C": [0.1, 1, 10], "layers": [(1,), (2, 3)]})
search.fit([1], [0])
print("goes on with", search.best_params_)
`,
  tuned: `from ray import tune
def train(config):
    assert config["fixed"] == 3 and isinstance(config["net"]["layers"], tuple)
    for step in range(2):
        tune.report({"loss": config["lr"] + len(config["net"]["layers"]) + 1 / (step + 1)})
tuner = tune.Tuner(train, param_space={"lr": tune.loguniform(1e-4, 1e-1), "fixed": 3, "net": {"layers": tune.choice([(1,), (2, 3)])}},
    tune_config=tune.TuneConfig(metric="loss", mode="min", num_samples=4))
tuner.fit().nothing_that_a_trial_has()
`,
  network: `import keras_tuner
class Model:
    def __init__(self, units, lr): self.score = units / 100 + lr
    def fit(self, x, epochs=1): return type("History", (), {"history": {"val_accuracy": [0.1, self.score, 0.2]}})
def build(hp):
    return Model(hp.Int("units", 30, 60, step=10), hp.Float("lr", 1e-3, 1e-1, sampling="log"))
tuner = keras_tuner.RandomSearch(build, objective="val_accuracy", max_trials=4)
tuner.search([1], epochs=3)
`,
};

const PACKAGES: Readonly<Record<string, string>> = { grid: 'sklearn', tuned: 'ray', network: 'keras_tuner' };

describe('a trial in the place of a search that a script runs itself', () => {
  const folder = new TunerFolder();
  after(() => folder.remove());

  for (const [name, text] of Object.entries(SCRIPTS)) {
    it(`of ${PACKAGES[name]} runs the unchanged script once, with its own values`, async (t) => {
      const python = needPython(t, 'python');
      if (python === null) return;
      for (const [path, source] of Object.entries(STAND_INS)) {
        mkdirSync(join(folder.path, path, '..'), { recursive: true });
        folder.write(path, source);
      }
      folder.write(`${name}.py`, text);
      const made = await folder.run('run', `${name}.py`, '--trials', '4', '--python', python);
      assert.equal(made.code, 0, made.stdout + made.stderr);
      assert.match(made.stdout, /4 complete/, made.stdout + made.stderr);
      const values = new Set([...made.stdout.matchAll(/^trial \d+ complete \S+=(\S+) in/gm)].map(([, value]) => value));
      assert.ok(values.size > 1, made.stdout);
    });
  }
});
