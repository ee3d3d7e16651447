"""Missions: made each night from what is offered, proven step by step, never self-asserted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.accounts import services as accounts
from apps.accounts.errors import RiderBanned
from apps.accounts.models import User
from apps.gamification import selectors, services
from apps.gamification.errors import MissionBudgetGone, MissionOver, NotJoined, UnknownMission
from apps.gamification.matching import CAB, CHECKIN, COMMERCE, DEAL, RIDE, TRANSIT, Proof, match
from apps.gamification.models import Award, Mission, MissionRun, Reward, Visit
from apps.gamification.selectors.histories import History
from apps.gamification.services import awarding, settling
from apps.wallet import codes
from tests.factories import NOON, balance, bearer, make_rider, make_zone
from tests.gamification.making import fund, make_mission, make_visit
from uma.kernel.ids import new_id

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INDIA = "Asia/Kolkata"


def proof(kind: str = DEAL, hours: float = 0, **facts: object) -> Proof:
    known: dict[str, object] = {"key": str(new_id()), "at": NOON + hours * HOUR}
    return Proof(kind, **(known | facts))  # type: ignore[arg-type]  # as named


THERE, ELSEWHERE = UUID(int=1), UUID(int=2)
TICKET: dict[str, object] = {"kind": RIDE, "category": TRANSIT, "provider": "city-bus"}


def asks(
    *steps: dict[str, object], ordered: bool = False, distinct: bool = False
) -> dict[str, object]:
    return {"steps": list(steps), "ordered": ordered, "distinct": distinct}


@pytest.mark.parametrize(
    ("content", "proofs", "places"),
    [
        (asks({"kind": DEAL, "campaign_id": str(THERE)}), [proof(campaign_id=THERE)], [0]),
        (asks({"kind": DEAL, "campaign_id": str(THERE)}), [proof(campaign_id=ELSEWHERE)], []),
        (asks({"kind": CHECKIN, "category": "cafe"}), [proof(category="cafe")], [0]),
        (asks({"kind": CHECKIN, "category": "cafe"}), [proof(category="gym")], []),
        # A visit proves no ride and a ticket no visit.
        (asks({"kind": RIDE}), [proof()], []),
        (asks({"kind": DEAL}), [proof(RIDE)], []),
        (asks({"kind": COMMERCE}), [proof(COMMERCE)], [0]),
        # A ticket of that seller, and of one that was not told; not a car, and not another's.
        (asks(TICKET), [proof(RIDE, category=TRANSIT, provider="city-bus")], [0]),
        (asks(TICKET), [proof(RIDE)], [0]),
        (asks(TICKET), [proof(RIDE, category=CAB)], []),
        (asks(TICKET), [proof(RIDE, provider="metro")], []),
        # Goods of a place we know are proven there, and nowhere by a visit where we know none.
        (asks({"kind": COMMERCE, "outlet_id": str(THERE)}), [proof(outlet_id=THERE)], [0]),
        (asks({"kind": COMMERCE, "outlet_id": str(THERE)}), [proof(outlet_id=ELSEWHERE)], []),
        (asks({"kind": COMMERCE, "provider": "dosa"}), [proof()], []),
        (asks({"kind": COMMERCE, "provider": "dosa"}), [proof(COMMERCE, provider="idli")], []),
        # One visit serves one step, one place counts once where places differ.
        (asks({"kind": DEAL}, {"kind": DEAL}), [proof()], [0]),
        (asks({"kind": DEAL}, {"kind": DEAL}, distinct=True),
         [proof(outlet_id=THERE), proof(hours=1, outlet_id=THERE)], [0]),
        (asks({"kind": DEAL}, {"kind": DEAL}, distinct=True),
         [proof(outlet_id=THERE), proof(hours=1, outlet_id=ELSEWHERE)], [0, 1]),
        # In order, a visit before the ride counts for nothing; of one moment the ride comes first.
        (asks({"kind": RIDE}, {"kind": DEAL}, ordered=True), [proof(), proof(RIDE, 1)], [0]),
        (asks({"kind": RIDE}, {"kind": DEAL}, ordered=True), [proof(), proof(RIDE)], [0, 1]),
        (asks({"kind": RIDE}, {"kind": DEAL}), [proof(), proof(RIDE, 1)], [0, 1]),
        # Before the joining, after the end, outside the happy hour.
        (asks({"kind": DEAL}), [proof(hours=-1)], []),
        (asks({"kind": DEAL}), [proof(hours=25)], []),
        (asks({"kind": DEAL, "starts_at": (NOON + HOUR).isoformat()}), [proof()], []),
        (asks({"kind": DEAL, "ends_at": (NOON + HOUR).isoformat()}), [proof(hours=2)], []),
    ],
)  # fmt: skip
def test_a_step_is_proven_by_what_proves_it_and_by_nothing_else(
    content: dict[str, object], proofs: list[Proof], places: list[int]
) -> None:
    for told in (proofs, proofs[::-1]):
        found = match(content, told, since=NOON, until=NOON + DAY)
        assert [one.place for one in found] == places


@pytest.fixture
def rider(db: None) -> User:
    del db
    make_zone("MNP")
    return make_rider()


def purse(rider: User) -> int:
    return balance(codes.rider_wallet(rider.pk))


def run_of(mission: Mission, rider: User) -> MissionRun:
    return MissionRun.objects.get(mission=mission, rider_id=rider.pk)


def test_a_mission_is_joined_proven_paid_and_taken_back_with_its_visits(rider: User) -> None:
    fund("missions-mnp", 100, now=NOON)
    step = {"kind": "checkin", "title": "A café", "category": "cafe"}
    mission = make_mission(steps=[step, step], distinct=True, reward_paise=40_00, now=NOON)
    for _ in range(2):
        services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)

    make_visit(rider.pk, at=NOON + HOUR)
    services.settle_rider(rider_id=rider.pk, now=NOON + HOUR)
    assert run_of(mission, rider).state == "JOINED"
    last = make_visit(rider.pk, at=NOON + 2 * HOUR)
    for _ in range(2):
        services.settle_rider(rider_id=rider.pk, now=NOON + 2 * HOUR)

    run = run_of(mission, rider)
    assert (run.state, run.ended_at) == ("COMPLETED", NOON + 2 * HOUR)
    assert Reward.objects.get(subject=f"mission:{run.pk}").state == "PAID"
    assert purse(rider) == 40_00
    services.undo_visit(handshake_id=last.pk, now=NOON + 3 * HOUR)
    services.settle_rider(rider_id=rider.pk, now=NOON + 3 * HOUR)
    assert (run_of(mission, rider).state, purse(rider)) == ("JOINED", 0)


def test_the_budget_is_shared_and_what_is_set_aside_is_not_promised_twice(rider: User) -> None:
    fund("missions-mnp", 50, now=NOON)
    mission = make_mission(reward_paise=40_00, now=NOON)
    other = make_rider()
    services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)

    with pytest.raises(MissionBudgetGone):
        services.join_mission(mission_id=mission.pk, rider_id=other.pk, now=NOON)
    services.abandon_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)
    services.join_mission(mission_id=mission.pk, rider_id=other.pk, now=NOON)

    assert services.budget_left(zone_code="MNP", now=NOON) == 10_00


def test_who_is_suspended_takes_no_mission_and_what_is_over_nobody(rider: User) -> None:
    mission = make_mission(now=NOON)
    with pytest.raises(MissionOver):
        services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON + DAY)
    with pytest.raises(UnknownMission):
        services.join_mission(mission_id=new_id(), rider_id=rider.pk, now=NOON)
    with pytest.raises(NotJoined):
        services.abandon_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)
    accounts.suspend(rider_id=rider.pk, until=NOON + DAY, actor_id=None, reason="strikes", now=NOON)
    with pytest.raises(RiderBanned):
        services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)


def test_three_steps_in_the_late_evening_make_a_night_owl(rider: User) -> None:
    late = datetime(2026, 3, 2, 16, tzinfo=UTC)
    step = {"kind": "checkin", "title": "Anywhere"}
    mission = make_mission(steps=[step] * 3, now=late - HOUR)
    services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=late - HOUR)

    for minutes in (0, 10, 20):
        make_visit(rider.pk, at=late + timedelta(minutes=minutes))
    services.settle_rider(rider_id=rider.pk, now=late + HOUR)

    assert Award.objects.filter(rider_id=rider.pk, badge="night_owl", revoked_at=None).exists()


BUS = {"kind": "ride", "title": "Bus", "category": TRANSIT, "provider": "city-bus"}


def buy_ticket(rider: User) -> None:
    services.record_order(
        kind="ride", source="ticket-1", rider_id=rider.pk, zone_code="MNP", timezone=INDIA,
        at=NOON + HOUR, category=TRANSIT, provider="city-bus",
    )  # fmt: skip


def test_a_ticket_on_the_network_proves_the_ride_of_a_mission(rider: User) -> None:
    steps = [BUS, {"kind": "checkin", "title": "A café"}]
    mission = make_mission(steps=steps, ordered=True, now=NOON)
    services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)

    for _ in range(2):
        buy_ticket(rider)
    make_visit(rider.pk, at=NOON + 2 * HOUR)
    services.settle_rider(rider_id=rider.pk, now=NOON + 2 * HOUR)

    assert run_of(mission, rider).state == "COMPLETED"


def test_a_cancelled_ticket_proves_nothing_any_more(rider: User) -> None:
    fund("missions-mnp", 100, now=NOON)
    mission = make_mission(steps=[BUS], reward_paise=40_00, now=NOON)
    services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)
    buy_ticket(rider)
    # The job of every minute finds who has an order that was not looked at.
    assert selectors.riders_to_settle(limit=10) == [rider.pk]
    services.settle_rider(rider_id=rider.pk, now=NOON + HOUR)
    assert (run_of(mission, rider).state, purse(rider)) == ("COMPLETED", 40_00)
    assert selectors.riders_to_settle(limit=10) == []

    services.undo_order(kind="ride", source="ticket-1", now=NOON + 2 * HOUR)
    assert selectors.riders_to_settle(limit=10) == [rider.pk]
    services.settle_rider(rider_id=rider.pk, now=NOON + 2 * HOUR)

    assert (run_of(mission, rider).state, purse(rider)) == ("JOINED", 0)


def test_an_order_cancelled_while_it_is_worked_out_is_left_to_the_next_run(
    rider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy_ticket(rider)
    award = awarding.award_badges

    def meanwhile(*, known: History, now: datetime) -> list[UUID]:
        services.undo_order(kind="ride", source="ticket-1", now=NOON + 2 * HOUR)
        return award(known=known, now=now)

    monkeypatch.setattr(settling, "award_badges", meanwhile)
    services.settle_rider(rider_id=rider.pk, now=NOON + HOUR)

    assert selectors.riders_to_settle(limit=10) == [rider.pk]


def reversed_order(rider_id: UUID, rows: Sequence[dict[str, object]]) -> list[object]:
    del rider_id
    return [row["_id"] for row in reversed(rows)]


def invented(rider_id: UUID, rows: Sequence[dict[str, object]]) -> list[object]:
    return [str(rider_id), *(row["_id"] for row in rows)]


@pytest.mark.parametrize(("ranker", "changes"), [("reversed_order", True), ("invented", False)])
def test_a_ranker_puts_missions_into_another_order_and_into_nothing_else(
    rider: User, settings: Settings, ranker: str, *, changes: bool
) -> None:
    # Nobody writes documents here: the catalogue comes from PostgreSQL, as without a store.
    settings.MONGODB_URL = "mongodb://127.0.0.1:9/uma?w=majority&journal=true"
    now = timezone.now()
    ids = [str(make_mission(now=now).pk) for _ in range(3)]
    plain = [str(row["id"]) for row in listed(rider)]
    settings.MISSION_RANKER = f"{__name__}.{ranker}"

    ordered = [str(row["id"]) for row in listed(rider)]

    assert sorted(plain) == sorted(ids) == sorted(ordered)
    assert ordered == (plain[::-1] if changes else plain)


def listed(rider: User) -> list[dict[str, object]]:
    headers = bearer(rider.pk, "rider", now=timezone.now())
    answer = Client().get("/api/missions", headers=headers)
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()
    return found


def test_a_rider_takes_a_mission_and_sees_each_step_done(rider: User, client: Client) -> None:
    now = timezone.now()
    mission = make_mission(now=now - HOUR)
    headers = bearer(rider.pk, "rider", now=now)

    joined = client.post(
        f"/api/missions/{mission.pk}/join", {}, "application/json", headers=headers
    ).json()
    make_visit(rider.pk, at=timezone.now())
    services.settle_rider(rider_id=rider.pk, now=timezone.now())
    shown = client.get(f"/api/missions/{mission.pk}", headers=headers).json()

    assert (joined["status"], joined["progress"], joined["target"]) == ("joined", 0, 1)
    assert (shown["status"], shown["steps"][0]["done"]) == ("completed", True)
    assert shown["why"] == "It is near."
    assert Visit.objects.count() == 1
