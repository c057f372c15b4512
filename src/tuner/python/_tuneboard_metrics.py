"""What a printed line says about a trial: ``key=value`` pairs, a JSON object, or a Python dict (numbers may be quoted,
as transformers 5 prints them). The same rules as the text-log reader of the tuner.
"""

import ast
import json
import math
import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OPTUNA_LINE = re.compile(r"^\[[DIWEC] \d{4}-\d\d-\d\d ")
_NUMBER = r"[-+]?(?:(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)"
_QUOTED_OR_BARE = re.compile(r"^\s*(%s)\s*$" % _NUMBER, re.IGNORECASE)
# Not the beginning of something longer: `0,31`, `0:00:12`, `2026-01-02`.
_PAIR = re.compile(
    r"(?<![\w.%%/@?&=-])([A-Za-z_][\w./@%%-]*)\s*=\s*(['\"]?)(%s)\2(?![\w.]|[,:-]\d)" % _NUMBER, re.IGNORECASE
)
_WRAPPED = re.compile(r"(?<![\w.])(?:np\.|numpy\.|torch\.)?(?:u?int\d*|float\d+|tensor)\(([^(),]*)(?:,[^()]*)?\)")
_BARE_NAMES = re.compile(r"(?<=[:,\[\s{(])([-+]?)(nan|inf)(?=\s*[,}\])])")

# What stands in a call, as in `Namespace(lr=0.1)`, is an argument and no report.
_CALL = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*\([^()]*\)")

_BRACKET = re.compile(r"[()\[\]{}]")
_SIGNS = re.compile(r"[-+~]\s?[-+~]\s?[-+~]")

#: Names that count progress, in order of preference for the step of a value.
STEP_NAMES = ("step", "global_step", "iteration", "iter", "epoch", "round")
_NOT_OBJECTIVES = re.compile(
    r"(^|_)(epochs?|steps?|iter(ation)?s?|round|lr|learning_rate|grad_norm|seed|runtime|time|seconds?|total_flos|samples)$"
    r"|_per_second$|_runtime$|^num_|memory|^eta$",
    re.IGNORECASE,
)
_HIGHER_IS_BETTER = re.compile(r"acc|f1|auc|score|precision|recall|bleu|rouge|r2|iou|map|reward|corr", re.IGNORECASE)
_LOWER_IS_BETTER = re.compile(r"loss|err|mse|mae|rmse|perplexity|ppl|nll|cost|regret|cer|wer", re.IGNORECASE)


def parse_metrics(line):
    """The named numbers of a line, or None when it holds none."""
    if "=" not in line and "{" not in line:
        return None
    text = _ANSI.sub("", line).strip()
    if _OPTUNA_LINE.match(text) or text.startswith("BestRun("):
        return None
    if text.startswith("{") and text.endswith("}"):
        return _numbers(_literal(text)) or None
    found = {name: float(value) for name, _, value in _PAIR.findall(_CALL.sub(" ", text))}
    return found or None


def _literal(text):
    if _is_nested_deep(text):
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(_BARE_NAMES.sub(r"'\1\2'", _WRAPPED.sub(r"\1", text)))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _is_nested_deep(text):
    """Python's own parser may take time that doubles with each bracket, and a stack as deep as they are."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "([{" else -1
        if depth > 8:
            return True
    return _SIGNS.search(text) is not None


def _numbers(value):
    numbers = {}
    if isinstance(value, dict):
        for name, item in value.items():
            number = _number(item)
            if isinstance(name, (str, int)) and number is not None:
                numbers[str(name)] = number
    return numbers


def _number(item):
    if isinstance(item, bool):
        return None
    if isinstance(item, (int, float)):
        return float(item)
    if isinstance(item, str) and _QUOTED_OR_BARE.match(item):
        return float(item)
    return None


def step_of(metrics, last):
    """The step of a line: what it says where that is a whole number beyond ``last``, else the next one."""
    for name in STEP_NAMES:
        value = metrics.get(name)
        if value is not None and value == math.floor(value) and 0 <= value < 2**31 and value > last:
            return int(value)
    return last + 1


def could_be_objective(name):
    return _NOT_OBJECTIVES.search(name) is None


def matching_names(lines, value):
    """Names of the metrics that ended at ``value``, or had it as their best: printed values may be rounded to 4 digits."""
    last, seen = {}, {}
    for metrics in lines:
        for name, number in metrics.items():
            if could_be_objective(name):
                last[name] = number
                seen.setdefault(name, []).append(number)
    close = [name for name, number in last.items() if _close(number, value)]
    if close:
        return close
    return [name for name, numbers in seen.items() if _close(min(numbers), value) or _close(max(numbers), value)]


def _close(printed, value):
    if printed == value:
        return True
    return math.isfinite(printed) and math.isfinite(value) and abs(printed - value) <= 6e-4 * abs(value)


def preferred_name(names, maximize):
    """The likeliest objective among names: an evaluation metric whose usual direction is the study's."""
    usual, unusual = (_HIGHER_IS_BETTER, _LOWER_IS_BETTER) if maximize else (_LOWER_IS_BETTER, _HIGHER_IS_BETTER)

    def rank(name):
        return (
            0 if usual.search(name) else 2 if unusual.search(name) else 1,
            0 if re.search(r"(^|_)(eval|val|valid|test|dev)", name) else 1,
        )

    return min(names, key=rank) if names else None
