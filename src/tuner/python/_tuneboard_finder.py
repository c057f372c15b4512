"""Calls a hook once a module has been imported, and tells where a storage of Optuna keeps its trials."""

import importlib.abc
import os
import sys
import threading
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


class ModuleFinder(importlib.abc.MetaPathFinder):
    """Calls ``hook(module)`` once the module of this name has been executed.

    It stays in place and gives a full answer however often it is asked: ``importlib.util.find_spec("optuna")`` asks
    without importing (transformers does), and a missing module stays missing.
    """

    def __init__(self, name, hook):
        self._name = name
        self._hook = hook
        self._busy = threading.local()

    def find_spec(self, name, path=None, target=None):
        if name != self._name or getattr(self._busy, "on", False):
            return None
        self._busy.on = True
        try:
            spec = self._ask_others(name, path, target)
        finally:
            self._busy.on = False
        loader = getattr(spec, "loader", None)
        if loader is None or not hasattr(loader, "exec_module"):
            return spec
        original = loader.exec_module

        def exec_module(module):
            original(module)
            self._hook(module)

        loader.exec_module = exec_module
        return spec

    def _ask_others(self, name, path, target):
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None


def after_import(name, hook):
    """Calls ``hook`` with the module, now or when it is imported."""
    if name in sys.modules:
        hook(sys.modules[name])
    else:
        sys.meta_path.insert(0, ModuleFinder(name, hook))


def location_of(storage):
    """Where a storage keeps its trials: an absolute path, a URL without password, or None where no other process can read it."""
    backend = getattr(storage, "_backend", storage)
    path = getattr(backend, "_file_path", None)
    if path is not None:
        return os.path.abspath(path)
    redis_url = getattr(backend, "_url", None)
    if isinstance(redis_url, str) and redis_url.startswith(("redis://", "rediss://")):
        return redis_location(redis_url, getattr(backend, "_prefix", ""))
    if type(storage).__name__ == "GrpcStorageProxy":
        return proxy_location(storage._host, storage._port)
    engine = getattr(backend, "engine", None)
    if engine is None:
        return None
    url = engine.url
    if url.get_backend_name() == "sqlite":
        database = url.database
        return os.path.abspath(database) if database and database != ":memory:" else None
    return url.set(password=None).render_as_string(hide_password=False)


def proxy_location(host, port):
    """The URL of a storage proxy as the tuner writes it."""
    return "grpc://%s:%d" % ("[%s]" % host if ":" in host else host.lower(), port)


def redis_location(url, prefix):
    """The URL of a JournalRedisBackend as the tuner writes it: without password, with the prefix of its keys."""
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    options = [option for option in parse_qsl(parts.query) if "password" not in option[0]]
    if prefix:
        options.append(("prefix", prefix))
    return urlunsplit((parts.scheme, f"{user}@{place}" if user else place, parts.path, urlencode(options), ""))
