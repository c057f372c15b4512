"""Runs a Python script or notebook for Tuneboard: ``python launcher.py [--] SCRIPT [ARGUMENT ...]``.

The script sees what it would see without a launcher: its own ``sys.argv``, ``sys.path[0]``, ``__file__`` and
``__main__``, its exit code, and a traceback without our frames. Settings come as JSON in ``TUNEBOARD_LAUNCH`` and are
taken out of the environment, so that child processes of the script run as they always did. Standard library only,
Python 3.8 and newer.

Settings: ``port`` and ``token`` of the tuner, ``nonce`` of the marks in the output, ``journal`` (absolute path),
``studyName`` for a study without a name, ``runId``, ``resume`` (go on with the studies of the last run), ``hook``
(false: only run and mark nothing), ``metrics`` where a person named the objectives, ``trials`` at which a study ends,
``suggest`` (``sampler``, ``pruner``, ``override``) where the tuner suggests parameters or prunes, ``log`` (absolute path)
where the script goes on when the tuner has died, ``module`` (the dotted name that the script runs as, like ``python -m``)
and ``root`` (the folder in which modules are looked for first).
"""

import builtins
import json
import os
import sys
import threading
import traceback
import types

# An installed extension's folder is left as it was installed.
_before, sys.dont_write_bytecode = sys.dont_write_bytecode, True

from _tuneboard_channel import Channel
from _tuneboard_hook import Hook
from _tuneboard_notebook import NotebookError, run_cells
from _tuneboard_streams import Router, mark_streams

sys.dont_write_bytecode = _before

FOLDER = os.path.dirname(os.path.abspath(__file__))
#: Exit code when the tuner is gone: running trials were marked as failed first.
TUNER_GONE = 75


class Control:
    """Orders of the tuner, as the hook reads them."""

    def __init__(self, trials):
        self.stopping = False
        #: Finished trials at which a study ends as by a stop; None: as many as the script wants.
        self.trials = trials
        #: This script's process as the tuner names it: ``pid`` and ``start``.
        self.process = None
        self._go_on = threading.Event()
        self._go_on.set()

    def obey(self, message):
        order = message.get("order")
        if order == "stop":
            self.stopping = True
            self._go_on.set()
        elif order == "pause":
            if message["on"] and not self.stopping:
                self._go_on.clear()
            else:
                self._go_on.set()
        elif order == "limit":
            self.trials = message["trials"]
        elif order == "process":
            self.process = {"pid": message["pid"], "start": message["start"]}

    def tuner_gone(self):
        """Ends a pause, which no tuner could end any more."""
        self._go_on.set()

    def wait_while_paused(self):
        # With a time limit, so that Ctrl+C gets through on Windows too.
        while not self._go_on.wait(0.5):
            pass


def main(argv):
    arguments = argv[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        raise SystemExit("usage: launcher.py SCRIPT [ARGUMENT ...]")
    script = os.path.abspath(arguments[0])
    settings = json.loads(os.environ.pop("TUNEBOARD_LAUNCH", "{}"))
    sys.excepthook = print_exception
    channel = watch(settings)
    sys.argv = [arguments[0]] + arguments[1:]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = settings.get("root") or os.path.dirname(script)
    try:
        code = run(script, settings.get("module"))
    finally:
        if channel is not None:
            channel.close()
    raise SystemExit(code)


def watch(settings):
    """Connects to the tuner, marks the output and hooks Optuna, as the settings say."""
    if not settings.get("hook", True) or "port" not in settings:
        return None
    router, control = Router(settings["nonce"], settings.get("log")), Control(settings.get("trials"))

    def tuner_gone():
        if router.leave_tuner():
            hook.go_on_alone(control.process)
            control.tuner_gone()
        else:
            end_script()

    def end_script():
        watchdog = threading.Timer(3, os._exit, [TUNER_GONE])
        watchdog.daemon = True
        watchdog.start()
        try:
            hook.fail_running("the tuner has ended")
        finally:
            os._exit(TUNER_GONE)

    def obey(message):
        if message.get("order") == "answer":
            hook.answer(message)
        else:
            control.obey(message)

    channel = Channel(settings["port"], settings["token"], obey, tuner_gone)
    hook = Hook(settings, channel, router, control)
    channel.connect()
    mark_streams(router)
    hook.install()
    return channel


def run(script, name=None, listing=None):
    """Runs the script as ``__main__`` and returns the exit code; ``SystemExit`` passes through.

    ``listing``: the file that the cells of a notebook are written to for a debugger.
    """
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    try:
        if script.lower().endswith(".ipynb"):
            run_cells(script, module.__dict__, listing=listing)
        else:
            module.__file__ = script
            module.__dict__["__cached__"] = None
            if name:
                place_in_package(module, name)
            with open(script, "rb") as file:
                exec(compile(file.read(), script, "exec", dont_inherit=True), module.__dict__)
    except (SystemExit, GeneratorExit):
        raise
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        return 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def place_in_package(module, name):
    """Gives ``__main__`` the place that ``python -m name`` gives it: relative imports start from its package."""
    import importlib.util

    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError("No module named %r" % name, name=name)
    if spec.submodule_search_locations is not None:
        name += ".__main__"
        spec = importlib.util.find_spec(name) or spec
    module.__spec__ = spec
    module.__package__ = name.rpartition(".")[0]


def print_exception(kind, error, tb):
    """Prints a traceback as Python does, without the launcher's own frames."""
    shown = traceback.TracebackException(kind, error, tb)
    seen = set()
    pending = [shown]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        frames = [frame for frame in one.stack or [] if os.path.dirname(os.path.abspath(frame.filename)) != FOLDER]
        one.stack = traceback.StackSummary.from_list(frames)
        pending += [one.__cause__, one.__context__] + list(getattr(one, "exceptions", None) or [])
    if sys.stderr is not None:
        sys.stderr.write("".join(shown.format()))
        sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv)
