"""Every place that locks rows is listed with a race that is red without it; a new one brings its own."""

import ast
import re
from pathlib import Path

from tests.architecture.locks import RACES

ROOT = Path(__file__).resolve().parent.parent.parent
IN_SQL = ("FOR NO KEY UPDATE", "FOR UPDATE", "pg_advisory_xact_lock")


def locks(node: ast.AST) -> bool:
    """Say whether this locks rows, through the ORM or in a statement of its own."""
    if isinstance(node, ast.Attribute):
        return node.attr == "select_for_update"
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and any(words in text for words in IN_SQL)


def taken() -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(ROOT)), function.name)
        for folder in ("apps", "uma")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and any(locks(node) for node in ast.walk(function))
    }


def test_every_lock_is_listed() -> None:
    listed = {(path, name) for path, names in RACES.items() for name in names}

    assert listed == taken()


def test_a_locks_race_exists_and_is_in_the_tables() -> None:
    tables = (ROOT / "CONTRIBUTING.md").read_text()
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)", tests)) & set(re.findall(r"\btest_\w+", tables))

    named = {test for names in RACES.values() for test in names.values()}

    assert sorted(named - there) == []
