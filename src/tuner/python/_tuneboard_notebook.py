"""The code of a notebook as plain Python: code cells in order, without what only IPython understands."""

import io
import json
import linecache
import re
import tokenize

_MAGIC = re.compile(r"^\s*(%|!|\?)|^\s*get_ipython\(\)\s*\.|^[^#'\"]*\?{1,2}\s*$")
_ASSIGNED = re.compile(r"^(\s*)([A-Za-z_][\w.\[\], ]*?)\s*=\s*(%|!)")
_RUN_BODY = re.compile(r"^%%(time|timeit|capture|prun)\b")


class Cell:
    """One code cell. ``number`` counts all cells from 1, as an editor shows them; ``raw`` has the magics too."""

    def __init__(self, number, raw, source, left_out):
        self.number = number
        self.raw = raw
        self.source = source
        self.left_out = left_out


class NotebookError(Exception):
    """A file that is not a Python notebook; the message is one sentence."""


def run_cells(path, namespace, changed=None, listing=None):
    """Runs the code cells in one namespace. A traceback names the cell and its line.

    ``changed(cell, name)`` gives what to compile for a cell. ``listing`` is a file to write the cells to, one after the other:
    a debugger shows it, and has its breakpoints there.
    """
    import ast

    def display(*values, **_options):
        for value in values:
            print(value)

    namespace["display"] = display
    cells = read_cells(path)
    starts = list_cells(cells, listing) if listing else {}
    for cell in cells:
        for line in cell.left_out:
            print("Tuneboard left out in cell %d: %s" % (cell.number, line))
        name = "%s, cell %d" % (path, cell.number)
        lines = [line + "\n" for line in cell.source.split("\n")]
        linecache.cache[name] = (len(cell.source), None, lines, name)
        source = cell.source if changed is None else changed(cell, name)
        if listing:
            name, source = listing, "\n" * starts[cell.number] + source
        code = compile(source, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
        if code.co_flags & 0x80:  # CO_COROUTINE: the cell awaits
            import asyncio

            asyncio.run(eval(code, namespace))
        else:
            exec(code, namespace)


def list_cells(cells, listing):
    """Writes the cells to a file; returns how many lines stand above each, by its number."""
    lines, starts = [], {}
    for cell in cells:
        lines.append("# %%%% cell %d" % cell.number)
        starts[cell.number] = len(lines)
        lines.extend(cell.source.split("\n"))
    with io.open(listing, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
    return starts


def read_cells(path):
    with io.open(path, encoding="utf-8-sig") as file:
        try:
            notebook = json.load(file)
        except ValueError:
            raise NotebookError("%s is not a notebook: it is not valid JSON." % path)
    if not isinstance(notebook, dict):
        raise NotebookError("%s is not a notebook: it holds no cells." % path)
    cells = notebook.get("cells")
    if cells is None:
        sheets = notebook.get("worksheets") or []
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    if not isinstance(cells, list):
        raise NotebookError("%s is not a notebook: it holds no cells." % path)
    language = _language(notebook)
    if language not in ("python", "ipython", None):
        raise NotebookError("%s is a notebook in %s; only Python notebooks can be run." % (path, language))
    code = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            text = "".join(source) if isinstance(source, list) else str(source)
            plain, left_out = without_magics(text)
            code.append(Cell(number, text, plain, left_out))
    return code


def _language(notebook):
    metadata = notebook.get("metadata") or {}
    info = metadata.get("language_info") or {}
    kernel = metadata.get("kernelspec") or {}
    name = info.get("name") or kernel.get("language")
    return str(name).lower() if name else None


def without_magics(source):
    """The source with magics and shell lines replaced, line for line, and the lines that were left out."""
    if _compiles(source) and "get_ipython" not in source:
        return source, []
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    left_out = []
    if lines[first].startswith("%%"):
        left_out.append(lines[first].strip())
        if not _RUN_BODY.match(lines[first]):
            return "\n".join("" for _ in lines), left_out
        lines[first] = ""
    inside = _Continuation()
    index = 0
    while index < len(lines):
        line = lines[index]
        if not inside.open and _is_magic(line):
            left_out.append(line.strip())
            lines[index] = _replacement(line)
            while line.rstrip().endswith("\\") and index + 1 < len(lines):
                index += 1
                line, lines[index] = lines[index], ""
        else:
            inside.add(line)
        index += 1
    return "\n".join(lines), left_out


def _compiles(source):
    import ast

    try:
        compile(source, "<cell>", "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return True
    except (SyntaxError, ValueError):
        return False


def _is_magic(line):
    return bool(_MAGIC.match(line) or _ASSIGNED.match(line))


def _replacement(line):
    assigned = _ASSIGNED.match(line)
    if assigned:
        return "%s%s = None" % (assigned.group(1), assigned.group(2))
    return line[: len(line) - len(line.lstrip())] + "pass"


class _Continuation:
    """Whether the next line continues an open string, bracket or backslash, so that it is no line of its own."""

    def __init__(self):
        self.open = False
        self._text = ""

    def add(self, line):
        self._text += line + "\n"
        self.open = self._is_open(line)
        if not self.open:
            self._text = ""

    def _is_open(self, line):
        if line.rstrip().endswith("\\") and "#" not in line:
            return True
        text = self._text.lstrip()
        try:
            for _token in tokenize.generate_tokens(io.StringIO(text).readline):
                pass
        except tokenize.TokenError:
            return True
        except (SyntaxError, IndentationError):
            pass
        return False
