"""Puts the values of a trial where they stand in the code, in every Python process of the trial.

Python imports ``sitecustomize`` at its start, before it opens a script. ``TUNEBOARD_SITES`` names a file: its first line has
the name and the length in characters of each file of code that has a site, and the names of changed copies, all joined by
``/``; the rest is JSON for ``_tuneboard_sites``, which is loaded when one of these files is imported, run or opened.

A process that meets none of them pays for that one line. ``TUNEBOARD_WANDB`` asks for ``_tuneboard_wandb``,
``TUNEBOARD_SEARCH`` for ``_tuneboard_search``. The ``sitecustomize`` that Python would have found without this
one is run too. Python 3.8 and newer, standard library only.
"""

import builtins
import io
import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_compile, _exec, _open = builtins.compile, builtins.exec, builtins.open


class _Names:
    """Names and lengths of the files that have sites; ``sites`` knows the rest."""

    def __init__(self, settings):
        self._settings = settings
        self._sites = None
        with _open(settings, encoding="utf-8") as file:
            words = file.readline().rstrip("\n").split("/")
        self.lengths = dict(zip(words[::3], words[1::3]))
        self.kinds = dict(zip(words[::3], words[2::3]))
        self.sizes = {int(length) for length in self.lengths.values() if length}

    @property
    def sites(self):
        if self._sites is None:
            module = _import_from(_FOLDER, "_tuneboard_sites")
            self._sites = module.Sites(self._settings)
        return self._sites

    def code(self, path):
        """The file of code at a path if it has sites, else None."""
        return self.sites.code(path) if self._is(path, "code") else None

    def copy(self, path):
        """The changed copy of a file that is to be read instead, else None."""
        return self.sites.copy(path) if self._is(path, "copy") else None

    def _is(self, path, kind):
        if not isinstance(path, (str, bytes)):
            if not hasattr(path, "__fspath__"):
                return False
            path = path.__fspath__()
        return kind in self.kinds.get(os.path.basename(os.fsdecode(path)), "")


def _import_from(folder, name):
    """Imports a module of ours without a trace in ``sys.path`` or in its folder."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, folder)
    try:
        return __import__(name)
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = before


def _import_tuner_hook(name):
    """Imports a hook of another tuner, after the finder that it shares with the launcher of Optuna scripts."""
    _import_from(os.path.dirname(_FOLDER), "_tuneboard_finder")
    return _import_from(_FOLDER, name)


def _hook_imports(names):
    """Modules: their loader stays the usual one, which neither reads nor writes bytecode of a file with sites."""
    external = sys.modules["_frozen_importlib_external"]
    # What imports run through adds no frame to a traceback.
    external.compile, external.exec = _compile, _exec
    loader = external.SourceFileLoader
    original, to_code = loader.get_code, loader.source_to_code

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        file = names.code(path)
        if file is None:
            return original(self, fullname)
        data = self.get_data(path)
        is_plain = getattr(type(self), "source_to_code", None) is to_code
        return self.source_to_code(file.tree(data, path) if is_plain else file.text(data), path)

    loader.get_code = get_code


class _Script:
    """``python FILE``, ``runpy.run_path(FILE)``, and the main module of a spawned process of multiprocessing.

    Python looks whether the path of a script can be imported from, as that of a folder or an archive with a
    ``__main__.py`` can; this says yes for a script that has sites.
    """

    def __init__(self, path, file):
        self._path = path
        self._file = file

    def find_spec(self, name, target=None):
        if name != "__main__":
            return None
        return type(sys.__spec__)(name, self, origin=self._path)

    def get_code(self, _name):
        sys.path_importer_cache.pop(self._path, None)
        runpy = sys.modules["runpy"]
        runpy.exec = _exec
        is_start = _is_called_by(runpy, "_run_module_as_main")
        if is_start:
            self._settle_path()
            _shorten_tracebacks()
        return self._file.script(self._path, is_start)

    def _settle_path(self):
        """As for a script: its folder comes first, where the interpreter was not asked to leave it out."""
        sys.path.remove(self._path)
        if not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, os.path.dirname(os.path.realpath(self._path)))


def _hook_scripts(names):
    def importer(path):
        file = names.code(path) if isinstance(path, str) else None
        if file is None or not os.path.isfile(path):
            raise ImportError("not a script with sites", path=path)
        return _Script(path, file)

    sys.path_hooks.insert(0, importer)


def _is_called_by(module, function):
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == function and frame.f_globals is module.__dict__:
            return True
        frame = frame.f_back
    return False


def _shorten_tracebacks():
    """Leaves out the frames that a script has above it only because of this module."""

    def excepthook(kind, error, trace):
        while trace is not None and _is_ours(trace.tb_frame):
            trace = trace.tb_next
        original(kind, error.with_traceback(trace), trace)

    original, sys.excepthook = sys.excepthook, excepthook


def _is_ours(frame):
    name = frame.f_globals.get("__name__")
    return name == "runpy" or os.path.dirname(frame.f_code.co_filename) in (_FOLDER, os.path.dirname(_FOLDER))


def _hook_compile(names):
    """``compile`` with a file's text and name (profilers, debuggers, launchers) and ``exec(open(FILE).read())``."""

    def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **more):
        if not dont_inherit:
            flags |= _future_flags(sys._getframe(1))
        if mode == "exec" and not flags & 0x400 and isinstance(source, (str, bytes, bytearray)):  # PyCF_ONLY_AST
            file = names.code(filename)
            if file is not None and file.is_text(source):
                source = file.tree(source, filename)
        return _compile(source, filename, mode, flags, True, optimize, **more)

    def exec(source, globals=None, locals=None, **more):
        frame = sys._getframe(1)
        if globals is None:
            globals = frame.f_globals
            if locals is None:
                locals = frame.f_locals if type(frame.f_locals) is dict else dict(frame.f_locals)
        if isinstance(source, (str, bytes, bytearray)):
            if len(source) in names.sizes:
                source = names.sites.tree_of_text(source)
            source = _compile(source, "<string>", "exec", _future_flags(frame), True)
        return _exec(source, globals, globals if locals is None else locals, **more)

    for function, original in ((compile, _compile), (exec, _exec)):
        function.__doc__, function.__module__ = original.__doc__, "builtins"
        function.__qualname__ = function.__name__
        setattr(builtins, function.__name__, function)


def _future_flags(frame):
    """What the code of a frame has taken ``from __future__``: what it compiles inherits that."""
    if frame.f_code.co_flags < 0x2000:
        return 0
    import __future__

    known = 0
    for name in __future__.all_feature_names:
        known |= getattr(__future__, name).compiler_flag
    # The flag of nested scopes is the one that every nested function has.
    return frame.f_code.co_flags & known & ~0x10


def _hook_open(names):
    """A file that the trial has a changed copy of, by whichever path it is opened for reading."""

    def open(file, mode="r", *arguments, **more):
        if not isinstance(file, int) and isinstance(mode, str) and not set(mode) & set("wax+"):
            copy = names.copy(file)
            if copy is not None:
                file = copy
        return _open(file, mode, *arguments, **more)

    open.__doc__, open.__module__, open.__qualname__ = _open.__doc__, "io", "open"
    builtins.open = io.open = open


def _install(settings):
    names = _Names(settings)
    kinds = set(names.kinds.values())
    if any("code" in kind for kind in kinds):
        _hook_imports(names)
        _hook_scripts(names)
        _hook_compile(names)
    if any("copy" in kind for kind in kinds):
        _hook_open(names)


def _chain():
    """Runs the ``sitecustomize`` that comes after this one on the path."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _FOLDER]
    own = sys.modules.pop(__name__, None)
    try:
        __import__(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        if own is not None:
            sys.modules.setdefault(__name__, own)


if __name__ == "sitecustomize":
    if os.environ.get("TUNEBOARD_SITES"):
        try:
            _install(os.environ["TUNEBOARD_SITES"])
        except OSError:
            # The trial is over, and a process that it left goes on.
            pass
    if os.environ.get("TUNEBOARD_WANDB"):
        _import_tuner_hook("_tuneboard_wandb").install()
    if os.environ.get("TUNEBOARD_SEARCH"):
        _import_tuner_hook("_tuneboard_search").install()
    _chain()
