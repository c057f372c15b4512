"""Runs an Optuna script for a debugger: the study that is meant runs one given trial, in memory, and the script ends.

``TUNEBOARD_DEBUG_TRIAL`` is JSON: ``number`` and ``params`` of the trial, ``study`` (its name) and ``index`` (its place among the
studies that the script makes; null: the first), ``module`` and ``root`` as the launcher has them, and of a notebook ``listing``,
the file that its cells are written to. Nothing is written to any storage: the trial counts nowhere.
"""

import functools
import json
import os
import sys
import types

from _tuneboard_finder import after_import
from launcher import run


class OneTrial:
    """Replaces what ``Study`` does by one trial with given parameters, under its own number."""

    def __init__(self, settings):
        self._settings = settings
        self._studies = []
        self._optuna = None
        self._copy = None

    def apply(self, optuna):
        self._optuna = optuna
        study_class = optuna.study.Study
        self._original = study_class.optimize
        create, init = optuna.study.create_study, study_class.__init__

        @functools.wraps(create)
        def create_in_memory(*args, **kwargs):
            kwargs.pop("storage", None)
            return create(**kwargs)

        @functools.wraps(init)
        def counted(study, *args, **kwargs):
            init(study, *args, **kwargs)
            self._studies.append(study)

        optuna.create_study = optuna.study.create_study = create_in_memory
        optuna.study.study.create_study = create_in_memory
        study_class.__init__ = counted
        study_class.optimize = lambda study, func, *args, **kwargs: self._optimize(study, func, args, kwargs)
        study_class.ask = self._wrapped_ask(study_class.ask)
        study_class.tell = self._wrapped_tell(study_class.tell)

    def _is_meant(self, study):
        if self._copy is not None:
            return False
        if study.study_name == self._settings["study"] or not study.study_name.startswith("no-name-"):
            return study.study_name == self._settings["study"]
        index = self._settings.get("index")
        return index is None or (index < len(self._studies) and self._studies[index] is study)

    def _prepared(self, study):
        """A study in memory whose next trial is the one that is meant."""
        optuna, number = self._optuna, self._settings["number"]
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        pruner = optuna.pruners.NopPruner()
        made = optuna.create_study(directions=study.directions, study_name=study.study_name, pruner=pruner)
        for _ in range(number):
            made.add_trial(optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL))
        made.enqueue_trial(self._settings["params"])
        for key, value in study.user_attrs.items():
            made.set_user_attr(key, value)
        optuna.logging.set_verbosity(level)
        return made

    def _optimize(self, study, func, args, kwargs):
        if not self._is_meant(study):
            return self._original(study, func, *args, **kwargs)
        self._copy = self._prepared(study)
        self._original(self._copy, self._stopped(func) if self._settings.get("listing") else func, n_trials=1)
        self._end()

    def _stopped(self, func):
        """A notebook has no breakpoints that hold in the listing of its cells: the debugger stops at the start of its objective.

        The call of ``breakpoint`` has the place and the names of the objective, so that the debugger shows the listing there.
        """
        target = func if hasattr(func, "__code__") else getattr(func, "__call__", None)
        code = getattr(target, "__code__", None)
        lines = "def wrap(func):\n def objective(trial):\n  breakpoint()\n  return func(trial)\n return objective\n"
        # The debugger stops at the fourth line: the one behind the objective's first.
        above = "\n" * (code.co_firstlineno - 3) if code else ""
        made = {}
        exec(compile(above + lines, code.co_filename if code else __file__, "exec"), made)
        stop = made["wrap"](func)
        if code is None:
            return stop
        return types.FunctionType(stop.__code__, target.__globals__, stop.__name__, None, stop.__closure__)

    def _wrapped_ask(self, original):
        def ask(study, *args, **kwargs):
            if self._is_meant(study):
                self._copy = self._prepared(study)
                return original(self._copy, *args, **kwargs)
            return original(study, *args, **kwargs)

        return ask

    def _wrapped_tell(self, original):
        def tell(study, trial, *args, **kwargs):
            is_meant = self._copy is not None and getattr(trial, "study", None) is self._copy
            result = original(self._copy if is_meant else study, trial, *args, **kwargs)
            if is_meant:
                self._end()
            return result

        return tell

    def _end(self):
        trial = self._copy.trials[-1]
        print("Trial %d: %s, values %s" % (trial.number, trial.state.name, trial.values), flush=True)
        raise SystemExit(0)


def main():
    settings = json.loads(os.environ.pop("TUNEBOARD_DEBUG_TRIAL"))
    script = os.path.abspath(sys.argv[1])
    after_import("optuna", OneTrial(settings).apply)
    sys.argv = sys.argv[1:]
    sys.path[0] = settings.get("root") or os.path.dirname(script)
    raise SystemExit(run(script, settings.get("module"), settings.get("listing")))


if __name__ == "__main__":
    main()
