"""A rider who is away for years is told, the money is set aside, never income, and comes back when asked for."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.notifications.models import InboxMessage
from apps.payments import personal_data, selectors, services, tasks
from apps.payments.errors import DeskReasonRequired, DormantMoneyNotThere, OwnPayout
from apps.payments.models import DormantWallet, WalletPolicy
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.invariants import find_custody_shortfall
from tests.accounts.signing_in import sign_in
from tests.factories import NOON, balance, make_merchant
from tests.payments.dormant import NOTICE, away, set_aside
from tests.payments.paying_out import OPERATOR, give
from tests.payments.test_payout_books import behind_the_guards, found
from tests.payments.test_withdrawals_api import Caller

pytestmark = pytest.mark.django_db
HAS = 250_00
BEFORE = NOON - NOTICE
ASIDE = codes.zone_account("MNP", "unclaimed")


@pytest.fixture
def rider() -> User:
    make_merchant("Any shop")
    return away(has_paise=HAS, now=NOON)


def tend(rider: User, now: datetime = NOON) -> bool:
    return services.tend_dormant_wallet(person_id=rider.pk, now=now)


def told(rider: User) -> list[str]:
    rows = InboxMessage.objects.filter(person=rider, kind__startswith="balance.dormancy").order_by(
        "pk"
    )
    return [row.kind for row in rows]


def states(rider: User) -> list[str]:
    return list(
        DormantWallet.objects.filter(person=rider).order_by("pk").values_list("state", flat=True)
    )


def test_who_is_away_is_told_once_and_the_money_is_set_aside_on_the_day_that_was_told(
    rider: User,
) -> None:
    short = find_custody_shortfall()
    assert [tend(rider, BEFORE), tend(rider, BEFORE), tend(rider, BEFORE + timedelta(days=1))] == [
        True, False, False,
    ]  # fmt: skip
    row = DormantWallet.objects.get(person=rider)
    assert told(rider) == ["balance.dormancy_warned"]
    assert row.due_at - BEFORE > timedelta(days=59)

    assert not tend(rider, row.due_at - timedelta(seconds=1))
    assert tend(rider, row.due_at)

    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (0, HAS)
    assert told(rider) == ["balance.dormancy_warned", "balance.dormancy_moved"]
    assert not tend(rider, row.due_at + timedelta(days=1))
    assert selectors.unclaimed_paise(person_id=rider.pk) == HAS
    # It is still somebody's: what is owed is as much as before, and nothing of it is income.
    assert find_custody_shortfall() == short
    assert found() == []


def test_the_last_day_is_counted_on_the_zones_calendar(rider: User) -> None:
    User.objects.filter(pk=rider.pk).update(created_at=datetime.fromisoformat("2023-03-01T20:00Z"))

    # In India that was the second of March.
    sleep = selectors.sleep_of(person_id=rider.pk, clock="Asia/Kolkata", now=NOON)

    assert sleep.dormant_at.isoformat() == "2026-03-02T18:30:00+00:00"
    assert sleep.warn_from.isoformat() == "2026-01-01T18:30:00+00:00"


def test_nobody_is_told_a_second_too_early(rider: User) -> None:
    clock = "Asia/Kolkata"
    sleep = selectors.sleep_of(person_id=rider.pk, clock=clock, now=BEFORE)

    assert not tend(rider, sleep.warn_from - timedelta(seconds=1))
    assert tend(rider, sleep.warn_from)


def test_a_sign_in_after_the_notice_keeps_the_money_where_it_is(rider: User) -> None:
    tend(rider, BEFORE)

    sign_in(rider.pk, now=BEFORE + timedelta(days=3))

    assert tend(rider)
    assert states(rider) == ["AWAKE"]
    assert balance(codes.rider_wallet(rider.pk)) == HAS
    assert not tend(rider)


def test_a_session_that_is_used_is_an_act_and_a_present_of_ours_is_none(rider: User) -> None:
    give(rider, 10_00, now=NOON - timedelta(days=100))
    assert tend(rider, BEFORE)
    sign_in(rider.pk, now=NOON - timedelta(days=3 * 365))
    Session.objects.filter(user_id=rider.pk).update(last_used_at=BEFORE + timedelta(days=1))

    assert tend(rider)

    assert states(rider) == ["AWAKE"]


def test_a_frozen_wallet_waits_and_an_empty_one_is_let_go(rider: User) -> None:
    tend(rider, BEFORE)
    wallet.freeze(codes=[codes.rider_wallet(rider.pk)], at=BEFORE)
    assert not tend(rider)
    wallet.unfreeze(codes=[codes.rider_wallet(rider.pk)])

    legs = [wallet.Leg(codes.rider_wallet(rider.pk), codes.rider_parked(rider.pk), HAS)]
    wallet.post(
        kind="dispute_open", reference=f"dispute_open:{uuid4()}", legs=legs, zone_code="MNP",
        event_at=BEFORE, actor_id=None,
    )  # fmt: skip

    assert tend(rider)
    assert states(rider) == ["AWAKE"]


def test_the_night_finds_whom_it_has_to_tell_and_whom_it_told(rider: User) -> None:
    at_home = away(has_paise=1_00, now=NOON)
    sign_in(at_home.pk, now=BEFORE - timedelta(days=400))

    nights = [services.tend_dormant_wallets(now=now, batch=1) for now in (BEFORE, NOON, NOON)]

    assert nights == [1, 1, 0]
    assert (states(rider), states(at_home)) == (["MOVED"], [])
    assert tasks.tend_dormant_wallets() >= 0


def test_one_that_fails_stops_none_of_the_others(rider: User) -> None:
    closed = away(has_paise=1_00, now=NOON)
    User.objects.filter(pk=closed.pk).update(is_active=False)

    assert services.tend_dormant_wallets(now=BEFORE) == 1
    assert states(rider) == ["WARNED"]


def test_more_than_a_lakh_moves_at_once(rider: User) -> None:
    for _ in range(2):
        give(rider, 1_00_000_00, now=BEFORE - timedelta(days=900))

    row = set_aside(rider, now=NOON)

    assert row.amount_paise == 2_00_000_00 + HAS


def test_the_rider_has_it_back_by_asking_and_asking_twice_gives_it_once() -> None:
    now = timezone.now()
    make_merchant("Any shop")
    late = away(has_paise=HAS, now=now)
    row = set_aside(late, now=now)
    client = Caller(late.pk, "rider")
    assert client.get("/api/user/wallet").json()["unclaimed"] == 250

    answers = [client.post("/api/user/wallet/claim", {}) for _ in range(2)]

    assert [answer.json()["returned"] for answer in answers] == [250, 0]
    assert balance(codes.rider_wallet(late.pk)) == HAS
    row.refresh_from_db()
    assert (row.state, row.returned_by) == ("RETURNED", late.pk)
    assert told(late)[-1] == "balance.dormancy_returned"
    # Whoever asked was there: three more years begin.
    assert not tend(late, now + timedelta(days=900))
    assert found() == []


def test_an_operator_gives_it_back_with_a_reason_once_and_never_to_themselves(rider: User) -> None:
    row = set_aside(rider, now=NOON)

    def give_back(actor_id: UUID = OPERATOR, reason: str = "called, PAN seen") -> DormantWallet:
        return services.return_dormant_money(
            dormant_id=row.pk, actor_id=actor_id, reason=reason, now=NOON
        )

    with pytest.raises(DeskReasonRequired):
        give_back(reason=" ")
    with pytest.raises(OwnPayout):
        give_back(actor_id=rider.pk)
    assert give_back().returned_because == "called, PAN seen"
    with pytest.raises(DormantMoneyNotThere):
        give_back()
    assert (balance(codes.rider_wallet(rider.pk)), balance(ASIDE)) == (HAS, 0)


def test_what_is_set_aside_is_in_the_copy_of_ones_data_and_nobody_is_erased_with_it(
    rider: User,
) -> None:
    row = set_aside(rider, now=NOON)

    assert [
        (one.code, one.amount_paise)
        for one in personal_data.obstacles(person_id=rider.pk, now=NOON)
    ] == [("money_set_aside", HAS)]
    copy: Any = personal_data.export(person_id=rider.pk)  # Any: JSON
    assert [(one["rupees"], one["status"]) for one in copy["dormant_wallets"]] == [(250, "moved")]
    assert row.moved_at == NOON


def test_who_is_erased_is_not_waited_for(rider: User) -> None:
    tend(rider, BEFORE)

    personal_data.erase(person_id=rider.pk, now=NOON)

    assert states(rider) == ["AWAKE"]


@pytest.mark.parametrize(
    "change",
    [
        "moved_journal_id = gen_random_uuid()",
        "amount_paise = 1",
        "person_id = (SELECT id FROM accounts_user WHERE id <> person_id LIMIT 1)",
    ],
)
def test_a_row_that_does_not_say_what_was_posted_is_named(rider: User, change: str) -> None:
    row = set_aside(rider, now=NOON)
    away(has_paise=1_00, now=NOON)

    behind_the_guards(f"UPDATE payments_dormantwallet SET {change} WHERE id = %s", row.pk)

    assert found() == [("dormant wallets and the ledger", f"dormancy:{row.pk}")]


def test_a_posting_without_a_row_is_named(rider: User) -> None:
    reference = f"dormancy:{uuid4()}"
    wallet.post(
        kind="dormancy", reference=reference, zone_code="MNP", event_at=NOON, actor_id=None,
        legs=[wallet.Leg(codes.rider_wallet(rider.pk), ASIDE, 1_00)],
    )  # fmt: skip

    assert found() == [("dormant wallets and the ledger", reference)]


WRONG: dict[str, dict[str, Any]] = {  # Any: columns of many types
    "payments_dormant_warned_once": {},
    "payments_dormant_warned_before": {"state": "AWAKE", "ended_at": NOON, "due_at": BEFORE},
    "payments_dormant_has_a_zone": {"state": "AWAKE", "ended_at": NOON, "zone_code": ""},
    "payments_dormant_moved_whole": {"state": "MOVED", "amount_paise": 1},
    "payments_dormant_returned_whole": {"state": "AWAKE"},
}


@pytest.mark.parametrize("constraint", WRONG)
def test_a_row_that_cannot_be_true_is_refused(rider: User, constraint: str) -> None:
    tend(rider, BEFORE)
    facts: dict[str, Any] = {  # Any: as above
        "person": rider, "zone_code": "MNP", "last_act_at": BEFORE, "warned_at": BEFORE,
        "due_at": NOON,
    }  # fmt: skip

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        DormantWallet.objects.create(**facts | WRONG[constraint])


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("payments_dormant_arrows", {"state": "WARNED"}),
        ("payments_dormant_told_stays", {"zone_code": "BLR"}),
        ("payments_dormant_written_once", {"amount_paise": 1}),
    ],
)
def test_what_was_told_and_done_stays(
    rider: User, constraint: str, change: dict[str, object]
) -> None:
    row = set_aside(rider, now=NOON)
    rows = DormantWallet.objects.filter(pk=row.pk)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**change)
    with (
        pytest.raises(IntegrityError, match="payments_dormant_never_deleted"),
        transaction.atomic(),
    ):
        rows.delete()


def test_one_posting_is_one_rows(rider: User) -> None:
    row = set_aside(rider, now=NOON)
    row.pk, row._state.adding = uuid4(), True

    with pytest.raises(IntegrityError, match="payments_dormant_moved_once"):
        row.save()


@pytest.mark.parametrize("change", [{"dormant_months": 11}, {"dormant_warn_days": 6}])
def test_a_period_that_nobody_could_mean_is_refused(change: dict[str, int]) -> None:
    policy = WalletPolicy.objects.filter(who="TIER_1").order_by("effective_from")[0]
    policy.pk, policy._state.adding, policy.effective_from = uuid4(), True, NOON
    for name, value in change.items():
        setattr(policy, name, value)

    with pytest.raises(IntegrityError, match="payments_policy_dormancy_in_range"):
        policy.save()
