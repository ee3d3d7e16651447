"""Badges: awarded once by what was proven, paid from a funded pool, revoked with the visits they stand on."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import User
from apps.gamification import services
from apps.gamification.badges import BY_CODE, DISTINCT_OUTLETS, MISSION_STEPS, VISITS, Requirement
from apps.gamification.errors import AmountNotPositive, RewardNotOwed, UnknownPool
from apps.gamification.measuring import Done, measure
from apps.gamification.models import Award, Reward, Visit
from apps.gamification.services import repairing
from apps.notifications.models import InboxMessage
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.errors import AlreadyPosted
from apps.wallet.services import Leg
from tests.accounts.making import make_operator
from tests.factories import NOON, balance, make_rider, make_zone
from tests.gamification.making import fund, make_visit

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INDIA = "Asia/Kolkata"
POOL = codes.promo_pool("badges-mnp")


def done(at: datetime = NOON, **facts: object) -> Done:
    known: dict[str, object] = {
        "key": uuid4(), "at": at, "timezone": INDIA, "zone_code": "MNP", "outlet_id": uuid4(),
        "category": "cafe",
    }  # fmt: skip
    return Done(**(known | facts))  # type: ignore[arg-type]  # as named


def local(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    """Return an instant by the clock in India."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


SAME = uuid4()
FOUNDING: list[tuple[str, list[Done], int]] = [
    ("first_timer", [], 0),
    ("first_timer", [done()], 1),
    ("coffee_hopper", [done(), done(), done(category="bakery")], 2),
    ("coffee_hopper", [done(outlet_id=SAME), done(outlet_id=SAME), done()], 2),
    ("coffee_hopper", [done(), done(), done()], 3),
    ("manipal_pro", [done(category="gym") for _ in range(10)], 10),
    ("manipal_pro", [*(done() for _ in range(9)), done(zone_code="BLR")], 9),
    ("deal_hunter", [done(NOON + n * DAY, outlet_id=SAME) for n in range(5)], 5),
    # The fifth comes exactly seven days after the first: the window is open at that end.
    ("deal_hunter", [done(NOON + n * DAY) for n in (0, 1, 2, 3, 7)], 4),
    ("deal_hunter", [done(NOON + n * DAY) for n in (0, 20, 21, 22, 23, 24)], 5),
]


@pytest.mark.parametrize(("code", "visits", "progress"), FOUNDING)
def test_the_founding_badges_count_what_they_say(
    code: str, visits: list[Done], progress: int
) -> None:
    now = max((visit.at for visit in visits), default=NOON)

    found = measure(BY_CODE[code].requirement, visits=visits, steps=[], now=now)

    assert found.progress == progress
    assert (found.by is not None) == (progress == found.count)


@pytest.mark.parametrize(
    ("clock", "counts"), [(local(20, 59), 0), (local(21), 1), (local(23, 59), 1), (local(8), 0)]
)
def test_night_owl_counts_steps_from_nine_on_the_zones_clock(clock: datetime, counts: int) -> None:
    owl = BY_CODE["night_owl"].requirement

    assert measure(owl, visits=[done(clock)], steps=[done(clock)], now=clock).progress == counts
    assert owl.metric == MISSION_STEPS


@pytest.mark.parametrize(
    ("zone", "at", "counts"),
    [
        # Clocks go back on 1 November: half past one comes twice, and both are in the season.
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), 1),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), 1),
        ("America/New_York", datetime(2026, 11, 1, 3, 59, tzinfo=UTC), 0),
        (INDIA, datetime(2026, 10, 31, 18, 29, tzinfo=UTC), 0),
        (INDIA, datetime(2026, 10, 31, 18, 30, tzinfo=UTC), 1),
    ],
)
def test_a_season_begins_and_ends_on_the_zones_calendar(
    zone: str, at: datetime, counts: int
) -> None:
    season = Requirement(VISITS, 1, season=(date(2026, 11, 1), date(2026, 11, 1)))

    assert measure(season, visits=[done(at, timezone=zone)], steps=[], now=at).progress == counts


def test_progress_in_a_window_falls_when_days_go_by() -> None:
    hunter = BY_CODE["deal_hunter"].requirement
    visits = [done(NOON + n * HOUR) for n in range(3)]

    shown = [measure(hunter, visits=visits, steps=[], now=NOON + n * DAY) for n in (1, 6, 8)]

    assert [one.progress for one in shown] == [3, 3, 0]


def test_a_visit_at_midnight_belongs_to_the_day_that_begins() -> None:
    late = Requirement(DISTINCT_OUTLETS, 1, after_local=time(0), category="")

    assert measure(late, visits=[done(local(0))], steps=[], now=local(1)).progress == 1


@pytest.fixture
def rider(db: None) -> User:
    del db
    make_zone("MNP")
    return make_rider()


def settle(rider: User, *, now: datetime = NOON) -> None:
    services.settle_rider(rider_id=rider.pk, now=now)


def purse(rider: User) -> int:
    return balance(codes.rider_wallet(rider.pk))


def spend(rider: User, paise: int) -> None:
    wallet.post(
        kind="withdrawal", reference=f"withdrawal:{uuid4()}",
        legs=[Leg(codes.rider_wallet(rider.pk), codes.rider_withdrawing(rider.pk), paise)],
        zone_code="MNP", event_at=NOON, actor_id=None,
    )  # fmt: skip


def test_a_badge_is_awarded_once_and_paid_from_the_pool(rider: User) -> None:
    fund("badges-mnp", 100, now=NOON)
    visit = make_visit(rider.pk, at=NOON)

    for _ in range(3):
        settle(rider)

    award = Award.objects.get(badge="first_timer")
    assert (award.earned_at, award.revoked_at) == (NOON, None)
    assert (purse(rider), balance(POOL)) == (25_00, 75_00)
    assert InboxMessage.objects.filter(kind="badge.awarded").count() == 1
    visit.refresh_from_db()
    assert visit.settled_at == NOON


def test_an_empty_pool_gives_the_badge_without_the_money_and_tells_the_operators(
    rider: User,
) -> None:
    treasurer = make_operator("finance", "MNP")
    services.open_pools(zone_code="MNP", now=NOON)
    make_visit(rider.pk, at=NOON)

    for _ in range(2):
        settle(rider)

    assert Award.objects.filter(badge="first_timer", revoked_at=None).exists()
    reward = Reward.objects.get()
    assert (reward.state, purse(rider)) == ("UNFUNDED", 0)
    told = InboxMessage.objects.get(kind="operator.promo_pool")
    assert told.person_id == treasurer.pk
    fund("badges-mnp", 25, now=NOON)
    pay(reward)
    assert (purse(rider), balance(POOL)) == (25_00, 0)
    with pytest.raises(RewardNotOwed):
        pay(reward)


def pay(reward: Reward) -> None:
    services.pay_again(reward_id=reward.pk, actor_id=uuid4(), reason="it is filled", now=NOON)


def test_what_a_pool_is_still_too_empty_for_stays_unpaid(rider: User) -> None:
    services.open_pools(zone_code="MNP", now=NOON)
    make_visit(rider.pk, at=NOON)
    settle(rider)

    with pytest.raises(RewardNotOwed):
        pay(Reward.objects.get())

    assert Reward.objects.get().state == "UNFUNDED"


def undo(visit: Visit, rider: User) -> None:
    services.undo_visit(handshake_id=visit.pk, now=NOON + HOUR)
    settle(rider, now=NOON + HOUR)


def test_a_visit_taken_back_revokes_the_badge_and_unspent_money_goes_back(rider: User) -> None:
    fund("badges-mnp", 100, now=NOON)
    visit = make_visit(rider.pk, at=NOON)
    settle(rider)

    undo(visit, rider)

    assert Award.objects.get().revoked_at == NOON + HOUR
    assert (Reward.objects.get().state, purse(rider), balance(POOL)) == ("CLAWED_BACK", 0, 100_00)
    make_visit(rider.pk, at=NOON + 2 * HOUR)
    settle(rider, now=NOON + 2 * HOUR)
    assert Award.objects.get().revoked_at is None
    assert (purse(rider), balance(POOL)) == (25_00, 75_00)


def test_spent_money_stays_with_the_rider_and_is_not_paid_again(rider: User) -> None:
    fund("badges-mnp", 100, now=NOON)
    visit = make_visit(rider.pk, at=NOON)
    settle(rider)
    spend(rider, 10_00)

    undo(visit, rider)
    assert (Reward.objects.get().state, purse(rider)) == ("KEPT", 15_00)

    make_visit(rider.pk, at=NOON + 2 * HOUR)
    settle(rider, now=NOON + 2 * HOUR)

    assert (Reward.objects.get().state, purse(rider), balance(POOL)) == ("PAID", 15_00, 75_00)


def test_a_pool_is_filled_once_for_a_bank_reference(rider: User) -> None:
    del rider
    services.open_pools(zone_code="MNP", now=NOON)

    def fill(program: str = "badges-mnp", paise: int = 500_00) -> None:
        services.fund_pool(
            program=program, amount_paise=paise, reference="UTR-7", actor_id=None,
            reason="marketing", now=NOON,
        )  # fmt: skip

    fill()
    for refusal, asked in (
        (AlreadyPosted, {}),
        (UnknownPool, {"program": "badges-nowhere"}),
        (AmountNotPositive, {"paise": 0}),
    ):
        with pytest.raises(refusal):
            fill(**asked)

    assert (balance(POOL), balance(codes.zone_account("MNP", "reserve"))) == (500_00, 500_00)


def test_the_nightly_look_settles_only_what_is_wrong(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund("badges-mnp", 100, now=NOON)
    make_visit(rider.pk, at=NOON)
    other = make_rider()
    make_visit(other.pk, at=NOON)
    settle(rider)
    # As if the message and every sweep had been lost.
    Visit.objects.update(settled_at=NOON)
    looked: list[UUID] = []

    def seen(*, rider_id: UUID, now: datetime) -> list[UUID]:
        looked.append(rider_id)
        return services.settle_rider(rider_id=rider_id, now=now)

    monkeypatch.setattr(repairing, "settle_rider", seen)

    assert (services.repair_awards(now=NOON), services.repair_awards(now=NOON)) == (1, 0)
    assert looked == [other.pk]
    assert (purse(rider), purse(other)) == (25_00, 25_00)
