"""Reads about awards, and about the pools that pay for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum

from apps.gamification.badges import BY_CODE, Badge
from apps.gamification.errors import UnknownBadge
from apps.gamification.models import Award, MissionRun, PromoPool, Reward
from apps.wallet import codes
from apps.wallet import selectors as ledger

REVOCATIONS_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A badge and the award by which a rider has it."""

    badge: Badge
    award: Award


@dataclass(frozen=True, slots=True)
class Pool:
    """What a pool holds, what of it runs under way may claim, and how many rewards it was too empty for."""

    program: str
    zone_code: str
    balance_paise: int
    promised_paise: int
    unpaid: int


def pools(*, now: datetime) -> list[Pool]:
    """Return every pool by name."""
    rows = list(PromoPool.objects.order_by("program"))
    balances = ledger.balances_paise(
        codes=[codes.promo_pool(row.program) for row in rows], unopened=True
    )
    waiting = Reward.objects.filter(state=Reward.State.UNFUNDED).values_list("program")
    unpaid = dict(waiting.annotate(count=Count("pk")))
    return [
        Pool(
            row.program,
            row.zone_code,
            balances[codes.promo_pool(row.program)],
            promised_paise(zone_code=row.zone_code, now=now)
            if row.program.startswith("missions-")
            else 0,
            unpaid.get(row.program, 0),
        )
        for row in rows
    ]


def promised_paise(*, zone_code: str, now: datetime) -> int:
    """Return what missions under way in a zone may still claim."""
    under_way = MissionRun.objects.filter(
        zone_code=zone_code, state=MissionRun.State.JOINED, mission__ends_at__gt=now
    )
    claimed: int = under_way.aggregate(sum=Sum("budgeted_paise"))["sum"] or 0
    return claimed


def held_badge(*, rider_id: UUID, award_id: UUID) -> Held:
    """
    Return a badge that the rider has now.

    Raises:
        UnknownBadge: no such award, another rider's, or revoked
    """
    award = Award.objects.filter(pk=award_id, rider_id=rider_id, revoked_at=None).first()
    if award is None or award.badge not in BY_CODE:
        raise UnknownBadge
    return Held(BY_CODE[award.badge], award)


def revoked_awards() -> list[UUID]:
    """Return the awards that are revoked, the newest first."""
    rows = Award.objects.exclude(revoked_at=None).order_by("-revoked_at", "pk")
    return list(rows.values_list("pk", flat=True)[:REVOCATIONS_MOST])
