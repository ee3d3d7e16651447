"""Visits looked at after they were settled: facts from the tables, what is written, what follows from it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.analytics import assessing, casework, personal_data, tables, tasks
from apps.analytics.errors import CaseNotOpen, ReasonMissing, ThresholdsInvalid
from apps.analytics.models import Assessment, RiskCase, RiskSignal, RiskTable
from apps.analytics.signals import Rule
from apps.analytics.thresholds import Thresholds
from apps.handshake import selectors as handshakes
from apps.handshake import services as handshake
from apps.handshake.models import Handshake
from apps.merchants.errors import UnknownZone
from apps.notifications.models import InboxMessage
from apps.payments import services as payments
from apps.rides import selectors as bookings
from apps.rides.models import Watch
from apps.rides.selectors import Told
from tests.analytics.suspecting import OPERATOR, suspect, use_device
from tests.factories import NOON, Shop, make_booking, make_rider, make_shop, make_zone
from tests.handshake.visiting import visit
from uma.celery import BEAT
from uma.kernel.geo import Point
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
FAR = Point(13.3525, 75.1)


def look(*visits: Handshake) -> dict[str, dict[str, int]]:
    """Look at visits and return the facts of each rule that spoke of the last one."""
    assessing.assess(handshake_ids=sorted(one.pk for one in visits), now=timezone.now())
    rows = RiskSignal.objects.filter(handshake_id=visits[-1].pk)
    return dict(rows.values_list("rule", "facts"))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def rider() -> User:
    return make_rider()


def test_an_ordinary_visit_is_assessed_once_and_nothing_follows(shop: Shop, rider: User) -> None:
    done = visit(shop, rider)

    assert look(done) == {}
    assert look(done) == {}
    row = Assessment.objects.get()
    assert (row.pk, row.score, row.band, row.by_table) == (done.pk, 0, "ALLOW", "* 1")
    assert not RiskCase.objects.exists()
    assert not Watch.objects.exists()


def test_windows_end_at_the_visit_and_begin_so_long_before(shop: Shop, rider: User) -> None:
    begin = visit(shop, rider, now=NOON)
    later = visit(shop, rider, now=NOON + hours(2))
    within = visit(shop, rider, now=NOON + hours(4) - timedelta(seconds=1))
    a_week = visit(shop, rider, now=NOON + timedelta(days=7))

    ids = [begin.pk, later.pk, within.pk, a_week.pk]
    found = {one.handshake_id: one for one in handshakes.habits(handshake_ids=ids)}

    assert [found[one].pair_two_hours for one in ids] == [1, 1, 2, 1]
    assert [found[one].pair_week for one in ids] == [1, 2, 3, 3]
    assert [found[one].rider_month for one in ids] == [1, 2, 3, 4]
    assert found[within.pk].before_at == later.created_at
    assert found[a_week.pk].before_at is None
    assert found[a_week.pk].rider_paise == 4 * 150_00


def test_two_visits_to_one_shop_within_two_hours_are_a_sign(shop: Shop, rider: User) -> None:
    first, second = visit(shop, rider), visit(shop, rider, now=NOON + hours(1.9))

    assert look(first, second) == {"pair_velocity": {"visits": 2}}


def test_nobody_is_in_two_towns_at_once(shop: Shop, rider: User) -> None:
    other = make_shop("Far Café", at=FAR)
    first = visit(shop, rider)
    soon = visit(other, rider, now=NOON + timedelta(minutes=10))

    assert look(first, soon)["travel"] == {"km": 33, "minutes": 10}
    case = RiskCase.objects.get()
    assert (case.merchant_id, case.band, case.score) == (other.merchant.pk, "REVIEW", 60)


def test_a_rider_on_a_device_of_the_staff_is_watched_everywhere(shop: Shop, rider: User) -> None:
    use_device("the till", shop.owner_id, rider.pk)

    assert look(visit(shop, rider))["self_dealing"] == {"devices": 1, "accounts": 0}
    assert RiskCase.objects.get().band == "DENY"
    assert Watch.objects.get().merchant_id is None
    # The same device is no sign at another's shop.
    assert look(visit(make_shop("Elsewhere"), rider, now=NOON + hours(5))) == {}


def test_a_payout_account_shared_with_the_staff_is_a_sign_and_with_a_friend_none(
    shop: Shop, rider: User
) -> None:
    friend = make_rider()
    for person_id in (shop.owner_id, rider.pk):
        payments.add_fund_account(person_id=person_id, holder_name="One", vpa="one@upi", now=NOON)
    for person_id in (rider.pk, friend.pk):
        payments.add_fund_account(person_id=person_id, holder_name="Two", vpa="two@upi", now=NOON)

    assert look(visit(shop, rider))["self_dealing"] == {"devices": 0, "accounts": 1}
    assert "self_dealing" not in look(visit(shop, friend, now=NOON + hours(3)))


def test_three_accounts_on_a_device_are_a_sign_for_ninety_days(shop: Shop, rider: User) -> None:
    use_device("phone", rider.pk, make_rider().pk, at=NOON)
    assert look(visit(shop, rider)) == {}

    use_device("phone", make_rider().pk, at=NOON - timedelta(days=91))
    assert "device" not in look(visit(shop, rider, now=NOON + hours(3)))

    use_device("phone", make_rider().pk, at=NOON - timedelta(days=1))
    assert look(visit(shop, rider, now=NOON + hours(6)))["device"] == {"people": 3}


def test_people_hang_together_by_chains_of_devices_and_accounts(shop: Shop) -> None:
    riders = [make_rider() for _ in range(5)]
    for number, (one, next_one) in enumerate(pairwise(riders[:-1])):
        use_device(f"phone {number}", one.pk, next_one.pk)
    for one in riders[-2:]:
        payments.add_fund_account(person_id=one.pk, holder_name="X", vpa="x@upi", now=NOON)

    assert look(visit(shop, riders[0]))["ring"] == {"people": 5, "percent": 100}


def test_fares_in_the_top_two_percent_below_the_cap_are_just_below_it(rider: User) -> None:
    shop = make_shop(basis="actual_capped")
    for number, fare_paise in enumerate((146_99, 147_00, 149_99, 150_00, 180_00)):
        visit(shop, rider, fare_paise=fare_paise, now=NOON + hours(3 * number))

    told = bookings.fares_told(rider_ids=[rider.pk], since=NOON - hours(1), until=NOON + hours(24))

    assert told == {rider.pk: Told(fares=5, just_below=2)}


def test_a_scan_from_far_away_is_a_sign(shop: Shop, rider: User) -> None:
    done = visit(shop, rider, location=FAR)

    assert set(look(done)) == {"remote"}
    assert not RiskCase.objects.exists()


def test_the_job_takes_what_nobody_looked_at_and_runs_every_minute(shop: Shop, rider: User) -> None:
    now = timezone.now()
    done = visit(shop, rider, now=now - timedelta(minutes=1))
    fresh = visit(shop, make_rider(), now=now)

    assert assessing.assess_new(now=now, limit=10) == 1
    assert assessing.assess_new(now=now, limit=10) == 0
    assert set(Assessment.objects.values_list("pk", flat=True)) == {done.pk}
    later = fresh.created_at + timedelta(seconds=30)
    assert assessing.assess_new(now=later, limit=10) == 1
    assert "apps.analytics.tasks.assess_new" in BEAT
    assert tasks.assess_new() == 0


def test_a_pair_has_one_open_case_that_a_worse_visit_raises(shop: Shop, rider: User) -> None:
    use_device("phone", rider.pk, make_rider().pk, make_rider().pk)
    first = visit(shop, rider)
    look(first, visit(shop, rider, now=NOON + hours(1)))
    case = RiskCase.objects.get()
    assert (case.band, case.score) == ("REVIEW", 50)

    use_device("till", rider.pk, shop.owner_id)
    look(visit(shop, rider, now=NOON + hours(30)))

    case.refresh_from_db()
    assert (case.band, case.score) == ("DENY", 125)
    assert set(Watch.objects.values_list("merchant_id", flat=True)) == {None}


def test_a_sign_of_a_pair_watches_the_pair_and_one_of_the_rider_the_rider(
    shop: Shop, rider: User
) -> None:
    look(*(visit(shop, rider, location=FAR, now=NOON + hours(3 * day)) for day in range(3)))
    assert RiskCase.objects.get().band == "REVIEW"
    assert Watch.objects.get().merchant_id == shop.merchant.pk

    look(visit(make_shop("Far Café", at=FAR), rider, now=NOON + hours(6.1)))
    assert Watch.objects.filter(merchant_id=None).exists()


def test_what_is_booked_under_a_watch_is_parked_and_the_counter_refuses_nobody(
    shop: Shop, rider: User
) -> None:
    use_device("till", rider.pk, shop.owner_id)
    look(visit(shop, rider))

    booking = make_booking(shop, rider, now=NOON + hours(3))
    assert booking.watched
    done = visit(make_shop("Elsewhere"), rider, now=NOON + hours(4))
    assert done.review
    assert not visit(shop, make_rider(), now=NOON + hours(5)).review


def test_a_rider_reads_the_same_whatever_parked_the_visit(shop: Shop, rider: User) -> None:
    suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=NOON)
    parked = visit(shop, rider), visit(shop, make_rider(), location=FAR)

    told = set()
    for one in parked:
        assert one.review
        message_id = handshake.announce(handshake_id=one.pk, now=NOON)
        assert message_id is not None
        told.add(InboxMessage.objects.values_list("title", "body").get(pk=message_id))

    assert len(told) == 1
    words = str(told) + str(personal_data.export(person_id=rider.pk))
    assert not any(rule in words for rule in (*Rule, "REVIEW", "score"))


def test_a_watch_at_one_shop_leaves_the_others_alone(shop: Shop, rider: User) -> None:
    suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=NOON)

    assert visit(shop, rider).review
    assert not visit(make_shop("Elsewhere"), rider, now=NOON + hours(5)).review


def test_nothing_wrong_ends_the_watch_and_only_worse_opens_another_case(
    shop: Shop, rider: User
) -> None:
    look(visit(shop, rider), visit(make_shop("Far", at=FAR), rider, now=NOON + hours(0.2)))
    case = RiskCase.objects.get()
    decided = timezone.now()

    casework.decide_case(
        case_id=case.pk, fraud=False, actor_id=OPERATOR, reason="two phones", now=decided
    )

    case.refresh_from_db()
    assert (case.state, case.decided_by) == ("CLEARED", OPERATOR)
    assert not Watch.objects.filter(ended_at=None).exists()
    # Looked at once more, by a job that began before: the case stays closed.
    again = assessing._judged(list(Handshake.objects.values_list("pk", flat=True)))
    assessing._write(again, now=decided)
    assert RiskCase.objects.count() == 1
    worse = [replace(one, score=one.score + 1) for one in again]
    assessing._write(worse, now=decided)
    assert RiskCase.objects.filter(state="OPEN").count() == 1


def test_fraud_keeps_the_rider_watched_everywhere(shop: Shop, rider: User) -> None:
    case = suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=NOON)

    casework.decide_case(case_id=case.pk, fraud=True, actor_id=OPERATOR, reason="seen", now=NOON)

    assert Watch.objects.filter(rider_id=rider.pk, merchant_id=None, ended_at=None).exists()
    event = AuditEvent.objects.get(action="risk-case.decided")
    assert (event.before, event.after, event.reason) == (
        {"state": "OPEN"}, {"state": "CONFIRMED"}, "seen",
    )  # fmt: skip
    with pytest.raises(CaseNotOpen):
        casework.decide_case(case_id=case.pk, fraud=False, actor_id=OPERATOR, reason="no", now=NOON)


def test_a_watch_everywhere_lasts_while_another_case_asks_for_it(rider: User) -> None:
    one, two = make_shop("One"), make_shop("Two")
    for each in (one, two):
        use_device(each.merchant.brand, rider.pk, each.owner_id)
        look(visit(each, rider, now=NOON + hours(6 if each is two else 0)))
    first, second = RiskCase.objects.order_by("opened_at", "pk")

    for case, left in ((first, True), (second, False)):
        casework.decide_case(
            case_id=case.pk, fraud=False, actor_id=OPERATOR, reason="family", now=timezone.now()
        )
        assert Watch.objects.filter(ended_at=None).exists() is left


def test_a_decision_needs_a_reason(shop: Shop, rider: User) -> None:
    case = suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=NOON)

    with pytest.raises(ReasonMissing):
        casework.decide_case(case_id=case.pk, fraud=True, actor_id=OPERATOR, reason=" ", now=NOON)

    assert RiskCase.objects.get().state == "OPEN"


def change(zone_code: str, name: str, number: int, within: set[str] | None = None) -> None:
    tables.set_threshold(
        zone_code=zone_code, name=name, number=number, actor_id=OPERATOR, reason="market day",
        now=NOON, within=within,
    )  # fmt: skip


def test_a_zone_has_a_table_of_its_own_and_the_others_the_common_one() -> None:
    make_zone("MNP")
    change("MNP", "pair_week", 9)
    change("", "pair_week", 5)

    assert tables.in_force(zone_code="MNP").at == replace(Thresholds(), pair_week=9)
    assert tables.in_force(zone_code="BLR").at == replace(Thresholds(), pair_week=5)
    assert tables.in_force(zone_code="MNP").name == "MNP 1"
    assert tables.in_force(zone_code="BLR").name == "* 2"
    event = AuditEvent.objects.get(action="risk-table.set", object_id="risk-table:MNP")
    assert (event.before, event.after, event.reason) == (
        {"pair_week": 3}, {"pair_week": 9}, "market day",
    )  # fmt: skip


def test_a_table_that_makes_no_sense_is_not_set() -> None:
    make_zone("MNP")
    for name, number in (("review", 0), ("review", 100), ("pair_share_percent", 101), ("x", 1)):
        with pytest.raises(ThresholdsInvalid):
            change("MNP", name, number)
    with pytest.raises(UnknownZone):
        change("NOWHERE", "review", 40)
    with pytest.raises(UnknownZone):
        change("MNP", "review", 40, within={"BLR"})
    assert RiskTable.objects.count() == 1


def test_a_visit_is_judged_by_the_table_of_its_zone(shop: Shop, rider: User) -> None:
    change("MNP", "pair_two_hours", 2)

    assert look(visit(shop, rider), visit(shop, rider, now=NOON + hours(1))) == {}
    assert {row.by_table for row in Assessment.objects.all()} == {"MNP 1"}


def refused(constraint: str, write: object) -> None:
    assert callable(write)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_rows_that_cannot_be_true_are_refused(shop: Shop, rider: User) -> None:
    whose = {"rider_id": rider.pk, "merchant_id": shop.merchant.pk, "zone_code": "MNP"}
    case = suspect("MNP", rider_id=rider.pk, merchant_id=shop.merchant.pk, now=NOON)
    signal = RiskSignal.objects.get()
    sign = {**whose, "facts": {}, "by_table": "* 1", "at": NOON}
    judged = {
        **whose, "handshake_id": new_id(), "cashback_paise": 1, "score": 1, "by_table": "* 1",
        "visited_at": NOON, "assessed_at": NOON, "band": "ALLOW",
    }  # fmt: skip
    cases = RiskCase.objects.filter(pk=case.pk)
    before = NOON - timedelta(seconds=1)
    make = RiskCase.objects.create
    for constraint, write in (
        ("analytics_risk_table_version_once",
         lambda: RiskTable.objects.create(zone_code="", version=1, numbers={}, set_at=NOON)),
        ("analytics_risk_table_from_one",
         lambda: RiskTable.objects.create(zone_code="", version=0, numbers={}, set_at=NOON)),
        ("analytics_risk_table_append_only", lambda: RiskTable.objects.update(numbers={})),
        ("analytics_assessment_band",
         lambda: Assessment.objects.create(**judged | {"band": "MAYBE"})),
        ("analytics_assessment_after",
         lambda: Assessment.objects.create(**judged | {"assessed_at": before})),
        ("analytics_assessment_append_only", lambda: Assessment.objects.update(score=0)),
        ("analytics_risk_signal_once",
         lambda: RiskSignal.objects.create(
             **sign, handshake_id=signal.handshake_id, rule="travel", points=1)),
        ("analytics_risk_signal_is_worth_something",
         lambda: RiskSignal.objects.create(**sign, handshake_id=new_id(), rule="travel", points=0)),
        ("analytics_risk_signal_append_only", lambda: RiskSignal.objects.all().delete()),
        ("analytics_risk_case_one_open",
         lambda: make(**whose, score=1, band="DENY", opened_at=NOON)),
        ("analytics_risk_case_band",
         lambda: make(**whose | {"rider_id": new_id()}, score=1, band="ALLOW", opened_at=NOON)),
        ("analytics_risk_case_decided_by_somebody",
         lambda: cases.update(state="CLEARED", decided_at=NOON)),
        ("analytics_risk_case_decided_by_somebody",
         lambda: cases.update(state="CLEARED", decided_at=before, decided_by=OPERATOR)),
        ("analytics_risk_case_facts", lambda: cases.update(rider_id=new_id())),
        ("rides_watch_once",
         lambda: Watch.objects.create(**whose, since=NOON)),
        ("rides_watch_ends_after_it_began", lambda: Watch.objects.update(ended_at=before)),
        ("rides_watch_never_edited", lambda: Watch.objects.update(merchant_id=None)),
    ):  # fmt: skip
        refused(constraint, write)
    decided_once = "analytics_risk_case_decided_once"
    cases.update(state="CONFIRMED", decided_at=NOON, decided_by=OPERATOR)
    refused(decided_once, lambda: cases.update(decided_by=new_id()))
    refused(decided_once, lambda: cases.update(state="CLEARED", score=1))
    cases.update(state="CLEARED")
    refused(decided_once, lambda: cases.update(state="CONFIRMED"))
