"""Watches Optuna from inside a script's process, for Optuna 4.1 to 5, without changing what the script sees.

Once ``optuna`` has been executed, the methods of its storage classes and of ``Study`` are wrapped: in-memory studies are
copied to the journal (``_tuneboard_mirror``), the tuner is told which storage any other study uses, trials are bound to
the threads that run them, and a stop ends ``optimize`` after the current trial.
"""

import functools
import inspect
import os
import sys
import threading

from _tuneboard_finder import OptunaFinder, location_of
from _tuneboard_metrics import parse_metrics
from _tuneboard_mirror import INTERRUPTED_ATTR, Mirror
from _tuneboard_resume import load_trials
from _tuneboard_trials import StudyState, TrialState


#: Printed points that are written before they are thinned: in our journal, and in a database that takes them singly.
DENSE_POINTS = 1000
DENSE_POINTS_OF_OTHERS = 100


class StudyStopped(SystemExit):
    """Ends a script that asks for trials by itself (``study.ask``) after a stop. Leaves with exit code 0."""


class EnoughTrials(Exception):
    """Ends one of the threads of ``optimize`` that asks for a trial beyond the limit; ``optimize`` then returns."""


class Hook:
    def __init__(self, settings, channel, router, control):
        self._settings = settings
        self._channel = channel
        self._router = router
        self._control = control
        self._mirror = None
        self._optuna = None
        self._studies = {}
        self._trials = {}
        self._optimizing = {}
        self._parallel = set()
        self._credit = {}
        self._resumed = {}
        self._originals = {}
        self._lock = threading.RLock()
        router.on_line = self._on_line
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def install(self):
        if "optuna" in sys.modules:
            self.apply(sys.modules["optuna"])
        else:
            sys.meta_path.insert(0, OptunaFinder(self.apply))

    def apply(self, optuna):
        """Wraps an executed ``optuna``. A version that cannot be wrapped is told to the tuner and runs as it is."""
        if self._optuna is not None:
            return
        try:
            self._optuna = optuna
            self._mirror = Mirror(optuna, self._settings, self._tell_unrecorded)
            self._wrap_memory(optuna.storages.InMemoryStorage)
            self._wrap_study(optuna.study.Study)
            self._channel.send({"event": "optuna", "version": optuna.__version__})
        except Exception as error:
            self._channel.send({"event": "hookFailed", "message": "%s: %s" % (type(error).__name__, error)})

    def _tell_unrecorded(self, message, reason):
        self._channel.send({"event": "problem", "message": message, "unrecorded": reason})

    def fail_running(self, reason):
        """Marks this process's running trials as failed: the tuner is gone and the process is about to end."""
        for trial in self._router.running():
            storage, trial_id = trial.key
            if not trial.finished:
                trial.finished = True
                self._write_attr(storage, trial_id, INTERRUPTED_ATTR, reason)
                storage.set_trial_state_values(trial_id, self._optuna.trial.TrialState.FAIL)

    def _after_fork(self):
        self._lock = threading.RLock()

    # Storages

    def _wrap(self, cls, name, make):
        original = getattr(cls, name)
        self._originals[(cls, name)] = original
        wrapper = functools.wraps(original)(make(original))
        wrapper.__tuneboard__ = True
        setattr(cls, name, wrapper)

    def _wrap_memory(self, cls):
        mirror = self._mirror

        def create_new_study(original):
            def wrapped(storage, directions, study_name=None):
                with mirror.lock:
                    study_id = original(storage, directions, study_name)
                    self._bind_memory_study(storage, study_id, directions, study_name)
                return study_id

            return wrapped

        def create_new_trial(original):
            def wrapped(storage, study_id, template_trial=None):
                # The journal numbers trials in the order written: both happen under one lock.
                with mirror.lock:
                    trial_id = original(storage, study_id, template_trial)
                    mirror.copy_created_trial(storage, study_id, trial_id, template_trial)
                return trial_id

            return wrapped

        def copying(copy, *extra):
            def make(original):
                def wrapped(storage, item_id, *args, **kwargs):
                    result = original(storage, item_id, *args, **kwargs)
                    copy(storage, item_id, *extra, *args, *kwargs.values())
                    return result

                return wrapped

            return make

        self._wrap(cls, "create_new_study", create_new_study)
        self._wrap(cls, "create_new_trial", create_new_trial)
        self._wrap(cls, "set_trial_param", copying(mirror.copy_param))
        self._wrap(cls, "set_trial_intermediate_value", copying(mirror.copy_intermediate))
        for kind in ("user", "system"):
            self._wrap(cls, "set_trial_%s_attr" % kind, copying(mirror.copy_trial_attr, kind))
            self._wrap(cls, "set_study_%s_attr" % kind, copying(mirror.copy_study_attr, kind))

        def set_state(original):
            def wrapped(storage, trial_id, state, values=None):
                result = original(storage, trial_id, state, values)
                if result:
                    mirror.copy_state(storage, trial_id, state, values)
                return result

            return wrapped

        self._wrap(cls, "set_trial_state_values", set_state)
        self._watch_storage(cls)

    def _watch_storage(self, cls):
        """Sees trials of any storage class finish and report."""
        if (cls, "watched") in self._originals:
            return
        self._originals[(cls, "watched")] = True

        def set_state(original):
            def wrapped(storage, trial_id, state, values=None):
                trial = self._trials.get((storage, trial_id)) if state.is_finished() else None
                if trial is not None and not trial.finished:
                    self._close(trial, state, values)
                result = original(storage, trial_id, state, values)
                if trial is not None:
                    self._ended(trial, state)
                return result

            return wrapped

        def set_intermediate(original):
            def wrapped(storage, trial_id, step, intermediate_value):
                trial = self._trials.get((storage, trial_id))
                if trial is not None:
                    trial.reported = trial.study.reports = True
                return original(storage, trial_id, step, intermediate_value)

            return wrapped

        self._originals[(cls, "raw intermediate")] = cls.set_trial_intermediate_value
        self._wrap(cls, "set_trial_state_values", set_state)
        self._wrap(cls, "set_trial_intermediate_value", set_intermediate)

    def _bind_memory_study(self, storage, study_id, directions, name):
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
        create = self._originals[(type(storage), "create_new_trial")]
        finished = load_trials(self._optuna, self._mirror, storage, study_id, trials, create)
        self._credit[(storage, study_id)] = finished
        self._resumed[(storage, study_id)] = True

    # Studies

    def _add_study(self, storage, study_id, name, directions, location, kind):
        key = (storage, study_id)
        if key in self._studies:
            return self._studies[key]
        numbers = [int(direction) for direction in directions]
        metrics = self._settings.get("metrics") or []
        named = metrics[0] if len(metrics) == len(numbers) == 1 else None
        study = StudyState(len(self._studies), name, numbers, named)
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
                self._watch_storage(type(storage))
                location = location_of(storage)
                kind = type(storage).__name__
                self._add_study(storage, study._study_id, study.study_name, study.directions, location, kind)
            if self._resumed.pop((storage, study._study_id), False):
                # A fixed seed would repeat the first run's random points.
                study.sampler.reseed_rng()

    def _wrap_study(self, cls):
        router, control = self._router, self._control

        def init(original):
            def wrapped(study, *args, **kwargs):
                original(study, *args, **kwargs)
                self._guard(self._register, study)

            return wrapped

        def ask(original):
            def wrapped(study, *args, **kwargs):
                if not self._optimizing.get(id(study)):
                    control.wait_while_paused()
                    if control.stopping or self._is_at_limit(study):
                        raise StudyStopped(0)
                known = self._reserve(study)
                try:
                    router.leave()
                    self._guard(self._adopt_waiting, study)
                    trial = original(study, *args, **kwargs)
                except BaseException:
                    self._release(known)
                    raise
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
                return self._optimize(original, study, bound.arguments)

            return wrapped

        self._wrap(cls, "__init__", init)
        self._wrap(cls, "ask", ask)
        self._wrap(cls, "tell", tell)
        self._wrap(cls, "optimize", optimize)

    def _optimize(self, original, study, arguments):
        router, control = self._router, self._control
        control.wait_while_paused()
        trials = arguments.get("n_trials")
        remaining = self._without_credit(study, trials)
        if control.stopping or self._is_at_limit(study) or (trials is not None and remaining == 0):
            return None
        if trials is not None:
            arguments["n_trials"] = remaining
        self._guard(self._announce, study, remaining)

        def after_trial(of_study, _trial):
            router.leave()
            control.wait_while_paused()
            if control.stopping or self._is_at_limit(of_study):
                of_study.stop()

        arguments["callbacks"] = list(arguments.get("callbacks") or ()) + [after_trial]
        self._optimizing[id(study)] = self._optimizing.get(id(study), 0) + 1
        if arguments.get("n_jobs", 1) != 1:
            self._parallel.add(id(study))
        try:
            arguments = dict(arguments)
            return original(arguments.pop("self", study), **arguments)
        except EnoughTrials:
            return None
        finally:
            self._optimizing[id(study)] -= 1
            self._parallel.discard(id(study))
            router.leave()
            self._guard(self._announce_end, study)

    def _without_credit(self, study, trials):
        """What is left of ``n_trials`` after the trials that a resumed run had finished."""
        key = (study._storage, study._study_id)
        credit = self._credit.get(key, 0)
        if trials is None or credit == 0:
            return trials
        used = min(credit, trials)
        self._credit[key] = credit - used
        return trials - used

    def _announce(self, study, remaining):
        known = self._studies.get((study._storage, study._study_id))
        if known is None:
            return
        total = None if remaining is None else self._count(study, known) + remaining
        self._channel.send({"event": "optimize", "study": known.index, "trials": total})

    def _announce_end(self, study):
        known = self._studies.get((study._storage, study._study_id))
        if known is not None:
            self._channel.send({"event": "optimizeEnd", "study": known.index})

    def _count(self, study, known):
        """Counts the finished trials of a study anew: other processes may have added some."""
        trials = study.get_trials(deepcopy=False)
        known.finished = sum(
            1 for trial in trials if trial.state.is_finished() and INTERRUPTED_ATTR not in trial.system_attrs
        )
        return known.finished

    def _is_at_limit(self, study, running=0):
        """Whether the study has as many finished (and ``running``) trials as the tuner asks for."""
        limit = self._control.trials
        known = self._studies.get((study._storage, study._study_id))
        if limit is None or known is None:
            return False
        if known.finished is None:
            self._count(study, known)
        return known.finished + running >= limit

    def _reserve(self, study):
        """Counts a trial that is about to begin, unless it and the ones that run beside it would be too many."""
        known = self._studies.get((study._storage, study._study_id))
        with self._lock:
            if id(study) in self._parallel and self._is_at_limit(study, known.running):
                study.stop()
                raise EnoughTrials
            if known is not None:
                known.running += 1
        return known

    def _release(self, known, finished=0):
        with self._lock:
            if known is not None:
                known.running -= 1
                if known.finished is not None:
                    known.finished += finished

    def _adopt_waiting(self, study):
        create = self._originals.get((type(study._storage), "create_new_trial"))
        if create is not None:
            self._mirror.adopt_waiting(study._storage, study._study_id, create)

    # Trials

    def _begin(self, study, trial):
        storage, trial_id = study._storage, trial._trial_id
        known = self._studies.get((storage, study._study_id))
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
        changed = self._guard(trial.close, float(values[0]) if complete else None)
        if changed:
            self._channel.send({"event": "metric", "study": trial.study.index, "name": trial.study.metric})

    def _ended(self, trial, state):
        self._trials.pop(trial.key, None)
        self._router.end(trial)
        self._release(trial.study, 1)
        event = {"event": "trial", "study": trial.study.index, "number": trial.number, "phase": "end"}
        event["state"] = state.name
        self._channel.send(event)

    def _write_points(self, storage, trial_id, points):
        if self._mirror.has_trial(storage, trial_id):
            self._mirror.copy_points(storage, trial_id, points)
            return
        write = self._originals[(type(storage), "raw intermediate")]
        for step, value in points:
            write(storage, trial_id, step, value)

    def _write_attr(self, storage, trial_id, key, value):
        if self._mirror.has_trial(storage, trial_id):
            self._mirror.copy_trial_attr(storage, trial_id, "system", key, value)
        else:
            storage.set_trial_system_attr(trial_id, key, value)

    def _guard(self, function, *args):
        """Runs our own bookkeeping; a failure of it is told to the tuner and never reaches the script."""
        try:
            return function(*args)
        except Exception as error:
            self._channel.send({"event": "problem", "message": "%s: %s" % (type(error).__name__, error)})
            return None
