"""Every page escapes what it shows: nothing in templates, code or scripts hands text to a browser as markup."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_boundaries import ROOT

# What would let a text through as it is, by the kind of file.
RAW = {
    "*.html": (r"\|\s*safe\b", r"\|\s*safeseq\b", r"{%\s*autoescape\s+off", r"\bhx-on\b", r"\bon[a-z]+=\""),
    "*.mjs": (
        r"\.(?:inner|outer)HTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\(",
        r"createContextualFragment", r"setHTMLUnsafe", r"new Function\b",
    ),
}  # fmt: skip
PLACES = {
    "*.html": (ROOT / "templates", ROOT / "apps", ROOT / "uma"),
    "*.mjs": (ROOT / "web" / "js",),
}
# An address of somebody else's in a page, which might be `javascript:`: who makes it, or checks its beginning.
LINKS = {
    "order.tracking_url": "apps/ondc/handlers/care.py takes https alone",
}
# Markup that is made, and of nobody's words: a heading, icons, a code that is drawn.
VOUCHED = {
    "apps/payments/admin/bank.py: SafeString(head)",
    "uma/kernel/templatetags/web.py: mark_safe(ICONS[name])",
    # A sentence and, for who may act on it, its second one: both written there.
    "apps/payments/admin/sellers.py: format_html(told, zone.name, page, zone.code)",
    "apps/console/admin/second_step.py: mark_safe(svg[svg.index('<svg'):])",
}
OURS = re.compile(
    r"back|alert\.url|tab\.url|url|link|one\.link|language_url|checkout\.action|again|next|hit\.href|tile\.href|position\.href"
    r"|one\.href|model\.admin_url|choice\.query_string|cl\.(?:add|remove)_facet_link|cl\.clear_all_filters_qs|cl\.(?:first|previous|next)_page|show_all_url|app_path"
    r"|take_away|whole_trail|entry\.type|script_url|favicon_href|swagger_ui_\w+"
)


def files(pattern: str) -> list[Path]:
    found = [path for place in PLACES[pattern] for path in place.rglob(pattern)]
    assert found, pattern
    return [path for path in found if "node_modules" not in path.parts]


@pytest.mark.parametrize("pattern", RAW)
def test_no_file_lets_a_text_through_unescaped(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in files(pattern)
        for raw in RAW[pattern]
        for hit in re.finditer(raw, path.read_text())
    ]

    assert found == []


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_code_vouches_for_a_text_and_formats_are_written_down() -> None:
    """`format_html` escapes what is put into its format; the format itself must be nobody's words."""
    found: list[str] = []
    for place in ("apps", "uma"):
        for path in (ROOT / place).rglob("*.py"):
            for call in _calls(ast.parse(path.read_text())):
                name = ast.unparse(call.func).rpartition(".")[2]
                line = f"{path.relative_to(ROOT)}: {ast.unparse(call)}"
                if name in {"mark_safe", "SafeString", "SafeText"}:
                    found += [] if isinstance(call.args[0], ast.Constant) else [line]
                if name in {"format_html", "format_html_join"}:
                    written = call.args[1 if name.endswith("join") else 0]
                    found += [] if isinstance(written, ast.Constant) else [line]

    assert set(found) == VOUCHED


def test_an_address_in_a_page_is_ours_or_its_beginning_was_checked() -> None:
    told = {
        hit[1].partition("|")[0].strip()
        for path in files("*.html")
        for hit in re.finditer(r'(?:href|src|action)="{{\s*([^}]*?)\s*}}', path.read_text())
    }

    assert {one for one in told if not OURS.fullmatch(one)} == set(LINKS)
