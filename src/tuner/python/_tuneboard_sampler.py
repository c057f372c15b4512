"""A sampler and a pruner of Optuna's that ask the tuner, for a script that leaves the choice to Optuna.

What the tuner has to know of a study is sent with each question: the trials that began or ended since the last one,
whatever storage they are in, with parameters in Optuna's internal form (a categorical choice is its index). A report is
sent once. When the tuner cannot answer, the script is told once and goes on with what Optuna would have used.
"""

import functools
import inspect
import threading
import warnings

from _tuneboard_attributes import FIXED_PARAMS
from _tuneboard_study_view import StudyView, internals_of, range_of, wire_number

#: Seconds that a suggestion may take.
PATIENCE = 120


class Answers:
    """Questions to the tuner and the threads that wait for their answers."""

    def __init__(self, channel):
        self._channel = channel
        self._lock = threading.Lock()
        self._next = 0
        self._waiting = {}
        self.is_gone = False

    def obey(self, message):
        """Takes an answer of the tuner."""
        waiting = self._waiting.pop(message.get("id"), None)
        if waiting is not None:
            waiting[1].update(message)
            waiting[0].set()

    def lost(self):
        """The tuner is gone: nobody waits any longer."""
        self.is_gone = True
        for waiting in list(self._waiting.values()):
            waiting[0].set()

    def ask(self, question):
        """Sends a question and returns the answer. Raises ``NoAnswer``."""
        if self.is_gone:
            raise NoAnswer("the tuner is gone")
        with self._lock:
            self._next += 1
            number = self._next
            answer = {}
            self._waiting[number] = (threading.Event(), answer)
        waiting = self._waiting[number]
        self._channel.send(dict(question, id=number))
        if not waiting[0].wait(PATIENCE) or not answer:
            self._waiting.pop(number, None)
            raise NoAnswer("the tuner is gone" if self.is_gone else "the tuner did not answer")
        if "error" in answer:
            raise NoAnswer(answer["error"])
        return answer


class NoAnswer(Exception):
    """Why the tuner could not suggest anything."""


class Suggestions:
    """Makes the sampler and the pruner, and puts them where a script names none."""

    def __init__(self, optuna, channel, settings, known_of):
        self.answers = Answers(channel)
        self._optuna = optuna
        self._settings = settings
        self._known_of = known_of
        self._has_warned = False
        self._lock = threading.RLock()
        self._views = {}

    def after_fork(self, channel):
        self.answers = Answers(channel)
        self._lock = threading.RLock()

    def install(self, wrap):
        """Wraps what makes studies: ``create_study``, ``load_study`` and ``Study`` itself."""
        study_module = self._optuna.study.study
        for name in ("create_study", "load_study"):
            original = getattr(study_module, name)
            wrapped = self._choosing(original)
            for module in (study_module, self._optuna.study, self._optuna):
                if getattr(module, name, None) is original:
                    setattr(module, name, wrapped)
        wrap(self._optuna.study.Study, "__init__", self._choosing)

    def _choosing(self, original):
        signature = inspect.signature(original)

        @functools.wraps(original)
        def wrapped(*args, **kwargs):
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return original(*args, **kwargs)
            for name, make in (("sampler", self.sampler), ("pruner", self.pruner)):
                given = bound.arguments.get(name)
                if self._settings.get(name) is not None and self._is_free(given):
                    bound.arguments[name] = make(given)
            return original(*bound.args, **bound.kwargs)

        return wrapped

    def _is_free(self, given):
        if given is None:
            return True
        return bool(self._settings.get("override")) and not getattr(given, "tuneboard", False)

    def sampler(self, given=None):
        return _sampler_class(self._optuna)(self, given)

    def pruner(self, given=None):
        return _pruner_class(self._optuna)(self, given)

    def ask(self, study, question):
        """The tuner's answer about a study, or None when Optuna itself has to go on."""
        known = self._known_of(study)
        if known is None or self._has_warned:
            return None
        with self._lock:
            view = self._view(known)
            view.look(study)
            try:
                directions = [int(direction) for direction in study.directions]
                message = dict(question, study=known.index, name=study.study_name, directions=directions)
                message["trials"] = view.untold()
                return self.answers.ask(message)
            except NoAnswer as reason:
                self._warn(reason)
                return None

    def ranges(self, study):
        """The parameters that the study's trials have had, by name."""
        known = self._known_of(study)
        if known is None:
            return {}
        with self._lock:
            view = self._view(known)
            view.look(study)
            return {name: one for name, one in view.ranges.items() if not one.single()}

    def _view(self, known):
        return self._views.setdefault(known.index, StudyView(self._optuna))

    def _warn(self, reason):
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(
                "Tuneboard cannot suggest parameters any more (%s): Optuna's own sampler goes on." % reason,
                stacklevel=2,
            )


def _sampler_class(optuna):
    base = optuna.samplers.BaseSampler

    class TuneboardSampler(base):
        """Asks Tuneboard's tuner. Parameters that it has seen are drawn together, others one by one."""

        tuneboard = True

        def __init__(self, suggestions, given):
            self._suggestions = suggestions
            self._own = given if given is not None else optuna.samplers.TPESampler()

        def reseed_rng(self):
            self._own.reseed_rng()

        def infer_relative_search_space(self, study, trial):
            return self._suggestions.ranges(study)

        def sample_relative(self, study, trial, search_space):
            fixed = trial.system_attrs.get(FIXED_PARAMS, {})
            inside = {name: value for name, value in fixed.items() if name in search_space}
            question = {"event": "suggest", "number": trial.number, "fixed": _fixed(search_space, inside)}
            answer = self._suggestions.ask(study, question)
            if answer is None:
                own = self._own.infer_relative_search_space(study, trial)
                return {
                    name: value
                    for name, value in self._own.sample_relative(study, trial, own).items()
                    if name in search_space
                }
            for key, value in answer.get("attrs", {}).items():
                study._storage.set_trial_system_attr(trial._trial_id, key, value)
            return {
                name: search_space[name].to_external_repr(_plain(search_space[name], value))
                for name, value in answer["params"].items()
                if name in search_space
            }

        def sample_independent(self, study, trial, param_name, param_distribution):
            question = {
                "event": "suggestOne",
                "number": trial.number,
                "param": param_name,
                "distribution": range_of(param_distribution),
                "known": internals_of(trial.distributions, trial.params),
            }
            answer = self._suggestions.ask(study, question)
            if answer is None:
                return self._own.sample_independent(study, trial, param_name, param_distribution)
            return param_distribution.to_external_repr(_plain(param_distribution, answer["value"]))

        def before_trial(self, study, trial):
            self._own.before_trial(study, trial)

        def after_trial(self, study, trial, state, values):
            self._own.after_trial(study, trial, state, values)

        def __str__(self):
            return "TuneboardSampler"

    return TuneboardSampler


def _pruner_class(optuna):
    class TuneboardPruner(optuna.pruners.BasePruner):
        """Asks Tuneboard's tuner whether a trial is worth its further steps."""

        tuneboard = True

        def __init__(self, suggestions, given):
            self._suggestions = suggestions
            self._own = given if given is not None else optuna.pruners.MedianPruner()

        def prune(self, study, trial):
            answer = self._suggestions.ask(study, {"event": "shouldPrune", "number": trial.number})
            if answer is None:
                return self._own.prune(study, trial)
            for key, value in answer.get("attrs", {}).items():
                study._storage.set_trial_system_attr(trial._trial_id, key, value)
            return bool(answer["prune"])

    return TuneboardPruner


def _fixed(search_space, values):
    internals = {}
    for name, value in values.items():
        try:
            internals[name] = wire_number(search_space[name].to_internal_repr(value))
        except (ValueError, TypeError):
            pass
    return internals


def _plain(distribution, value):
    return float(value) if not type(distribution).__name__.startswith("Int") else int(value)
