"""API keys of merchants' own systems: made once, kept as a hash, ended within a second."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.handshake.models import Handshake
from apps.merchants import services
from apps.merchants.duties import SCOPES
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import ApiKey, Merchant, Staff
from apps.rides import qr
from tests.factories import Shop, code_of, keyring, make_booking, make_outlet, make_shop, make_staff
from tests.rides.calling import Api, problem
from uma.kernel.http import keys
from uma.kernel.http.keys import digest_of

pytestmark = pytest.mark.django_db
KEYS = "/merchant/api-keys"
SCAN = ["handshake:execute", "handshake:read"]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    keys.memory.forget()


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def owner(shop: Shop) -> Api:
    return Api(shop.owner_id, "merchant")


def create(owner: Api, **body: object) -> Any:  # Any: a JSON document
    answer = owner.post(KEYS, {"name": "Till 1", "scopes": SCAN} | body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def system(key: str) -> Api:
    """Return the client of a merchant's own system."""
    api = Api(uuid4())
    api.headers = {"Authorization": f"Bearer {key}"}
    return api


def test_a_key_is_shown_once_and_kept_as_a_hash(shop: Shop, owner: Api) -> None:
    made = create(owner)

    (listed,) = owner.get(KEYS).json()
    row = ApiKey.objects.get()
    assert made["key"].startswith(f"{made['prefix']}_")
    assert keys.SHAPE.fullmatch(made["key"])
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert bytes(row.digest) == digest_of(made["key"])
    assert made["key"].rpartition("_")[2] not in str(vars(row))
    trail = AuditEvent.objects.get(action="api-key.created")
    assert (trail.object_id, trail.actor_id) == (made["id"], shop.owner_id)
    assert made["key"] not in str(vars(trail))


@pytest.mark.parametrize("role", [Staff.Role.MANAGER, Staff.Role.SCANNER, Staff.Role.ACCOUNTANT])
def test_only_the_owner_handles_keys(shop: Shop, owner: Api, role: str) -> None:
    made = create(owner)
    other = Api(make_staff(shop.merchant, role), "merchant")

    for refused in (
        other.get(KEYS),
        other.post(KEYS, {"name": "x", "scopes": SCAN}),
        other.post(f"{KEYS}/{made['id']}/rotate"),
        other.client.delete(f"/api{KEYS}/{made['id']}", headers=other.headers),
    ):
        problem(refused, 403, "role_not_allowed")
    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"scopes": []}, 422, "validation_failed"),
        ({"scopes": ["everything"]}, 422, "validation_failed"),
        ({"outletIds": [str(uuid4())]}, 404, "unknown_outlet"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, 422, "expiry_not_allowed"),
        ({"merchantId": str(uuid4())}, 400, "unknown_field"),
        ({"environment": "live"}, 400, "unknown_field"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    owner: Api, body: dict[str, object], status: int, code: str
) -> None:
    problem(owner.post(KEYS, {"name": "Till", "scopes": SCAN} | body), status, code)

    assert not ApiKey.objects.exists()


def test_a_system_scans_and_the_key_is_the_actor(shop: Shop, owner: Api) -> None:
    made = create(owner)
    booking = make_booking(shop, now=timezone.now())

    told = system(made["key"]).post(
        "/handshake/execute", {"qrData": code_of(booking, at=timezone.now())}
    )

    assert told.status_code == 200, told.content
    assert Handshake.objects.get().actor_id == UUID(made["id"])
    seen = system(made["key"]).get(f"/handshake/{told.json()['handshake']['id']}")
    assert seen.json()["handshake"] == told.json()["handshake"]


def test_a_system_scans_by_spoken_code_as_well(shop: Shop, owner: Api) -> None:
    booking = make_booking(shop, now=timezone.now())
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)
    spoken = qr.spoken_code(key=key, step=qr.step_at(timezone.now()))

    answer = system(create(owner)["key"]).post("/handshake/execute", {"code": spoken})

    assert answer.status_code == 200, answer.content
    assert answer.json()["handshake"]["bookingId"] == str(booking.pk)


def test_a_key_of_one_outlet_does_not_scan_at_another(shop: Shop, owner: Api) -> None:
    elsewhere = make_outlet(shop.merchant, "Beach Road", now=timezone.now())
    made = create(owner, outletIds=[str(elsewhere.pk)])
    booking = make_booking(shop, now=timezone.now())

    answer = system(made["key"]).post(
        "/handshake/execute", {"qrData": code_of(booking, at=timezone.now())}
    )

    problem(answer, 403, "scanner_not_at_outlet")


def test_a_key_of_another_merchant_finds_nothing(shop: Shop) -> None:
    next_door = make_shop("Next door", now=timezone.now())
    made = create(Api(next_door.owner_id, "merchant"))
    booking = make_booking(shop, now=timezone.now())

    answer = system(made["key"]).post(
        "/handshake/execute", {"qrData": code_of(booking, at=timezone.now())}
    )

    problem(answer, 404, "unknown_code")


def test_a_scan_by_key_reads_nothing_more_than_a_scan_by_token(shop: Shop, owner: Api) -> None:
    caller = system(create(owner)["key"])
    scan = {"qrData": code_of(make_booking(shop, now=timezone.now()), at=timezone.now())}
    caller.post("/handshake/execute", scan)
    scan = {"qrData": code_of(make_booking(shop, now=timezone.now()), at=timezone.now())}

    with CaptureQueriesContext(connection) as captured:
        answer = caller.post("/handshake/execute", scan)

    assert answer.status_code == 200
    # And the savepoint that stands in for the transaction.
    assert len(captured) == 2 + 2


def test_a_scope_that_is_missing_is_named(owner: Api) -> None:
    made = create(owner, scopes=["profile:read"])
    caller = system(made["key"])

    refused = problem(caller.get("/transactions"), 403, "insufficient_scope")
    profile = caller.get("/merchant/profile").json()

    assert refused["scope"] == "transactions:read"
    # Without the scope for money the profile says nothing of it.
    assert (profile["role"], profile["wallet"], profile["held"]) == ("key", None, None)


@pytest.mark.parametrize("path", ["/rides", "/user/wallet", KEYS])
def test_a_key_opens_nothing_of_riders_and_no_keys(owner: Api, path: str) -> None:
    caller = system(create(owner, scopes=list(SCOPES))["key"])

    problem(caller.get(path), 403, "permission_denied")


def test_rotation_overlaps_and_ends(owner: Api) -> None:
    made = create(owner, scopes=["profile:read"])

    successor = owner.post(f"{KEYS}/{made['id']}/rotate", {"overlapHours": 48}).json()
    both = [system(one["key"]).get("/merchant/profile").status_code for one in (made, successor)]

    old = ApiKey.objects.get(pk=made["id"])
    assert both == [200, 200]
    assert successor["rotatedFrom"] == made["id"]
    assert old.expires_at is not None
    assert timedelta(hours=47) < old.expires_at - timezone.now() <= timedelta(hours=48)
    problem(owner.post(f"{KEYS}/{made['id']}/rotate"), 409, "api_key_over")
    problem(
        owner.post(f"{KEYS}/{successor['id']}/rotate", {"overlapHours": 169}),
        422,
        "validation_failed",
    )

    last = owner.post(f"{KEYS}/{successor['id']}/rotate", {"overlapHours": 0}).json()
    keys.memory.forget()
    problem(system(successor["key"]).get("/merchant/profile"), 401, "not_authenticated")
    assert system(last["key"]).get("/merchant/profile").status_code == 200


def test_another_merchants_key_is_as_good_as_none(shop: Shop, owner: Api) -> None:
    made = create(owner)
    stranger = Api(make_shop("Next door", now=timezone.now()).owner_id, "merchant")

    def answers(key_id: object) -> list[tuple[int, object]]:
        tried = (
            stranger.post(f"{KEYS}/{key_id}/rotate"),
            stranger.client.delete(f"/api{KEYS}/{key_id}", headers=stranger.headers),
        )
        return [(one.status_code, {**one.json(), "requestId": None}) for one in tried]

    assert answers(made["id"]) == answers(uuid4())
    assert shop.merchant.api_keys.get().revoked_at is None


def test_a_merchant_has_as_many_live_keys_as_its_plan_allows(shop: Shop) -> None:
    Merchant.objects.filter(pk=shop.merchant.pk).update(plan=Merchant.Plan.BASIC)

    def make() -> None:
        services.create_api_key(
            merchant_id=shop.merchant.pk, name="Till", scopes=SCAN, outlet_ids=[], expires_at=None,
            environment="test", actor_id=shop.owner_id, now=timezone.now(),
        )  # fmt: skip

    make()
    make()
    with pytest.raises(PlanLimitReached) as refusal:
        make()
    assert refusal.value.extra["plan_needed"] == "pro"


def tampered(key: str) -> list[str]:
    """Return keys that are almost this one."""
    other = "a" if key[-1] != "a" else "b"
    return [
        key[:-1] + other,
        key[:-1],
        key + "a",
        key.replace("uma_test_", "uma_live_"),
        key.replace("uma_test_", "uma_prod_"),
        key.upper(),
        "uma_test_" + "z" * 8 + "_" + key.rpartition("_")[2],
        "uma_",
        key.rpartition("_")[0],
        key + "\x00",
        "uma_test_é2345678_" + "a" * 43,
    ]


def test_what_is_almost_a_key_opens_nothing(owner: Api) -> None:
    key = create(owner, scopes=["profile:read"])["key"]

    statuses = {one: system(one).get("/merchant/profile").status_code for one in tampered(key)}

    assert system(key).get("/merchant/profile").status_code == 200
    assert set(statuses.values()) == {401}, statuses


def test_each_server_takes_its_own_kind_of_key(owner: Api, settings: LazySettings) -> None:
    test_key = create(owner, scopes=["profile:read"])["key"]
    settings.API_KEY_ENVIRONMENT = "live"
    live_key = create(owner, scopes=["profile:read"])["key"]

    assert live_key.startswith("uma_live_")
    assert system(live_key).get("/merchant/profile").status_code == 200
    problem(system(test_key).get("/merchant/profile"), 401, "not_authenticated")
    settings.API_KEY_ENVIRONMENT = "test"
    problem(system(live_key).get("/merchant/profile"), 401, "not_authenticated")


def test_use_is_noted_later_and_coarsely(client: Client, owner: Api) -> None:
    made = create(owner, scopes=["profile:read"])

    system(made["key"]).get("/merchant/profile")
    before = ApiKey.objects.get().last_used_at
    keys.memory.note()
    noted = ApiKey.objects.get().last_used_at
    system(made["key"]).get("/merchant/profile")
    keys.memory.note()

    assert before is None
    assert noted is not None
    assert ApiKey.objects.get().last_used_at == noted
    assert client.get("/api/merchant/profile").status_code == 401


def test_a_guesser_fills_no_memory() -> None:
    for _ in range(20):
        system(f"uma_test_{uuid4().hex[:8]}_{'a' * 43}").get("/merchant/profile")

    assert keys.memory._known == {}


def test_the_memory_is_bounded(owner: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "CAPACITY", 2)

    for _ in range(5):
        system(create(owner, scopes=["profile:read"])["key"]).get("/merchant/profile")

    assert len(keys.memory._known) <= 2


def test_a_row_that_is_no_key_is_refused(owner: Api) -> None:
    first, second = create(owner), create(owner)
    owner.post(f"{KEYS}/{first['id']}/rotate")
    row = ApiKey.objects.filter(pk=second["id"])
    wrongs: list[dict[str, object]] = [
        {"environment": "prod"},
        {"public_id": "UPPER123"},
        {"public_id": first["prefix"].rpartition("_")[2]},
        {"scopes": []},
        # A key has one successor.
        {"rotated_from": first["id"]},
    ]

    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**wrong)
