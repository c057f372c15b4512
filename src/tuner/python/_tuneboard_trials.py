"""What the launcher remembers of a script's studies and trials, and how printed metric lines join a trial.

A finished trial cannot change, so lines are attached while the trial runs, at the latest right before it is finished.
A script that reports by itself (``trial.report``) is left alone: its printed lines only tell the name of its metric.
"""

import sys
import time
import traceback

from _tuneboard_attributes import METRICS
from _tuneboard_metrics import could_be_objective, matching_names, preferred_name, step_of

#: MySQL-era limit of an attribute's JSON text that Optuna's databases may still have.
LONGEST_ATTR = 2000
#: Points that arrive faster than this many seconds are written together: a write waits for the disk.
BATCH_SECONDS = 0.2
#: Lines kept a trial while the objective's name is not known.
MOST_LINES = 100000


#: Longest text of a failure, in characters: with JSON's escapes it fits into a MySQL-era attribute.
LONGEST_FAILURE = 1500


def failure_text():
    """Why the trial that Optuna is just recording failed: the error with its traceback, or why its value was refused.

    Optuna tells a trial after the objective's exception was handled, so it is found in the frames of Optuna that call us.
    None where a script tells its trials as failed itself.
    """
    frame, refusal = sys._getframe(1), None
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("optuna."):
            local = frame.f_locals
            error = local.get("func_err")
            if isinstance(error, BaseException):
                return _error_text(error)
            refusal = refusal or local.get("values_conversion_failure_message") or local.get("warning_message")
        frame = frame.f_back
    return refusal if isinstance(refusal, str) else None


def _error_text(error):
    reason = "".join(traceback.format_exception_only(type(error), error)).strip()
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__)).strip()
    # The first line is the sentence that is shown; of a long traceback the end has the raising line.
    first = reason.split("\n")[0][:500]
    room = LONGEST_FAILURE - len(first)
    return first + "\n" + (trace if len(trace) <= room else "Traceback (most recent call last):\n  ..." + trace[-room:])


class StudyState:
    """One study that the script has made or loaded."""

    def __init__(self, index, name, directions, metric):
        self.index = index
        self.name = name
        self.directions = directions
        self.metric = metric
        #: A metric that a person named is the objective, whatever the numbers look like.
        self._is_named = metric is not None
        #: Finished trials, once they have been counted.
        self.finished = None
        self.running = 0
        self.announced = 0
        self.reports = False
        self.finished_silently = False
        self._candidates = None

    @property
    def single(self):
        return len(self.directions) == 1

    @property
    def maximize(self):
        return self.single and self.directions[0] == 2

    def learn(self, trial, value):
        """Narrows down which printed metric is the objective. Returns whether the answer changed."""
        if self._is_named:
            return False
        matches = set(matching_names(trial.lines, value))
        if self._candidates is not None and self._candidates & matches:
            matches &= self._candidates
        if not matches:
            return False
        self._candidates = matches
        metric = self.metric if self.metric in matches else preferred_name(sorted(matches), self.maximize)
        changed, self.metric = metric != self.metric, metric
        return changed

    def likely_metric(self, lines):
        if self._is_named:
            return self.metric
        names = list(dict.fromkeys(name for metrics in lines for name in metrics if could_be_objective(name)))
        if self.metric in names:
            return self.metric
        return preferred_name(names, self.maximize)


class TrialState:
    """One trial that this process runs. ``write_points([(step, value)])`` and ``write_attr(key, value)`` reach its log.

    After every ``dense`` points written, only every second of the following ones is: a script that prints each batch
    costs a curve of bounded size, and its last point is always there.
    """

    def __init__(self, study, key, number, param_names, write_points, write_attr, dense):
        self.study = study
        self.key = key
        self.number = number
        self.tag = "%d.%d" % (study.index, number)
        self.partial = {}
        self.lines = []
        self.reported = False
        self.finished = False
        #: The trial of another study that this one is a part of.
        self.outer = None
        self._param_names = param_names
        self._write_points = write_points
        self._write_attr = write_attr
        self._last_step = -1
        self._written = 0
        self._dense = dense
        self._stride = 1
        self._seen = 0
        self._taken = 0
        self._points = []
        self._skipped = None
        self._flushed_at = float("-inf")

    def add(self, metrics):
        known = self._param_names()
        own = {name: value for name, value in metrics.items() if name not in known}
        if not own or self.finished or len(self.lines) >= MOST_LINES:
            return
        self.lines.append(own)
        study = self.study
        if study.single and study.finished_silently and not study.reports and study.metric is not None:
            self.write_pending(study.metric)

    def write_pending(self, metric):
        """Writes the lines not yet written as intermediate values of ``metric``."""
        lines, self._written = self.lines[self._written :], len(self.lines)
        for metrics in lines:
            if metric in metrics:
                step = step_of(metrics, self._last_step)
                self._last_step = step
                self._take((step, metrics[metric]))
        if time.monotonic() - self._flushed_at >= BATCH_SECONDS:
            self._flush_points()

    def _take(self, point):
        self._skipped = None
        if self._seen % self._stride == 0:
            self._points.append(point)
            self._taken += 1
            if self._taken % self._dense == 0:
                self._stride *= 2
        else:
            self._skipped = point
        self._seen += 1

    def _flush_points(self):
        points, self._points = self._points, []
        if points:
            self._write_points(points)
            self._flushed_at = time.monotonic()

    def flush_partial(self, on_line):
        """Hands over what was printed without a line end."""
        for stream, text in list(self.partial.items()):
            self.partial[stream] = ""
            if text:
                on_line(self, text)

    def close(self, value):
        """Called right before the trial is finished; ``value``: its only objective value or None. Returns whether the metric changed."""
        study = self.study
        changed = study.learn(self, value) if value is not None and self.lines else False
        if study.single and not study.reports and not self.reported:
            study.finished_silently = True
            metric = study.likely_metric(self.lines)
            if metric is not None:
                self.write_pending(metric)
        if self._skipped is not None:
            self._points.append(self._skipped)
        self._flush_points()
        last = {}
        for metrics in self.lines:
            last.update(metrics)
        if last and len(repr(last)) < LONGEST_ATTR:
            self._write_attr(METRICS, last)
        return changed
