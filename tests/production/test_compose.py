"""The compose file and the images, as far as one can say without an engine: shape, names, and a linter's word."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml
from django.core.management import get_commands

from uma.stack.folder import ROOT

BROUGHT = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]  # Any: compose's own document


def complaints(document: object) -> list[str]:
    schema = json.loads((BROUGHT / "compose-spec.json").read_text())
    found = jsonschema.validators.validator_for(schema)(schema).iter_errors(document)
    return [error.message for error in found]


def named() -> Iterator[Path]:
    """Everything of this tree that the services are built from, mount, or run."""
    for service in SERVICES.values():
        build = service.get("build", {})
        if isinstance(build, str):
            yield ROOT / build / "Dockerfile"
        elif build:
            yield ROOT / build["context"] / build["dockerfile"]
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                yield ROOT / volume.split(":")[0]
        for there in re.findall(r"/etc/uma/(postgres/\S+)", str(service.get("command", ""))):
            yield ROOT / "deploy" / there


def test_the_compose_file_has_the_shape_that_compose_reads() -> None:
    assert complaints(COMPOSE) == []
    # The control: a word that compose does not know.
    web = {**SERVICES["web-1"], "restarts": "always"}
    assert complaints({"services": {"web-1": web}}) != []


def test_whatever_it_names_is_there() -> None:
    found = set(named())
    assert len(found) > 8
    assert [path for path in found if not path.exists()] == []
    volumes = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "$"))
    }
    assert volumes == COMPOSE["volumes"].keys()
    secrets = {one for service in SERVICES.values() for one in service.get("secrets", [])}
    assert secrets == COMPOSE["secrets"].keys()
    waited_for = {one for service in SERVICES.values() for one in service.get("depends_on", [])}
    assert waited_for <= SERVICES.keys()


def test_who_serves_goes_through_pgbouncer_and_who_migrates_does_not() -> None:
    def host(url: str) -> str:
        return url.rpartition("@")[2]

    for name in ("web-1", "web-2", "worker", "beat", "migrate"):
        assert host(SERVICES[name]["environment"]["DATABASE_URL"]) == "pgbouncer:6432/uma"
    owner = SERVICES["migrate"]["environment"]["DATABASE_OWNER_URL"]
    assert host(owner) == "${UMA_PRIMARY:-postgres-1}:5432/uma"
    assert "DATABASE_OWNER_URL" not in SERVICES["web-1"]["environment"]


def test_pgbouncers_image_is_not_a_releases() -> None:
    """A release must not replace it, nor a failover build it."""
    assert "$" not in SERVICES["pgbouncer"]["image"]


def test_the_commands_of_the_platforms_own_services_are_understood() -> None:
    for name, module in (("worker", "worker"), ("beat", "beat")):
        words = SERVICES[name]["command"].split()
        assert words[:5] == ["celery", "--quiet", "-A", "uma.celery", module]
    steps = SERVICES["migrate"]["command"].removeprefix('sh -c "').removesuffix('"').split(" && ")
    commands = {step.split()[2] for step in steps}
    assert commands <= get_commands().keys()


@pytest.mark.parametrize("image", ["deploy/Dockerfile", "deploy/pgbouncer/Dockerfile"])
def test_a_linter_has_nothing_to_say_of_an_image(image: str) -> None:
    linter = Path(sys.executable).with_name("hadolint")

    done = subprocess.run(
        [linter, "--failure-threshold", "warning", ROOT / image],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
