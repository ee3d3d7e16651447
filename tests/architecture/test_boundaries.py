"""What import-linter cannot say: private modules and other apps' rows are left alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = sorted(path.name for path in (ROOT / "apps").iterdir() if (path / "__init__.py").exists())
# What one app may import of another; `models` only to name a type or a foreign key, `codes`, `qr` and
# `pricing` are pure functions that an app publishes beside its services, `duties` a table of who may
# what; `access` answers a view for whom a caller acts, `browser` tells a page who is visiting;
# `signing` is how the network signs, for the pretended participants of the sandbox as well; `datasets`
# are descriptions of what may be exported, `reversals` services in a file of their own.
PUBLIC = {
    "services", "selectors", "errors", "tasks", "models", "codes", "qr", "pricing", "duties",
    "access", "browser", "signing", "datasets", "reversals",
}  # fmt: skip
MAX_LINES = 400
MAX_FUNCTION_LINES = 70


def sources(*, of: str | None = None) -> Iterator[tuple[str, Path, ast.Module]]:
    for app in APPS:
        if of not in (None, app):
            continue
        for path in sorted((ROOT / "apps" / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield app, path, ast.parse(path.read_text())


def foreign_imports(app: str, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Yield (other app, its module, imported name)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("apps."):
            continue
        parts = (node.module or "").split(".")
        for alias in node.names:
            module = parts[2] if len(parts) > 2 else alias.name
            if parts[1] != app:
                yield parts[1], module, alias.asname or alias.name


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_what_another_publishes(app: str) -> None:
    private = [
        f"{path.relative_to(ROOT)}: apps.{other}.{module}"
        for _, path, tree in sources(of=app)
        for other, module, _ in foreign_imports(app, tree)
        if module not in PUBLIC
    ]

    assert private == []


@pytest.mark.parametrize("app", APPS)
def test_an_app_never_queries_another_apps_rows(app: str) -> None:
    touched = []
    for _, path, tree in sources(of=app):
        models = {name for _, module, name in foreign_imports(app, tree) if module == "models"}
        touched += [
            f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.id}.objects"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and node.attr in {"objects", "_base_manager", "_default_manager"}
            and isinstance(node.value, ast.Name)
            and node.value.id in models
        ]

    assert touched == []


def test_files_and_functions_stay_small() -> None:
    too_long = []
    for folder in ("apps", "uma", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            text = path.read_text()
            name = path.relative_to(ROOT)
            if text.count("\n") > MAX_LINES:
                too_long.append(f"{name}: {text.count(chr(10))} lines")
            too_long += [
                f"{name}:{node.lineno} {node.name}"
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef)
                and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
            ]

    assert too_long == []


def test_money_is_never_a_float_or_a_decimal_below_the_wire() -> None:
    """`float(`, `Decimal` and true division stay out of the modules that decide about money."""
    found = []
    for app, path, tree in sources():
        if path.name not in {
            "services.py",
            "pricing.py",
            "reversals.py",
            "disputes.py",
            "codes.py",
        }:
            continue
        for node in ast.walk(tree):
            named = isinstance(node, ast.Name) and node.id in {"float", "Decimal"}
            divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if isinstance(node, ast.expr) and (named or divided):
                found.append(f"apps/{app}/{path.name}:{node.lineno}")

    assert found == []


# A broker must not veto what is committed, and a probe that fails in any way is a probe that failed.
MAY_SWALLOW = {"uma/kernel/queue.py", "uma/kernel/http/health.py"}


def swallows(handler: ast.ExceptHandler) -> bool:
    """Say whether the handler would take a failed assertion and not raise it again."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    if handler.type is None:
        return True
    names = {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}
    return bool(names & {"Exception", "BaseException", "AssertionError"})


def test_a_failed_assertion_is_never_caught() -> None:
    """INV-44: what swallows every exception would swallow a broken invariant as well."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("apps", "uma")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in MAY_SWALLOW
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    ]

    assert found == []
