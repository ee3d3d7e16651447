"""Keeping the map's rows in step with campaigns, outlets and merchants."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from psycopg.types.multirange import Int4Multirange
from psycopg.types.range import Int4Range

from apps.campaigns.lifecycle import is_on_sale
from apps.campaigns.models import Campaign, Deal
from apps.merchants.models import Merchant, Outlet
from uma.kernel.zones import week_spans, windows_from

_OPEN = Q(outlet__status=Outlet.Status.OPEN, campaign__merchant__status=Merchant.Status.ACTIVE)


def list_at(campaign: Campaign, outlets: Sequence[Outlet], *, now: datetime) -> None:
    """Write the deals of a campaign at exactly these outlets."""
    Deal.objects.filter(campaign=campaign).exclude(outlet__in=outlets).delete()
    Deal.objects.bulk_create(
        [
            Deal(
                campaign=campaign,
                outlet=outlet,
                zone_code=outlet.zone_id,
                timezone=campaign.zone.timezone,
                category=outlet.category,
                location=outlet.location,
                reimbursement_paise=campaign.cap_paise,
                starts_at=campaign.starts_at,
                is_alone=len(outlets) == 1,
                listed_at=now,
            )
            for outlet in outlets
        ],
        update_conflicts=True,
        unique_fields=["campaign", "outlet"],
        update_fields=["category", "location", "is_alone"],
    )
    relist(campaign)


def relist(campaign: Campaign) -> None:
    """Copy a campaign's terms and state to its deals; a deal is live where its outlet is open."""
    deals = Deal.objects.filter(campaign=campaign)
    on_sale = is_on_sale(campaign.state, campaign.pause_reason)
    deals.update(
        reimbursement_paise=campaign.cap_paise,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        open_week=_week(campaign),
        is_live=False,
    )
    if on_sale:
        deals.filter(_OPEN).update(is_live=True)


def announce(campaign: Campaign, *, now: datetime) -> None:
    """Count the deals as new from now: they are approved. What goes on sale again is not new."""
    Deal.objects.filter(campaign=campaign).update(listed_at=now)


def _week(campaign: Campaign) -> Int4Multirange | None:
    windows = windows_from(campaign.windows)
    if not windows:
        return None
    return Int4Multirange([Int4Range(*span) for span in week_spans(windows)])


def hide_closed(*, limit: int) -> int:
    """Take the deals of closed outlets and inactive merchants off the map; return how many."""
    stale = Deal.objects.filter(is_live=True).exclude(_OPEN)
    return Deal.objects.filter(pk__in=_ids(stale, limit)).update(is_live=False)


def show_reopened(*, limit: int) -> int:
    """Put the deals of outlets that opened again back on the map; return how many."""
    on_sale = Q(campaign__state__in=["SCHEDULED", "ACTIVE", "EXHAUSTED"]) | Q(
        campaign__state="PAUSED", campaign__pause_reason__in=["low_balance", "daily_cap"]
    )
    missing = Deal.objects.filter(_OPEN & on_sale, is_live=False)
    return Deal.objects.filter(pk__in=_ids(missing, limit)).update(is_live=True)


def follow_moved(*, limit: int) -> int:
    """Bring the deals of outlets with another place or category up to date; return how many."""
    same = Q(location=F("outlet__location"), category=F("outlet__category"))
    stale = Deal.objects.filter(is_live=True).exclude(same)
    ids = _ids(stale, limit)
    for deal in Deal.objects.filter(pk__in=ids).select_related("outlet"):
        Deal.objects.filter(pk=deal.pk).update(
            location=deal.outlet.location, category=deal.outlet.category
        )
    return len(ids)


def _ids(deals: QuerySet[Deal], limit: int) -> list[UUID]:
    # Only the deal is locked, and a campaign's editor who holds it is not waited for.
    locked = deals.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(locked.order_by("pk").values_list("pk", flat=True)[:limit])
