"""Two jobs at one fee, two operators with one transfer: booked once, settled once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from apps.ondc import dues, services, signing
from apps.ondc.models import Participant, Settlement, SettlementLine
from apps.ondc.services import reconciling
from apps.ondc.voice import Voice, voice
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, paused
from tests.factories import make_zone
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SELLER = "bpp.example.in"


@pytest.fixture
def due() -> Settlement:
    make_zone("MNP", now=NOW)
    return Settlement.objects.create(
        zone_code="MNP", domain="ONDC:TRV10", bpp_id=SELLER, number="O1", collected_by="BPP",
        fare_paise=146_00, fee_bps=100, fee_paise=1_46, due_at=NOW,
    )  # fmt: skip


@pytest.fixture
def slow_postings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait between its look at the row and its posting."""
    monkeypatch.setattr(wallet, "post", paused(wallet.post))


def owed() -> int:
    code = codes.bpp_receivable(dues.seller_key(SELLER))
    return ledger.balances_paise(codes=[code], unopened=True)[code]


@pytest.mark.usefixtures("slow_postings")
def test_a_fee_that_two_jobs_find_is_booked_once(due: Settlement) -> None:
    outcomes = at_once(*[lambda: services.book_fees(now=NOW)] * 3)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]
    due.refresh_from_db()
    assert (due.booked_paise, due.bookings, owed()) == (146, 1, 146)


@pytest.mark.usefixtures("slow_postings")
def test_without_the_rows_lock_the_ledger_refuses_the_second_booking(
    due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = type(Settlement.objects.all())
    monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self.all())

    outcomes = at_once(*[lambda: services.book_fees(now=NOW)] * 2)

    assert "AlreadyPosted" in outcomes, "the race is real"
    assert owed() == due.fee_paise


def settling_it(up_to: UUID, reference: str) -> Callable[[], object]:
    return lambda: services.settle_fees(
        up_to=up_to, amount_paise=1_46, reference=reference, actor_id=new_id(), reason="paid",
        now=NOW + timedelta(hours=1),
    )  # fmt: skip


@pytest.mark.usefixtures("slow_postings")
def test_two_operators_with_one_fee_settle_it_once(due: Settlement) -> None:
    services.book_fees(now=NOW)

    outcomes = at_once(settling_it(due.pk, "UTR1"), settling_it(due.pk, "UTR2"))

    assert sorted(map(str, outcomes)) == ["1", "SettlementNotOpen"]
    assert owed() == 0


@pytest.mark.usefixtures("slow_postings")
def test_without_the_lock_a_fee_would_be_settled_twice(
    due: Settlement, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.book_fees(now=NOW)
    rows = type(Settlement.objects.all())
    monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self.all())

    at_once(settling_it(due.pk, "UTR1"), settling_it(due.pk, "UTR2"))

    assert owed() == -146, "the race is real"


def asking(speaking: Voice) -> Callable[[], object]:
    return lambda: services.ask_recon(voice=speaking, now=NOW)


@pytest.fixture
def speaking(due: Settlement, settings: Settings) -> Voice:
    """Return our voice; the seller of the fee is known to listen somewhere."""
    keys = signing.new_keys()
    settings.ONDC_SUBSCRIBER_ID = "bap.example.in"
    settings.ONDC_SIGNING_KEYS = [f"ours:{keys.signing_private_key}"]
    Participant.objects.create(
        subscriber_id=due.bpp_id, unique_key_id="k", kind="BPP", status="SUBSCRIBED",
        url="https://bpp.example.in", signing_public_key="", fetched_at=NOW,
    )  # fmt: skip
    services.book_fees(now=NOW)
    return voice()


@pytest.fixture
def slow_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait between its look at the rows and its request."""
    monkeypatch.setattr(reconciling, "_say", paused(reconciling._say))


@pytest.mark.usefixtures("slow_requests")
def test_two_jobs_that_ask_at_once_ask_once(speaking: Voice) -> None:
    outcomes = at_once(*[asking(speaking)] * 3)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]
    assert SettlementLine.objects.count() == 1


@pytest.mark.usefixtures("slow_requests")
def test_without_the_rows_lock_the_database_refuses_the_second_question(
    speaking: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = type(Settlement.objects.all())
    monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self.all())

    outcomes = at_once(*[asking(speaking)] * 2)

    assert sorted(map(str, outcomes)) == ["1", "IntegrityError"], "the race is real"
    assert SettlementLine.objects.count() == 1
