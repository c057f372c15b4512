"""Reports to the tuner what a trial logs with W&B, and runs a sweep that a script starts itself as one trial.

``wandb.init()`` reads the trial's values from the file that ``WANDB_SWEEP_PARAM_PATH`` names, which is W&B's own way.
``TUNEBOARD_WANDB`` is a JSON list of the metrics that the study wants. Standard library only, Python 3.8 and newer.
"""

import json
import os

from _tuneboard_finder import after_import


def _wrap(wandb):
    run = getattr(getattr(getattr(wandb, "sdk", None), "wandb_run", None), "Run", None)
    if run is None:
        return
    metrics = json.loads(os.environ.get("TUNEBOARD_WANDB") or "[]")
    seen = set()

    def log(original):
        def wrapped(self, data, step=None, *arguments, **more):
            original(self, data, step, *arguments, **more)
            numbers = _numbers(data)
            seen.update(numbers)
            if not metrics or any(name in numbers for name in metrics):
                _report(numbers, step)

        return wrapped

    def finish(original):
        def wrapped(self, *arguments, **more):
            # The summary is the result of a run, and a program may write it without logging.
            missing = {name: _summary(self, name) for name in metrics if name not in seen}
            numbers = _numbers({name: value for name, value in missing.items() if value is not None})
            seen.update(numbers)
            original(self, *arguments, **more)
            if numbers:
                _report(numbers, None)

        return wrapped

    for name, wrap in (("log", log), ("finish", finish)):
        setattr(run, name, _like(getattr(run, name), wrap))
    wandb.login = lambda *arguments, **more: True
    wandb.sweep = lambda *arguments, **more: os.environ.get("WANDB_SWEEP_ID", "tuneboard")
    wandb.agent = _agent


def _like(original, wrap):
    wrapped = wrap(original)
    wrapped.__doc__, wrapped.__name__, wrapped.__qualname__ = original.__doc__, original.__name__, original.__qualname__
    return wrapped


def _agent(sweep_id, function=None, *arguments, **more):
    """An agent of W&B runs the function over and over: here it is one trial, which runs it once."""
    if function is not None:
        function()


def _summary(run, name):
    try:
        return run.summary.get(name)
    except Exception:
        return None


def _report(numbers, step):
    import tuneboard

    if not numbers or not tuneboard.in_study():
        return
    step = tuneboard._client.count(step if isinstance(step, int) else None)
    tuneboard._client.request({"op": "report", "metrics": numbers, "step": step})
    if tuneboard.should_prune():
        raise tuneboard.TrialPruned()


def _numbers(data, prefix="", level=0):
    """The numbers of what was logged: of a dict in it as ``outer.inner``, of a tensor or an array its only element."""
    found = {}
    if not hasattr(data, "items") or level > 5:
        return found
    for key, value in list(data.items()):
        name = prefix + str(key)
        if isinstance(value, dict):
            found.update(_numbers(value, name + ".", level + 1))
        elif isinstance(value, (int, float)) or hasattr(value, "item"):
            try:
                found[name] = float(value.item() if hasattr(value, "item") else value)
            except (TypeError, ValueError, RuntimeError):
                pass
    return dict(list(found.items())[:100])


def install():
    after_import("wandb", _wrap)
