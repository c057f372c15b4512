"""What the tuner's orders do to a script's studies: when a study may begin another trial, and when it ends.

Only the outermost study of a thread is steered. A trial that tunes something of its own runs to its end: a stop or a
pause in its middle would fail it.
"""

import threading


class StudyStopped(SystemExit):
    """Ends a script that asks for trials by itself (``study.ask``) after a stop. Leaves with exit code 0."""


class EnoughTrials(Exception):
    """Ends one of the threads of ``optimize`` that asks for a trial beyond the limit; ``optimize`` then returns."""


class Steering:
    """``known_of(study)`` is our record of a study or None; ``is_interrupted(trial)`` tells a trial that was cut off."""

    def __init__(self, control, router, known_of, is_interrupted):
        self._control = control
        self._router = router
        self._known_of = known_of
        self._is_interrupted = is_interrupted
        self._optimizing = {}
        self._parallel = set()
        self._credit = {}
        self._lock = threading.RLock()

    def after_fork(self):
        self._lock = threading.RLock()

    def grant(self, storage, study_id, finished):
        """Trials that a resumed run had finished count in the next ``n_trials``."""
        self._credit[(storage, study_id)] = finished

    def ask(self, study, adopt, original):
        """Runs ``original()``, which begins a trial, unless the study is to end: then raises ``StudyStopped``."""
        known = self._known_of(study)
        is_nested = self._leave(known)
        if not is_nested and not self._optimizing.get(id(study)):
            self._control.wait_while_paused()
            if self._is_over(study, known):
                raise StudyStopped(0)
        self._reserve(study, known, is_nested)
        try:
            adopt()
            return original()
        except BaseException:
            self.release(known)
            raise

    def optimize(self, study, arguments, announce, run):
        """Runs ``run(arguments)``, an ``optimize`` with its arguments by name, until the study is to end."""
        known = self._known_of(study)
        is_nested = self._leave(known)
        if not is_nested:
            self._control.wait_while_paused()
        trials = arguments.get("n_trials")
        remaining = self._without_credit(study, trials)
        if (not is_nested and self._is_over(study, known)) or (trials is not None and remaining == 0):
            return None
        if trials is not None:
            arguments["n_trials"] = remaining
        announce(remaining)

        def after_trial(of_study, _trial):
            is_inside = self._leave(known)
            if not is_nested and not is_inside:
                self._control.wait_while_paused()
                if self._is_over(of_study, known):
                    of_study.stop()

        arguments["callbacks"] = list(arguments.get("callbacks") or ()) + [after_trial]
        self._optimizing[id(study)] = self._optimizing.get(id(study), 0) + 1
        if arguments.get("n_jobs", 1) != 1 and not is_nested:
            self._parallel.add(id(study))
        try:
            return run(arguments)
        except EnoughTrials:
            return None
        finally:
            self._optimizing[id(study)] -= 1
            self._parallel.discard(id(study))
            self._leave(known)

    def count(self, study, known):
        """Counts the finished trials of a study anew: other processes may have added some."""
        trials = study.get_trials(deepcopy=False)
        known.finished = sum(1 for trial in trials if trial.state.is_finished() and not self._is_interrupted(trial))
        return known.finished

    def release(self, known, finished=0):
        """A trial is no longer running."""
        with self._lock:
            if known is not None:
                known.running -= 1
                if known.finished is not None:
                    known.finished += finished

    def _leave(self, known):
        """This thread's trial of the study is over. Returns whether the thread is inside a trial of another one."""
        self._router.leave_study(known)
        return self._router.is_inside()

    def _reserve(self, study, known, is_nested):
        """Counts a trial that is about to begin, unless it and the ones that run beside it would be too many."""
        if known is None:
            return
        with self._lock:
            is_parallel = id(study) in self._parallel and not is_nested
            if is_parallel and self._is_at_limit(study, known, known.running):
                study.stop()
                raise EnoughTrials
            known.running += 1

    def _is_over(self, study, known):
        return self._control.stopping or self._is_at_limit(study, known)

    def _is_at_limit(self, study, known, running=0):
        """Whether the study has as many finished (and ``running``) trials as the tuner asks for."""
        limit = self._control.trials
        if limit is None or known is None:
            return False
        if known.finished is None:
            self.count(study, known)
        return known.finished + running >= limit

    def _without_credit(self, study, trials):
        """What is left of ``n_trials`` after the trials that a resumed run had finished."""
        key = (study._storage, study._study_id)
        credit = self._credit.get(key, 0)
        if trials is None or credit == 0:
            return trials
        used = min(credit, trials)
        self._credit[key] = credit - used
        return trials - used
