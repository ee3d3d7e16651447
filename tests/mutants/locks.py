"""Where the code locks rows, and the same code without one of these locks."""

import ast
import functools
import gc
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).resolve().parent.parent.parent
_ROWS = re.compile(r"FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?")
_NUMBER = re.compile(r"pg_(try_)?advisory_xact_lock\(")


def is_lock(node: ast.AST) -> bool:
    """Say whether this locks rows, through the ORM or in a statement of its own."""
    if isinstance(node, ast.Attribute):
        return node.attr == "select_for_update"
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(_ROWS.search(text) or _NUMBER.search(text))


def taken() -> dict[tuple[str, str], int]:
    """Return how many locks each function takes, by its file and name."""
    found = {}
    for folder in ("apps", "uma"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef):
                    locks = sum(is_lock(node) for node in ast.walk(function))
                    if locks:
                        found[str(path.relative_to(ROOT)), function.name] = locks
    return found


@contextmanager
def unlocked(path: str, name: str, number: int) -> Iterator[None]:
    """
    Let a function of this process run without its lock of this number, as if the file said so.

    The function stays the same object with other code, so whoever imported or decorated it has it too;
    the file is not touched.
    """
    tree = ast.parse((ROOT / path).read_text())
    without = _Without(name, number)
    changed = ast.fix_missing_locations(without.visit(tree))
    assert without.is_done, f"{path} has no such lock in {name}"
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    assert module.__file__ is not None
    codes = _codes(compile(changed, module.__file__, "exec"))
    functions = [
        (function, function.__code__)
        for function in _functions(module.__file__)
        if function.__code__.co_name == name
    ]
    assert functions, f"{path} has no function {name} that is reached from outside"
    try:
        for function, code in functions:
            function.__code__ = codes[code.co_qualname]
        _forget([function for function, _ in functions])
        yield
    finally:
        for function, code in functions:
            function.__code__ = code
        _forget([function for function, _ in functions])


class _Without(ast.NodeTransformer):
    """Takes one lock out of a function."""

    def __init__(self, name: str, number: int) -> None:
        self._name = name
        self._left = number
        self._inside = 0
        self.is_done = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._inside += node.name == self._name
        self.generic_visit(node)
        self._inside -= node.name == self._name
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and self._is_it(node.func):
            # Of a manager or of a query: both have `all`.
            everything = ast.Attribute(node.func.value, "all", ast.Load())
            return ast.copy_location(ast.Call(everything, [], []), node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if self._is_it(node):
            text = _NUMBER.sub("abs(", _ROWS.sub("", str(node.value)))
            return ast.copy_location(ast.Constant(text), node)
        return node

    def _is_it(self, node: ast.AST) -> bool:
        if not self._inside or not is_lock(node):
            return False
        self._left -= 1
        self.is_done |= self._left == 0
        return self._left == 0


def _codes(code: CodeType) -> dict[str, CodeType]:
    found = {code.co_qualname: code}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found |= _codes(one)
    return found


def _functions(file: str) -> list[FunctionType]:
    return [
        one
        for one in gc.get_objects()
        # By its type: a dead weak reference has no class to ask for.
        if issubclass(type(one), FunctionType) and one.__code__.co_filename == file
    ]


def _forget(functions: list[FunctionType]) -> None:
    """Empty what remembers these functions' answers."""
    for one in gc.get_objects():
        if issubclass(type(one), functools._lru_cache_wrapper) and one.__wrapped__ in functions:
            one.cache_clear()
