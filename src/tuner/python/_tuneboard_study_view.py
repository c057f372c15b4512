"""What the tuner is told of a study's trials: each change once, with parameters in Optuna's internal form."""

import math

from _tuneboard_attributes import COMPLETED_RUNG, CONSTRAINTS, OWN_PREFIX

#: System attributes that a sampler reads: constraints, generations, its own marks.
READ_ATTRS = (CONSTRAINTS, OWN_PREFIX, "cma:", "NSGA", "nsga", COMPLETED_RUNG)


class StudyView:
    """What was told of a study's trials, and the newest range of every parameter that one of them had."""

    def __init__(self, optuna):
        self.ranges = {}
        self._is_finished = optuna.trial.TrialState.is_finished
        self._open = set()
        self._count = 0
        self._untold = {}
        self._told_steps = {}

    def look(self, study):
        """Takes in the trials that are new or may have changed since the last look."""
        trials = study.get_trials(deepcopy=False)
        changed = [trials[number] for number in sorted(self._open) if number < len(trials)]
        changed += trials[self._count :]
        self._count = len(trials)
        for trial in changed:
            self._untold[trial.number] = trial
            self.ranges.update(trial.distributions)
            if self._is_finished(trial.state):
                self._open.discard(trial.number)
            else:
                self._open.add(trial.number)

    def untold(self):
        """Describes what was seen and not yet told, in the order of the trials' numbers."""
        told, self._untold = self._untold, {}
        return [_describe_trial(told[number], self._new_reports(told[number])) for number in sorted(told)]

    def _new_reports(self, trial):
        known = self._told_steps.setdefault(trial.number, set())
        new = [(step, value) for step, value in trial.intermediate_values.items() if step not in known]
        known.update(step for step, _ in new)
        if self._is_finished(trial.state):
            del self._told_steps[trial.number]
        return new


def _describe_trial(trial, reports):
    attrs = trial.system_attrs
    return {
        "number": trial.number,
        "state": int(trial.state),
        "values": None if trial.values is None else [wire_number(value) for value in trial.values],
        "params": internals_of(trial.distributions, trial.params),
        "distributions": {name: range_of(one) for name, one in trial.distributions.items()},
        "intermediate": [[step, wire_number(value)] for step, value in reports],
        "attrs": {key: value for key, value in attrs.items() if key.startswith(READ_ATTRS)},
    }


def internals_of(distributions, params):
    return {name: wire_number(one.to_internal_repr(params[name])) for name, one in distributions.items()}


def range_of(distribution):
    """A distribution as the tuner reads it. Choices may be any object: their places stand for them."""
    kind = type(distribution).__name__
    if kind == "CategoricalDistribution":
        return {"type": "categorical", "choices": list(range(len(distribution.choices)))}
    short = {"type": "int" if kind.startswith("Int") else "float", "low": distribution.low, "high": distribution.high}
    return dict(short, log=distribution.log, step=distribution.step)


def wire_number(value):
    """Infinity and NaN are no JSON."""
    value = float(value)
    return value if math.isfinite(value) else str(value)
