"""The dashboard, by a schema of our own of what Grafana reads: it publishes none that may stand here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from uma.stack.folder import ROOT

GRAFANA = ROOT / "deploy" / "grafana"
Document = dict[str, Any]  # Any: what a file may hold


def board() -> Document:
    document: Document = json.loads((GRAFANA / "dashboards" / "uma.json").read_text())
    return document


def complaints(document: Document) -> list[str]:
    schema = json.loads(Path(__file__).with_name("dashboard.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return [one.message for one in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def test_the_dashboard_has_the_shape_that_grafana_reads() -> None:
    ids = [panel["id"] for panel in board()["panels"]]

    assert complaints(board()) == []
    assert len(ids) == len(set(ids))


SPOILT: dict[str, Callable[[Document], object]] = {
    "no name for other tools": lambda document: document.pop("uid"),
    "a panel of no kind": lambda document: document["panels"][1].update(type="stats"),
    "a panel of nowhere": lambda document: document["panels"][1]["gridPos"].pop("w"),
    "a panel wider than the board": lambda document: document["panels"][1]["gridPos"].update(w=25),
    "a question without its letter": lambda document: document["panels"][1]["targets"][0].pop(
        "refId"
    ),
    "a misspelled word": lambda document: document["panels"][1].update(titel="Visits"),
    "a source that is not provisioned": lambda document: document["panels"][1]["datasource"].update(
        uid="prom"
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_dashboard_that_is_spoilt_is_complained_of(spoil: Callable[[Document], object]) -> None:
    document = board()

    spoil(document)

    assert complaints(document) != []


def test_grafana_is_given_the_source_and_the_folder_that_the_dashboard_needs() -> None:
    provisioned = GRAFANA / "provisioning"
    sources = yaml.safe_load((provisioned / "datasources" / "prometheus.yml").read_text())
    folders = yaml.safe_load((provisioned / "dashboards" / "uma.yml").read_text())
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    (source,), (folder,) = sources["datasources"], folders["providers"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in services
    mounted = {one.split(":")[1] for one in services["grafana"]["volumes"]}
    assert {folder["options"]["path"], "/etc/grafana/provisioning"} <= mounted
