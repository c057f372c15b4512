"""Values that no line can read, as far as one file shows it for certain.

Certain is only what stands in a plain assignment to a name at the top of a module or of a function. Where a name may be
read in a way that the syntax does not show (``globals()``, ``exec``, a text that has the name in it, an import by another
module), nothing is claimed.
"""

import ast
import glob
import os
import re

#: Through these a name is read by its text.
_READERS = {"globals", "locals", "vars", "eval", "exec", "compile", "dir", "getattr", "__dict__", "modules"}
_READERS |= {"run_path", "run_module", "import_module", "currentframe", "_getframe", "f_locals", "f_globals", "__import__"}
#: In a folder with more files nothing is claimed.
MOST_FILES = 1000
_LEAVES = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.Delete)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


class Unused:
    """``by`` is the line that overwrites the value, or None where no line reads it."""

    def __init__(self, by):
        self.by = by


def unused_at(tree, line, column, script):
    """Whether the value at a position (line from 1, column in UTF-8 bytes) cannot be read: an Unused, else None.

    ``script`` is the path of a file that runs as a script, None for a module.
    """
    scope, index = _assignment(tree, line, column)
    if scope is None:
        return None
    name = _target(scope.body[index])
    is_module = isinstance(scope, ast.Module)
    if _is_read_by_text(tree, name) or (not is_module and _is_shared(scope, name)):
        return None
    by = _overwriter(scope, index, name)
    if by is not None:
        return Unused(by)
    # Another module may import what this one does not read.
    if not _is_loaded(scope, name) and (not is_module or (script is not None and not _is_imported(script))):
        return Unused(None)
    return None


def _assignment(tree, line, column):
    """The scope whose own statement assigns exactly what stands at the position to a name, and that statement's index."""
    scopes = [tree] + [node for node in ast.walk(tree) if isinstance(node, _SCOPES)]
    for scope in scopes:
        for index, statement in enumerate(scope.body):
            value = getattr(statement, "value", None)
            if value is not None and _target(statement) and (value.lineno, value.col_offset) == (line, column):
                return scope, index
    return None, 0


def _target(statement):
    """The name that a plain assignment sets, else None."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _is_read_by_text(tree, name):
    word = re.compile(r"\b%s\b" % re.escape(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _READERS or isinstance(node, ast.Attribute) and node.attr in _READERS:
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value):
            return True
    return False


def _is_shared(scope, name):
    """Whether a function gives its variable to the module or to a function within."""
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in ast.walk(scope)):
        return True
    inner = [node for node in ast.walk(scope) if isinstance(node, _SCOPES + (ast.Lambda, ast.ClassDef)) and node is not scope]
    return any(_is_loaded(node, name) for node in inner)


def _is_loaded(node, name):
    return any(_loads(child, name) for child in ast.walk(node))


def _loads(node, name):
    """Whether the node itself reads the name; ``+=`` does. A name that is deleted was wanted for something too."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store)


def _overwriter(scope, index, name):
    """Line of the statement beside the assignment that sets the name anew before anything can have read it."""
    for at in range(index + 1, len(scope.body)):
        statement = scope.body[at]
        if _is_loaded(statement, name) or any(isinstance(node, _LEAVES) for node in ast.walk(statement)):
            return None
        if _target(statement) == name:
            # A function above may have been called in between.
            earlier = [node for node in scope.body[:at] if isinstance(node, _SCOPES + (ast.ClassDef,))]
            return None if any(_is_loaded(node, name) for node in earlier) else statement.lineno
    return None


def _is_imported(script):
    """Whether a file in the script's folder may import the script."""
    name = os.path.splitext(os.path.basename(script))[0]
    word = re.compile(rb"\bimport\b.*\b%s\b|\bfrom\s+[\w.]*\b%s\b|__main__" % ((re.escape(name).encode(),) * 2))
    folder = glob.escape(os.path.dirname(script))
    beside = glob.glob(os.path.join(folder, "*.py")) + glob.glob(os.path.join(folder, "*", "*.py"))
    if len(beside) > MOST_FILES:
        return True
    for path in beside:
        if os.path.realpath(path) != os.path.realpath(script):
            try:
                with open(path, "rb") as file:
                    if any(word.search(line) for line in file if b"__name__" not in line):
                        return True
            except OSError:
                return True
    return False
