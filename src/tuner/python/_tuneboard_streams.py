"""Standard output and error that say in the stream itself which trial the following bytes belong to.

A mark is ``RS "tuneboard:" NONCE ":" TAG US``: TAG is ``<study>.<trial number>``, or ``-`` for no trial. The tuner cuts
the stream at the marks and removes them, so that order is exact however late the bytes are read. A line belongs to the
trial that the printing thread runs; a thread without a trial counts for the only running one.
"""

import errno
import io
import os
import stat
import sys
import threading

#: Longest line that is looked at for metrics, in characters.
LONGEST_LINE = 65536


class Router:
    """Knows which trial each thread runs, and hands complete printed lines to ``on_line(trial, line)``."""

    def __init__(self, nonce, log=None):
        """``log``: path that takes the output when the tuner is gone; None: the script does not outlive it."""
        self._nonce = nonce
        self._log = log
        self._local = threading.local()
        self._running = {}
        self.on_line = None
        #: Another process writes into the same streams: what it says last about the trial does not hold for us.
        self.shares_streams = False
        self.lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork, after_in_parent=self._has_forked)

    def begin(self, trial):
        self._running[trial.key] = trial
        trial.outer = getattr(self._local, "trial", None)
        self._local.trial = trial

    def end(self, trial):
        """The trial is finished; what its thread prints still belongs to it until ``leave``."""
        self._running.pop(trial.key, None)

    def leave(self, trial):
        if getattr(self._local, "trial", None) is trial:
            self._local.trial = trial.outer

    def leave_study(self, study):
        """What this thread prints no longer belongs to its trial of the study, nor to one that is finished."""
        trial = getattr(self._local, "trial", None)
        while trial is not None and (trial.finished or trial.study is study):
            trial = trial.outer
        self._local.trial = trial

    def is_inside(self):
        """Whether this thread runs a trial."""
        return getattr(self._local, "trial", None) is not None

    def current(self):
        trial = getattr(self._local, "trial", None)
        if trial is not None:
            return trial
        running = list(self._running.values())
        return running[0] if len(running) == 1 else None

    def running(self):
        return list(self._running.values())

    def leave_tuner(self):
        """The streams have lost their reader: they go to the log, without marks. Returns whether they do."""
        with self.lock:
            if self._log is None:
                return False
            if self._nonce is not None:
                try:
                    file = open_own(self._log)
                    for stream in (1, 2):
                        os.dup2(file, stream)
                    os.close(file)
                except OSError:
                    return False
                self._nonce = None
            return True

    def mark(self, trial):
        if self._nonce is None:
            return ""
        return "\x1etuneboard:%s:%s\x1f" % (self._nonce, "-" if trial is None else trial.tag)

    def feed(self, stream, trial, text):
        if trial is None or self.on_line is None:
            return
        pending = trial.partial.get(stream, "") + text
        if "\n" not in text and "\r" not in text:
            trial.partial[stream] = pending[-LONGEST_LINE:]
            return
        lines = pending.replace("\r", "\n").split("\n")
        trial.partial[stream] = lines.pop()
        for line in lines:
            if line and len(line) <= LONGEST_LINE:
                self.on_line(trial, line)

    def _after_fork(self):
        self.lock = threading.RLock()
        self._has_forked()

    def _has_forked(self):
        self.shares_streams = True


def open_own(path):
    """Opens a log for appending, made where it is missing. Raises OSError where it is a link or no regular file."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    # Windows has neither; a named pipe without a reader would block.
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = os.open(path, flags, 0o600)
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "not a regular file of this run", path)


class MarkedStream(io.TextIOWrapper):
    """The text stream of ``sys.stdout`` or ``sys.stderr``, with marks where the trial changes."""

    def follow(self, router, name):
        self._router = router
        self._name = name
        self._marked = None
        return self

    def write(self, text):
        if not isinstance(text, str):
            return super().write(text)
        router = self._router
        trial = router.current()
        with router.lock:
            is_marked = trial is self._marked and not router.shares_streams
            self._marked = trial
            try:
                super().write(text if is_marked else router.mark(trial) + text)
            except BrokenPipeError:
                # What was not written stays in the buffer.
                self._write_to_log()
        router.feed(self._name, trial, text)
        return len(text)

    def flush(self):
        try:
            super().flush()
        except BrokenPipeError:
            self._write_to_log()

    def _write_to_log(self):
        """For use where the tuner's end of the pipe is closed. Raises what is being handled where there is no log."""
        if not self._router.leave_tuner():
            raise
        super().flush()


def mark_streams(router):
    """Replaces both streams; the ones that Python made stay alive as ``sys.__stdout__`` and ``sys.__stderr__``."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or not hasattr(stream, "buffer"):
            continue
        stream.flush()
        marked = MarkedStream(
            stream.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, marked.follow(router, name))
