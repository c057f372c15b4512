"""Copies what happens to in-memory studies into the tuner's journal, as it happens.

The script keeps its own ``InMemoryStorage``: same objects, same random numbers, same errors, also for what a file
cannot hold (a model as an attribute, a tuple as a choice). Every change that succeeded there is then written to the
journal with Optuna's own journal storage; what JSON cannot express is written as its ``repr``. A failure to write (a
full disk) is told once and never reaches the script; a trial of which a part is missing in the journal is failed there.
"""

import copy
import errno
import json
import os
import threading
import uuid
import weakref

from _tuneboard_attributes import FAIL_REASON, INTERRUPTED, METRIC_NAMES, OWNER, SCRIPT_RUN
from _tuneboard_journal import open_journal, quiet

NOT_RECORDED = "not-recorded"
LOST = "The trial could not be recorded when it ran."
#: Longest attribute that is copied, in characters of its JSON text.
LONGEST_COPY = 262144
#: Optuna's code of the journal line that reports an intermediate value.
SET_TRIAL_INTERMEDIATE_VALUE = 7


class Mirror:
    def __init__(self, optuna, settings, problem):
        self._optuna = optuna
        self.location = settings["journal"]
        self._storage = open_journal(optuna, self.location)
        self._default_name = settings["studyName"]
        self._run_id = settings["runId"]
        self._owner = settings.get("owner")
        self._index = 0
        self._worker_id = "%s-%d" % (uuid.uuid4(), os.getpid())
        self._metrics = settings.get("metrics") or []
        self._resume = bool(settings.get("resume"))
        self._problem = problem
        self._told = False
        self._incomplete = weakref.WeakKeyDictionary()
        self._pid = os.getpid()
        self._studies = weakref.WeakKeyDictionary()
        self._trials = weakref.WeakKeyDictionary()
        self.lock = threading.RLock()
        if self._resume:
            self._run_id = self._last_run() or self._run_id

    # Studies

    def bind_study(self, storage, study_id, name, directions):
        """Gives an in-memory study its place in the journal. Returns the name there and the trials to start from."""
        self._index += 1
        frozen = self._earlier(self._index, directions) if self._resume else None
        if frozen is not None:
            sink_id, sink_name = frozen._study_id, frozen.study_name
        else:
            sink_id, sink_name = self._create(name or self._default_name, directions)
            attr = {"id": self._run_id, "index": self._index}
            self._storage.set_study_system_attr(sink_id, SCRIPT_RUN, attr)
        if self._metrics and len(self._metrics) == len(directions):
            self._storage.set_study_system_attr(sink_id, METRIC_NAMES, self._metrics)
        self._studies.setdefault(storage, {})[study_id] = sink_id
        trials = self._storage.get_all_trials(sink_id, deepcopy=True) if frozen is not None else []
        return sink_name, trials

    def _create(self, base, directions):
        taken = {study.study_name for study in self._storage.get_all_studies()}
        number = 1
        while True:
            name = base if number == 1 else "%s (%d)" % (base, number)
            number += 1
            if name in taken:
                continue
            try:
                with quiet(self._storage):
                    return self._storage.create_new_study(directions, name), name
            except self._optuna.exceptions.DuplicatedStudyError:
                continue

    def _last_run(self):
        for study in reversed(self._storage.get_all_studies()):
            if SCRIPT_RUN in study.system_attrs:
                return study.system_attrs[SCRIPT_RUN]["id"]
        return None

    def _earlier(self, index, directions):
        wanted = {"id": self._run_id, "index": index}
        for study in self._storage.get_all_studies():
            if study.system_attrs.get(SCRIPT_RUN) == wanted and list(study.directions) == list(directions):
                return study
        return None

    def sink_of(self, storage, study_id):
        return None if os.getpid() != self._pid else self._studies.get(storage, {}).get(study_id)

    # Trials

    def bind_trial(self, storage, trial_id, sink_trial_id):
        self._trials.setdefault(storage, {})[trial_id] = sink_trial_id

    def has_trial(self, storage, trial_id):
        return os.getpid() == self._pid and trial_id in self._trials.get(storage, {})

    def adopt_waiting(self, storage, study_id, create):
        """Takes trials that somebody enqueued in the journal into the script's own study."""
        sink_id = self.sink_of(storage, study_id)
        if sink_id is None:
            return
        waiting_state = (self._optuna.trial.TrialState.WAITING,)
        with self.lock:
            waiting = self._storage.get_all_trials(sink_id, deepcopy=False, states=waiting_state)
            if not waiting:
                return
            known = set(self._trials.get(storage, {}).values())
            for trial in waiting:
                if trial._trial_id not in known:
                    trial_id = create(storage, study_id, as_in_memory(self._optuna, copy.deepcopy(trial)))
                    self.bind_trial(storage, trial_id, trial._trial_id)

    def copy_created_trial(self, storage, study_id, trial_id, template):
        sink_id = self.sink_of(storage, study_id)
        if sink_id is None:
            return
        try:
            if template is not None:
                template = self._plain_trial(template)
            if self._told:
                self._fill_up(sink_id, storage.get_trial(trial_id).number)
            sink_trial_id = self._storage.create_new_trial(sink_id, template)
            self.bind_trial(storage, trial_id, sink_trial_id)
            if template is None or template.state == self._optuna.trial.TrialState.RUNNING:
                self._sign(sink_trial_id)
        except Exception as error:
            self._fail(error)

    def _fill_up(self, sink_id, number):
        """Trials that could not even be created: the journal's numbers have to stay the script's own."""
        for _ in range(len(self._storage.get_all_trials(sink_id, deepcopy=False)), number):
            attrs = {"system_attrs": {INTERRUPTED: NOT_RECORDED}, "user_attrs": {FAIL_REASON: LOST}}
            failed = self._optuna.trial.create_trial(state=self._optuna.trial.TrialState.FAIL, **attrs)
            self._storage.create_new_trial(sink_id, failed)

    def copy_param(self, storage, trial_id, name, internal, distribution):
        with self.lock, quiet(self._storage):
            plain_one = self._plain_distribution(distribution)
            self._copy_trial(storage, trial_id, "set_trial_param", name, internal, plain_one)

    def _sign(self, sink_trial_id):
        if self._owner is not None:
            self._storage.set_trial_system_attr(sink_trial_id, OWNER, self._owner)

    def own_trials(self, process):
        """From here on a trial is alive as long as ``process`` (``pid`` and ``start``) is, not as its tuner."""
        if self._owner is not None:
            self._owner = dict(self._owner, **process)

    def sign(self, storage, trial_id):
        """Says whose a running trial is."""
        if self._owner is not None:
            self.copy_trial_attr(storage, trial_id, "system", OWNER, self._owner)

    def copy_state(self, storage, trial_id, state, values):
        if state == self._optuna.trial.TrialState.RUNNING:
            self.sign(storage, trial_id)
        incomplete = self._incomplete.get(storage, ())
        if state.is_finished() and trial_id in incomplete and self.has_trial(storage, trial_id):
            incomplete.discard(trial_id)
            self.copy_trial_attr(storage, trial_id, "system", INTERRUPTED, NOT_RECORDED)
            self.copy_trial_attr(storage, trial_id, "user", FAIL_REASON, LOST)
            incomplete.discard(trial_id)
            state, values = self._optuna.trial.TrialState.FAIL, None
        self._copy_trial(storage, trial_id, "set_trial_state_values", state, values)

    def copy_intermediate(self, storage, trial_id, step, value):
        self._copy_trial(storage, trial_id, "set_trial_intermediate_value", step, float(value))

    def copy_points(self, storage, trial_id, points):
        """Writes printed values as one append: Optuna's own method would wait for the disk at each of them."""
        if trial_id in self._incomplete.get(storage, ()):
            return
        sink_trial_id = self._trials[storage][trial_id]
        entries = [
            {
                "op_code": SET_TRIAL_INTERMEDIATE_VALUE,
                "worker_id": self._worker_id,
                "trial_id": sink_trial_id,
                "step": step,
                "intermediate_value": value,
            }
            for step, value in points
        ]
        try:
            self._storage._backend.append_logs(entries)
        except Exception as error:
            self._incomplete.setdefault(storage, set()).add(trial_id)
            self._fail(error)

    def copy_trial_attr(self, storage, trial_id, kind, key, value):
        self._copy_trial(storage, trial_id, "set_trial_%s_attr" % kind, key, plain(value))

    def copy_study_attr(self, storage, study_id, kind, key, value):
        sink_id = self.sink_of(storage, study_id)
        if sink_id is not None:
            self._write("set_study_%s_attr" % kind, sink_id, key, plain(value))

    def _copy_trial(self, storage, trial_id, method, *args):
        if not self.has_trial(storage, trial_id) or trial_id in self._incomplete.get(storage, ()):
            return
        if not self._write(method, self._trials[storage][trial_id], *args):
            self._incomplete.setdefault(storage, set()).add(trial_id)

    def _write(self, method, *args):
        try:
            getattr(self._storage, method)(*args)
            return True
        except Exception as error:
            self._fail(error)
            return False

    def _fail(self, error):
        if not self._told:
            self._told = True
            is_full = getattr(error, "errno", None) in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
            reason = "the disk is full" if is_full else str(error)
            self._problem("Trials cannot be recorded (%s): the script goes on." % reason, reason)

    def _plain_distribution(self, distribution):
        choices = getattr(distribution, "choices", None)
        if choices is None or is_json(choices):
            return distribution
        return self._optuna.distributions.CategoricalDistribution([plain(choice) for choice in choices])

    def _plain_trial(self, trial):
        distributions = {name: self._plain_distribution(d) for name, d in trial.distributions.items()}
        params = {
            name: distributions[name].to_external_repr(trial.distributions[name].to_internal_repr(value))
            for name, value in trial.params.items()
        }
        return self._optuna.trial.FrozenTrial(
            number=trial.number,
            state=trial.state,
            value=None,
            values=trial.values,
            datetime_start=trial.datetime_start,
            datetime_complete=trial.datetime_complete,
            params=params,
            distributions=distributions,
            user_attrs={key: plain(value) for key, value in trial.user_attrs.items()},
            system_attrs={key: plain(value) for key, value in trial.system_attrs.items()},
            intermediate_values=trial.intermediate_values,
            trial_id=trial._trial_id,
        )


def is_json(value):
    try:
        return len(json.dumps(value)) <= LONGEST_COPY
    except (TypeError, ValueError, RecursionError):
        return False


def plain(value):
    """``value`` where JSON can hold it, else the nearest thing: a number for numpy's, or its ``repr``."""
    if is_json(value):
        return value
    if hasattr(value, "item"):
        try:
            if is_json(value.item()):
                return value.item()
        except Exception:
            pass
    try:
        text = repr(value)
    except Exception:
        text = "<%s>" % type(value).__name__
    return text if len(text) <= 1000 else text[:1000] + "…"


def as_in_memory(optuna, trial):
    """A trial read from JSON as the script's own run would hold it: sequences among choices are tuples there."""
    for name, distribution in list(trial.distributions.items()):
        choices = getattr(distribution, "choices", None)
        if choices and any(isinstance(choice, list) for choice in choices):
            tuples = [tuple(choice) if isinstance(choice, list) else choice for choice in choices]
            trial.distributions[name] = optuna.distributions.CategoricalDistribution(tuples)
            value = trial.params[name]
            trial.params[name] = tuple(value) if isinstance(value, list) else value
    return trial
