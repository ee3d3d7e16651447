"""A withdrawal that failed and came back late is made good, a hundred rupees for each day, once and unasked."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.notifications.models import InboxMessage
from apps.payments import selectors, services, tasks
from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.errors import PostingNotAllowed
from tests.factories import NOON, balance
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    HAS_PAISE,
    Payee,
    looked,
    make_owner,
    make_payee,
    submitted,
)
from tests.payments.test_payout_books import behind_the_guards, found
from tests.payments.test_withdrawals_api import of
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GOODWILL = codes.zone_account("MNP", "goodwill")


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)


def back(
    cloud: RazorpayProcess,
    account: Gateway,
    payee: Payee,
    *,
    after: timedelta,
    status: str = "failed",
) -> Payout:
    """Return a payout that was sent at noon and came back so much later."""
    payout = submitted(payee, account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status=status)
    assert looked(payout, account, now=NOON + after) == status.upper()
    return payout


def run(now: datetime = NOON + 9 * DAY) -> int:
    return services.compensate_late_payouts(now=now)


# It is noon in the zone: twelve hours are left of that day.
@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(hours=1), 0),
        (DAY + timedelta(hours=11, minutes=59), 0),
        (DAY + timedelta(hours=12), 1),
        (4 * DAY, 3),
    ],
)
def test_each_day_beyond_the_next_is_a_hundred_rupees_on_the_zones_calendar(
    cloud: RazorpayProcess, account: Gateway, after: timedelta, days: int
) -> None:
    payee = make_payee()
    before = balance(GOODWILL)
    payout = back(cloud, account, payee, after=after)

    assert [run(), run()] == [days, 0]

    assert payee.purse == HAS_PAISE + days * 100_00
    # It is our own cost, and not a present that somebody has to approve.
    assert balance(GOODWILL) == before + days * 100_00
    assert selectors.compensated_paise(payouts=[payout]).get(payout.pk, 0) == days * 100_00
    assert InboxMessage.objects.filter(kind="payout.compensated").count() == bool(days)
    assert found() == []


def test_what_was_paid_and_came_back_from_the_bank_is_made_good_as_well(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    payout = submitted(payee, account)
    for status, at in (("processed", NOON), ("reversed", NOON + 3 * DAY)):
        cloud.order("payouts/move", payout_id=payout.razorpay_id, status=status)
        assert looked(payout, account, now=at) == status.upper()

    assert tasks.compensate_late_payouts() == 2
    assert payee.purse == HAS_PAISE + 200_00


def test_a_later_word_about_what_came_back_makes_it_no_later(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    payout = back(cloud, account, payee, after=timedelta(hours=1))
    Payout.objects.filter(pk=payout.pk).update(status_changed_at=NOON + 9 * DAY)

    assert selectors.returned_late().count() == 1
    assert run() == 0


def test_a_merchants_refund_and_what_was_never_sent_and_what_is_under_way_get_nothing(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    back(cloud, account, make_owner(), after=4 * DAY)
    rider = make_payee()
    assert rider.rider is not None
    asked = rider.ask()
    services.cancel_payout(
        payout_id=asked.pk, person_id=rider.rider.pk, merchant_id=None, actor_id=uuid4(),
        now=NOON + 4 * DAY,
    )  # fmt: skip
    submitted(make_payee(), account)

    assert run() == 0
    assert rider.purse == HAS_PAISE


def test_the_rider_reads_it_in_the_list_and_in_the_movements(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    back(cloud, account, payee, after=2 * DAY)
    run()
    app = of(payee)

    (withdrawal,) = app.get("/api/user/withdrawals").json()
    newest = app.get("/api/user/transactions").json()[0]

    assert withdrawal["compensation"] == 100
    assert (newest["type"], newest["amount"]) == ("tat_compensation", 100)
    assert newest["title"] == "For a withdrawal that came back late"


def test_the_ledger_takes_no_more_than_a_hundred_rupees_for_a_day() -> None:
    payee = make_payee()
    assert payee.rider is not None
    leg = wallet.Leg(GOODWILL, codes.rider_wallet(payee.rider.pk), 100_01)

    with pytest.raises(PostingNotAllowed):
        wallet.post(
            kind="tat_compensation", reference=f"tat_compensation:{uuid4()}:2026-01-01", legs=[leg],
            zone_code="MNP", event_at=NOON, actor_id=None,
        )  # fmt: skip


def test_a_delay_that_nobody_made_good_is_named(cloud: RazorpayProcess, account: Gateway) -> None:
    payout = back(cloud, account, make_payee(), after=2 * DAY)
    assert payout.returned_journal_id is not None
    assert found() == []

    behind_the_guards(
        "UPDATE wallet_journal SET created_at = created_at - interval '4 hours' WHERE id = %s",
        payout.returned_journal_id,
    )

    (day,) = selectors.late_days(payout=payout)
    named = selectors.compensation_reference(payout_id=payout.pk, day=day)
    assert found() == [("late returns and what they cost us", named)]
    run()
    assert found() == []


def test_what_was_paid_without_a_delay_is_named(cloud: RazorpayProcess, account: Gateway) -> None:
    payout = back(cloud, account, make_payee(), after=2 * DAY)
    run()

    behind_the_guards(
        "UPDATE payments_payout SET submitted_at = submitted_at + interval '9 days' WHERE id = %s",
        payout.pk,
    )

    assert [check for check, _ in found()] == ["late returns and what they cost us"]


def test_who_signed_in_by_phone_alone_is_paid_from_where_the_money_was_earned(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    assert payee.rider is not None
    User.objects.filter(pk=payee.rider.pk).update(zone_code="")

    payout = submitted(payee, account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")

    assert looked(payout, account) == "PROCESSED"
    assert (payout.zone_code, payee.purse) == ("MNP", HAS_PAISE - AMOUNT_PAISE)
