"""The sites of a trial: files of code with the values in place, and the report of which were evaluated.

A site is replaced in the syntax tree by ``__tuneboard_site__(PARAMETER, VALUE)``, so that positions, source lines and
tracebacks stay those of the file. The report is a file of JSON lines, each written at once:

    {"used": "lr"}                                      the value was evaluated, once a process
    {"unused": "lr", "line": 12, "by": 40}              nothing can read it: line 40 overwrites it, or (null) no line reads it
    {"gone": "lr", "file": "/home/me/train.py"}            the file has changed since the trial started
"""

import ast
import builtins
import io
import json
import os
import sys
import tokenize

from _tuneboard_unused import unused_at

_MARK = "__tuneboard_site__"
_START = "__tuneboard_start__"


class Sites:
    def __init__(self, settings):
        with io.open(settings, encoding="utf-8") as file:
            file.readline()
            described = json.load(file)
        self._report = described["report"]
        self._files = {path: SiteFile(path, entry, self) for path, entry in described["files"].items()}
        self._copies = described["copies"]
        self._seen = set()
        setattr(builtins, _MARK, self.evaluate)

    def code(self, path):
        return self._files.get(_real(path))

    def copy(self, path):
        copy = self._copies.get(_real(path))
        if copy is None:
            return None
        for parameter in copy["parameters"]:
            self.evaluate(parameter, None)
        return copy["path"]

    def tree_of_text(self, source):
        """A text that is run as it was read from a file: the tree of that file, else the text."""
        for path, file in self._files.items():
            if file.is_text(source):
                return file.tree(source, path)
        return source

    def evaluate(self, parameter, value):
        if parameter not in self._seen:
            self._seen.add(parameter)
            self.tell({"used": parameter})
        return value

    def tell(self, message):
        try:
            # One write a line: several processes append to it.
            descriptor = os.open(self._report, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, (json.dumps(message) + "\n").encode())
            finally:
                os.close(descriptor)
        except OSError:
            pass


def _real(path):
    return os.path.normcase(os.path.realpath(os.fsdecode(path)))


class SiteFile:
    """A file of code. Each site has ``parameter``, ``start``, ``end``, ``text``, ``before``, ``after`` and ``value``.

    Offsets are in UTF-16 code units of the text without byte order mark; ``before`` and ``after`` are the text around it,
    by which it is found again where the file has changed; ``value`` is an expression.
    """

    def __init__(self, path, entry, sites):
        self._path = path
        self._entry = entry
        self._sites = sites
        self._text = None

    def is_text(self, source):
        """Whether a source is the text of this file."""
        if self._entry.get("notebook"):
            return False
        if self._text is None:
            with io.open(self._path, "rb") as file:
                self._text = _decoded(file.read())
        text = _decoded(bytes(source)) if not isinstance(source, str) else source
        return text.lstrip("\ufeff") in (self._text, _with_plain_ends(self._text))

    def tree(self, source, filename, first=(), is_script=False):
        """The syntax tree of the file's content with the values in place, and statements ``first`` before the others."""
        tree = compile(source, filename, "exec", ast.PyCF_ONLY_AST, True)
        text = source if isinstance(source, str) else _decoded(bytes(source))
        targets = self._targets(text.lstrip("\ufeff"), self._entry["sites"])
        for (line, column, _, _), site in targets.items():
            unused = unused_at(tree, line, column, self._path if is_script else None)
            if unused is not None:
                self._sites.tell({"unused": site["parameter"], "line": line, "by": unused.by})
        self._put(tree, targets)
        at = _first_statement(tree)
        tree.body[at:at] = [_placed(statement, tree.body[at] if at < len(tree.body) else None) for statement in first]
        return tree

    def _targets(self, text, sites):
        """The sites by their places in the tree of a text."""
        targets = {}
        for site in sites:
            start, end = self._find(site, text)
            targets[_position(text, start) + _position(text, end)] = site
        return targets

    def _put(self, tree, targets):
        found = _replace(tree, targets)
        for site in targets.values():
            if site["parameter"] not in found:
                self._gone(site)

    def _cell(self, cell, name):
        """What to compile for a cell of a notebook: a line without a magic is where it is in the file."""
        sites = [site for site in self._entry["sites"] if site["cell"] == cell.number - 1]
        if not sites:
            return cell.source
        tree = compile(cell.source, name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
        self._put(tree, self._targets(cell.raw, sites))
        return tree

    def text(self, data):
        """The file's content with the values in place, for an importer that wants a text: lines stay, columns do not."""
        text = _decoded(data)
        spans = [(*self._find(site, text), site) for site in self._entry["sites"]]
        for start, end, site in sorted(spans, key=lambda span: -span[0]):
            lines = "\n" * text[start:end].count("\n")
            call = "%s(%r, %s%s)" % (_MARK, site["parameter"], site["value"], lines)
            text = text[:start] + call + text[end:]
        return text.encode(_encoding(data)) if isinstance(data, bytes) else text

    def script(self, path, is_start):
        """Code that runs the file as a script, in the namespace that ``runpy`` has made for it."""
        is_notebook = self._entry.get("notebook", False)
        setattr(builtins, _START, _starter(path, is_start, self._cell if is_notebook else None))
        if is_notebook:
            return compile("%s()" % _START, path, "exec", 0, True)
        with io.open(path, "rb") as file:
            tree = self.tree(file.read(), path, ast.parse("%s()" % _START).body, is_start)
        return compile(tree, path, "exec", 0, True)

    def _find(self, site, text):
        """Where a site is in the text, in characters."""
        start = _characters(text, site["start"])
        end = start + len(site["text"])
        before, after = site["before"], site["after"]
        around = before + site["text"] + after
        if text[max(0, start - len(before)) : end + len(after)] == around:
            return start, end
        plain = _with_plain_ends(text) == text
        if plain:
            around, before = _with_plain_ends(around), _with_plain_ends(before)
        at = text.find(around)
        if at < 0 or text.find(around, at + 1) >= 0:
            self._gone(site)
        start = at + len(before)
        return start, start + len(_with_plain_ends(site["text"]) if plain else site["text"])

    def _gone(self, site):
        self._sites.tell({"gone": site["parameter"], "file": self._path})
        # No `except Exception` of the script goes on with the value of the file.
        sys.stderr.write("%s has changed since the trial started: %s is gone.\n" % (self._path, site["text"]))
        raise SystemExit(1)


def _starter(path, is_start, cell):
    """Makes the namespace of the running module what it is for a script that Python runs itself."""

    def start():
        delattr(builtins, _START)
        namespace = sys._getframe(1).f_globals
        namespace["__spec__"] = None
        if is_start:
            namespace["__package__"] = None
            loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
            namespace["__loader__"] = loader("__main__", path)
        else:
            namespace["__loader__"] = None
        if cell is not None:
            _run_notebook(path, namespace, cell)

    return start


def _run_notebook(path, namespace, cell):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.append(folder)
    try:
        from _tuneboard_notebook import NotebookError, run_cells
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = before
    try:
        run_cells(path, namespace, cell)
    except NotebookError as error:
        raise SystemExit(str(error))


def _encoding(data):
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _decoded(data):
    return data.decode(_encoding(data))


def _with_plain_ends(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _characters(text, units):
    """An offset in characters from one in UTF-16 code units."""
    if text.isascii() or max(text) <= "\uffff":
        return units
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "surrogatepass"))


def _position(text, offset):
    """Line from 1 and column in UTF-8 bytes, as syntax trees have them."""
    before = _with_plain_ends(text[:offset])
    return before.count("\n") + 1, len(before[before.rfind("\n") + 1 :].encode("utf-8", "surrogatepass"))


def _first_statement(tree):
    """Index of the first statement after the docstring and what is taken from the future."""
    for index, statement in enumerate(tree.body):
        is_doc = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_doc and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            return index
    return len(tree.body)


def _placed(statement, beside):
    for node in ast.walk(statement):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = getattr(beside, "lineno", 1)
            node.col_offset = node.end_col_offset = getattr(beside, "col_offset", 0)
    return statement


#: Nodes whose constants are syntax: no call may stand there.
_SYNTAX = tuple(getattr(ast, name) for name in ("pattern", "JoinedStr", "TemplateStr") if hasattr(ast, name))


def _replace(tree, targets):
    """Replaces the expressions at the targets and returns their parameters."""
    first = min((target[0] for target in targets), default=0)
    last = max((target[2] for target in targets), default=0)
    found = set()
    pending = [tree]
    while pending:
        node = pending.pop()
        for name, field in ast.iter_fields(node):
            entries = field if isinstance(field, list) else [field]
            for index, child in enumerate(entries):
                if not isinstance(child, ast.AST) or isinstance(child, _SYNTAX) or _is_apart(child, first, last):
                    continue
                site = targets.get(_span(child)) if isinstance(child, ast.expr) else None
                if site is None:
                    pending.append(child)
                    continue
                found.add(site["parameter"])
                if isinstance(field, list):
                    field[index] = _call(site, child)
                else:
                    setattr(node, name, _call(site, child))
    return found


def _span(node):
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _is_apart(node, first, last):
    """Whether a statement has none of the lines between two; a decorator is above what it decorates."""
    if not isinstance(node, ast.stmt):
        return False
    above = [decorator.lineno for decorator in getattr(node, "decorator_list", [])]
    return min([node.lineno] + above) > last or node.end_lineno < first


def _call(site, literal):
    value = ast.parse(site["value"], mode="eval").body
    call = ast.Call(ast.Name(_MARK, ast.Load()), [ast.Constant(site["parameter"]), value], [])
    for node in ast.walk(call):
        if isinstance(node, ast.expr):
            ast.copy_location(node, literal)
    return call
