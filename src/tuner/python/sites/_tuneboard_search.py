"""Takes the place of a search that a script runs itself with another tuner: the trial's values, once, and its score.

``TUNEBOARD_SEARCH`` says whose: ``{"search": "hyperopt", "metrics": ["loss"]}``. The space that a script defines stays as it
is; the value of each of its parameters that the trial has comes from there. Standard library only, Python 3.8 and newer.
"""

import json
import os
import sys

from _tuneboard_finder import after_import

#: The module that has to be executed before a tuner can be wrapped, by the name in the study file.
MODULES = {
    "scikit-learn": "sklearn.model_selection._search",
    "hyperopt": "hyperopt",
    "ray": "ray.tune",
    "keras-tuner": "keras_tuner",
}


def install():
    settings = json.loads(os.environ["TUNEBOARD_SEARCH"])
    trial = Trial(settings.get("metrics") or [])
    wrap = {"scikit-learn": _scikit, "hyperopt": _hyperopt, "ray": _ray, "keras-tuner": _keras}[settings["search"]]
    after_import(MODULES[settings["search"]], lambda module: wrap(module, trial))


class Trial:
    """The trial that this process runs."""

    def __init__(self, metrics):
        self._metrics = metrics
        self.params = json.loads(os.environ.get("TUNEBOARD_PARAMS") or "{}")

    def report(self, numbers, step=None):
        import tuneboard

        numbers = {str(name): number for name, number in ((n, as_number(v)) for n, v in numbers.items()) if number is not None}
        if not numbers or not tuneboard.in_study():
            return
        tuneboard._client.request({"op": "report", "metrics": numbers, "step": tuneboard._client.count(step)})
        if tuneboard.should_prune():
            raise tuneboard.TrialPruned()

    @property
    def metric(self):
        return self._metrics[0] if self._metrics else None


def as_number(value):
    if isinstance(value, str) or value is None:
        return None
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError):
        return None


def as_written(value, options):
    """The option that a trial's value stands for: a list or dict is its JSON text, and a tuple a list."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            return value
    try:
        options = list(options)
    except TypeError:
        return value
    for option in options:
        if isinstance(option, tuple) and isinstance(value, list) and _listed(option) == value:
            return option
    return value


def _listed(value):
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value


# scikit-learn: one candidate instead of many; the script goes on with the fitted search.


def _scikit(module, trial):
    original = module.BaseSearchCV.fit

    def fit(self, *arguments, **more):
        for name in ("param_grid", "param_distributions"):
            given = getattr(self, name, None)
            if given is not None:
                setattr(self, name, _one_candidate(given, trial.params))
        if hasattr(self, "n_iter"):
            self.n_iter = 1
        if hasattr(self, "n_candidates"):
            self.n_candidates = 1
        result = original(self, *arguments, **more)
        trial.report(_scores(self))
        return result

    module.BaseSearchCV.fit = fit
    halving = sys.modules.get("sklearn.model_selection._search_successive_halving")

    def wrap_halving(successive):
        inner = successive.BaseSuccessiveHalving.fit

        def fit_halving(self, *arguments, **more):
            self.min_resources = "exhaust"
            self.aggressive_elimination = False
            return inner(self, *arguments, **more)

        successive.BaseSuccessiveHalving.fit = fit_halving

    if halving is not None:
        wrap_halving(halving)
    else:
        after_import("sklearn.model_selection._search_successive_halving", wrap_halving)


def _one_candidate(given, params):
    if isinstance(given, (list, tuple)):
        given = next((one for one in given if any(name in params for name in one)), given[0])
    candidate = {}
    for name, options in given.items():
        if name in params:
            candidate[name] = [as_written(params[name], options if hasattr(options, "__iter__") else ())]
        elif hasattr(options, "rvs"):
            candidate[name] = [options.rvs()]
        else:
            candidate[name] = list(options)[:1]
    return candidate


def _scores(search):
    results = getattr(search, "cv_results_", {})
    names = [name for name in results if name.startswith(("mean_test_", "std_test_"))]
    scores = {name: results[name][-1] for name in names}
    refit = search.refit if isinstance(getattr(search, "refit", None), str) else None
    if "mean_test_score" not in scores and refit is not None:
        scores["mean_test_score"] = scores.get("mean_test_" + refit)
    if "mean_test_score" not in scores:
        first = [name for name in names if name.startswith("mean_test_")]
        scores["mean_test_score"] = scores[first[0]] if first else None
    return scores


# hyperopt: the function is called once; what `fmin` would return is what it was called with.


def _hyperopt(hyperopt, trial):
    def fmin(fn=None, space=None, *arguments, **more):
        point = _hyperopt_point(hyperopt, space, trial.params)
        given = hyperopt.space_eval(space, point)
        result = fn(given)
        if isinstance(result, dict):
            if result.get("status") == hyperopt.STATUS_FAIL:
                raise SystemExit("The objective says that it failed.")
            trial.report({name: value for name, value in result.items() if name != "status"})
        else:
            trial.report({trial.metric or "loss": result})
        return point

    for module in [hyperopt, sys.modules.get("hyperopt.fmin")]:
        if module is not None and hasattr(module, "fmin"):
            module.fmin = fmin


def _hyperopt_point(hyperopt, space, params):
    from hyperopt.pyll import as_apply, dfs
    from hyperopt.pyll.stochastic import sample

    point = {}
    for node in dfs(as_apply(space)):
        if node.name == "switch" and node.pos_args[0].name == "hyperopt_param":
            label = node.pos_args[0].pos_args[0].obj
            if label in params:
                point[label] = _place_of(params[label], node.pos_args[1:])
        elif node.name == "hyperopt_param":
            label = node.pos_args[0].obj
            if label not in point:
                point[label] = params[label] if label in params else sample(node.pos_args[1])
    return point


def _place_of(value, options):
    """Which option of ``hp.choice`` a trial's value is: one of its own, or its place where it is no plain value."""
    from hyperopt.pyll.stochastic import sample

    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            pass
    for place, option in enumerate(options):
        try:
            plain = _listed(sample(option))
        except Exception:
            continue
        if type(plain) is type(value) and plain == value:
            return place
    return value


# Ray Tune: the trainable is called here, without a cluster; the script ends with it.


def _ray(tune, trial):
    def evaluate(trainable, config):
        if isinstance(trainable, str):
            raise SystemExit("Ray's own trainable %r runs only in Ray: give tune a function." % trainable)
        filled = _ray_config(config or {}, trial.params, "")
        _report_from_ray(tune, trial)
        if isinstance(trainable, type):
            _step(trainable, filled, trial)
        else:
            result = trainable(filled)
            if isinstance(result, dict):
                trial.report(result)
            elif result is not None and as_number(result) is not None:
                trial.report({trial.metric or "value": result})
        sys.stdout.flush()
        raise SystemExit(0)

    class Tuner:
        def __init__(self, trainable=None, *, param_space=None, **more):
            self._given = trainable, param_space

        def fit(self):
            evaluate(*self._given)

    def run(run_or_experiment, *arguments, config=None, **more):
        evaluate(run_or_experiment, config)

    def with_parameters(trainable, **given):
        return lambda config: trainable(config, **given)

    tune.Tuner, tune.run = Tuner, run
    tune.with_parameters = with_parameters
    tune.with_resources = lambda trainable, resources: trainable


def _ray_config(config, params, prefix):
    filled = {}
    for key, value in config.items():
        name = prefix + str(key)
        if name in params:
            options = value.get("grid_search", ()) if isinstance(value, dict) else getattr(value, "categories", ())
            filled[key] = as_written(params[name], options)
        elif isinstance(value, dict):
            filled[key] = value["grid_search"][0] if list(value) == ["grid_search"] else _ray_config(value, params, name + ".")
        elif hasattr(value, "sample") and type(value).__module__.startswith("ray.tune"):
            filled[key] = value.sample()
        else:
            filled[key] = value
    return filled


def _report_from_ray(tune, trial):
    def report(metrics=None, *arguments, **more):
        trial.report(dict(metrics or {}, **{name: value for name, value in more.items() if name != "checkpoint"}))

    names = ("ray.tune", "ray.train", "ray.air.session", "ray.tune.trainable.trainable_fn_utils")
    for module in filter(None, map(sys.modules.get, names)):
        module.report = report
    for name in ("ray.train", "ray.air.session"):
        after_import(name, lambda module: setattr(module, "report", report))
    tune.get_checkpoint = lambda: None


def _step(trainable, config, trial):
    running = trainable.__new__(trainable)
    running.config, running._iteration = config, 0
    running.setup(config)
    for iteration in range(int(os.environ.get("TUNEBOARD_BUDGET") or 100)):
        running._iteration = iteration
        result = running.step()
        trial.report(result, iteration + 1)
        if result.get("done"):
            break


# keras-tuner: the hypermodel is built and fitted once with the trial's values.


def _keras(keras_tuner, trial):
    def search(self, *arguments, **more):
        hp = keras_tuner.HyperParameters()
        hp.values.update(trial.params)
        model = self.hypermodel.build(hp)
        fitted = self.hypermodel.fit(hp, model, *arguments, **more)
        trial.report(_history(fitted, trial.metric))
        sys.stdout.flush()
        raise SystemExit(0)

    for name in ("Tuner", "RandomSearch", "Hyperband", "BayesianOptimization", "GridSearch"):
        if hasattr(keras_tuner, name):
            setattr(getattr(keras_tuner, name), "search", search)


def _history(fitted, metric):
    """The best value of each metric over the epochs, as keras-tuner takes it."""
    history = getattr(fitted, "history", fitted)
    if isinstance(history, dict):
        return {name: _best(name, values) for name, values in history.items()}
    return {metric or "value": history}


def _best(name, values):
    if not isinstance(values, (list, tuple)):
        return values
    is_more = any(word in name for word in ("acc", "auc", "f1", "precision", "recall"))
    return (max if is_more else min)(values)
