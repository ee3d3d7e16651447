"""Strikes, appeals and events over HTTP, with the shapes that the apps read."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.gamification.models import Appeal, FailedScan, Strike
from apps.merchants import services as merchants
from tests.accounts.making import make_operator
from tests.factories import bearer, code_of, make_booking, make_rider, make_shop
from tests.gamification.missing import DAY, HOUR, Misser, make_misser

pytestmark = pytest.mark.django_db


@pytest.fixture
def misser(client: Client) -> Misser:
    del client
    started = timezone.now() - 2 * DAY
    found = Misser(make_shop(seats=50, now=started), make_rider(now=started), now=started)
    found.miss()
    return found


def as_rider(misser: Misser) -> dict[str, str]:
    return bearer(misser.rider.pk, "rider", now=timezone.now())


def as_operator(role: str = "city_manager", zone: str = "MNP") -> dict[str, str]:
    return bearer(make_operator(role, zone).pk, "operator", now=timezone.now())


def appeal(client: Client, misser: Misser, **changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "strikeId": str(Strike.objects.get().pk),
        "text": "The shop was dark.",
        "evidence": [{"kind": "photo", "text": "19:05"}],
    }
    answer = client.post(
        "/api/user/appeals", body | changes, "application/json", headers=as_rider(misser)
    )
    found: dict[str, object] = answer.json() | {"http": answer.status_code}
    return found


def test_a_rider_reads_strikes_with_what_is_known_about_them(
    client: Client, misser: Misser
) -> None:
    (strike,) = client.get("/api/user/strikes", headers=as_rider(misser)).json()
    profile = client.get("/api/user/profile", headers=as_rider(misser)).json()

    assert strike["status"] == "active"
    assert strike["merchantName"] == "Corner Café"
    assert set(strike["reminders"]) == {"sixHours", "oneHour"}
    assert strike["appeals"] == []
    assert (profile["strikes"], profile["bannedUntil"]) == (1, None)


def test_an_appeal_is_opened_read_and_decided(client: Client, misser: Misser) -> None:
    opened = appeal(client, misser)
    queue = client.get("/api/operator/appeals", headers=as_operator()).json()
    elsewhere = client.get("/api/operator/appeals", headers=as_operator(zone="BLR")).json()
    decided = client.post(
        f"/api/operator/appeals/{opened['id']}/uphold",
        {"reason": "it was shut"},
        "application/json",
        headers=as_operator(),
    )

    assert opened["http"] == 201
    assert [row["id"] for row in queue] == [opened["id"]]
    assert elsewhere == []
    assert (decided.status_code, decided.json()["status"]) == (200, "upheld")
    (strike,) = client.get("/api/user/strikes", headers=as_rider(misser)).json()
    assert (strike["status"], strike["appeals"][0]["answer"]) == ("overturned", "it was shut")


def test_what_a_rider_writes_is_text_of_a_bounded_size(client: Client, misser: Misser) -> None:
    long = appeal(client, misser, text="x" * 1001)
    many = appeal(client, misser, evidence=[{"kind": "photo", "text": "x"}] * 6)
    odd = appeal(client, misser, evidence=[{"kind": "spell", "text": "x"}])

    assert [answer["http"] for answer in (long, many, odd)] == [422, 422, 422]
    assert not Appeal.objects.exists()


def test_an_operator_declares_an_event_in_the_own_zone_alone(
    client: Client, misser: Misser
) -> None:
    now = timezone.now()
    body = {
        "zone": "MNP",
        "startsAt": (now - DAY).isoformat(),
        "endsAt": now.isoformat(),
        "reason": "flood",
    }

    def declare(headers: dict[str, str], **changes: str) -> tuple[int, object]:
        answer = client.post(
            "/api/operator/force-majeure", body | changes, "application/json", headers=headers
        )
        return answer.status_code, answer.json().get("code")

    assert misser.active == 1
    assert declare(as_operator()) == (201, None)
    assert declare(as_operator(zone="BLR")) == (404, "unknown_zone")
    assert declare(as_operator("support")) == (403, "permission_denied")
    assert declare(as_operator(), endsAt=body["startsAt"]) == (422, "period_invalid")


def scan(client: Client, shop_owner: UUID, text: str) -> str:
    answer = client.post(
        "/api/handshake/execute",
        {"qrData": text},
        "application/json",
        headers=bearer(shop_owner, "merchant", now=timezone.now()),
    )
    code: str = answer.json()["code"]
    return code


def test_a_scan_that_the_merchant_made_fail_is_noted_once(client: Client) -> None:
    now = datetime.now(UTC)
    shop = make_shop(now=now - HOUR)
    booking = make_booking(shop, make_rider(now=now), now=now)
    merchants.freeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="chargeback", now=now
    )

    for _ in range(2):
        assert scan(client, shop.owner_id, code_of(booking, at=timezone.now())) == "wallet_frozen"

    assert list(FailedScan.objects.values_list("booking_id", "code")) == [
        (booking.pk, "wallet_frozen")
    ]


def test_a_scan_that_fails_by_the_riders_own_fault_is_not_noted(client: Client) -> None:
    now = datetime.now(UTC)
    shop = make_shop(now=now - HOUR)
    booking = make_booking(shop, make_rider(now=now), now=now)

    stale = code_of(booking, at=now - timedelta(minutes=5))

    assert scan(client, shop.owner_id, stale) == "qr_stale"
    assert not FailedScan.objects.exists()


def test_strikes_come_in_pages(client: Client) -> None:
    misser = make_misser(make_rider())
    bookings = [misser.miss() for _ in range(3)]

    first = client.get("/api/user/strikes?limit=2", headers=as_rider(misser))
    link = first.headers["Link"].partition(">")[0].lstrip("<")
    second = client.get(link, headers=as_rider(misser))

    seen = [row["rideId"] for row in first.json() + second.json()]
    assert seen == [str(booking.pk) for booking in reversed(bookings)]
