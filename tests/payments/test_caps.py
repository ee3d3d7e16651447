"""What a rider has over the wallet's limits is set apart, is shown as the rider's, and comes back."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import User
from apps.gamification import tasks as gamification
from apps.handshake.models import Handshake
from apps.handshake.reversals import reverse
from apps.payments import selectors, services, tasks
from apps.wallet import codes
from apps.wallet import personal_data as ledger
from apps.wallet import selectors as wallet
from apps.wallet import services as posting
from apps.wallet.invariants import find_custody_shortfall
from tests.factories import NOON, make_merchant, make_rider, make_shop
from tests.handshake.visiting import visit
from tests.payments import paying_out
from tests.payments.paying_out import LONG_AGO, OPERATOR, give
from tests.payments.test_payout_books import behind_the_guards, found
from tests.payments.test_withdrawals_api import asking, of

pytestmark = pytest.mark.django_db
MOST = 10_000_00
NEXT_MONTH = NOON + timedelta(days=31)


def balance(code: str) -> int:
    return wallet.balances_paise(codes=[code], unopened=True)[code]


def split(rider: User) -> tuple[int, int]:
    """Return what is in the wallet and what is over its limits, in paise."""
    return balance(codes.rider_wallet(rider.pk)), balance(codes.rider_over_limit(rider.pk))


def keep(rider: User, *, now: datetime = NOON) -> int:
    return services.keep_within_limits(person_id=rider.pk, now=now)


def move(rider: User, kind: str, debit: str, credit: str, paise: int) -> None:
    posting.post(
        kind=kind, reference=f"{kind}:{uuid4()}", legs=[posting.Leg(debit, credit, paise)],
        zone_code=rider.zone_code, event_at=NOON, actor_id=None,
    )  # fmt: skip


@pytest.fixture
def rider() -> User:
    make_merchant("Any shop")
    return make_rider(now=LONG_AGO)


@pytest.mark.parametrize(("paise", "over"), [(MOST, 0), (MOST + 1, 1), (3 * MOST, 2 * MOST)])
def test_what_is_over_the_balance_limit_is_set_apart_to_the_paisa(
    rider: User, paise: int, over: int
) -> None:
    give(rider, paise)

    assert keep(rider) == over
    assert split(rider) == (paise - over, over)
    assert keep(rider) == 0


def test_what_was_credited_over_the_months_limit_waits_for_the_next_month(rider: User) -> None:
    give(rider, MOST, now=NOON)
    move(
        rider, "withdrawal", codes.rider_wallet(rider.pk), codes.rider_withdrawing(rider.pk),
        4_000_00,
    )  # fmt: skip
    give(rider, 500_00, now=NOON)

    assert keep(rider) == 500_00
    assert split(rider) == (6_000_00, 500_00)
    told = selectors.over_limit(person_id=rider.pk, now=NOON)
    (reason,) = told.reasons
    assert (reason.code, reason.amount_paise) == ("month_credit_limit", 500_00)
    assert told.what_helps == ("wait", "raise_kyc")
    assert reason.until is not None
    assert keep(rider, now=reason.until - timedelta(seconds=1)) == 0
    assert keep(rider, now=reason.until) == -500_00
    assert split(rider) == (6_500_00, 0)


def test_what_comes_back_counts_as_the_new_months_credit(rider: User) -> None:
    give(rider, 3 * MOST, now=LONG_AGO)
    keep(rider, now=LONG_AGO)
    wallet_code = codes.rider_wallet(rider.pk)
    move(rider, "withdrawal", wallet_code, codes.rider_withdrawing(rider.pk), MOST)

    assert keep(rider) == -MOST
    move(rider, "withdrawal", wallet_code, codes.rider_withdrawing(rider.pk), MOST)
    assert keep(rider) == 0
    assert keep(rider, now=NEXT_MONTH) == -MOST
    assert split(rider) == (MOST, 0)


def back(handshake: Handshake) -> None:
    reverse(
        handshake_id=handshake.pk, merchant_id=None, actor_id=OPERATOR, amount_paise=None,
        reason="an error", key=None, now=NOON + timedelta(hours=1),
    )  # fmt: skip


def test_a_visits_follow_up_keeps_the_wallet_and_what_is_taken_back_makes_room() -> None:
    shop, rider = make_shop(), make_rider(now=LONG_AGO)
    give(rider, MOST - 100_00, now=NOON)
    handshake = visit(shop, rider, now=NOON)
    assert split(rider) == (MOST + 50_00, 0)

    gamification.settle_riders(ids=[str(rider.pk)])

    assert split(rider) == (MOST, 50_00)
    back(handshake)
    assert keep(rider, now=NOON + timedelta(hours=1)) == -50_00
    assert split(rider) == (MOST - 100_00, 0)


def test_better_known_is_more_room_at_once(rider: User) -> None:
    give(rider, 3 * MOST)
    keep(rider)

    services.set_kyc_level(
        person_id=rider.pk, level=2, actor_id=OPERATOR, reason="met in person", now=NOON
    )

    assert split(rider) == (3 * MOST, 0)
    assert selectors.over_limit(person_id=rider.pk, now=NOON).what_helps == ()


def test_a_debt_is_paid_from_what_is_over_the_limit() -> None:
    shop, rider = make_shop(), make_rider(now=LONG_AGO)
    give(rider, 2 * MOST)
    handshake = visit(shop, rider, now=NOON)
    keep(rider)
    pocket, debt = codes.rider_wallet(rider.pk), codes.rider_receivable(rider.pk)
    move(rider, "withdrawal", pocket, codes.rider_withdrawing(rider.pk), MOST)
    back(handshake)
    assert (balance(debt), balance(pocket)) == (150_00, 0)

    keep(rider)

    assert (balance(debt), balance(pocket)) == (0, MOST)
    assert split(rider) == (MOST, 0)


def test_a_frozen_wallet_waits_and_is_kept_once_it_is_free(rider: User) -> None:
    give(rider, MOST + 5)
    posting.freeze(codes=[codes.rider_wallet(rider.pk)], at=NOON)

    assert keep(rider) == 0

    posting.unfreeze(codes=[codes.rider_wallet(rider.pk)])
    assert keep(rider) == 5


def test_the_hourly_job_sets_apart_and_brings_back(rider: User) -> None:
    other = make_rider(now=LONG_AGO)
    give(rider, MOST + 100)
    give(other, 2 * MOST)
    keep(other)
    move(other, "withdrawal", codes.rider_wallet(other.pk), codes.rider_withdrawing(other.pk), 400)

    assert services.keep_all_within_limits(now=NOON, limit=1) == 2
    assert (split(rider), split(other)) == ((MOST, 100), (MOST, MOST - 400))
    assert tasks.keep_wallets_within_limits() == 0


def test_it_is_shown_as_the_riders_with_what_helps() -> None:
    payee = paying_out.make_payee(has_paise=MOST + 750_00)
    assert payee.rider is not None
    keep(payee.rider)

    purse = of(payee).get("/api/user/wallet").json()

    assert purse["balance"] == 10_000
    assert purse["overLimit"] == {
        "amount": 750,
        "reasons": [{"code": "balance_limit", "until": None, "amount": 750}],
        "whatHelps": ["withdraw", "raise_kyc"],
    }
    lines = of(payee).get("/api/user/transactions").json()
    assert (lines[0]["type"], lines[0]["amount"]) == ("cap_hold", -750)

    assert asking(payee, 500).status_code == 201
    after = of(payee).get("/api/user/wallet").json()
    assert (after["balance"], after["overLimit"]["amount"]) == (10_000, 250)


def test_it_is_in_the_copy_of_ones_data_and_keeps_an_account_from_being_erased(
    rider: User,
) -> None:
    give(rider, MOST + 42_00)
    keep(rider)

    assert ledger.export(person_id=rider.pk)["over_limit"] == 42
    told = {one.code: one.amount_paise for one in ledger.obstacles(person_id=rider.pk, now=NOON)}
    assert told == {"balance_left": MOST, "money_over_limit": 42_00}


def test_custody_counts_it_as_the_riders(rider: User) -> None:
    give(rider, MOST + 900)
    before = find_custody_shortfall()

    keep(rider)

    assert find_custody_shortfall() == before


def test_a_wallet_left_over_its_limit_is_named_by_the_nightly_check(rider: User) -> None:
    give(rider, MOST + 1)
    pocket = codes.rider_wallet(rider.pk)
    assert found() == []

    behind_the_guards(
        "UPDATE wallet_journal SET created_at = created_at - interval '4 hours' WHERE id IN"
        " (SELECT journal_id FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id"
        "   WHERE a.party = 'rider:' || %s)",
        UUID(str(rider.pk)),
    )

    assert found() == [("wallets over their limits", pocket)]
