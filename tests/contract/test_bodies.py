"""Other people's ids in bodies and queries: as missing as ids of nothing, and nothing is narrowed by them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.contract.policy.rows import CAMPAIGN
from tests.contract.policy.scene import Scene

pytestmark = pytest.mark.django_db
Body = Callable[[object], dict[str, object]]


def send(
    scene: Scene, actor: str, method: str, path: str, body: object = None
) -> Any:  # Any: a response
    return Client().generic(
        method,
        f"/api{path}",
        b"" if body is None else json.dumps(body, default=str),
        content_type="application/json",
        headers=scene.headers(actor),
    )


def answered(response: Any) -> tuple[int, dict[str, object]]:  # Any: a response
    return response.status_code, {**response.json(), "requestId": None}


CAMPAIGN_AT: Body = lambda outlet_id: CAMPAIGN | {"outletIds": [outlet_id]}  # noqa: E731
# Who sends which body where, which object of somebody else's it names, and what is answered.
CASES: list[tuple[str, str, str, Body, str, str]] = [
    ("owner", "POST", "/campaigns", CAMPAIGN_AT, "outlet_id", "terms_invalid"),
    ("key", "POST", "/campaigns", CAMPAIGN_AT, "outlet_id", "terms_invalid"),
    ("manager_elsewhere", "POST", "/campaigns", CAMPAIGN_AT, "outlet_id", "outlet_not_yours"),
    (
        "owner", "PATCH", "/campaigns/{draft}",
        lambda outlet_id: {"outletIds": [outlet_id]}, "outlet_id", "terms_invalid",
    ),
    (
        "owner", "POST", "/merchant/api-keys",
        lambda outlet_id: {"name": "x", "scopes": ["profile:read"], "outletIds": [outlet_id]},
        "outlet_id", "unknown_outlet",
    ),
    (
        "owner", "POST", "/handshake/execute",
        lambda outlet_id: {"qrData": "{code}", "outletId": outlet_id},
        "outlet_id", "scanner_not_at_outlet",
    ),
    (
        "owner", "POST", "/handshake/execute",
        lambda outlet_id: {"code": "123456", "outletId": outlet_id},
        "outlet_id", "code_unknown",
    ),
    (
        "rider", "POST", "/rides/book",
        lambda campaign_id: {"campaignId": campaign_id}, "draft", "unknown_campaign",
    ),
    (
        "rider", "POST", "/rides/book",
        lambda campaign_id: {"campaignId": campaign_id}, "in_review", "unknown_campaign",
    ),
    (
        "rider", "POST", "/rides/book",
        lambda outlet_id: {"campaignId": "{in_stock}", "outletId": outlet_id},
        "outlet_id", "unknown_campaign",
    ),
    (
        "rider", "POST", "/rides/book",
        lambda user_id: {"campaignId": "{in_stock}", "userId": user_id},
        "rider_id", "permission_denied",
    ),
]  # fmt: skip


def filled(scene: Scene, value: Any) -> Any:  # Any: a JSON document
    if isinstance(value, dict):
        return {name: filled(scene, inner) for name, inner in value.items()}
    return value.format(**scene.own) if isinstance(value, str) else value


def test_somebody_elses_id_in_a_body_is_one_of_nothing(scene: Scene) -> None:
    wrong: list[str] = []

    for actor, method, path, body, name, code in CASES:
        where = path.format(**scene.own)
        missing = send(scene, actor, method, where, filled(scene, body(uuid4())))
        foreign = send(scene, actor, method, where, filled(scene, body(scene.foreign[name])))
        # Of a spoken code each is a try, and says how many are left.
        same = code == "code_unknown" or answered(foreign) == answered(missing)
        if not (missing.json()["code"] == foreign.json()["code"] == code and same):
            wrong.append(
                f"{actor} {method} {path} {name}: {foreign.content!r}, {missing.content!r}"
            )

    assert not wrong, "\n".join(wrong)


FILTERS = (
    "merchantId={merchant}", "merchant={merchant}", "merchant__owner={merchant}",
    "ownerId={rider_id}", "userId={rider_id}", "user_id={rider_id}", "riderId={rider_id}",
    "outletId={outlet_id}", "campaignId={campaign_id}", "bookingId={booking_id}",
    "sort=merchant__id", "ordering=-merchant", "expand=merchant", "fields=*", "include=owner",
)  # fmt: skip
LISTS = {
    "/campaigns": "owner",
    "/transactions": "owner",
    "/merchant/profile": "owner",
    "/merchant/api-keys": "owner",
    "/rides": "rider",
    "/user/profile": "rider",
    "/user/wallet": "rider",
    "/user/transactions": "rider",
    "/user/withdrawals": "rider",
    "/user/fund-accounts": "rider",
    "/merchant/refunds": "owner",
    "/merchant/fund-accounts": "owner",
    "/auth/sessions": "rider",
}


def test_no_query_leads_to_somebody_elses_rows(scene: Scene) -> None:
    for path, actor in LISTS.items():
        plain = send(scene, actor, "GET", path).json()
        for text in FILTERS:
            narrowed = send(scene, actor, "GET", f"{path}?{text.format(**scene.foreign)}")
            assert narrowed.status_code in {200, 400}, f"{path}?{text}"
            if narrowed.status_code == 200:
                assert _still(narrowed.json()) == _still(plain), f"{path}?{text}"


def _still(document: Any) -> Any:  # Any: a JSON document
    """Return the rows without what changes by the second."""
    if isinstance(document, list):
        return [_still(one) for one in document]
    if isinstance(document, dict):
        moving = {"qrCode", "qrDataUrl", "code", "spokenCode", "lastUsedAt"}
        return {name: _still(one) for name, one in document.items() if name not in moving}
    return document


def test_a_cursor_of_one_persons_list_shows_another_person_only_their_own(scene: Scene) -> None:
    first = send(scene, "owner", "GET", "/transactions?limit=1")
    link = first["Link"].partition(">")[0].partition("/api")[2]

    theirs = send(scene, "other_owner", "GET", link)
    own = {row["id"] for row in send(scene, "owner", "GET", "/transactions?limit=100").json()}

    assert theirs.status_code == 200
    assert not own & {row["id"] for row in theirs.json()}
