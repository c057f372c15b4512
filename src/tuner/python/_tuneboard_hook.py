"""Watches Optuna from inside a script's process, for Optuna 4.1 to 5, without changing what the script sees.

Once ``optuna`` has been executed, the methods of its storage classes and of ``Study`` are wrapped: in-memory studies are
copied to the journal (``_tuneboard_mirror``), the tuner learns which storage any other study uses, trials are bound to
the threads that run them, and a stop ends ``optimize`` after the current trial.
"""

import functools
import inspect
import os
import sys
import threading

from _tuneboard_attributes import FAIL_REASON, INTERRUPTED
from _tuneboard_finder import after_import, location_of
from _tuneboard_metrics import parse_metrics
from _tuneboard_mirror import Mirror, load_trials
from _tuneboard_patches import Patches
from _tuneboard_sampler import Suggestions
from _tuneboard_steering import Steering
from _tuneboard_trials import StudyState, TrialState, failure_text


#: Printed points that are written before they are thinned: in our journal, and in a database that takes them singly.
DENSE_POINTS = 1000
DENSE_POINTS_OF_OTHERS = 100
#: Studies are numbered over all processes of the script.
STUDIES_A_PROCESS = 100000


class Hook:
    def __init__(self, settings, channel, router, control):
        self._settings = settings
        self._channel = channel
        self._router = router
        self._mirror = None
        self._optuna = None
        self._pid = os.getpid()
        self._studies = {}
        self._next_index = 0
        self._trials = {}
        self._resumed = {}
        self._suggestions = None
        self._patches = Patches()
        self._steering = Steering(control, router, self._known_of, _is_interrupted)
        self._lock = threading.RLock()
        router.on_line = self._on_line
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def install(self):
        after_import("optuna", self.apply)

    def apply(self, optuna):
        """Wraps an executed ``optuna``. A version that cannot be wrapped is reported to the tuner and runs as it is."""
        if self._optuna is not None:
            return
        try:
            self._optuna = optuna
            self._mirror = Mirror(optuna, self._settings, self._tell_unrecorded)
            self._patches.copy_memory(optuna.storages.InMemoryStorage, self._mirror, self._bind_memory_study)
            self._watch(optuna.storages.InMemoryStorage)
            self._suggest(optuna)
            self._wrap_study(optuna.study.Study)
            self._channel.send({"event": "optuna", "version": optuna.__version__})
        except Exception as error:
            self._channel.send({"event": "hookFailed", "message": "%s: %s" % (type(error).__name__, error)})

    def _suggest(self, optuna):
        settings = self._settings.get("suggest") or {}
        if settings.get("sampler") is not None or settings.get("pruner") is not None:
            self._suggestions = Suggestions(optuna, self._channel, settings, self._known_of)
            self._suggestions.install(self._patches.wrap)

    def answer(self, message):
        """Takes the tuner's answer to a question of a sampler or pruner."""
        if self._suggestions is not None:
            self._suggestions.answers.obey(message)

    def go_on_alone(self, process):
        """The tuner is gone and the script goes on: only ``process``, the script's own, owns its trials now."""
        if process is not None and self._mirror is not None:
            self._mirror.own_trials(process)
            for trial in self._router.running():
                if not trial.finished and self._mirror.has_trial(*trial.key):
                    self._guard(self._mirror.sign, *trial.key)
        if self._suggestions is not None:
            self._suggestions.answers.lost()

    def _tell_unrecorded(self, message, reason):
        self._channel.send({"event": "problem", "message": message, "unrecorded": reason})

    def fail_running(self, reason):
        """Marks this process's running trials as failed: the tuner is gone and the process is about to end."""
        for trial in self._router.running():
            storage, trial_id = trial.key
            if not trial.finished:
                trial.finished = True
                self._write_attr(storage, trial_id, INTERRUPTED, reason)
                storage.set_trial_state_values(trial_id, self._optuna.trial.TrialState.FAIL)

    def _after_fork(self):
        self._lock = threading.RLock()
        self._steering.after_fork()
        if self._suggestions is not None:
            self._suggestions.after_fork(self._channel)
        # The parent goes on counting its own.
        self._next_index = os.getpid() * STUDIES_A_PROCESS

    def _watch(self, storage_class):
        self._patches.watch(storage_class, self._trials, self._close, self._ended)

    # Studies

    def _bind_memory_study(self, storage, study_id, directions, name):
        if os.getpid() != self._pid:
            # The journal is open in the process that was forked; a study in the memory of a child stays there.
            return
        try:
            journal_name, trials = self._mirror.bind_study(storage, study_id, name, directions)
        except Exception as error:
            message = "The study could not be written to the journal (%s)." % error
            self._channel.send({"event": "problem", "message": message})
            return
        with self._lock:
            self._add_study(storage, study_id, journal_name, directions, self._mirror.location, None)
        if trials:
            self._load(storage, study_id, trials)

    def _load(self, storage, study_id, trials):
        create = self._patches.original(type(storage), "create_new_trial")
        finished = load_trials(self._optuna, self._mirror, storage, study_id, trials, create)
        self._steering.grant(storage, study_id, finished)
        self._resumed[(storage, study_id)] = True

    def _add_study(self, storage, study_id, name, directions, location, kind):
        key = (storage, study_id)
        if key in self._studies:
            return self._studies[key]
        numbers = [int(direction) for direction in directions]
        metrics = self._settings.get("metrics") or []
        named = metrics[0] if len(metrics) == len(numbers) == 1 else None
        study = StudyState(self._next_index, name, numbers, named)
        self._next_index += 1
        self._studies[key] = study
        event = {"event": "study", "study": study.index, "name": name, "location": location, "directions": numbers}
        if kind is not None:
            event["kind"] = kind
        self._channel.send(event)
        return study

    def _register(self, study):
        storage = study._storage
        with self._lock:
            if (storage, study._study_id) not in self._studies:
                self._watch(type(storage))
                location = location_of(storage)
                kind = type(storage).__name__
                self._add_study(storage, study._study_id, study.study_name, study.directions, location, kind)
            if self._resumed.pop((storage, study._study_id), False):
                # A fixed seed would repeat the first run's random points.
                study.sampler.reseed_rng()

    def _wrap_study(self, cls):
        router, wrap = self._router, self._patches.wrap

        def init(original):
            def wrapped(study, *args, **kwargs):
                original(study, *args, **kwargs)
                self._guard(self._register, study)

            return wrapped

        def ask(original):
            def wrapped(study, *args, **kwargs):
                adopt = functools.partial(self._guard, self._adopt_waiting, study)
                trial = self._steering.ask(study, adopt, lambda: original(study, *args, **kwargs))
                self._guard(self._begin, study, trial)
                return trial

            return wrapped

        def tell(original):
            def wrapped(study, trial, *args, **kwargs):
                result = original(study, trial, *args, **kwargs)
                number = trial if isinstance(trial, int) else trial.number
                current = router.current()
                if current is not None and current.number == number:
                    router.leave(current)
                return result

            return wrapped

        def optimize(original):
            signature = inspect.signature(original)

            def wrapped(study, *args, **kwargs):
                try:
                    bound = signature.bind(study, *args, **kwargs)
                except TypeError:
                    return original(study, *args, **kwargs)
                objective = _objective_of(bound.arguments.get("func"))
                announce = functools.partial(self._guard, self._announce, study, objective)
                run = functools.partial(_run_optimize, original, study)
                try:
                    return self._steering.optimize(study, dict(bound.arguments), announce, run)
                finally:
                    self._guard(self._announce_end, study)

            return wrapped

        wrap(cls, "__init__", init)
        wrap(cls, "ask", ask)
        wrap(cls, "tell", tell)
        wrap(cls, "optimize", optimize)

    def _known_of(self, study):
        return self._studies.get((study._storage, study._study_id))

    def _announce(self, study, objective, remaining):
        known = self._known_of(study)
        if known is not None:
            total = None if remaining is None else self._steering.count(study, known) + remaining
            known.announced += 1
            event = {"event": "optimize", "study": known.index, "trials": total}
            if objective is not None:
                event["objective"] = objective
            self._channel.send(event)

    def _announce_end(self, study):
        known = self._known_of(study)
        if known is not None and known.announced > 0:
            known.announced -= 1
            self._channel.send({"event": "optimizeEnd", "study": known.index})

    def _adopt_waiting(self, study):
        create = self._patches.original(type(study._storage), "create_new_trial")
        if create is not None:
            self._mirror.adopt_waiting(study._storage, study._study_id, create)

    # Trials

    def _begin(self, study, trial):
        storage, trial_id = study._storage, trial._trial_id
        known = self._known_of(study)
        if known is None:
            return
        state = TrialState(
            known,
            (storage, trial_id),
            trial.number,
            lambda: trial.params,
            lambda points: self._write_points(storage, trial_id, points),
            lambda key, value: self._write_attr(storage, trial_id, key, value),
            DENSE_POINTS if self._mirror.has_trial(storage, trial_id) else DENSE_POINTS_OF_OTHERS,
        )
        self._trials[state.key] = state
        self._router.begin(state)
        self._channel.send({"event": "trial", "study": known.index, "number": trial.number, "phase": "start"})

    def _on_line(self, trial, line):
        if not trial.finished:
            metrics = parse_metrics(line)
            if metrics is not None:
                self._guard(trial.add, metrics)

    def _close(self, trial, state, values):
        trial.flush_partial(self._on_line)
        trial.finished = True
        complete = state == self._optuna.trial.TrialState.COMPLETE and values is not None and len(values) == 1
        if state == self._optuna.trial.TrialState.FAIL:
            self._guard(self._write_failure, trial)
        changed = self._guard(trial.close, float(values[0]) if complete else None)
        if changed:
            self._channel.send({"event": "metric", "study": trial.study.index, "name": trial.study.metric})

    def _write_failure(self, trial):
        storage, trial_id = trial.key
        reason = failure_text()
        if reason is not None:
            self._write_attr(storage, trial_id, FAIL_REASON, reason)

    def _ended(self, trial, state):
        if self._trials.pop(trial.key, None) is None:
            return
        self._router.end(trial)
        self._steering.release(trial.study, 1)
        event = {"event": "trial", "study": trial.study.index, "number": trial.number, "phase": "end"}
        event["state"] = state.name
        self._channel.send(event)

    def _write_points(self, storage, trial_id, points):
        if self._mirror.has_trial(storage, trial_id):
            self._mirror.copy_points(storage, trial_id, points)
            return
        write = self._patches.raw_intermediate(type(storage))
        for step, value in points:
            write(storage, trial_id, step, value)

    def _write_attr(self, storage, trial_id, key, value):
        if self._mirror.has_trial(storage, trial_id):
            self._mirror.copy_trial_attr(storage, trial_id, "system", key, value)
        else:
            storage.set_trial_system_attr(trial_id, key, value)

    def _guard(self, function, *args):
        """Runs our own bookkeeping; a failure of it is reported to the tuner and never reaches the script."""
        try:
            return function(*args)
        except Exception as error:
            self._channel.send({"event": "problem", "message": "%s: %s" % (type(error).__name__, error)})
            return None


def _objective_of(func):
    """The function or class that an ``optimize`` runs: its name, and the file and line of its code; None for others."""
    while isinstance(func, functools.partial):
        func = func.func
    owner = None if inspect.isroutine(func) else type(func)
    code = getattr(inspect.unwrap(getattr(owner, "__call__", func)), "__code__", None)
    if code is None:
        return None
    name = code.co_name if owner is None else owner.__name__
    if name == "<lambda>":
        # `lambda trial: objective(trial, data)` stands for the one function that it calls.
        name = code.co_names[-1] if len(code.co_names) == 1 else None
    if name is None:
        return None
    return {"name": name, "file": os.path.abspath(code.co_filename), "line": code.co_firstlineno}


def _run_optimize(original, study, arguments):
    return original(arguments.pop("self", study), **arguments)


def _is_interrupted(trial):
    return INTERRUPTED in trial.system_attrs
