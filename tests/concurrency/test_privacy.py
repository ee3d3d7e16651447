"""Erasure and copies of personal data at the same moment as something else; each lock with its control."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from apps.accounts import archive, services
from apps.accounts.models import PersonalDataExport, User
from apps.accounts.services import erasure, exports
from apps.campaigns import services as campaigns
from tests.concurrency.meeting import PATIENCE_S, at_once, paused, stand
from tests.concurrency.test_bookings import booking_of
from tests.factories import NOON, make_rider, make_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let a booking stop when it holds the rider's row and has written nothing yet; set then."""
    stands, take = threading.Event(), campaigns.take

    def slow(**facts: Any) -> Any:  # Any: as `take`
        stands.set()
        stand()
        return take(**facts)

    monkeypatch.setattr(campaigns, "take", slow)
    return stands


def erased_soon(rider: User, inside: threading.Event) -> Callable[[], str]:
    def erase() -> str:
        assert inside.wait(PATIENCE_S)
        services.erase_person(person_id=rider.pk, now=NOON)
        return "erased"

    return erase


def book_and_erase(inside: threading.Event) -> list[object]:
    rider = make_rider()
    return at_once(booking_of(make_shop(), rider.pk), erased_soon(rider, inside))


def test_an_erasure_waits_for_the_booking_under_way_and_is_refused_by_it(
    inside: threading.Event,
) -> None:
    assert book_and_erase(inside) == ["booked", "ErasureRefused"]


def test_without_the_lock_a_rider_with_a_live_booking_is_erased(
    inside: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_lock", lambda person_id: User.objects.get(pk=person_id))

    assert book_and_erase(inside) == ["booked", "erased"]


def ask_twice(rider: User) -> list[object]:
    def ask() -> UUID:
        return services.request_export(person_id=rider.pk, now=NOON).pk

    return at_once(ask, ask)


@pytest.fixture
def slow_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        PersonalDataExport.objects, "create", paused(PersonalDataExport.objects.create)
    )


@pytest.mark.usefixtures("slow_asking")
def test_two_who_ask_at_once_get_one_copy() -> None:
    one, other = ask_twice(make_rider())

    assert isinstance(one, UUID)
    assert one == other


@pytest.mark.usefixtures("slow_asking")
def test_without_the_lock_the_second_runs_into_the_constraint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "_lock", lambda _: True)

    assert "IntegrityError" in ask_twice(make_rider())


def make_twice(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked = services.request_export(person_id=make_rider().pk, now=NOON)
    slow: Any = paused(archive.pack)  # Any: the same call, slower
    monkeypatch.setattr(exports, "pack", slow)

    def make() -> bool:
        return services.make_export(export_id=asked.pk, now=NOON)

    return at_once(make, make)


def test_two_workers_at_one_copy_make_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(map(str, make_twice(monkeypatch))) == ["False", "True"]


def test_without_the_claim_both_workers_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(export_id: UUID) -> PersonalDataExport | None:
        assert transaction.get_connection().in_atomic_block
        return PersonalDataExport.objects.filter(pk=export_id, state="PENDING").first()

    monkeypatch.setattr(exports, "_claim", unlocked)

    assert make_twice(monkeypatch) == [True, True]
