"""An alert over a series that nobody keeps never rings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import get_resolver, resolve
from prometheus_client import REGISTRY

from uma.kernel import readings

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "alerts.yml"


BOARD = RULES.parents[1] / "grafana" / "dashboards" / "uma.json"


def rules() -> list[dict[str, Any]]:  # Any: what a file may hold
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def series() -> set[str]:
    get_resolver().url_patterns  # noqa: B018  # what the views count is known then
    counted = {name for names in REGISTRY._collector_to_names.values() for name in names}
    return counted | readings.names()


def asked() -> list[str]:
    """What the panels of Grafana ask."""
    panels = json.loads(BOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def named(expressions: list[str]) -> set[str]:
    return {name for one in expressions for name in re.findall(r"\buma_\w+", one)}


@pytest.mark.parametrize("expressions", [[rule["expr"] for rule in rules()], asked()])
def test_what_is_watched_is_a_series_that_is_kept(expressions: list[str]) -> None:
    assert len(named(expressions)) > 15
    assert named(expressions) - series() == set()


def test_every_alert_says_what_is_wrong_and_how_urgent_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")


def test_every_route_that_an_alert_names_is_served() -> None:
    named = [route for rule in rules() for route in re.findall(r'route="([^"]+)"', rule["expr"])]

    assert named
    assert [resolve(f"/{route}").route for route in named] == named
