"""Working a rider's history out: what was missed is judged, and where the rider stands is counted anew."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import services as accounts
from apps.accounts.errors import UNTIL_REVIEW
from apps.gamification import selectors
from apps.gamification.excuses import excuse_for
from apps.gamification.models import NoShow, ProvenOrder, Restriction, Strike, Visit
from apps.gamification.selectors import NO_CLOCK
from apps.gamification.selectors.histories import history
from apps.gamification.services import evidence
from apps.gamification.services.awarding import award_badges
from apps.gamification.services.projecting import project_later
from apps.gamification.services.running import settle_runs
from apps.gamification.standing import (
    Caused,
    Policy,
    Redeemed,
    Standing,
    Struck,
    policy_at,
    work_out,
)
from apps.notifications import services as notifications
from apps.notifications.services import Words
from uma.kernel.zones import days_after, local


@transaction.atomic(durable=True)
def settle_rider(*, rider_id: UUID, now: datetime) -> list[UUID]:
    """
    Judge what the rider missed and work out what follows from all of it; return the messages to push.

    Everything behind the rider's lock, the first in the order of locks. A rider somebody else holds is
    left to the next run; run again, nothing changes.
    """
    if not accounts.lock_person(person_id=rider_id):
        return []
    seen = {
        model: list(
            model.objects.filter(rider_id=rider_id, settled_at=None).values_list("pk", "undone_at")
        )
        for model in (Visit, ProvenOrder)
    }
    known = selectors.policies()
    messages = _judge(rider_id, known, now=now)
    messages += recount(rider_id=rider_id, known=known, now=now)
    proven = history(rider_id=rider_id)
    messages += settle_runs(known=proven, now=now)
    messages += award_badges(known=proven, now=now)
    for model, rows in seen.items():
        _mark_settled(model, rows, now=now)
    project_later(rider_id=rider_id, now=now)
    return messages


def _mark_settled(
    model: type[Visit] | type[ProvenOrder],
    seen: list[tuple[UUID, datetime | None]],
    *,
    now: datetime,
) -> None:
    """
    Mark what was seen, as it was seen: what is told or taken back meanwhile is left to the next run.

    Last of all, so that nobody who waits for these rows is waited for.
    """
    for undone in (True, False):
        ids = [key for key, undone_at in seen if (undone_at is not None) == undone]
        if ids:
            model.objects.filter(pk__in=ids, undone_at__isnull=not undone).update(settled_at=now)


def _judge(rider_id: UUID, known: list[Policy], *, now: datetime) -> list[UUID]:
    missed = list(
        NoShow.objects.filter(rider_id=rider_id, decided_at=None).order_by("expired_at", "pk")
    )
    if not missed:
        return []
    messages = []
    policy, clocks = policy_at(known, now), selectors.clocks()
    for row, facts in zip(missed, evidence.gather(missed), strict=True):
        row.excuse, row.decided_at = excuse_for(facts), now
        row.evidence = evidence.shown(facts)
        row.save(update_fields=["excuse", "decided_at", "evidence"])
        if row.excuse:
            continue
        Strike.objects.create(
            no_show=row,
            rider_id=rider_id,
            zone_code=row.zone_code,
            struck_at=now,
            lapses_at=days_after(now, policy.window_days, clocks.get(row.zone_code, NO_CLOCK)),
        )
        told = notifications.notify(
            person_id=rider_id,
            kind="strike.given",
            say=partial(_struck, row.merchant_name, policy.appeal_days),
            data={"bookingId": str(row.booking_id)},
            dedupe_key=f"strike:{row.booking_id}",
            now=now,
        )
        messages.append(told.pk)
    return messages


def _struck(place: str, days: int) -> Words:
    return (
        _("A strike for the missed visit at %(place)s") % {"place": place},
        ngettext(
            "Something went wrong? Appeal within a day.",
            "Something went wrong? Appeal within %(days)s days.",
            days,
        )
        % {"days": days},
    )


def recount(*, rider_id: UUID, known: list[Policy], now: datetime) -> list[UUID]:
    """Write where the rider stands, in a transaction that holds the rider's lock; return messages."""
    strikes = list(Strike.objects.filter(rider_id=rider_id).order_by("struck_at", "no_show_id"))
    if not strikes:
        return []
    clocks = selectors.clocks()
    visits = Visit.objects.filter(rider_id=rider_id, undone_at=None, at__gte=strikes[0].struck_at)
    standing = work_out(
        struck=[
            Struck(
                row.no_show_id,
                row.struck_at,
                row.lapses_at,
                row.overturned_at is not None,
                clocks.get(row.zone_code, NO_CLOCK),
            )
            for row in strikes
        ],
        redeemed=[Redeemed(*row) for row in visits.values_list("booking_id", "at")],
        policies=known,
    )
    changed = []
    for row in strikes:
        if row.state != (state := standing.states[row.no_show_id]):
            row.state = state
            changed.append(row)
    Strike.objects.bulk_update(changed, ["state"])
    return _restrict(
        rider_id, standing, zones={row.no_show_id: row.zone_code for row in strikes}, now=now
    )


def _restrict(
    rider_id: UUID, standing: Standing, *, zones: dict[UUID, str], now: datetime
) -> list[UUID]:
    """Bring the rows of restrictions, and the suspension they cause, to what the history says."""
    rows = {row.booking_id: row for row in Restriction.objects.filter(rider_id=rider_id)}
    before = suspended_until(rows.values())
    messages: list[UUID] = []
    said = {caused.booking_id: caused for caused in standing.restrictions}
    for booking_id, row in rows.items():
        if booking_id not in said and row.lifted_at is None:
            row.lifted_at = now
            row.save(update_fields=["lifted_at"])
    for booking_id, caused in said.items():
        known = rows.get(booking_id)
        if known is None:
            rows[booking_id] = _begin(rider_id, caused, zone_code=zones[booking_id])
            clock = selectors.clocks().get(zones[booking_id], NO_CLOCK)
            messages += _tell(rider_id, caused, clock=clock, now=now)
        else:
            _correct(known, caused)
    after = suspended_until(rows.values())
    if after is not None and after > now and (before is None or after > before):
        reason = f"Strikes: restriction {max(said[row].level for row in said)}"
        accounts.suspend(rider_id=rider_id, until=after, actor_id=None, reason=reason, now=now)
    elif before is not None and before > now and after != before:
        accounts.replace_suspension(
            rider_id=rider_id,
            instead_of=before,
            until=after if after is not None and after > now else None,
            actor_id=None,
            reason="Strikes were counted anew",
            now=now,
        )
    return messages


def suspended_until(rows: Iterable[Restriction]) -> datetime | None:
    """Return until when a rider's restrictions keep the rider from booking, if there are any."""
    ends = [row.until or UNTIL_REVIEW for row in rows if row.lifted_at is None]
    return max(ends, default=None)


def _begin(rider_id: UUID, caused: Caused, *, zone_code: str) -> Restriction:
    return Restriction.objects.create(
        rider_id=rider_id,
        zone_code=zone_code,
        booking_id=caused.booking_id,
        level=caused.level,
        starts_at=caused.starts_at,
        until=caused.until,
    )


def _correct(row: Restriction, caused: Caused) -> None:
    """What somebody ended after a look at it stays ended; one that was lifted stands again."""
    until = row.until if row.reviewed_at is not None else caused.until
    told = (row.level, row.until, row.lifted_at)
    row.level, row.until, row.lifted_at = caused.level, until, None
    if told != (row.level, row.until, row.lifted_at):
        row.save(update_fields=["level", "until", "lifted_at"])


def _tell(rider_id: UUID, caused: Caused, *, clock: str, now: datetime) -> list[UUID]:
    message = notifications.notify(
        person_id=rider_id,
        kind="strike.restricted",
        say=lambda: (
            _("Booking is paused until we have looked at it")
            if caused.until is None
            else _("Booking is paused until %(day)s")
            % {"day": date_format(local(caused.until, clock), "j F")},
            _("Your wallet, your live bookings and your appeals work as ever."),
        ),
        data={"until": caused.until and caused.until.isoformat()},
        dedupe_key=f"restriction:{caused.booking_id}",
        now=now,
    )
    return [message.pk]
