"""Our journal as a storage of whichever Optuna this is."""

import contextlib
import json
import logging
import os
import warnings


def open_journal(optuna, path):
    """A journal storage on ``path`` with the class names of whichever Optuna this is, and a lock that Windows has too."""
    storages = optuna.storages
    journal = getattr(storages, "journal", storages)
    backend = getattr(journal, "JournalFileBackend", None) or storages.JournalFileStorage
    lock = None
    if os.name == "nt":
        lock_class = getattr(journal, "JournalFileOpenLock", None) or storages.JournalFileOpenLock
        lock = lock_class(path)
    with quiet():
        return storages.JournalStorage(with_whole_appends(backend(path, lock)))


def with_whole_appends(backend):
    """The backend with appends that happen wholly or not at all.

    What a full disk takes of a line would otherwise spoil the journal together with the next line. Locks and waits for
    the disk as Optuna's own method does.
    """
    path, lock = backend._file_path, backend._lock

    def append_logs(logs):
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        lock.acquire()
        try:
            with open(path, "ab", buffering=0) as file:
                before = os.fstat(file.fileno()).st_size
                try:
                    left = memoryview(text.encode("utf-8"))
                    while left:
                        left = left[file.write(left) :]
                    os.fsync(file.fileno())
                except OSError:
                    os.ftruncate(file.fileno(), before)
                    raise
        finally:
            lock.release()

    backend.append_logs = append_logs
    return backend


@contextlib.contextmanager
def quiet(storage=None):
    """Keeps our copy from saying again what Optuna has said about the script's own study."""
    logger = logging.getLogger(type(storage).__module__)
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
