"""Puts an earlier run's trials into a new in-memory study, so that the script goes on where it was cut off."""

from _tuneboard_attributes import FAILED_TRIAL, FIXED_PARAMS, INTERRUPTED, RETRY_HISTORY
from _tuneboard_mirror import as_in_memory


def load_trials(optuna, mirror, storage, study_id, trials, create):
    """Loads the trials and queues the cut-off ones again, with their own parameters. Returns how many count as finished.

    ``create`` makes a trial in the storage without copying it to the journal, where it is already.
    """
    states = optuna.trial.TrialState
    finished, again, retried = 0, [], set()
    for trial in trials:
        retried.update(trial.system_attrs.get(RETRY_HISTORY, []))
        cut_off = trial.state == states.RUNNING or INTERRUPTED in trial.system_attrs
        journal_id = trial._trial_id
        trial_id = create(storage, study_id, as_in_memory(optuna, trial))
        mirror.bind_trial(storage, trial_id, journal_id)
        if trial.state == states.RUNNING:
            storage.set_trial_state_values(trial_id, states.FAIL)
        if cut_off:
            again.append(trial)
        elif trial.state.is_finished():
            finished += 1
    for trial in again:
        if trial.number not in retried:
            storage.create_new_trial(study_id, _retry_of(optuna, trial))
    return finished


def _retry_of(optuna, trial):
    """A waiting trial with the attributes by which Optuna's own retry callback links the two."""
    history = trial.system_attrs.get(RETRY_HISTORY, []) + [trial.number]
    first = trial.system_attrs.get(FAILED_TRIAL, trial.number)
    fixed = dict(trial.system_attrs.get(FIXED_PARAMS, {}), **trial.params)
    attrs = {FIXED_PARAMS: fixed, FAILED_TRIAL: first, RETRY_HISTORY: history}
    return optuna.trial.create_trial(state=optuna.trial.TrialState.WAITING, system_attrs=attrs)
