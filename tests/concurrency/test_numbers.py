"""Numbers of documents under threads: no gap, none twice; each lock with the control that needs it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection

from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.models import Document, Payment, Series
from apps.payments.services import documents, numbering
from apps.wallet import selectors as wallet
from tests.concurrency.meeting import at_once, paused, stand
from tests.factories import make_rider
from tests.payments.trading import Market, make_buyer, make_paid_top_up, make_seller

pytestmark = pytest.mark.django_db(transaction=True)
APRIL = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
MAY = APRIL + timedelta(days=31)
MONTH = date(2026, 4, 1)


def paid_top_up(merchant: Merchant) -> UUID:
    return make_paid_top_up(merchant, now=APRIL)


def receipt(merchant: Merchant, top_up_id: UUID) -> Callable[[], str]:
    def issue() -> str:
        issued = services.issue_receipt(merchant_id=merchant.pk, top_up_id=top_up_id, now=MAY)
        return "replayed" if issued.replayed else issued.document.number

    return issue


def numbers(count: int) -> list[str]:
    return [f"R/MNP/2627/{number:04d}" for number in range(1, count + 1)]


@pytest.fixture
def merchant() -> Merchant:
    make_seller(since=APRIL)
    return make_buyer(now=APRIL)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the counter's lock away, and let whoever read it wait for its twin."""

    def read(facts: dict[str, str]) -> Series:
        series = Series.objects.get(**facts)
        stand()
        return series

    monkeypatch.setattr(numbering, "_locked", read)


def test_eight_threads_number_forty_documents_without_a_gap(merchant: Merchant) -> None:
    top_ups = [paid_top_up(merchant) for _ in range(40)]

    def issue_five(first: int) -> Callable[[], None]:
        def run() -> None:
            for top_up_id in top_ups[first : first + 5]:
                receipt(merchant, top_up_id)()

        return run

    at_once(*(issue_five(first) for first in range(0, 40, 5)))

    given = list(Document.objects.order_by("sequence").values_list("number", flat=True))
    assert given == numbers(40)


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_two_would_take_one_number_and_the_counter_refuses(
    merchant: Merchant,
) -> None:
    first, *two = [paid_top_up(merchant) for _ in range(3)]
    receipt(merchant, first)()

    outcomes = at_once(*(receipt(merchant, top_up_id) for top_up_id in two))

    assert sorted(map(str, outcomes)) == ["IntegrityError", numbers(2)[1]]
    assert Series.objects.get().last_number == 2


class Lost(Exception):
    """What goes wrong after a number was given."""


def lose(top_up_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the issue of this top-up's voucher fail when it is written and not committed yet."""
    write = documents.write
    journal_id = Payment.objects.get(top_up_id=top_up_id).journal_id

    # Any: whatever is called.
    def losing(*args: Any, **facts: Any) -> Document:
        made = write(*args, **facts)
        if made.journal_id == journal_id:
            stand()
            raise Lost
        return made

    monkeypatch.setattr(documents, "write", losing)


def test_what_is_rolled_back_leaves_no_gap(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (paid_top_up(merchant) for _ in range(2))
    with monkeypatch.context() as patch:
        lose(first, patch)
        with pytest.raises(Lost):
            receipt(merchant, first)()

    assert receipt(merchant, second)() == numbers(1)[0]
    assert receipt(merchant, first)() == numbers(2)[1]


def test_of_two_at_once_the_one_that_goes_through_has_the_number_of_the_lost_one(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (paid_top_up(merchant) for _ in range(2))
    lose(first, monkeypatch)

    outcomes = at_once(receipt(merchant, first), receipt(merchant, second))

    assert outcomes == ["Lost", numbers(1)[0]]


def test_one_receipt_asked_for_by_eight_at_once_is_issued_once(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up_id = paid_top_up(merchant)
    monkeypatch.setattr(documents, "parties", paused(documents.parties))

    outcomes = at_once(*[receipt(merchant, top_up_id)] * 8)

    assert sorted(map(str, outcomes)) == [numbers(1)[0], *["replayed"] * 7]
    assert Document.objects.count() == Series.objects.get().last_number == 1


def test_two_jobs_at_one_month_issue_one_invoice(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    market, rider = Market(), make_rider()
    market.visit(merchant, rider.pk, at=APRIL)
    monkeypatch.setattr(documents, "write_bill", paused(documents.write_bill))

    def issue() -> int:
        return len(
            services.issue_invoices(merchant_id=merchant.pk, zone_code="MNP", month=MONTH, now=MAY)
        )

    assert sorted(map(str, at_once(issue, issue))) == ["0", "1"]
    assert Series.objects.get().last_number == 1


def test_two_jobs_at_one_reversal_issue_one_credit_note(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    market, rider = Market(), make_rider()
    sale = market.visit(merchant, rider.pk, at=APRIL)
    services.bill_month(zone_code="MNP", month=MONTH, now=MAY)
    market.reverse(sale, at=MAY)
    monkeypatch.setattr(documents, "write_bill", paused(documents.write_bill))

    (reversal,) = wallet.reversal_journals(
        kinds=["handshake_reversal"], account_kinds=["cpt"], since=APRIL - timedelta(days=2000)
    )

    def issue() -> str:
        note = services.issue_credit_note(reversal=reversal, now=MAY)
        return "there is one" if note is None else note.number

    assert sorted(map(str, at_once(issue, issue))) == ["C/MNP/2627/0001", "there is one"]
    assert Document.objects.filter(kind="CREDIT_NOTE").count() == 1


@pytest.mark.usefixtures("app_role")
def test_the_role_that_serves_issues_documents_and_touches_none() -> None:
    make_seller(since=APRIL)
    merchant = make_buyer(now=APRIL)

    assert receipt(merchant, paid_top_up(merchant))() == numbers(1)[0]
    for statement in (
        "UPDATE payments_document SET total_paise = 1",
        "DELETE FROM payments_document",
        "UPDATE payments_series SET code = 'X1'",
        "DELETE FROM payments_series",
        "UPDATE payments_seller SET legal_name = 'Somebody'",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)
