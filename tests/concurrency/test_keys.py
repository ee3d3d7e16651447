"""API keys between processes and threads: a revoked key is dead within a second, and rotated once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.merchants import services
from apps.merchants.errors import ApiKeyOver, PlanLimitReached
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services import keys as key_services
from apps.merchants.services.keys import IssuedKey
from tests.merchants.making import make_merchant, make_staff
from uma.kernel.http.errors import NotAuthenticated
from uma.kernel.http.keys import KeyMemory, authenticate_key, memory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def refreshed(request: pytest.FixtureRequest, settings: LazySettings) -> Iterator[None]:
    # Before anything else, so that it is there until the last thread has ended.
    request.getfixturevalue("transactional_db")
    memory.forget()
    settings.API_KEY_REFRESH_S = 0.3
    yield
    memory.forget()
    while memory._thread is not None and memory._thread.is_alive():
        memory._thread.join(0.1)


def make_key(merchant: Merchant | None = None) -> IssuedKey:
    merchant = merchant or make_merchant(now=timezone.now())
    return services.create_api_key(
        merchant_id=merchant.pk, name="Till", scopes=["profile:read"], outlet_ids=[],
        expires_at=None, environment="test", actor_id=make_staff(merchant), now=timezone.now(),
    )  # fmt: skip


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run the acts in threads and say how each ended."""
    ended: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
            ended.append("done")
        except (ApiKeyOver, PlanLimitReached) as refusal:
            ended.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def test_a_key_that_is_revoked_elsewhere_is_dead_within_a_second() -> None:
    issued = make_key()
    authenticate_key(issued.text)

    # As another process does it: nothing here is told.
    ApiKey.objects.update(revoked_at=timezone.now())
    revoked = time.monotonic()
    died = None
    while died is None and time.monotonic() - revoked < 3:
        try:
            authenticate_key(issued.text)
        except NotAuthenticated:
            died = time.monotonic()

    assert died is not None
    assert died - revoked <= 1.2


def test_a_key_in_use_is_read_by_no_request() -> None:
    issued = make_key()
    authenticate_key(issued.text)
    until = time.monotonic() + 2.5

    with CaptureQueriesContext(connection) as captured:
        while time.monotonic() < until:
            authenticate_key(issued.text)
            time.sleep(0.05)

    # One is forgiven: a machine so busy that the thread came late made the request read for itself.
    assert len(captured) <= 1


def test_without_the_thread_a_request_reads_what_is_too_old(settings: LazySettings) -> None:
    """The control: the second is kept by the request itself, the thread only saves it the reading."""
    settings.API_KEY_REFRESH_S = 0
    issued = make_key()
    authenticate_key(issued.text)
    ApiKey.objects.update(revoked_at=timezone.now())
    time.sleep(1.05)

    with pytest.raises(NotAuthenticated):
        authenticate_key(issued.text)


def test_an_older_answer_does_not_overwrite_a_newer(settings: LazySettings) -> None:
    # A memory that nobody forgets would read on into the next test.
    settings.API_KEY_REFRESH_S = 0
    mine = KeyMemory()
    issued = make_key()
    assert mine.find(issued.row.public_id) is not None
    newer = mine._known[issued.row.public_id]

    mine._replace(issued.row.public_id, None, started=newer.read_at - 1)

    assert mine._known[issued.row.public_id] is newer


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold whoever has looked and is about to write until a twin stands there too, or none comes."""
    meeting, issue = threading.Barrier(2), key_services._issue

    def late(**fields: Any) -> IssuedKey:  # Any: a row's fields
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=0.7)
        return issue(**fields)

    monkeypatch.setattr(key_services, "_issue", late)


def test_a_key_rotated_twice_at_once_has_one_successor(request: pytest.FixtureRequest) -> None:
    issued = make_key()
    request.getfixturevalue("met")

    def rotate() -> None:
        services.rotate_api_key(
            key_id=issued.row.pk,
            merchant_id=issued.row.merchant_id,
            overlap=timedelta(hours=1),
            actor_id=UUID(int=1),
            now=timezone.now(),
        )

    assert at_once(rotate, rotate) == ["api_key_over", "done"]
    assert ApiKey.objects.filter(rotated_from=issued.row).count() == 1


def test_the_last_key_a_merchant_may_have_is_created_once(request: pytest.FixtureRequest) -> None:
    merchant = make_merchant(plan="BASIC", now=timezone.now())
    owner = make_staff(merchant)
    # Basic allows two.
    make_key(merchant)
    request.getfixturevalue("met")

    def create() -> None:
        services.create_api_key(
            merchant_id=merchant.pk,
            name="Till",
            scopes=["profile:read"],
            outlet_ids=[],
            expires_at=None,
            environment="test",
            actor_id=owner,
            now=timezone.now(),
        )

    assert at_once(create, create) == ["done", "plan_limit_reached"]
    assert ApiKey.objects.count() == 2
