"""Reminders six hours and one hour before a booking ends: without them no strike (product rule 2.7)."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.gamification.models import NoShow, Reminder
from apps.notifications import services as notifications
from apps.rides import selectors as bookings
from uma.kernel.zones import local

EARLY, LATE = timedelta(hours=6), timedelta(hours=1)
# Pushes rest from 22:00 to 08:00 (notifications/quiet.py): what would be due then is told before.
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(8)
BEFORE_THE_NIGHT = time(21, 30)
# What it was told, and when, stands in the evidence of the strike; an appeal has come by then.
KEPT = timedelta(days=30)


def due_at(
    *, booked_at: datetime, expires_at: datetime, before: timedelta, timezone: str
) -> datetime | None:
    """
    Return when a reminder is due, None when the booking is too short for it.

    One that would fall into the night is due at half past nine in the evening before. A booking made
    later than that evening cannot be reminded in time.
    """
    mark = expires_at - before
    if mark <= booked_at:
        return None
    clock = local(mark, timezone)
    if NIGHT_ENDS <= clock.time() < NIGHT_BEGINS:
        return mark
    evening = clock.date() if clock.time() >= NIGHT_BEGINS else clock.date() - timedelta(days=1)
    told = datetime.combine(evening, BEFORE_THE_NIGHT, tzinfo=clock.tzinfo)
    return max(told.astimezone(mark.tzinfo), booked_at)


@transaction.atomic(durable=True)
def plan_reminders(*, limit: int) -> int:
    """Plan the reminders of up to `limit` live bookings that have none yet; return how many."""
    planned = Exists(Reminder.objects.filter(booking_id=OuterRef("pk")))
    fresh = bookings.live_without(without=Q(planned), limit=limit)
    rows = []
    for one in fresh:
        times = {"booked_at": one.booked_at, "expires_at": one.expires_at}
        early, late = (
            due_at(**times, before=before, timezone=one.timezone) for before in (EARLY, LATE)
        )
        rows.append(
            Reminder(
                booking_id=one.booking_id,
                rider_id=one.rider_id,
                merchant_name=one.merchant_name,
                timezone=one.timezone,
                expires_at=one.expires_at,
                early_due_at=early,
                late_due_at=late,
                next_due_at=min((at for at in (early, late) if at is not None), default=None),
            )
        )
    # A twin of this job may have planned some of them meanwhile.
    Reminder.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic(durable=True)
def send_reminders(*, now: datetime, limit: int) -> list[UUID]:
    """
    Tell the riders of up to `limit` live bookings whose reminder is due; return the messages to push.

    The rows are claimed, so two workers tell nobody twice; a booking that ended is passed over.
    """
    due = list(
        Reminder.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(next_due_at__lte=now)
        .order_by("next_due_at", "pk")[:limit]
    )
    live = bookings.live_among(booking_ids=[row.booking_id for row in due])
    messages: list[UUID] = []
    for row in due:
        if row.booking_id in live and row.expires_at > now:
            messages += _tell(row, now=now)
        else:
            row.next_due_at = None
    Reminder.objects.bulk_update(
        due, ["early_message_id", "late_message_id", "next_due_at"], batch_size=500
    )
    return messages


def _tell(row: Reminder, *, now: datetime) -> list[UUID]:
    """Tell what is due; of both marks at one moment, one message stands for the two."""
    untold = {
        name: at
        for name, at in (("early", row.early_due_at), ("late", row.late_due_at))
        if at is not None and getattr(row, f"{name}_message_id") is None
    }
    telling = [name for name, at in untold.items() if at <= now]
    ends = local(row.expires_at, row.timezone)
    message = notifications.notify(
        person_id=row.rider_id,
        kind="reminder.booking",
        say=lambda: (
            _("Your deal at %(place)s ends at %(time)s")
            % {"place": row.merchant_name, "time": f"{ends:%H:%M}"},
            _("Show your code by %(time)s on %(day)s, or cancel: a missed visit costs a strike.")
            % {"time": f"{ends:%H:%M}", "day": date_format(ends, "j F")},
        ),
        data={"bookingId": str(row.booking_id), "expiresAt": row.expires_at.isoformat()},
        dedupe_key=f"reminder:{row.booking_id}:{telling[-1]}",
        now=now,
        timezone=row.timezone,
    )
    for name in telling:
        setattr(row, f"{name}_message_id", message.pk)
    row.next_due_at = min((at for name, at in untold.items() if name not in telling), default=None)
    return [message.pk]


@transaction.atomic(durable=True)
def purge_reminders(*, now: datetime, limit: int) -> int:
    """Forget up to `limit` reminders of bookings long over, unless one is still to be judged."""
    waiting = NoShow.objects.filter(booking_id=OuterRef("pk"), decided_at=None)
    over = Reminder.objects.filter(~Exists(waiting), expires_at__lt=now - KEPT)
    ids = list(over.order_by("expires_at").values_list("pk", flat=True)[:limit])
    Reminder.objects.filter(pk__in=ids).delete()
    return len(ids)
