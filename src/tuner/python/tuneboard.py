"""Talks to Tuneboard from a training script. One file, standard library only, Python 3.8 and newer.

    import tuneboard

    params = tuneboard.params({"lr": 1e-3, "epochs": 5})      # the defaults, overridden by the trial's parameters
    for epoch in range(params["epochs"]):
        accuracy = train_one_epoch(params["lr"])
        tuneboard.report(accuracy, step=epoch)
        if tuneboard.should_prune():
            raise tuneboard.TrialPruned()

A scheduler (Hyperband, ASHA, BOHB, PBT, PB2) trains a trial in parts, which continue from a checkpoint:

    folder = tuneboard.checkpoint()                           # None where nothing is to be saved
    epoch = load(folder) if folder and os.listdir(folder) else 0
    while epoch < tuneboard.budget(100):                      # epochs of this part; 100 outside a study
        accuracy = train_one_epoch(params["lr"])
        epoch += 1
        if folder:
            save(folder, epoch)
        tuneboard.report(accuracy, step=epoch)
        if tuneboard.should_prune():
            raise tuneboard.TrialPruned()

Outside a study `params` gives the defaults, `report` and `set_attr` do nothing, and `should_prune` is False: the script
runs by itself as it did before. Copy this file beside a script that runs on another machine; Tuneboard puts it on the
path of the scripts that it starts.
"""

import json
import os
import socket
import sys
import threading

__all__ = [
    "TrialPruned",
    "artifact",
    "budget",
    "checkpoint",
    "in_study",
    "params",
    "report",
    "report_gradient",
    "set_attr",
    "set_constraint",
    "should_prune",
    "start",
    "trial_number",
]


class TrialPruned(SystemExit):
    """Raise it when `should_prune()` said so. Uncaught, it ends the script quietly and with exit code 0."""

    def __init__(self, message=None):
        super().__init__(0)
        self.message = message


def in_study():
    """Whether Tuneboard runs this script as a trial."""
    return bool(os.environ.get("TUNEBOARD_ENDPOINT"))


def trial_number():
    """The number of the trial, or None outside a study."""
    number = os.environ.get("TUNEBOARD_TRIAL_NUMBER")
    return int(number) if number else None


def params(defaults=None):
    """The trial's parameters by name, as int, float, bool, str or None; on top of `defaults`, a dict, if given."""
    values = dict(defaults or {})
    values.update(json.loads(os.environ.get("TUNEBOARD_PARAMS") or "{}"))
    return values


def report(value=None, step=None, **metrics):
    """Reports the objective after a step (an epoch, say), and other metrics by name.

    Returns when the value is safely stored. Without `step`, reports are counted. A number is anything that `float()`
    takes, a tensor or array of one element too.
    """
    if value is None and not metrics:
        raise TypeError("report() needs a value, or metrics by name")
    numbers = {name: float(number) for name, number in metrics.items()}
    if value is not None:
        value = float(value)
    if not in_study():
        return
    counted = _client.count(step)
    if value is not None and numbers:
        # Both halves of this report belong to one step.
        step = counted
    if value is not None:
        _client.request({"op": "report", "value": value, "step": _plain_step(step)})
    if numbers:
        _client.request({"op": "report", "metrics": numbers, "step": _plain_step(step)})


def should_prune():
    """Whether the trial should end now: raise `TrialPruned`, or end in any other way within 10 seconds.

    It is hopeless, or has come to the end of its part and is continued later, maybe, from its checkpoint.
    """
    if not in_study():
        return False
    return bool(_client.request({"op": "shouldPrune"}).get("prune", False))


def set_attr(key, value):
    """Keeps a text, number, bool or None with the trial, such as the path of its checkpoint."""
    if in_study():
        _client.request({"op": "attr", "key": str(key), "value": value})


def artifact(path, name=None):
    """Lists a file that this trial wrote, a picture, a table or a model say, with the trial. Returns `path`.

    It stays where it is; a window shows it where it lies in the study's folder. `name`: as which, else the path as given.
    """
    path = os.fspath(path)
    if in_study():
        _client.request({"op": "artifact", "name": str(name or path), "path": os.path.abspath(path)})
    return path


def checkpoint():
    """The folder of this trial's checkpoint: empty at first; what is left there is found there when the trial goes on.

    None where the trial is trained in one go. Save before `report`, or write to another name and rename.
    """
    return os.environ.get("TUNEBOARD_CHECKPOINT") or None


def start():
    """Steps done before this part of the training; 0 where there is no checkpoint to continue from.

    It counts what was reported: a program that was cut off while it saved goes by what its checkpoint says.
    """
    return int(os.environ.get("TUNEBOARD_STEP") or 0)


def budget(default=None):
    """Steps to have done at the end of this part; `default` where the trial may take as many as it likes.

    It may grow while the trial runs: a good one is not paused.
    """
    if not in_study():
        return default
    current = _client.request({"op": "budget"}).get("budget")
    return default if current is None else current


def set_constraint(name, value):
    """A constraint of the trial: it is feasible when every constraint is 0 or less."""
    value = float(value)
    if in_study():
        _client.request({"op": "constraint", "name": str(name), "value": value})


def report_gradient(gradient):
    """Derivatives of the objective by parameter at the trial's parameters, a dict: what the gradient sampler goes by."""
    numbers = {str(name): float(slope) for name, slope in gradient.items()}
    if in_study():
        _client.request({"op": "gradient", "gradient": numbers})


def _plain_step(step):
    if step is None:
        return None
    number = float(step)
    return int(number) if number == int(number) else number


class _Client:
    """One connection a process. A tuner out of reach is reported once; the script goes on."""

    def __init__(self):
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self):
        self._lock = threading.Lock()
        self._stream = None
        self._lost = False
        self._steps = start()

    def count(self, step):
        """The step of a report: as given, else the one after the last."""
        with self._lock:
            current = self._steps if step is None else _plain_step(step)
            self._steps = int(current) + 1
            return current

    def request(self, message):
        with self._lock:
            if self._lost:
                return {}
            try:
                if self._stream is None:
                    self._stream = self._connect()
                answer = self._exchange(message)
            except (OSError, ValueError) as error:
                self._lost = True
                print("tuneboard: the tuner cannot be reached (%s); reports are lost." % error, file=sys.stderr)
                return {}
        if not answer.get("ok"):
            raise ValueError("tuneboard: %s" % answer.get("error", "the tuner refused the request."))
        return answer

    def _exchange(self, message):
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()
        line = self._stream.readline()
        if not line:
            raise ConnectionError("the connection was closed")
        return json.loads(line)

    def _connect(self):
        kind, _, address = os.environ["TUNEBOARD_ENDPOINT"].partition(":")
        if kind == "unix":
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.connect(address)
        else:
            host, _, port = address.rpartition(":")
            connection = socket.create_connection((host, int(port)))
        self._stream = connection.makefile("rw", encoding="utf-8", newline="\n")
        hello = {
            "op": "hello",
            "token": os.environ.get("TUNEBOARD_TOKEN", ""),
            "trial": int(os.environ.get("TUNEBOARD_TRIAL_NUMBER", "-1")),
        }
        self._exchange(hello)
        return self._stream


_client = _Client()
