"""Looking at visits after they were settled: facts gathered, rules asked, cases opened, pairs watched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.accounts import services as people
from apps.analytics import tables
from apps.analytics.models import Assessment, RiskCase, RiskSignal
from apps.analytics.signals import OF_THE_RIDER, Band, Company, Fares, Seen, Sign, band_of, signs
from apps.handshake import selectors as handshakes
from apps.handshake.selectors import Habit
from apps.merchants import selectors as merchants
from apps.payments import selectors as payments
from apps.rides import selectors as bookings
from apps.rides import services as rides
from uma.kernel.geo import distance_m
from uma.kernel.ids import first_id_of

# A visit that a slow transaction or a dead worker left out is found this much later.
LOOKS_BACK = timedelta(hours=2)
# What is looked at when nothing ever was.
BEGINS_WITH = timedelta(days=2)
BATCH = 50
DEVICES_WITHIN = timedelta(days=90)
MONTH = timedelta(days=30)
# How far a group is followed, and how large it may grow while it is: larger ones say no more.
ROUNDS = 6
MOST_IN_A_GROUP = 200


@dataclass(frozen=True, slots=True)
class _Ties:
    """Who is tied to whom: groups of one device, and payees of one account."""

    devices: Sequence[frozenset[UUID]]
    accounts: Sequence[payments.Sharers]

    def around(self, person_id: UUID) -> set[UUID]:
        """Return everybody who hangs together with a person, the person included."""
        groups = [*self.devices, *(one.person_ids for one in self.accounts)]
        found, grown = {person_id}, True
        while grown and len(found) < MOST_IN_A_GROUP:
            before = len(found)
            for group in groups:
                if not found.isdisjoint(group):
                    found |= group
            grown = len(found) > before
        return found


def assess_new(*, now: datetime, limit: int) -> int:
    """
    Look at visits that nobody looked at yet; return how many, `limit` at the most.

    Run twice, by two at once as well, it writes the same once: a visit has one assessment and one signal
    of a rule, a pair one open case and one watch.
    """
    newest = Assessment.objects.order_by("-pk").values_list("visited_at", flat=True).first()
    since = now - BEGINS_WITH if newest is None else newest - LOOKS_BACK
    return assess(handshake_ids=_unseen(since, now=now, limit=limit), now=now)


def assess(*, handshake_ids: Sequence[UUID], now: datetime) -> int:
    """Look at these visits, in batches; return how many."""
    for start in range(0, len(handshake_ids), BATCH):
        found = _judged(handshake_ids[start : start + BATCH])
        with transaction.atomic():
            _write(found, now=now)
    return len(handshake_ids)


def _unseen(since: datetime, *, now: datetime, limit: int) -> list[UUID]:
    settled = handshakes.settled_since(since=since, now=now)
    seen = set(Assessment.objects.filter(pk__gte=first_id_of(since)).values_list("pk", flat=True))
    return list(islice((one for one in settled if one not in seen), limit))


@dataclass(frozen=True, slots=True)
class _Judged:
    habit: Habit
    signs: Sequence[Sign]
    score: int
    band: Band
    table: tables.Table


def _judged(handshake_ids: Collection[UUID]) -> list[_Judged]:
    known = tables.Tables()
    habits = handshakes.habits(handshake_ids=handshake_ids)
    found = []
    for seen in _seen(habits):
        table = known.of(seen.habit.zone_code)
        spoken = signs(seen, table.at)
        score = sum(sign.points for sign in spoken)
        found.append(_Judged(seen.habit, spoken, score, band_of(score, table.at), table))
    return found


def _seen(habits: Sequence[Habit]) -> Iterable[Seen]:
    if not habits:
        return
    earliest, latest = min(one.at for one in habits), max(one.at for one in habits)
    riders = {one.rider_id for one in habits}
    ties = _ties(riders, since=earliest - DEVICES_WITHIN)
    posts = merchants.posts_of(merchant_ids={one.merchant_id for one in habits})
    outlets = {one.outlet_id for one in habits} | {
        one.before_outlet_id for one in habits if one.before_outlet_id is not None
    }
    places = merchants.places_of(outlet_ids=outlets)
    told = bookings.fares_told(rider_ids=riders, since=earliest - MONTH, until=latest)
    for habit in habits:
        fares = told.get(habit.rider_id)
        travel = None
        if habit.before_at is not None and habit.before_outlet_id in places:
            here, there = places[habit.outlet_id], places[habit.before_outlet_id]
            seconds = int((habit.at - habit.before_at).total_seconds())
            travel = distance_m(here, there), seconds
        yield Seen(
            habit=habit,
            company=_company(habit, ties, posts.get(habit.merchant_id, set())),
            fares=Fares(fares.fares, fares.just_below) if fares else Fares(),
            travel=travel,
        )


def _ties(riders: Collection[UUID], *, since: datetime) -> _Ties:
    """Return the ties of these riders, and of those whom they lead to, a few steps far."""
    people = set(riders)
    devices: list[frozenset[UUID]] = []
    shared: list[payments.Sharers] = []
    for _ in range(ROUNDS):
        devices = accounts.on_the_devices_of(person_ids=people, since=since)
        shared = payments.on_the_accounts_of(person_ids=people)
        grown = people.union(*devices, *(one.person_ids for one in shared))
        if grown == people:
            break
        people = grown
    return _Ties(devices, shared)


def _company(habit: Habit, ties: _Ties, staff: Collection[UUID]) -> Company:
    mine = [group for group in ties.devices if habit.rider_id in group]
    paid = [one for one in ties.accounts if habit.rider_id in one.person_ids]
    around = ties.around(habit.rider_id) if mine or paid else {habit.rider_id}
    percent = 0
    if len(around) > 1:
        since = habit.at - MONTH
        whole = handshakes.cashback_at(merchant_id=habit.merchant_id, since=since, until=habit.at)
        theirs = handshakes.cashback_at(
            merchant_id=habit.merchant_id, since=since, until=habit.at, rider_ids=around
        )
        percent = theirs * 100 // whole if whole else 0
    return Company(
        staff_devices=sum(not group.isdisjoint(staff) for group in mine),
        staff_accounts=sum(
            habit.merchant_id in one.merchant_ids or not one.person_ids.isdisjoint(staff)
            for one in paid
        ),
        on_a_device=max((len(group) for group in mine), default=1),
        ring=len(around),
        ring_percent=percent,
    )


def _write(found: Sequence[_Judged], *, now: datetime) -> None:
    Assessment.objects.bulk_create(
        (
            Assessment(
                handshake_id=one.habit.handshake_id, zone_code=one.habit.zone_code,
                rider_id=one.habit.rider_id, merchant_id=one.habit.merchant_id,
                cashback_paise=one.habit.paise, score=one.score, band=one.band,
                by_table=one.table.name, visited_at=one.habit.at, assessed_at=now,
            )
            for one in found
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    RiskSignal.objects.bulk_create(
        (
            RiskSignal(
                handshake_id=one.habit.handshake_id, zone_code=one.habit.zone_code,
                rider_id=one.habit.rider_id, merchant_id=one.habit.merchant_id,
                rule=sign.rule, points=sign.points, facts=sign.facts,
                by_table=one.table.name, at=one.habit.at,
            )
            for one in found
            for sign in one.signs
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    raised = [one for one in found if one.band is not Band.ALLOW]
    for rider_id in sorted({one.habit.rider_id for one in raised}):
        # Whoever decides a case of the rider's waits: a watch that begins behind the end of its case would
        # have nobody left to end it, and what was decided meanwhile is read behind the lock.
        people.lock_person(person_id=rider_id, wait=True)
    for one in raised:
        _raise_case(one, now=now)


def _raise_case(one: _Judged, *, now: datetime) -> None:
    """Open the pair's case or raise it, and watch; what was decided lately is reopened by worse alone."""
    pair = {"rider_id": one.habit.rider_id, "merchant_id": one.habit.merchant_id}
    quiet = timedelta(days=one.table.at.quiet_days)
    lately = RiskCase.objects.filter(**pair, decided_at__gt=now - quiet, score__gte=one.score)
    if lately.exists():
        return
    case = RiskCase(
        **pair, zone_code=one.habit.zone_code, score=one.score, band=one.band, opened_at=now
    )
    RiskCase.objects.bulk_create([case], ignore_conflicts=True)
    RiskCase.objects.filter(**pair, state=RiskCase.State.OPEN, score__lt=one.score).update(
        score=one.score, band=one.band
    )
    everywhere = one.band is Band.DENY or any(sign.rule in OF_THE_RIDER for sign in one.signs)
    rides.watch(
        rider_id=one.habit.rider_id,
        merchant_id=None if everywhere else one.habit.merchant_id,
        zone_code=one.habit.zone_code,
        now=now,
    )
