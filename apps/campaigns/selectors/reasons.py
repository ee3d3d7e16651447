"""Why deals cannot be booked now: every guard that fails, for a whole page at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.campaigns import guards
from apps.campaigns.guards import Cap, Taken
from apps.campaigns.selectors.facts import Visitable
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class Reason:
    """A guard that fails, and until when (None: nobody knows)."""

    code: str
    until: datetime | None


_SOLD = """
SELECT a.campaign_id, a.scope, a.seats_taken, a.committed_paise
  FROM unnest(%s::uuid[], %s::text[]) AS w (campaign_id, scope)
  JOIN campaigns_allotment a ON a.campaign_id = w.campaign_id AND a.scope = w.scope
"""


def reasons_of(
    deals: Sequence[Visitable], place: Point | None, *, rider_id: UUID, now: datetime
) -> Iterator[list[Reason]]:
    """Yield the reasons of each deal; two statements for all of them together."""
    if not deals:
        return
    wanted = [guards.caps(deal.facts, rider_id=rider_id, now=now) for deal in deals]
    sold = _sold(deals, wanted)
    wallets = {
        deal.facts.merchant_id: codes.merchant_wallet(deal.facts.merchant_id) for deal in deals
    }
    purses = ledger.purses(codes=list(wallets.values()))
    for deal, caps in zip(deals, wanted, strict=True):
        facts, purse = deal.facts, purses[wallets[deal.facts.merchant_id]]
        refusals = [
            *guards.refusals(
                facts, visited=deal.visited, held_out=deal.held_out, place=place, now=now
            ),
            *guards.cap_refusals(
                caps,
                sold.get(facts.campaign_id, {}),
                cost_paise=facts.max_cost_paise,
                timezone=facts.timezone,
                now=now,
            ),
        ]
        money = guards.wallet_refusals(
            facts, balance_paise=purse.balance_paise, frozen=purse.frozen
        )
        yield [
            *(Reason(refusal.code, refusal.until) for refusal in refusals),
            *(Reason(name, until) for name, until in money),
        ]


def _sold(deals: Sequence[Visitable], wanted: Sequence[list[Cap]]) -> dict[UUID, dict[str, Taken]]:
    pairs = [
        (deal.facts.campaign_id, cap.scope)
        for deal, caps in zip(deals, wanted, strict=True)
        for cap in caps
        if cap.seats is not None or cap.budget_paise is not None
    ]
    found: dict[UUID, dict[str, Taken]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])
        for campaign_id, scope, seats, paise in cursor.fetchall():
            found.setdefault(campaign_id, {})[scope] = Taken(seats, paise)
    return found
