"""What is known about a missed visit, gathered for the decision and kept with it."""

from collections.abc import Sequence
from uuid import UUID

from apps.accounts import selectors as accounts
from apps.gamification.excuses import CLOSING_ACTS, Facts, Reminded
from apps.gamification.models import FailedScan, ForceMajeure, NoShow, Reminder
from apps.notifications import selectors as notifications
from apps.notifications.selectors import Told
from apps.rides import selectors as bookings


def gather(missed: Sequence[NoShow]) -> list[Facts]:
    """Return the facts of each of one rider's missed visits."""
    ids = [row.booking_id for row in missed]
    reminders = Reminder.objects.in_bulk(ids)
    told = notifications.told(
        message_ids=[
            message_id
            for row in reminders.values()
            for message_id in (row.early_message_id, row.late_message_id)
            if message_id is not None
        ]
    )
    scans = list(FailedScan.objects.filter(booking_id__in=ids).order_by("code"))
    failures = bookings.ride_failures_of(booking_ids=ids)
    return [
        Facts(
            expired_at=row.expired_at,
            early=_reminded(reminders.get(row.booking_id), "early", told),
            late=_reminded(reminders.get(row.booking_id), "late", told),
            closings=_closings(row),
            failed_scans=tuple(
                scan.code
                for scan in scans
                # One that was tried after the end would have failed anyway.
                if scan.booking_id == row.booking_id and scan.at < row.expired_at
            ),
            ride_failure=failures.get(row.booking_id, ""),
            force_majeure=_by_force(row),
        )
        for row in missed
    ]


def shown(facts: Facts) -> dict[str, object]:
    """Return the facts as they are kept with the decision and shown in an appeal."""
    marks = {"six_hours": facts.early, "one_hour": facts.late}
    return {
        "reminders": {
            name: mark.reached_at and mark.reached_at.isoformat()
            for name, mark in marks.items()
            if mark.due
        },
        "closings": sorted(facts.closings),
        "failed_scans": list(facts.failed_scans),
        "ride_failure": facts.ride_failure,
        "force_majeure": facts.force_majeure,
    }


def _reminded(row: Reminder | None, mark: str, told: dict[UUID, Told]) -> Reminded:
    if row is None:
        # Nobody planned one, so none reached the rider.
        return Reminded(due=True, reached_at=None)
    message = told.get(getattr(row, f"{mark}_message_id") or row.booking_id)
    return Reminded(
        due=getattr(row, f"{mark}_due_at") is not None,
        reached_at=message.reached_at if message else None,
    )


def _closings(row: NoShow) -> frozenset[str]:
    """
    Return the excuses that the trail of outlet, merchant and zone gives.

    Nobody books while one of these lasts, so it began in the booking's life or not at all.
    """
    acts = accounts.acts(
        objects=[
            ("outlet", str(row.outlet_id)),
            ("merchant", str(row.merchant_id)),
            ("zone", row.zone_code),
        ],
        actions=CLOSING_ACTS,
        since=row.booked_at,
        until=row.expired_at,
    )
    return frozenset(CLOSING_ACTS[act.action] for act in acts)


def _by_force(row: NoShow) -> bool:
    return ForceMajeure.objects.filter(
        zone_code=row.zone_code,
        withdrawn_at=None,
        starts_at__lte=row.expired_at,
        ends_at__gte=row.booked_at,
    ).exists()
