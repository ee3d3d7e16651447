"""No body sets what its route does not name: every writable route, every field of its app's models."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from tests.contract.policy.calling import call
from tests.contract.policy.closed import request_schema
from tests.contract.policy.row import Row
from tests.contract.policy.rows import ROWS
from tests.contract.policy.scene import Scene
from tests.contract.routes import Route, api_routes
from uma.kernel.http.names import camel

pytestmark = pytest.mark.django_db
WRITES = (
    "INSERT",
    "UPDATE",
    "DELETE",
    "SELECT HANDSHAKE_SETTLE",
    "SELECT CAMPAIGNS_",
    "SELECT WALLET_",
)
WRITABLE = [row for row in ROWS if row.method in {"POST", "PUT", "PATCH"}]
# Thousands of requests: in parts, so that workers share them.
PARTS = 4
# So many unknown fields are named in one answer.
TOLD_OF = 20
# What an attacker tries whatever the route is about.
TEMPTING: dict[str, object] = {
    "isStaff": True,
    "isSuperuser": True,
    "isActive": True,
    "balance": 1_000_000,
    "balancePaise": 1_000_000,
    "wallet": 1_000_000,
    "kycTier": 2,
    "zone": "BLR",
    "zoneCode": "BLR",
    "state": "ACTIVE",
    "status": "ACTIVE",
    "role": "OWNER",
    "ownerId": str(uuid4()),
    "merchantId": str(uuid4()),
    "userId": str(uuid4()),
    "createdAt": "2020-01-01T00:00:00Z",
    "id": str(uuid4()),
    "pk": 1,
    "version": 99,
    "__proto__": {"isStaff": True},
    "merchant": {"id": str(uuid4()), "plan": "ENTERPRISE"},
    "user": {"isStaff": True},
    "user.isStaff": True,
    "merchant__plan": "ENTERPRISE",
    "deletedAt": None,
}


def fields_of(row: Row) -> Iterator[tuple[str, object]]:
    """Yield every name that the route does not read, with a value that would do harm."""
    read = set(request_schema(row.method, row.path).get("properties", {}))
    view = api_routes()[Route(row.method, row.path)]
    app = view.__module__.split(".")[1]
    names: dict[str, object] = {}
    if app in {config.label for config in apps.get_app_configs()}:
        for model in apps.get_app_config(app).get_models():
            for held in model._meta.get_fields():
                names[camel(held.name)] = "x"
                names[camel(str(getattr(held, "attname", held.name)))] = str(uuid4())
    return ((name, value) for name, value in (names | TEMPTING).items() if name not in read)


def actor_of(row: Row) -> str:
    """Return somebody whom the row lets in, so that nothing but the body is refused."""
    wanted = ("owner", "rider", "operator", *row.who)
    welcome = (actor for actor in wanted if isinstance(row.who.get(actor), int))
    # Of some routes nobody here has the object; whoever may call them is refused for the body first.
    return next(welcome, next(iter(row.who)))


def sent_by(row: Row, scene: Scene, body: object) -> tuple[Any, list[str]]:  # Any: a response
    """Send a body; return the answer, and the statements that wrote."""
    written: list[str] = []

    # Any: Django's signature of a wrapper.
    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        if str(sql).upper().startswith(WRITES):
            written.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        return call(row, scene, actor_of(row), scene.own, body=body), written


def refused(row: Row, scene: Scene, body: object) -> str | None:
    """Send a body; return what was wrong with the answer, `None` when it was refused unwritten."""
    answer, written = sent_by(row, scene, body)
    if answer.status_code not in {400, 422} or written:
        return f"{row} {body!r:.200}: {answer.status_code} {written[:1]}"
    return None


def named(row: Row, scene: Scene, body: object) -> set[str]:
    """Send a body; return the fields of which the answer says that nobody reads them."""
    answer, written = sent_by(row, scene, body)
    if answer.status_code != 400 or written:
        return set()
    problem = answer.json()
    if problem["code"] != "unknown_field":
        return set()
    return {one["pointer"].removeprefix("/") for one in problem["errors"]}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_route_takes_a_field_that_it_does_not_name(scene: Scene, part: int) -> None:
    wrong: list[str] = []

    for row in WRITABLE[part::PARTS]:
        sent = row.sent(scene.own) or {}
        assert isinstance(sent, dict)
        fields = dict(fields_of(row))
        for some in batched(fields, TOLD_OF):
            told = named(row, scene, sent | {name: fields[name] for name in some})
            # Whatever it was not told of may have been read: each of these alone.
            alone = [name for name in some if camel(name) not in told]
            answers = (refused(row, scene, sent | {name: fields[name]}) for name in alone)
            wrong += [stray for stray in answers if stray]

    assert not wrong, "\n".join(wrong[:40])


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, size)):
        yield some


def test_no_field_takes_another_kind_of_thing(scene: Scene) -> None:
    """An array for an object, an object for a text, a whole body that is none."""
    wrong: list[str] = []

    for row in WRITABLE:
        sent = row.sent(scene.own) or {}
        assert isinstance(sent, dict)
        bodies: list[Any] = [[], [sent], "text", 7, True, None]
        bodies += [
            sent | {name: kind}
            for name in sent
            for kind in ({"a": 1}, [[1]], {})
            if sent[name] != kind
        ]
        if not sent:
            bodies.append({"": ""})
        for body in bodies:
            if body is None and not sent:
                continue  # as good as no body
            if stray := refused(row, scene, body):
                wrong.append(stray)

    assert not wrong, "\n".join(wrong[:40])


def test_what_must_be_said_is_not_null(scene: Scene) -> None:
    wrong: list[str] = []

    for row in WRITABLE:
        shape = request_schema(row.method, row.path)
        for name in shape.get("required", ()):
            sent = row.sent(scene.own)
            assert isinstance(sent, dict)
            if stray := refused(row, scene, sent | {name: None}):
                wrong.append(stray)

    assert not wrong, "\n".join(wrong)


def test_what_is_shown_and_not_written_is_refused(scene: Scene) -> None:
    """A client that sends back what it was shown learns at once that most of it is not its to set."""
    row = next(row for row in ROWS if str(row) == "PATCH /api/campaigns/{campaign_id}")
    shown = call(
        next(row for row in ROWS if str(row) == "GET /api/campaigns/{campaign_id}"),
        scene,
        "owner",
        scene.own,
    ).json()
    read = set(request_schema(row.method, row.path)["properties"])

    wrong = [
        refused(row, scene, {name: value}) for name, value in shown.items() if name not in read
    ]

    assert len(wrong) >= 7
    assert set(wrong) == {None}
