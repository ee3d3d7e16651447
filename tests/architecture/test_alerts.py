"""An alert over a series that nobody keeps never rings."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from django.urls import get_resolver, resolve
from prometheus_client import REGISTRY

RULES = Path(__file__).resolve().parents[2] / "deploy" / "alerts.yml"
# The modules whose series belong to processes of another kind, or are made at the first request.
KEEPERS = (
    "apps.payments.services.custody",
    "apps.payments.selectors.custody",
    "apps.payments.selectors.watching",
    "uma.kernel.queue",
)


def rules() -> list[dict[str, Any]]:  # Any: what a file may hold
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def series() -> set[str]:
    get_resolver().url_patterns  # noqa: B018  # what the views count is known then
    for keeper in KEEPERS:
        import_module(keeper)
    return {name for names in REGISTRY._collector_to_names.values() for name in names}


def test_every_alert_watches_a_series_that_is_kept() -> None:
    watched = {name for rule in rules() for name in re.findall(r"\buma_\w+", rule["expr"])}

    assert len(watched) > 5
    assert watched - series() == set()


def test_every_alert_says_what_is_wrong_and_how_urgent_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")


def test_every_route_that_an_alert_names_is_served() -> None:
    named = [route for rule in rules() for route in re.findall(r'route="([^"]+)"', rule["expr"])]

    assert named
    assert [resolve(f"/{route}").route for route in named] == named
