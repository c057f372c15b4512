"""Wraps methods of Optuna's classes, to see every write to a storage and copy it where no other process could read it."""

import functools


class Patches:
    """The wrapped methods, and the originals behind them."""

    def __init__(self):
        self._originals = {}
        self._watched = {}

    def wrap(self, cls, name, make):
        """Puts ``make(original)`` in the place of a method."""
        original = getattr(cls, name)
        self._originals[(cls, name)] = original
        wrapper = functools.wraps(original)(make(original))
        wrapper.__tuneboard__ = True
        setattr(cls, name, wrapper)

    def original(self, cls, name):
        """The method without our wrapper, for a class or one derived from it; None where it was not wrapped."""
        return next((self._originals[(base, name)] for base in cls.__mro__ if (base, name) in self._originals), None)

    def raw_intermediate(self, cls):
        """``set_trial_intermediate_value`` of a watched storage class without what watches it."""
        return next(self._watched[base] for base in cls.__mro__ if base in self._watched)

    def copy_memory(self, cls, mirror, on_study):
        """Copies every change of in-memory storages; ``on_study`` is called when a study was made."""

        def create_new_study(original):
            def wrapped(storage, directions, study_name=None):
                with mirror.lock:
                    study_id = original(storage, directions, study_name)
                    on_study(storage, study_id, directions, study_name)
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

        def set_state(original):
            def wrapped(storage, trial_id, state, values=None):
                result = original(storage, trial_id, state, values)
                if result:
                    mirror.copy_state(storage, trial_id, state, values)
                return result

            return wrapped

        self.wrap(cls, "create_new_study", create_new_study)
        self.wrap(cls, "create_new_trial", create_new_trial)
        self.wrap(cls, "set_trial_param", _copying(mirror.copy_param))
        self.wrap(cls, "set_trial_intermediate_value", _copying(mirror.copy_intermediate))
        for kind in ("user", "system"):
            self.wrap(cls, "set_trial_%s_attr" % kind, _copying(mirror.copy_trial_attr, kind))
            self.wrap(cls, "set_study_%s_attr" % kind, _copying(mirror.copy_study_attr, kind))
        self.wrap(cls, "set_trial_state_values", set_state)

    def watch(self, cls, trials, on_close, on_end):
        """Sees trials of any storage class report and finish: ``on_close`` right before, ``on_end`` right after."""
        if any(base in self._watched for base in cls.__mro__):
            return
        self._watched[cls] = cls.set_trial_intermediate_value

        def set_state(original):
            def wrapped(storage, trial_id, state, values=None):
                trial = trials.get((storage, trial_id)) if state.is_finished() else None
                if trial is not None and not trial.finished:
                    on_close(trial, state, values)
                result = original(storage, trial_id, state, values)
                if trial is not None:
                    on_end(trial, state)
                return result

            return wrapped

        def set_intermediate(original):
            def wrapped(storage, trial_id, step, intermediate_value):
                trial = trials.get((storage, trial_id))
                if trial is not None:
                    trial.reported = trial.study.reports = True
                return original(storage, trial_id, step, intermediate_value)

            return wrapped

        self.wrap(cls, "set_trial_state_values", set_state)
        self.wrap(cls, "set_trial_intermediate_value", set_intermediate)


def _copying(copy, *extra):
    def make(original):
        def wrapped(storage, item_id, *args, **kwargs):
            result = original(storage, item_id, *args, **kwargs)
            copy(storage, item_id, *extra, *args, *kwargs.values())
            return result

        return wrapped

    return make
