"""Every route, by every actor, for real objects: the status of the table and nobody else's object."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.merchants.duties import SCOPES
from tests.contract.policy.actors import (
    ACTORS,
    KEYS,
    OPERATORS,
    RIDERS,
    STAFF,
    UNKNOWN,
    outside,
)
from tests.contract.policy.calling import call, parameters
from tests.contract.policy.closed import strayed
from tests.contract.policy.row import Row
from tests.contract.policy.rows import ROWS
from tests.contract.policy.scene import Scene
from tests.contract.routes import Route, api_patterns, api_routes
from uma.kernel.http.catalogue import all_refusals
from uma.kernel.http.permissions import DenyAll, key_scope_of

pytestmark = pytest.mark.django_db
STATUS = {code: refusal.status for code, refusal in all_refusals().items()}


def told(response: Any) -> str:  # Any: a response
    """Return a status of success, or the code of the problem."""
    if response.status_code < 400:
        return str(response.status_code)
    return str(response.json().get("code"))


def test_the_table_the_urlconf_and_nothing_else() -> None:
    named = [Route(row.method, row.path) for row in ROWS]
    served = set(api_routes())

    assert len(set(named)) == len(named), "a route stands twice in the table"
    assert sorted(map(str, served - set(named))) == [], "served, but nobody decided who may call it"
    assert sorted(map(str, set(named) - served)) == [], "in the table, but not served"


def test_every_view_says_who_may_call_it() -> None:
    silent = [
        str(route)
        for route, view in api_routes().items()
        if not view.permission_classes or DenyAll in view.permission_classes
    ]

    assert silent == []


def test_no_path_is_served_twice() -> None:
    paths = [path for path, _ in api_patterns()]

    assert len(paths) == len(set(paths))


def test_every_scope_of_keys_opens_something_and_every_view_asks_for_one_there_is() -> None:
    asked = {key_scope_of(view, route.method) for route, view in api_routes().items()} - {None}

    assert asked == set(SCOPES)


def test_every_row_lets_somebody_in_and_names_only_actors() -> None:
    for row in ROWS:
        assert set(row.who) <= set(ACTORS), row
        assert row.who, row


# One scene for each of these; a scene takes longer to build than a hundred calls.
GROUPS = {"unknown": UNKNOWN, "riders": RIDERS, "staff": STAFF, "others": (*KEYS, *OPERATORS)}


@pytest.mark.parametrize("group", GROUPS)
def test_an_actor_is_answered_as_the_table_says(scene: Scene, group: str) -> None:
    wrong: list[str] = []

    for actor in GROUPS[group]:
        for row in ROWS:
            expected = row.who.get(actor, outside(actor))
            response = call(row, scene, actor, scene.own)
            if told(response) != str(expected):
                wrong.append(f"{actor} {row}: {told(response)} instead of {expected}")
            if response.status_code >= 400:
                assert response["Content-Type"] == "application/problem+json", row
                assert response.status_code == STATUS[told(response)], row
            if stray := strayed(row.method, row.path, response):
                wrong.append(f"{actor} {row}: {stray}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_not_ones_own_is_as_missing_as_what_never_was(scene: Scene, group: str) -> None:
    wrong: list[str] = []

    for actor in GROUPS[group]:
        for row, name in _object_routes():
            missing = call(row, scene, actor, scene.own, **{name: uuid4()})
            for objects in (scene.own, scene.foreign):
                found = call(
                    row, scene, actor, scene.own, **{name: objects[row.at.get(name, name)]}
                )
                if found.status_code == 404 and _bytes(found) != _bytes(missing):
                    wrong.append(f"{actor} {row}: {found.content!r} and {missing.content!r}")
            if not 400 <= missing.status_code < 500:
                wrong.append(f"{actor} {row}: {missing.status_code} for what is not there")

    assert not wrong, "\n".join(wrong)


def test_what_is_no_id_is_no_address(scene: Scene) -> None:
    for row, name in _object_routes():
        for actor in ("stranger", "owner"):
            for malformed in (
                "1",
                "not-an-id",
                f"{uuid4()}x",
                str(uuid4()).upper(),
                "%00",
                "..%2f",
            ):
                answer = call(row, scene, actor, scene.own, **{name: malformed})
                assert answer.status_code in {400, 404}, f"{actor} {row} {malformed}"


def _object_routes() -> list[tuple[Row, str]]:
    return [(row, name) for row in ROWS for name in parameters(row)]


def _bytes(response: Any) -> dict[str, object]:  # Any: a response
    return {**response.json(), "requestId": None}


def test_a_merchant_reads_its_own_and_never_its_neighbours(scene: Scene) -> None:
    """The same table from the other side: what is foreign to one is the other's own."""
    swapped = Scene(own=scene.foreign, foreign=scene.own, tokens=scene.tokens, ended=scene.ended)
    for row in ROWS:
        if not row.is_about_an_object or not {"owner", "other_owner"} <= set(row.who):
            continue
        mine = call(row, swapped, "other_owner", swapped.own)
        theirs = call(row, swapped, "owner", swapped.own)
        assert told(mine) == str(row.who["owner"]), row
        assert told(theirs) == str(row.who["other_owner"]), row
    assert isinstance(scene.own["campaign_id"], UUID)
