"""What Optuna makes of studies that it did not write, as a JSON list: KIND STORAGE … The study `ours` has one objective, `two` has two."""

import datetime
import json
import math
import sys
import warnings

warnings.simplefilter("ignore")
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
importance = optuna.importance


def plain(value):
    """As JSON has it: no infinities, no NaN."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def shares(study, evaluator, **options):
    found = importance.get_param_importances(study, evaluator=evaluator, **options)
    return {name: float(share) for name, share in found.items()}


def table():
    frame = ours.trials_dataframe()
    ended = frame[frame.duration.notna()]
    return {
        "columns": list(frame.columns),
        "seconds": [length.total_seconds() for length in ended.duration],
        "rows": len(frame),
        "multi": two.trials_dataframe(multi_index=True).shape[0],
    }


def tell_again():
    """A trial that has ended keeps its value, and only who asks for that hears nothing."""
    value = ours.trials[0].value
    kept = ours.tell(0, value + 1, skip_if_finished=True).value == value
    try:
        ours.tell(0, value + 1)
    except (RuntimeError, ValueError):
        return kept
    return False


def ask_waiting():
    trial = ours.ask()
    lr = trial.suggest_float("lr", 1e-5, 0.1, log=True)
    ours.tell(trial, 9.0)
    return [trial.number, lr]


def goes_on(sampler):
    study = optuna.load_study(study_name="ours", storage=storage, sampler=sampler)

    def objective(trial):
        n = trial.suggest_int("n", 1, 64, log=True)
        kind = trial.suggest_categorical("kind", ["a", 'é"', True, None, 3, 2.5])
        return trial.suggest_float("lr", 1e-5, 0.1, log=True) + n + trial.suggest_float("part", 0, 1, step=0.25) + len(str(kind))

    before = len(study.trials)
    study.optimize(objective, n_trials=2)
    return len(study.trials) - before


def curve_of(trial):
    return {str(step): plain(value) for step, value in trial.intermediate_values.items()}


def stagnates():
    from optuna.terminator import BestValueStagnationEvaluator, StaticErrorEvaluator, Terminator

    return bool(Terminator(BestValueStagnationEvaluator(5), StaticErrorEvaluator(0), 20).should_terminate(ours))


def pictures():
    """How many traces each picture has; nothing where plotly is not installed."""
    try:
        import plotly  # noqa: F401
    except ImportError:
        return None
    plots = optuna.visualization
    names = ["edf", "intermediate_values", "optimization_history", "parallel_coordinate", "slice", "timeline"]
    found = {name: len(getattr(plots, "plot_" + name)(ours).data) for name in names}
    found["contour"] = len(plots.plot_contour(ours, params=["lr", "n"]).data)
    found["rank"] = len(plots.plot_rank(ours, params=["lr", "n"]).data)
    found["param_importances"] = len(plots.plot_param_importances(ours).data)
    found["pareto_front"] = len(plots.plot_pareto_front(two).data)
    found["hypervolume_history"] = len(plots.plot_hypervolume_history(two, [2, -1]).data)
    return found


def answers_of(kind, place):
    global ours, two, storage
    if kind == "journal":
        from optuna.storages.journal import JournalFileBackend

        storage = optuna.storages.JournalStorage(JournalFileBackend(place))
    else:
        storage = place
    ours = optuna.load_study(study_name="ours", storage=storage)
    two = optuna.load_study(study_name="two", storage=storage)
    return {
        "version": optuna.__version__,
        "best": ours.best_trial.number,
        "front": [trial.number for trial in two.best_trials],
        "states": [trial.state.name for trial in ours.trials],
        "values": [plain(trial.value) for trial in ours.trials],
        "params": [trial.params for trial in ours.trials],
        "curves": [curve_of(trial) for trial in ours.trials],
        "attrs": [trial.user_attrs for trial in ours.trials],
        "table": table(),
        "pedAnova": shares(ours, importance.PedAnovaImportanceEvaluator()),
        "fanova": shares(ours, importance.FanovaImportanceEvaluator(seed=1)),
        "impurity": shares(ours, importance.MeanDecreaseImpurityImportanceEvaluator(seed=1)),
        "first": shares(two, importance.FanovaImportanceEvaluator(seed=1), target=lambda trial: trial.values[0]),
        "stagnates": stagnates(),
        "pictures": pictures(),
        "keeps": tell_again(),
        "asked": ask_waiting(),
        "goesOn": [
            goes_on(sampler)
            for sampler in [optuna.samplers.TPESampler(seed=1), optuna.samplers.RandomSampler(), optuna.samplers.QMCSampler()]
        ],
    }


places = sys.argv[1:]
json.dump([answers_of(*pair) for pair in zip(places[::2], places[1::2])], sys.stdout)
