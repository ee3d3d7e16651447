"""A fact that a log line would not show is a line that cannot say what failed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from uma.kernel.logs import KEYS

ROOT = Path(__file__).parents[2]
TEXTS = {
    path: path.read_text(encoding="utf-8")
    for app in ("apps", "uma")
    for path in sorted((ROOT / app).rglob("*.py"))
}


def trees_with(words: str) -> dict[Path, ast.Module]:
    """Return the modules in whose text the words stand; to parse them all takes seconds."""
    return {path: ast.parse(text) for path, text in TEXTS.items() if words in text}


def told(tree: ast.Module) -> Iterator[tuple[int, ast.Dict | None]]:
    """Yield what each `extra=` of a module gives: dictionaries as they are written, `None` for one not found."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "extra":
            found: list[ast.Dict | None] = [*written(node.value, tree)]
            yield from ((node.value.lineno, one) for one in found or [None])


def written(value: ast.expr, tree: ast.Module) -> Iterator[ast.Dict]:
    """Yield the dictionaries that an expression stands for: itself, a name's, or what a function of ours returns."""
    if isinstance(value, ast.Dict):
        yield value
    elif isinstance(value, ast.Name):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == value.id:
                yield from written(node.value, tree)
    elif isinstance(value, ast.Call):
        name = ast.unparse(value.func).rpartition(".")[2]
        here = isinstance(value.func, ast.Name)
        for home in [tree] if here else trees_with(f"def {name}(").values():
            yield from returned(name, home)


def returned(name: str, home: ast.Module) -> Iterator[ast.Dict]:
    """Yield the dictionaries that a function of a module returns."""
    for node in ast.walk(home):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from written(inner.value, home)


def names(dictionary: ast.Dict) -> set[str]:
    """Return the keys of a dictionary; what another one adds to it is found where that one is written."""
    return {ast.literal_eval(key) for key in dictionary.keys if key is not None}


def test_every_fact_that_is_logged_is_on_the_list() -> None:
    seen = [
        (path, line, one) for path, tree in trees_with("extra=").items() for line, one in told(tree)
    ]

    hidden = {
        f"{path.relative_to(ROOT)}:{line}": sorted(names(one) - KEYS) if one else "not found"
        for path, line, one in seen
        if one is None or names(one) - KEYS
    }
    assert hidden == {}
    assert len(seen) > 20


@pytest.mark.parametrize(
    "text",
    [
        'log.info("x", extra={"shoe_size": 1})',
        'facts = {"shoe_size": 1}\nlog.info("x", extra=facts)',
        'def facts():\n    return {"shoe_size": 1}\nlog.info("x", extra=facts())',
    ],
)
def test_a_fact_that_is_not_listed_is_found_however_it_is_written(text: str) -> None:
    ((_, one),) = told(ast.parse(text))

    assert one is not None
    assert names(one) - KEYS == {"shoe_size"}
