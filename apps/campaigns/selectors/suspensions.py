"""The campaigns that were suspended for fraud, for whoever has sold something of them."""

from uuid import UUID

from django.db.models import OuterRef, Subquery

from apps.campaigns.lifecycle import State, SuspendedFor
from apps.campaigns.models import Campaign


def suspended_for(campaign: OuterRef) -> Subquery:
    """Return what a campaign is suspended for, empty when it is not, as a part of another query."""
    return Subquery(Campaign.objects.filter(pk=campaign).values("suspended_for"))


def defrauding_ids() -> list[UUID]:
    """Return the campaigns that are suspended for fraud."""
    rows = Campaign.objects.filter(state=State.SUSPENDED, suspended_for=SuspendedFor.FRAUD)
    return list(rows.values_list("pk", flat=True))
